"""Nodes of a routing file as rows of numbers, and the instance made of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from scheduling.routing.benchmark import Convention, Instance
from services.offline.files.distances import FINE, Matrix, Point, ceiling, floor, matrix, nearest
from services.offline.files.text import UnreadableFile

MOST_NODES = 3000
LARGEST = 10**7  # coordinate, time or demand
NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{0,9})?([eE][+]?0?\d)?", re.ASCII)
SCALES = {Convention.DIMACS: 10, Convention.SOLOMON: 10_000, Convention.WHOLE: 1}


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of a file in its own unit, the depot first."""

    numbers: tuple[int, ...]
    demands: tuple[int, ...]
    windows: tuple[tuple[int, int], ...] | None  # None: at any time
    services: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """Identical vehicles."""

    vehicles: int
    capacity: int


def number(word: str) -> Decimal | None:
    """Parses a number of a sane size; None when the word is no such number."""
    if not NUMBER.fullmatch(word):
        return None
    value = Decimal(word)
    return value if abs(value) <= LARGEST else None


def whole(word: str) -> int | None:
    """Parses a whole number, also written as `40.0`; None when the word is no such number."""
    value = number(word)
    return None if value is None or value != int(value) else int(value)


def point(x: Decimal, y: Decimal) -> Point:
    """Coordinates in millionths."""
    return int(x * FINE), int(y * FINE)


def by_coordinates(convention: Convention, points: Sequence[Point]) -> tuple[int, Matrix, Matrix]:
    """Scale, travel times and distances of a convention."""
    scale = SCALES[convention]
    if convention is Convention.SOLOMON:
        return scale, matrix(points, ceiling, scale), matrix(points, nearest, scale)
    rounded = matrix(points, floor if convention is Convention.DIMACS else nearest, scale)
    return scale, rounded, rounded


def to_instance(
    named: tuple[str, Convention],
    nodes: Nodes,
    fleet: Fleet,
    measured: tuple[int, Matrix, Matrix],
) -> Instance:
    """The instance in whole units of its scale."""
    scale, seconds, distance = measured
    longest = sum(max(row) for row in seconds) // scale + 1 + sum(nodes.services)
    windows = nodes.windows or ((0, longest),) * len(nodes.numbers)
    return Instance(
        name="".join(c for c in named[0] if c.isprintable())[:60],
        convention=named[1],
        scale=scale,
        numbers=nodes.numbers,
        demands=nodes.demands,
        windows=tuple((early * scale, late * scale) for early, late in windows),
        services=tuple(service * scale for service in nodes.services),
        seconds=seconds,
        distance=distance,
        capacity=fleet.capacity,
        vehicles=fleet.vehicles,
    )


def refuse_too_many(count: int, name: str) -> None:
    """Raises UnreadableFile for too many nodes: the matrix grows with their square."""
    if count > MOST_NODES:
        raise UnreadableFile(name, [f"{count} nodes, at most {MOST_NODES}"])
