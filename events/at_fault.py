"""Names the fields of a payload that failed validation: never their values, and never more than a person reads."""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json

from events.catalogue import CATALOGUE
from events.cloudevents import CONTEXT, Data

# As many names as somebody mending a message reads; also how many members of a list are checked
# when there are more errors than this, so that a hostile payload costs bounded time.
MOST = 50
M = TypeVar("M", bound=BaseModel)


def list_field_names(payload: type[BaseModel]) -> set[str]:
    """Field names of a payload and of the payloads within it."""
    schema = payload.model_json_schema()
    parts = (schema, *schema.get("$defs", {}).values())
    return {name for part in parts for name in part.get("properties", {})}


KNOWN_NAMES = frozenset().union(
    *(list_field_names(entry.payload) for entry in CATALOGUE.values())
) | frozenset(CONTEXT)


def list_faulty_fields(error: ValidationError) -> tuple[str, ...]:
    """Paths of the fields that failed validation: sorted, at most `MOST` of them.

    The sender chooses the keys of mappings, so anything but our own field names is written as `*`.
    """
    lines = error.errors(include_input=False, include_url=False, include_context=False)
    return list_paths(line["loc"] for line in lines)


def list_paths(found: Iterable[tuple[str | int, ...]]) -> tuple[str, ...]:
    """Paths as they are told: sorted, each once, at most `MOST`, with our own names only."""
    paths = {".".join(show_step(part) for part in path) or "data" for path in found}
    return tuple(sorted(paths)[:MOST])


def list_faulty_fields_in(kind: type[M], data: Data, error: ValidationError) -> tuple[str, ...]:
    """The same in bounded time, for a payload that may hold a hundred thousand errors."""
    if error.error_count() <= MOST:
        return list_faulty_fields(error)
    whole: JsonValue = from_json(data) if isinstance(data, bytes) else data
    try:
        kind.model_validate(shorten(whole))
    except ValidationError as again:
        return list_faulty_fields(again)
    return ("data",)


def shorten(value: JsonValue) -> JsonValue:
    """The value with only the first members of its lists and the first of its unknown keys."""
    if isinstance(value, list):
        return [shorten(one) for one in value[:MOST]]
    if isinstance(value, dict):
        others = [name for name in value if name not in KNOWN_NAMES][:MOST]
        kept = {*others, *(KNOWN_NAMES & value.keys())}
        return {name: shorten(value[name]) for name in kept}
    return value


def show_step(part: str | int) -> str:
    """One step of a path: a number, one of our own names, or `*`."""
    if isinstance(part, int):
        return str(part)
    return part if part in KNOWN_NAMES else "*"
