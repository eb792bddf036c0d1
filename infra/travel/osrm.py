"""OSRM's table service as its documentation has it (docs/http.md of osrm-backend): seconds and metres, lon before lat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.travel.matrix import Point
from infra.travel.server import (
    MAX_METRES,
    MAX_SECONDS,
    NEAR_METRES,
    NoWay,
    OffRoad,
    Refused,
    Request,
    Table,
    TooBig,
    member,
    to_rows,
)

CODES: Final[Mapping[str, type[Refused]]] = {
    "TooBig": TooBig,
    "NoSegment": OffRoad,
    "NoTable": NoWay,
    "NoRoute": NoWay,
}
NAMED: Final = frozenset(
    {"InvalidUrl", "InvalidService", "InvalidVersion", "InvalidOptions", "InvalidQuery"}
    | {"InvalidValue", "NotImplemented", "DisabledDataset"}
)
TOO_LONG: Final = frozenset({413, 414, 431})


@dataclass(frozen=True, slots=True)
class Osrm:
    """A server that runs `osrm-routed` on one profile."""

    profile: str = "driving"
    near: int = NEAR_METRES

    @property
    def source(self) -> str:
        """Kind and profile, and how near a road must be: what was said of farther ones is not used again."""
        return f"osrm/{self.profile}~{self.near}"

    def about(self, point: Point) -> Request:
        """The nearest road to a point: every answer carries the time stamp of the map."""
        return Request(f"/nearest/v1/{self.profile}/{coordinates([point])}?number=1")

    def read_about(self, status: int, said: object) -> str:
        """`data_version`, when the map was made with one."""
        found = member(said, "data_version")
        return found[:40] if status == 200 and isinstance(found, str) else ""

    def table(self, sources: Sequence[Point], targets: Sequence[Point]) -> Request:
        """Both annotations of a rectangle: the sources are the first coordinates, the targets the others."""
        first, both = len(sources), len(sources) + len(targets)
        return Request(
            f"/table/v1/{self.profile}/{coordinates([*sources, *targets])}"
            f"?sources={';'.join(map(str, range(first)))}"
            f"&destinations={';'.join(map(str, range(first, both)))}&annotations=duration,distance"
            f"&radiuses={';'.join([str(self.near)] * both)}"
        )

    def read_table(self, status: int, said: object, shape: tuple[int, int]) -> Table:
        """`durations` and `distances`; null where there is no way."""
        code = member(said, "code")
        if status in TOO_LONG:
            raise TooBig(f"status {status}")
        if status != 200 or code != "Ok":
            kind = CODES.get(code, Refused) if isinstance(code, str) else Refused
            known = code if isinstance(code, str) and code in NAMED | CODES.keys() else ""
            raise kind(f"status {status} {known}".strip())
        seconds = to_rows(member(said, "durations"), shape, 1, MAX_SECONDS)
        metres = to_rows(member(said, "distances"), shape, 1, MAX_METRES)
        return list(zip(seconds, metres, strict=True))


def coordinates(points: Sequence[Point]) -> str:
    """Longitude, latitude; six decimals are ten centimetres."""
    return ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in points)
