"""The contracts as files: the AsyncAPI document and a JSON Schema for each type, written and compared."""

import json
from pathlib import Path

from events.asyncapi import Topics, build_document
from events.catalogue import CATALOGUE
from events.compatibility import compare
from events.schemas import Schema, build_schema
from infra.kafka.topics import INWARD, OUTWARD
from infra.settings import Kafka
from services.schema_files import find_differing, write_files

DOCUMENT, SCHEMAS, RELEASED = "asyncapi.json", "schemas", "released"


def current() -> dict[str, Schema]:
    """What the code says: content by file name within the folder."""
    kafka = Kafka.model_fields
    topics = Topics(kafka["partitions"].default, kafka["replication"].default, INWARD, OUTWARD)
    schemas = {f"{SCHEMAS}/{name}.json": build_schema(entry) for name, entry in CATALOGUE.items()}
    return {DOCUMENT: build_document(topics), **schemas}


def write(folder: Path) -> list[str]:
    """Write what the code says and remove what it no longer says; names of the files that changed."""
    return write_files(folder, current(), schemas_in(folder))


def find_complaints(folder: Path) -> list[str]:
    """Files that are not what the code says, and changes that break a contract; empty when all is well."""
    old = [
        f"{name}: not what the code says; run: prikploeg asyncapi"
        for name in find_differing(folder, current(), schemas_in(folder))
    ]
    return old + find_broken(folder)


def find_broken(folder: Path) -> list[str]:
    """Every change since a release that breaks a sender, a reader or the ledger: release, type and field."""
    now = {name: build_schema(entry) for name, entry in CATALOGUE.items()}
    found = []
    for release in sorted(path for path in (folder / RELEASED).iterdir() if path.is_dir()):
        before = {file.stem: read(file) for file in sorted(release.glob("*.json"))}
        found += [f"breaks {release.name}: {one}" for one in compare(before, now)]
    return found


def schemas_in(folder: Path) -> list[str]:
    """The schema files that are there, also of types that are gone."""
    return [f"{SCHEMAS}/{file.name}" for file in (folder / SCHEMAS).glob("*.json")]


def read(file: Path) -> Schema:
    """A schema from its file."""
    content: Schema = json.loads(file.read_text(encoding="utf-8"))
    return content
