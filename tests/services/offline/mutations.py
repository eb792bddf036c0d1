"""Spoils a problem file the way people and programs do: one or a few values at any place."""

import copy
from random import Random
from typing import Any

EXTREME = (
    0,
    -1,
    1,
    2,
    3,
    -(10**9),
    10**9,
    10**12,
    1.5,
    True,
    None,
    "",
    "x",
    "unknown",
    [],
    {},
    [0],
)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Every place of a JSON value, with a path each."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key))
    elif isinstance(value, list):
        for k, inner in enumerate(value[:3]):
            found += places(inner, (*path, k))
    return found


def at(problem: Any, path: tuple) -> Any:
    """What stands at a place."""
    for step in path:
        problem = problem[step]
    return problem


def mutated(problem: dict[str, Any], seed: int) -> dict[str, Any]:
    """A copy with one to three places spoilt: another value, gone, doubled, or a neighbour's."""
    random = Random(seed)
    problem = copy.deepcopy(problem)
    for _ in range(random.choice((1, 1, 2, 3))):
        found = places(problem)
        if random.random() < 0.8:
            found = [path for path in found if type(at(problem, path)) is int] or found
        path = random.choice(found)
        _spoil(random, at(problem, path[:-1]), path[-1])
    return problem


def _spoil(random: Random, inside: Any, last: Any) -> None:
    kind = random.random()
    value = inside[last]
    if kind < 0.9 and type(value) is int:
        inside[last] = random.choice(
            (0, -1, 1, 2, 5, 10**9, -(10**9), value - 1, value + 1, -value)
        )
    elif kind < 0.7:
        inside[last] = random.choice(EXTREME)
    elif kind < 0.8 or not isinstance(inside, list):
        del inside[last]
    else:
        inside.append(copy.deepcopy(value))
