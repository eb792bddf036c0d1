"""Files that are rendered from code, JSON Schemas and the AsyncAPI document: written, and compared with the code.

They are committed, so that a change of a contract is seen as one in a review.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

Schema = Mapping[str, object]


def write_files(
    folder: Path, wanted: Mapping[str, Schema], present: Iterable[str] = ()
) -> list[str]:
    """Write what the code says, and remove of the files that are present what it no longer says; names of both."""
    changed = find_differing(folder, wanted, present)
    for name in changed:
        file = folder / name
        if name in wanted:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(to_text(wanted[name]), encoding="utf-8")
        else:
            file.unlink()
    return changed


def find_differing(
    folder: Path, wanted: Mapping[str, Schema], present: Iterable[str] = ()
) -> list[str]:
    """Names of the files that are missing or other than the code, and of those present that nobody wants; sorted."""
    other = {
        name
        for name, content in wanted.items()
        if not (folder / name).exists()
        or (folder / name).read_text(encoding="utf-8") != to_text(content)
    }
    return sorted(other | (set(present) - wanted.keys()))


def to_text(content: Schema) -> str:
    """A file that shows its differences line by line."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
