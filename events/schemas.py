"""JSON Schemas of the payloads: one document for each type and version, made from the catalogue."""

from typing import Literal, TypeAlias

from pydantic import JsonValue

from events.catalogue import NEWEST, Entry
from events.envelope import Sender

Schema: TypeAlias = dict[str, JsonValue]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
OWN = "x-prikploeg"


def build_schema(entry: Entry) -> Schema:
    """The schema of a type: what a sender must send or, for types that only the system makes, what a reader receives."""
    ours = entry.senders == {Sender.SYSTEM}
    mode: Literal["serialization", "validation"] = "serialization" if ours else "validation"
    schema = tidy(entry.payload.model_json_schema(mode=mode))
    facts: Schema = {
        "senders": [*sorted(sender.value for sender in entry.senders)],
        "outward": entry.outward,
        "region_from": entry.region_from.value,
        "read_only": entry.name not in NEWEST,
    }
    return {"$schema": DIALECT, "$id": f"urn:prikploeg:{entry.name}", **schema, OWN: facts}


def tidy(value: JsonValue, *, names: bool = False) -> Schema:
    """Drop the titles that repeat field names, and sort the defaults of sets.

    `names`: the keys are names of fields or definitions, not words of JSON Schema.
    """
    assert isinstance(value, dict)
    tidied: Schema = {}
    for key, part in value.items():
        if names:
            tidied[key] = tidy(part)
        elif key in ("properties", "$defs"):
            tidied[key] = tidy(part, names=True)
        elif key == "default" and value.get("uniqueItems") and isinstance(part, list):
            tidied[key] = [*sorted(part, key=str)]
        elif key != "title":
            tidied[key] = tidy_inside(part)
    return tidied


def tidy_inside(part: JsonValue) -> JsonValue:
    """Schemas inside a word of JSON Schema, such as `items` or `anyOf`; anything else as it is."""
    if isinstance(part, dict):
        return tidy(part)
    if isinstance(part, list):
        return [tidy_inside(one) if isinstance(one, dict) else one for one in part]
    return part
