"""The protocol of a routing server: the requests it understands, and answers that are validated in full."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from infra.travel.matrix import Point

MAX_SECONDS: Final = 86_400  # no drive between two places of a region takes a day
MAX_METRES: Final = 2_000_000  # more than any drive within a region

# A place whose nearest road is farther away is not on the map of the server: it lies over the border of the map, or its
# coordinates are wrong. Both servers would else go to the nearest road however far, and call that drive a drive from there.
NEAR_METRES: Final = 2_000

Cell: TypeAlias = int | None
Table: TypeAlias = list[tuple[list[Cell], list[Cell]]]  # for each source: seconds, metres


class Refused(Exception):
    """The server does not support the request, or its answer cannot be used; the message holds no content."""


class TooBig(Refused):
    """More places at once than the server accepts."""


class OffRoad(Refused):
    """One of the places is near no road that the server knows; it does not say which."""


class NoWay(Refused):
    """The server found no route between any of these places."""


class NoWayOrOffRoad(NoWay, OffRoad):
    """One of both; the server does not tell them apart."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: a path on the server, with or without a JSON body."""

    path: str
    body: object = None


class Server(Protocol):
    """A kind of routing server, without any I/O."""

    @property
    def source(self) -> str:
        """Kind and profile."""
        ...

    def about(self, point: Point) -> Request:
        """Asks for the version of the map."""
        ...

    def read_about(self, status: int, said: object) -> str:
        """The version of the map; empty when the server does not tell."""
        ...

    def table(self, sources: Sequence[Point], targets: Sequence[Point]) -> Request:
        """Asks for travel from each source to each target."""
        ...

    def read_table(self, status: int, said: object, shape: tuple[int, int]) -> Table:
        """Seconds and metres by source; None where the server knows no way. Raises Refused."""
        ...


def to_rows(found: object, shape: tuple[int, int], factor: float, limit: int) -> list[list[Cell]]:
    """Validates a matrix of this shape, multiplied by the factor and rounded up. Raises Refused."""
    rows, columns = shape
    if not isinstance(found, list) or len(found) != rows:
        raise Refused("a table of another size")
    if any(not isinstance(row, list) or len(row) != columns for row in found):
        raise Refused("a table of another size")
    return [[to_cell(value, factor, limit) for value in row] for row in found]


def to_cell(value: object, factor: float, limit: int) -> Cell:
    """A whole number of seconds or metres, or None. Raises Refused."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("something else than a number")
    scaled = value * factor
    if not math.isfinite(scaled) or scaled < 0 or scaled > limit:
        raise Refused("a number that no drive has")
    return math.ceil(scaled - 1e-6)


def member(said: object, name: str) -> object:
    """A member of a JSON object; None when it has none or is no object."""
    return said.get(name) if isinstance(said, dict) else None
