"""Types of every value in a problem: refuses text for a number, a fraction, or a word that is not in its list."""

from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import get_args, get_origin, get_type_hints

from scheduling.problem import Problem, Travel

Fits = Callable[[object], bool]
NESTED = ("time_windows", "pause")  # rows within rows: their fields are checked one by one


def strange(problem: Problem) -> Iterator[str]:
    """Yields every value of the wrong type, by row and field: `shifts[3].start: not a whole number`."""
    yield from _check_row("", problem)
    for name in _tables():
        for k, row in enumerate(getattr(problem, name)):
            yield from _check_row(f"{name}[{k}].", row)
            for nested in NESTED:
                inner = getattr(row, nested, None) or ()
                inner = inner if isinstance(inner, tuple) else (inner,)
                for n, one in enumerate(inner):
                    yield from _check_row(f"{name}[{k}].{nested}[{n}].", one)
    for name in ("seconds", "metres"):
        yield from _check_matrix(name, getattr(problem.travel, name))


def _check_matrix(name: str, matrix: object) -> Iterator[str]:
    for k, line in enumerate(matrix if isinstance(matrix, tuple) else ()):
        if not isinstance(line, tuple) or set(map(type, line)) - {int}:
            yield f"travel {name}[{k}]: a hole in the matrix"


def _check_row(where: str, row: object) -> Iterator[str]:
    of: type[object] = type(row)
    if not is_dataclass(of):
        yield f"{where.rstrip('.')}: no row"
        return
    for name, kind, fits in _fields(of):
        if not fits(getattr(row, name)):
            yield f"{where}{name}: not {kind}"


@cache
def _fields(row: type[object]) -> tuple[tuple[str, str, Fits], ...]:
    hints: dict[str, object] = get_type_hints(row)
    return tuple((name, *_kind(hint)) for name, hint in hints.items())


@cache
def _tables() -> tuple[str, ...]:
    """Names the fields of a problem that hold rows."""
    hints: dict[str, object] = get_type_hints(Problem)
    return tuple(
        name
        for name, hint in hints.items()
        if get_origin(hint) is tuple and is_dataclass(get_args(hint)[0])
    )


def _kind(hint: object) -> tuple[str, Fits]:
    """Turns a type hint into words and a test of a value."""
    if isinstance(hint, UnionType):
        kinds = [_kind(one) for one in get_args(hint) if one is not type(None)]
        return kinds[0][0], lambda value: value is None or any(fits(value) for _, fits in kinds)
    if hint is int:
        return "a whole number", lambda value: type(value) is int
    whole = get_origin(hint) or hint
    if whole is tuple or whole is frozenset:
        return "a list", _list_of(tuple if whole is tuple else frozenset, get_args(hint)[0])
    assert isinstance(whole, type)
    words: dict[type, str] = {str: "text", bool: "yes or no", Travel: "a matrix"}
    return words.get(whole, "a word that is known"), lambda value: isinstance(value, whole)


def _list_of(outer: type[tuple[object, ...]] | type[frozenset[object]], inner: object) -> Fits:
    """A test of a list: words and numbers one by one; rows are tested by field elsewhere."""
    if inner in (str, int):
        return lambda value: isinstance(value, outer) and all(type(one) is inner for one in value)
    return lambda value: isinstance(value, outer)
