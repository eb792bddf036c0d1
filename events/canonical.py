"""The canonical JSON of a payload: sorted keys and sets, so that equal payloads have equal text.

The ledger stores this text and digests are taken over it, so it must never change: an event accepted years ago must
still be recognised. The fast writer is used only where its output provably equals that of the reference.
"""

import json
from functools import cache

import orjson
from pydantic import JsonValue

from events.identifiers import Payload, Younger


def to_canonical(payload: Payload) -> str:
    """Serialise a payload with sorted keys and sorted sets; equal payloads give equal text."""
    kind = type(payload)
    plain = kind.__pydantic_serializer__.to_python(payload, mode="json")
    for name, value in payload.__dict__.items():
        if value.__class__ is frozenset:
            plain[name] = sorted(plain[name])
    for name, default in find_younger_fields(kind):
        if payload.__dict__[name] == default:
            del plain[name]
    if may_hold_floats(kind):
        return write_reference(plain)
    try:
        return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # a whole number over 64 bits, or half of a surrogate pair
        return write_reference(plain)


@cache
def find_younger_fields(kind: type[Payload]) -> tuple[tuple[str, object], ...]:
    """The fields that a type gained after its release, with their defaults."""
    return tuple(
        (name, field.get_default(call_default_factory=True, validated_data={}))
        for name, field in kind.model_fields.items()
        if any(isinstance(mark, Younger) for mark in field.metadata)
    )


def write_reference(plain: JsonValue) -> str:
    """The definition of the canonical text; slow."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@cache
def may_hold_floats(kind: type[Payload]) -> bool:
    """Whether the two writers may differ, which they do only for floats (1e-07 and 1e-7).

    A schema that leaves a value open counts as one that may hold a float.
    """
    schema = kind.model_json_schema(mode="serialization")
    return any(is_open(found) for found in (schema, *schema.get("$defs", {}).values()))


def is_open(schema: JsonValue) -> bool:
    """Whether a value of this schema may be a float: because it says so, or because it does not say what it is."""
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "number" or schema.get("additionalProperties") is True:
        return True
    parts = [
        *list_alternatives(schema, "anyOf"),
        *list_alternatives(schema, "oneOf"),
        *list_alternatives(schema, "prefixItems"),
    ]
    inner = [schema[name] for name in ("items", "additionalProperties") if name in schema]
    parts += [part for part in inner if not isinstance(part, bool)]
    properties = schema.get("properties")
    if isinstance(properties, dict):
        parts += properties.values()
    says = {"type", "anyOf", "oneOf", "$ref", "enum", "const"} & set(schema)
    return not says or any(is_open(part) for part in parts)


def list_alternatives(schema: dict[str, JsonValue], name: str) -> list[JsonValue]:
    """The alternatives under this name."""
    found = schema.get(name, [])
    return found if isinstance(found, list) else [found]
