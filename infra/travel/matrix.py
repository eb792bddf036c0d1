"""A travel matrix with the provenance of each pair, packed for storage under its version."""

import hashlib
import json
import sys
import zlib
from array import array
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from infra.travel import estimate
from scheduling.problem import Travel

Point = tuple[float, float]  # latitude, longitude in WGS 84 degrees

ROAD: Final = 0  # answered by the server
GUESSED: Final = 1  # the server did not answer: the estimate stands in
HOLE: Final = 2  # the server knows no way: the estimate, slower
HOLE_FACTOR: Final = 1.5  # a way that no map knows is planned with time to spare; docs/travel.md


class NotAMatrix(Exception):
    """Stored bytes are no travel matrix: our mistake."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Seconds and metres between points, row by row, with the kind of each pair."""

    source: str  # provider and profile
    data: str  # the provider's own version of its map; empty when it does not say
    points: tuple[Point, ...]
    seconds: "array[int]"
    metres: "array[int]"
    kinds: bytes

    @property
    def guessed(self) -> int:
        """Number of pairs that the server did not answer."""
        return self.kinds.count(GUESSED)

    @property
    def holes(self) -> int:
        """Number of pairs between which the server knows no route."""
        return self.kinds.count(HOLE)

    @property
    def version(self) -> str:
        """Source and a hash of the content: the same content has the same version everywhere."""
        return f"{self.source}:{hashlib.sha256(self._content()).hexdigest()[:24]}"

    def cut_off(self) -> tuple[int, ...]:
        """Places without a route to or from most others: misplaced on the map, or not on a road.

        The worst first, and then again among the rest: where many are off the map, those on it lack most routes too.
        """
        n = len(self.points)
        lacks: list[list[int]] = [[] for _ in range(n)]
        for at, kind in enumerate(self.kinds):
            if kind == HOLE:
                lacks[at // n].append(at % n)
                lacks[at % n].append(at // n)
        counts, rest = [len(others) for others in lacks], set(range(n))
        while rest and (most := max(counts[place] for place in rest)) > len(rest) - 1:
            worst = [place for place in rest if counts[place] == most]
            rest.difference_update(worst)
            for place in worst:
                for other in lacks[place]:
                    counts[other] -= 1
        return tuple(sorted(set(range(n)) - rest))

    def to_travel(self) -> Travel:
        """The matrix as scheduling uses it."""
        n = len(self.points)
        return Travel(
            self.version,
            tuple(tuple(self.seconds[a * n : a * n + n]) for a in range(n)),
            tuple(tuple(self.metres[a * n : a * n + n]) for a in range(n)),
        )

    def pack(self) -> bytes:
        """Compresses the content; equal matrices give equal bytes."""
        return zlib.compress(self._content(), 6)

    def _content(self) -> bytes:
        head = json.dumps([self.source, self.data, self.points]).encode()
        return head + b"\n" + little(self.seconds) + little(self.metres) + self.kinds


def unpack(packed: bytes) -> Matrix:
    """Restores a packed matrix. Raises NotAMatrix."""
    try:
        head, _, body = zlib.decompress(packed).partition(b"\n")
        source, data, points = json.loads(head)
        size = len(points) ** 2
        if len(body) != 9 * size:
            raise NotAMatrix("its size does not fit its points")
        seconds, metres = array("i", body[: 4 * size]), array("i", body[4 * size : 8 * size])
    except (zlib.error, ValueError, TypeError) as error:
        raise NotAMatrix(type(error).__name__) from error
    if sys.byteorder == "big":
        seconds.byteswap()
        metres.byteswap()
    return Matrix(
        source, data, tuple((lat, lon) for lat, lon in points), seconds, metres, body[8 * size :]
    )


def little(values: "array[int]") -> bytes:
    """Little-endian bytes, the same on every machine."""
    if sys.byteorder == "little":
        return values.tobytes()
    turned = array("i", values)
    turned.byteswap()
    return turned.tobytes()


@lru_cache(maxsize=8)
def estimated(points: tuple[Point, ...]) -> Matrix:
    """The estimate as a source of its own; kept, since the points of a region seldom change. Not to be written in."""
    travel = estimate.matrix(points)
    return Matrix(
        estimate.VERSION,
        "",
        points,
        array("i", [value for row in travel.seconds for value in row]),
        array("i", [value for row in travel.metres for value in row]),
        bytes(len(points) ** 2),
    )
