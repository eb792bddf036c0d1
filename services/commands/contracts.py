"""The contracts as files: the AsyncAPI document and a JSON Schema for each type, written and compared."""

import json
from pathlib import Path

from events.asyncapi import Topics, document
from events.catalogue import CATALOGUE
from events.compatibility import compare
from events.schemas import Schema, schema_of
from infra.kafka.topics import INWARD, OUTWARD
from infra.settings import Kafka

DOCUMENT, SCHEMAS, RELEASED = "asyncapi.json", "schemas", "released"


def current() -> dict[str, Schema]:
    """What the code says: file name within the folder, and content."""
    kafka = Kafka.model_fields
    topics = Topics(kafka["partitions"].default, kafka["replication"].default, INWARD, OUTWARD)
    schemas = {f"{SCHEMAS}/{name}.json": schema_of(entry) for name, entry in CATALOGUE.items()}
    return {DOCUMENT: document(topics), **schemas}


def write(folder: Path) -> list[str]:
    """Write what the code says and remove what it no longer says; names of the files that changed."""
    wanted = current()
    changed = differing(folder, wanted)
    (folder / SCHEMAS).mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(to_text(wanted[name]), encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


def complaints(folder: Path) -> list[str]:
    """Why the files or the code can not stay as they are; empty when all is well."""
    old = [
        f"{name}: not what the code says; run: prikploeg asyncapi"
        for name in differing(folder, current())
    ]
    return old + broken(folder)


def broken(folder: Path) -> list[str]:
    """Every change since a release that breaks a sender, a reader or the ledger: release, type, field."""
    now = {name: schema_of(entry) for name, entry in CATALOGUE.items()}
    found = []
    for release in sorted(path for path in (folder / RELEASED).iterdir() if path.is_dir()):
        before = {file.stem: read(file) for file in sorted(release.glob("*.json"))}
        found += [f"breaks {release.name}: {one}" for one in compare(before, now)]
    return found


def differing(folder: Path, wanted: dict[str, Schema]) -> list[str]:
    """Names of the files that are missing, other or too many."""
    there = {f"{SCHEMAS}/{file.name}" for file in (folder / SCHEMAS).glob("*.json")}
    missing = {
        name
        for name, content in wanted.items()
        if not (folder / name).exists()
        or (folder / name).read_text(encoding="utf-8") != to_text(content)
    }
    return sorted(missing | (there - set(wanted)))


def to_text(content: Schema) -> str:
    """A file that shows its differences line by line."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def read(file: Path) -> Schema:
    """A schema from its file."""
    content: Schema = json.loads(file.read_text(encoding="utf-8"))
    return content
