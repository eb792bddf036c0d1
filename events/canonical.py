"""The one way in which a payload is written: sorted keys, sorted sets, equal text for equal payloads.

The ledger keeps this text and the digest of an event is taken over it, so it may never change: what was accepted
years ago must still be recognised. A fast writer is used where it provably says the same as the reference.
"""

import json
from functools import cache

import orjson
from pydantic import JsonValue

from events.identifiers import Payload, Younger


def to_canonical(payload: Payload) -> str:
    """The payload as JSON with sorted keys and sorted sets, equal for equal payloads."""
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
    """Fields that the type got after its release, with their defaults."""
    return tuple(
        (name, field.get_default(call_default_factory=True, validated_data={}))
        for name, field in kind.model_fields.items()
        if any(isinstance(mark, Younger) for mark in field.metadata)
    )


def write_reference(plain: JsonValue) -> str:
    """What the text is by definition."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@cache
def may_hold_floats(kind: type[Payload]) -> bool:
    """Whether the two writers may differ: only in how they write a float (1e-07 and 1e-7).

    A schema that leaves a value open counts as one that may hold a float.
    """
    schema = kind.model_json_schema(mode="serialization")
    return any(is_open(found) for found in (schema, *schema.get("$defs", {}).values()))


def is_open(schema: JsonValue) -> bool:
    """Whether a value of this schema may be a number with a point: it says so, or it does not say what it is."""
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
