"""Generates small institutions and practices on the real map of the region."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from events.location import Sector
from services.simulator.geography import Area, Geography, Post, kilometres
from services.simulator.names import HOUSE_NOUNS, PRACTICE_NOUNS, unique_names

SMALLEST, LARGEST = 5, 35  # residents of one institution
MOVING = 110  # one institution in so many is moving house and closed for the whole horizon
LETTERS = "ABCDEFGHJKLMNPRSTVWXZ"
NEVER = {"SA", "SD", "SS"}  # not used in Dutch postcodes
SECTORS = {Sector.ELDERLY: 60, Sector.DISABILITY: 29, Sector.MENTAL_HEALTH: 9, Sector.OTHER: 2}
DAYTIME = {  # weekly hours in which a team may begin -> how often
    "ma-vr 9:30-11:30 13:30-16:30": 40,  # around the meals
    "ma-vr 9:00-12:00": 12,
    "ma-vr 13:00-16:30": 10,
    "ma+wo+vr 9:00-16:00": 10,
    "di+do 9:30-16:00": 8,
    "ma-vr 9:00-17:00; za 9:30-12:30": 12,
    "ma-do 10:00-11:45 14:00-17:00": 8,
}
DAY_CARE = {  # residents are away in the daytime
    "ma-vr 15:30-19:30; za 10:00-12:30": 60,
    "ma+di+do 15:00-19:00; wo+vr 12:30-17:00": 25,
    "wo+vr 9:00-16:30": 15,
}


@dataclass(frozen=True, slots=True)
class Practice:
    """A GP practice."""

    key: str
    name: str
    agb: str
    pc4: int
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Institution:
    """A small institution without doctors of its own."""

    key: str
    name: str
    sector: Sector
    area: Area
    postcode: str
    house_number: int
    lat: float
    lon: float
    residents: int
    opening: str
    closed_on: tuple[date, ...]
    contact_known: bool
    seats: int
    post: Post  # the nearest
    practices: tuple[Practice, ...]  # where its residents are listed, the usual one first


def place_practices(rng: Random, geography: Geography, count: int) -> tuple[Practice, ...]:
    """Places practices, in proportion to inhabitants."""
    names = unique_names(rng, PRACTICE_NOUNS, "Praktijk ")
    areas = rng.choices(geography.areas, [area.total for area in geography.areas], k=count)
    practices = []
    for n, area in enumerate(areas, start=1):
        lat, lon = near(rng, area)
        agb = f"0199{n:04d}"  # 01: general practitioner; 0199....: invented
        practices.append(Practice(f"PRAK-{n:03d}", next(names), agb, area.pc4, lat, lon))
    return tuple(practices)


def place_institutions(
    rng: Random,
    geography: Geography,
    practices: Sequence[Practice],
    sizes: Sequence[int],
    days: Sequence[date],
) -> tuple[Institution, ...]:
    """Places one institution per size, in proportion to inhabitants of 85 and over."""
    names = unique_names(rng, HOUSE_NOUNS)
    weights = [area.aged_85plus for area in geography.areas]
    areas = rng.choices(geography.areas, weights, k=len(sizes))
    found = []
    for n, (area, size) in enumerate(zip(areas, sizes, strict=True), start=1):
        lat, lon = near(rng, area)
        sector = rng.choices(list(SECTORS), list(SECTORS.values()))[0]
        found.append(
            Institution(
                key=f"INST-{n:03d}",
                name=next(names),
                sector=sector,
                area=area,
                postcode=f"{area.pc4}{letters(rng)}",
                house_number=rng.randint(1, 240),
                lat=lat,
                lon=lon,
                residents=size,
                opening=opening(rng, sector),
                closed_on=tuple(days) if n % MOVING == 0 else closed(rng, days),
                contact_known=rng.random() >= 0.025,
                seats=rng.choices((3, 4, 6, 8, 10), (1, 3, 8, 5, 3))[0],
                post=min(geography.posts, key=lambda p: kilometres(lat, lon, p.lat, p.lon)),
                practices=practices_near(rng, practices, lat, lon),
            )
        )
    return tuple(found)


def draw_sizes(rng: Random, institutions: int, residents: int) -> list[int]:
    """Draws sizes between the smallest and the largest that add up to the residents. Raises ValueError when none can."""
    if not SMALLEST * institutions <= residents <= LARGEST * institutions:
        raise ValueError(f"residents must be {SMALLEST} to {LARGEST} times the institutions")
    sizes = [round(rng.triangular(SMALLEST, LARGEST, 10)) for _ in range(institutions)]
    while missing := residents - sum(sizes):
        n = rng.randrange(institutions)
        size = sizes[n] + (1 if missing > 0 else -1)
        if SMALLEST <= size <= LARGEST:
            sizes[n] = size
    return sizes


def near(rng: Random, area: Area) -> tuple[float, float]:
    """Draws a point around the centre of an area, mostly within it."""
    distance = 0.6 * math.sqrt(area.km2 / math.pi) * math.sqrt(rng.random())
    angle = rng.uniform(0, 2 * math.pi)
    lat = area.lat + distance * math.cos(angle) / 111.2
    lon = area.lon + distance * math.sin(angle) / (111.2 * math.cos(math.radians(area.lat)))
    return round(lat, 5), round(lon, 5)


def letters(rng: Random) -> str:
    """The two letters of a postcode."""
    pair = rng.choice(LETTERS) + rng.choice(LETTERS)
    return "AA" if pair in NEVER else pair


def opening(rng: Random, sector: Sector) -> str:
    """Draws weekly opening hours that suit the sector."""
    away = sector is Sector.DISABILITY and rng.random() < 0.6
    patterns = DAY_CARE if away else DAYTIME
    return rng.choices(list(patterns), list(patterns.values()))[0]


def closed(rng: Random, days: Sequence[date]) -> tuple[date, ...]:
    """Draws closed days: none for most institutions."""
    if rng.random() >= 0.06:
        return ()
    first = rng.choice(days)
    return tuple(first + timedelta(days=n) for n in range(rng.randint(1, 3)))


def practices_near(
    rng: Random, practices: Sequence[Practice], lat: float, lon: float
) -> tuple[Practice, ...]:
    """Draws one to six of the nine nearest practices: residents keep their own GP when they move in."""
    nearest = sorted(practices, key=lambda p: (kilometres(lat, lon, p.lat, p.lon), p.key))[:9]
    count = rng.choices((1, 2, 3, 4, 5, 6), (10, 20, 28, 22, 13, 7))[0]
    return tuple(rng.sample(nearest, min(count, len(nearest))))
