"""Reads the data files: areas with their inhabitants, posts and deliveries (sources in data/NOTICE.md)."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from services.importing.layout import Place

DATA = Path(__file__).parent / "data"
POSTS_WITHOUT_DATA = 5


@dataclass(frozen=True, slots=True)
class Area:
    """A postcode-4 area with its inhabitants on 1 January 2021."""

    pc4: int
    place: str
    municipality: str  # GM code
    region: str  # GG code
    lat: float
    lon: float
    km2: float
    total: int
    aged_20_64: int
    aged_65_79: int
    aged_80_84: int
    aged_85_89: int
    aged_90_94: int
    aged_95: int

    @property
    def aged_85plus(self) -> int:
        """Inhabitants of 85 and over."""
        return self.aged_85_89 + self.aged_90_94 + self.aged_95


@dataclass(frozen=True, slots=True)
class Post:
    """A huisartsenpost; its fridge is the depot of the same number."""

    key: str
    name: str
    lat: float
    lon: float
    pc4: int

    @property
    def depot(self) -> str:
        """The key of its depot."""
        return f"DEPOT-{self.key.removeprefix('HAP-')}"


@dataclass(frozen=True, slots=True)
class Geography:
    """One region of the map, with its share of the country."""

    region: str
    areas: tuple[Area, ...]
    posts: tuple[Post, ...]
    people: int
    people_national: int

    def share(self, national: int) -> int:
        """This region's part of a national quantity, by number of inhabitants."""
        return round(national * self.people / self.people_national)


@dataclass(frozen=True, slots=True)
class NationalDelivery:
    """Doses that reached the Netherlands on one day."""

    day: date
    product: str
    doses: int


class UnknownRegion(Exception):
    """No area of the data lies in this region; holds the codes that exist."""


def read_geography(region: str) -> Geography:
    """The areas and posts of a GGD region. Raises UnknownRegion."""
    everywhere = list(read_areas())
    areas = tuple(area for area in everywhere if area.region == region and area.total)
    if not areas:
        known = sorted({area.region for area in everywhere if area.region})
        raise UnknownRegion(f"onbekende regio; bekend zijn {', '.join(known)}")
    people_national = sum(area.total for area in everywhere)
    people = sum(area.total for area in areas)
    return Geography(
        region, areas, read_posts(region) or invent_posts(areas), people, people_national
    )


def read_areas() -> Iterator[Area]:
    """All areas of the country."""
    for row in rows_of("pc4.csv"):
        yield Area(
            pc4=int(row["pc4"]),
            place=row["place"],
            municipality=row["gm_code"],
            region=row["ggd_code"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            km2=float(row["area_km2"]),
            total=int(row["pop_total"] or 0),
            aged_20_64=int(row["pop_20_64"] or 0),
            aged_65_79=int(row["pop_65_79"] or 0),
            aged_80_84=int(row["pop_80_84"] or 0),
            aged_85_89=int(row["pop_85_89"] or 0),
            aged_90_94=int(row["pop_90_94"] or 0),
            aged_95=int(row["pop_95plus"] or 0),
        )


def read_posts(region: str) -> tuple[Post, ...]:
    """The real posts of a region, as far as the data has them."""
    return tuple(
        Post(row["post"], row["name"], float(row["lat"]), float(row["lon"]), int(row["pc4"]))
        for row in rows_of("posts.csv")
        if row["ggd_code"] == region
    )


def invent_posts(areas: tuple[Area, ...]) -> tuple[Post, ...]:
    """Invents posts where the data has none: in the most populous area of each of the largest municipalities."""
    largest: dict[str, Area] = {}
    people: dict[str, int] = {}
    for area in sorted(areas, key=lambda a: -a.total):
        largest.setdefault(area.municipality, area)
        people[area.municipality] = people.get(area.municipality, 0) + area.total
    chosen = sorted(largest, key=lambda m: (-people[m], m))[:POSTS_WITHOUT_DATA]
    return tuple(
        Post(f"HAP-{n}", f"Oefenpost {largest[m].place}", largest[m].lat, largest[m].lon, largest[m].pc4)
        for n, m in enumerate(chosen, start=1)
    )  # fmt: skip


def read_deliveries() -> tuple[NationalDelivery, ...]:
    """National deliveries in order of day."""
    return tuple(
        NationalDelivery(date.fromisoformat(r["date"]), r["product"], int(r["doses_national"]))
        for r in rows_of("deliveries.csv")
    )


def read_places() -> dict[int, Place]:
    """Centres of the postcode-4 areas, for rows without coordinates of their own."""
    return {area.pc4: Place(area.lat, area.lon, area.municipality) for area in read_areas()}


def rows_of(name: str) -> Iterator[dict[str, str]]:
    """Rows of one data file."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def kilometres(a_lat: float, a_lon: float, b_lat: float, b_lon: float) -> float:
    """Straight-line distance in km on a flat earth, accurate enough within one region."""
    north = (a_lat - b_lat) * 111.2
    east = (a_lon - b_lon) * 111.2 * math.cos(math.radians((a_lat + b_lat) / 2))
    return math.hypot(north, east)
