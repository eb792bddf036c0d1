"""Notices as files: one JSON and one text each, in a folder that another program or a person empties."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Letter:
    """One notice to write: its name, what it says for machines and for people."""

    name: str
    content: Mapping[str, JsonValue]
    text: str


def put(folder: Path, letter: Letter, now: datetime) -> datetime:
    """Writes a letter, complete and synced to disk, unless the same one is there. Returns when it was written."""
    path = folder / f"{letter.name}.json"
    if (there := sent_before(path, letter)) is not None:
        return there
    folder.mkdir(parents=True, exist_ok=True)
    write(path.with_suffix(".txt"), letter.text)
    content = {**letter.content, "text": letter.text, "sent_at": now.isoformat()}
    write(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return now


def sent_before(path: Path, letter: Letter) -> datetime | None:
    """When this very letter was written; None when there is none, or another."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        moment = datetime.fromisoformat(found.pop("sent_at"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return moment if found == {**letter.content, "text": letter.text} else None


def write(path: Path, text: str) -> None:
    """Replaces a file as a whole; it is synced to disk on return."""
    partial = path.with_name(f".{path.name}.new")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
