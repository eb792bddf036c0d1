"""Where people, posts and roads are: the real country from ../shared/data when it is there, else an invented one.

The road matrix of Utrecht (NanneD/ELASPY, GPL-3.0) is read where it lies and never shipped.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from infra.travel.estimate import SIREN_FACTOR, matrix
from scheduling.problem import Travel

DATA = Path(__file__).parents[3] / "shared" / "data"
UTRECHT = "GG2514"
ESTIMATE, ROADS = "estimate", "utrecht"
INVENTED = tuple(f"GG99{n:02d}" for n in range(25))


@dataclass(frozen=True, slots=True)
class Area:
    """A postcode-4 area: how many live there, where, on how much land."""

    pc4: int
    municipality: str
    lat: float
    lon: float
    km2: float
    people: int


@dataclass(frozen=True, slots=True)
class Spot:
    """A door or a post, with the area that it lies in."""

    area: int
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Land:
    """One GGD region of the map."""

    code: str
    areas: tuple[Area, ...]
    posts: tuple[Spot, ...]


def is_real() -> bool:
    """Whether the real data lies beside the repository."""
    return (DATA / "pc4.csv").exists()


def codes() -> tuple[str, ...]:
    """The 25 regions."""
    return tuple(row["ggd_code"] for row in _rows("ggd_regions.csv")) if is_real() else INVENTED


@cache
def land(code: str) -> Land:
    """A region of the real map; an invented one without the data."""
    if not is_real():
        return _invented(code)
    areas = tuple(area for area in _areas(code) if area.people)
    posts = tuple(
        Spot(int(row["pc4"]), float(row["lat"]), float(row["lon"]))
        for row in _rows("huisartsenposten.csv")
        if row["ggd_code"] == code
    )
    largest = sorted(areas, key=lambda area: -area.people)
    more = tuple(Spot(area.pc4, area.lat, area.lon) for area in largest[:10:4])
    return Land(code, areas, posts if len(posts) >= 3 else (*posts, *more))


def spot_in(random: Random, area: Area) -> Spot:
    """A door somewhere in an area, mostly near its middle."""
    distance = 0.6 * math.sqrt(area.km2 / math.pi) * math.sqrt(random.random())
    angle = random.uniform(0, 2 * math.pi)
    lat = area.lat + distance * math.cos(angle) / 111.2
    lon = area.lon + distance * math.sin(angle) / (111.2 * math.cos(math.radians(area.lat)))
    return Spot(area.pc4, lat, lon)


def travel(spots: Sequence[Spot], roads: str) -> Travel:
    """Between spots: the estimate everywhere, or by road between the areas of Utrecht and estimated within one."""
    found = matrix([(spot.lat, spot.lon) for spot in spots])
    known = road_matrix() if roads == ROADS else {}
    if not known:
        return Travel(f"bench-{found.version}", _shared(found.seconds), _shared(found.metres))
    seconds, metres = [list(row) for row in found.seconds], [list(row) for row in found.metres]
    for a, one in enumerate(spots):
        for b, other in enumerate(spots):
            if one.area != other.area:
                seconds[a][b], metres[a][b] = known[one.area, other.area]
    return Travel("bench-utrecht-roads-2022", _shared(seconds), _shared(metres))


@cache
def road_matrix() -> dict[tuple[int, int], tuple[int, int]]:
    """Seconds and metres between the areas of Utrecht, without siren; empty without the data."""
    if not is_real():
        return {}
    return {
        (int(row["from_pc4"]), int(row["to_pc4"])): (
            math.ceil(float(row["siren_min"]) * 60 / SIREN_FACTOR),
            math.ceil(float(row["road_km"]) * 1000),
        )
        for row in _rows("travel_utrecht_pc4.csv")
    }


def _shared(rows: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """The same rows with one object for each number: a tenth of the memory."""
    seen: dict[int, int] = {}
    return tuple(tuple([seen.setdefault(value, value) for value in row]) for row in rows)


def _areas(code: str) -> Iterator[Area]:
    for row in _rows("pc4.csv"):
        if row["ggd_code"] == code:
            yield Area(
                int(row["pc4"]),
                row["gm_code"],
                float(row["lat"]),
                float(row["lon"]),
                float(row["area_km2"]),
                int(row["pop_total"] or 0),
            )


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _invented(code: str) -> Land:
    """Fourteen towns of falling size, each of some areas, in a square of 60 km."""
    random = Random(code)
    areas = []
    for town in range(14):
        lat, lon = 51.7 + random.uniform(0, 0.54), 5.0 + random.uniform(0, 0.87)
        for _ in range(12):
            number = 1000 + len(areas)
            north, east = random.gauss(0, 0.02), random.gauss(0, 0.03)
            people = int(random.uniform(2000, 12000) / (1 + town / 3))
            areas.append(
                Area(number, f"town {town}", lat + north, lon + east, random.uniform(1, 8), people)
            )
    posts = tuple(Spot(areas[k].pc4, areas[k].lat, areas[k].lon) for k in (0, 12, 24, 36))
    return Land(code, tuple(areas), posts)
