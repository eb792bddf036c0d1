"""Scans JSON for what a parser accepts silently: duplicate keys, NaN, deep nesting, huge lists and numbers."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import NoReturn, cast

from services.offline.files.text import SHOWN, UnreadableFile

MOST_ROWS = 100_000
DEEPEST = 12
LARGEST = 10**9  # seconds: 31 years; metres: a million kilometres
LARGEST_WEIGHT = 10**30  # the weights of a plan are beyond LARGEST, and nothing computes with them
LONGEST = 200  # characters
Place = tuple[int | str, ...]


class _Doubled:
    """Stands for the value of a duplicate key."""


class _NoNumber(ValueError):
    """NaN or Infinity."""


def scanned(text: str, name: str, *, largest: int = LARGEST) -> dict[str, object]:
    """Parses the object in a text; UnreadableFile names the first faults by place."""
    found = _parsed(text, name)
    if not isinstance(found, dict):
        raise UnreadableFile(name, ["should be one JSON object"])
    faults = list(islice(_scan(found, (), largest), SHOWN))
    if faults:
        raise UnreadableFile(name, faults)
    return cast("dict[str, object]", found)


def place(location: Place) -> str:
    """`shifts[3].end`"""
    said = ""
    for step in location:
        said += f"[{step}]" if isinstance(step, int) else f".{_plain(step)}"
    return said.lstrip(".") or "the file"


def _plain(key: str) -> str:
    return key if key.isidentifier() and len(key) <= 40 else "(a name that is no field)"


def _parsed(text: str, name: str) -> object:
    try:
        found: object = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        fault = _explain_syntax(error, text)
    except RecursionError:
        fault = f"nested deeper than {DEEPEST} levels"
    except _NoNumber:
        fault = "NaN and Infinity are no numbers of JSON"
    except ValueError:  # int() of thousands of digits
        fault = "a number with too many digits"
    else:
        return found
    raise UnreadableFile(name, [fault])


def _explain_syntax(error: json.JSONDecodeError, text: str) -> str:
    where = f"line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return f"{where}: the file ends in the middle"
    return f"{where}: not JSON ({error.msg})"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                found[key] = _Doubled()
            seen.add(key)
    return found


def _refuse(_: str) -> NoReturn:
    raise _NoNumber


def _scan(value: object, where: Place, largest: int) -> Iterator[str]:
    if len(where) > DEEPEST:
        yield f"{place(where[:3])}: nested deeper than {DEEPEST} levels"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _scan(inner, (*where, key), largest)
    elif isinstance(value, list):
        yield from _scan_list(value, where, largest)
    else:
        fault = _scan_scalar(value, largest)
        if fault:
            yield f"{place(where)}: {fault}"


def _scan_list(rows: list[object], where: Place, largest: int) -> Iterator[str]:
    if len(rows) > MOST_ROWS:
        yield f"{place(where)}: more than {MOST_ROWS} rows"
    elif where[:1] == ("travel",) and len(where) == 3:
        yield from _scan_distances(rows, where)
    else:
        for k, inner in enumerate(rows):
            yield from _scan(inner, (*where, k), largest)


def _scan_distances(row: list[object], where: Place) -> Iterator[str]:
    """Checks one row of a matrix at once: number by number, millions of them would take minutes."""
    if set(map(type, row)) - {int}:
        hole = next(k for k, value in enumerate(row) if type(value) is not int)
        yield f"{place((*where, hole))}: should be a whole number"
        return
    numbers = cast("list[int]", row)
    if numbers and max(max(numbers), -min(numbers)) > LARGEST:
        yield f"{place(where)}: a number beyond {LARGEST}"


def _scan_scalar(value: object, largest: int) -> str | None:
    if isinstance(value, _Doubled):
        return "stands twice in one object"
    if isinstance(value, str):
        if len(value) > LONGEST:
            return f"longer than {LONGEST} characters"
        return None if value.isprintable() else "holds what cannot be printed"
    if isinstance(value, int | float) and not abs(value) <= largest:
        return f"beyond {largest}"
    return None
