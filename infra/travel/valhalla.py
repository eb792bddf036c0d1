"""Valhalla's time-distance matrix as its documentation has it: whole seconds, kilometres, lat and lon by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.travel.matrix import Point
from infra.travel.server import (
    MAX_METRES,
    MAX_SECONDS,
    NEAR_METRES,
    NoWay,
    NoWayOrOffRoad,
    OffRoad,
    Refused,
    Request,
    Table,
    TooBig,
    member,
    to_rows,
)

# "Internal error codes and conditions" of its documentation.
CODES: Final[Mapping[int, type[Refused]]] = {
    150: TooBig,  # exceeded max locations
    430: TooBig,  # exceeded max iterations
    154: NoWay,  # path distance exceeds the max distance limit
    170: NoWayOrOffRoad,  # locations are in unconnected regions; 3.9 says so too of a place near no road
    441: NoWay,  # location is unreachable
    442: NoWay,  # no path could be found
    171: OffRoad,  # no suitable edges near location
}
KILOMETRES: Final = (None, "km", "kilometers")


@dataclass(frozen=True, slots=True)
class Valhalla:
    """A server that runs `valhalla_service`, asked with one costing model."""

    profile: str = "auto"
    near: int = NEAR_METRES

    @property
    def source(self) -> str:
        """Kind and costing model, and how near a road must be: what was said of farther ones is not used again."""
        return f"valhalla/{self.profile}~{self.near}"

    def about(self, point: Point) -> Request:  # noqa: ARG002 - as every server is asked
        """Its status."""
        return Request("/status")

    def read_about(self, status: int, said: object) -> str:
        """When its tiles were made."""
        found = member(said, "tileset_last_modified")
        return str(found) if status == 200 and isinstance(found, int) else ""

    def table(self, sources: Sequence[Point], targets: Sequence[Point]) -> Request:
        """Without a moment: the speeds of a quiet road."""
        return Request(
            "/sources_to_targets",
            {
                "sources": [to_location(point, self.near) for point in sources],
                "targets": [to_location(point, self.near) for point in targets],
                "costing": self.profile,
                "units": "kilometers",
            },
        )

    def read_table(self, status: int, said: object, shape: tuple[int, int]) -> Table:
        """`time` and `distance` of each cell, or the two compact arrays; null where there is no way."""
        if status == 413:
            raise TooBig("status 413")
        if status != 200:
            code = member(said, "error_code")
            number = code if isinstance(code, int) and 0 <= code < 1000 else 0
            raise CODES.get(number, Refused)(f"status {status} error {number}")
        if member(said, "units") not in KILOMETRES:
            raise Refused("distances in another unit")
        found = member(said, "sources_to_targets")
        if isinstance(found, dict):
            times, distances = found.get("durations"), found.get("distances")
        else:
            times, distances = column(found, "time"), column(found, "distance")
        seconds = to_rows(times, shape, 1, MAX_SECONDS)
        metres = to_rows(distances, shape, 1000, MAX_METRES)
        return list(zip(seconds, metres, strict=True))


def to_location(point: Point, near: int) -> dict[str, float]:
    """A point as Valhalla takes it, and how far its nearest road may be."""
    lat, lon = point
    return {"lat": round(lat, 6), "lon": round(lon, 6), "search_cutoff": near}


def column(found: object, name: str) -> object:
    """One value of every cell; what is no table of cells stays as it is, to be refused. Raises Refused."""
    if not isinstance(found, list) or any(not isinstance(row, list) for row in found):
        return found
    rows = []
    for a, row in enumerate(found):
        if any(not is_cell(cell, (a, b)) for b, cell in enumerate(row)):
            raise Refused("cells in another order")
        rows.append([member(cell, name) for cell in row])
    return rows


def is_cell(cell: object, at: tuple[int, int]) -> bool:
    """Whether this is a cell, and the one of this row and column when it says so."""
    if not isinstance(cell, dict) or not {"time", "distance"} <= cell.keys():
        return False
    return (cell.get("from_index", at[0]), cell.get("to_index", at[1])) == at
