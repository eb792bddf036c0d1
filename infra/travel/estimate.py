"""Travel estimated from straight distances: great circle x detour, at a speed by distance band.

The figures are those of the 53,130 ordered pairs of the 231 postcode-4 areas of safety region Utrecht:
medians by band of straight distance, derived from NanneD/ELASPY (commit 3fadc5004bcb87e2c0c53ea5748bbb84a91f1934;
Dieleman and Jagtenberg, "Electric ambulances", 2024), distances and driving times with siren. One flat, dense
province with large rivers: a first guess for islands and peninsulas.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.problem import Travel

EARTH_RADIUS_METRES = 6_371_008.8  # mean radius, IUGG
SIREN_FACTOR = (
    0.95  # time with siren / time without: NO_SIREN_PENALTY of the same authors, a model parameter
)
VERSION = "estimate-utrecht-2022-1"  # changes with every figure in this file


@dataclass(frozen=True, slots=True)
class Band:
    """Medians of the pairs whose straight distance lies between two bounds."""

    from_km: float
    to_km: float
    detour: float  # road distance / straight distance
    siren_kmh: float  # over the road distance


BANDS = (
    Band(0, 2, 1.480, 46.3),
    Band(2, 5, 1.423, 52.2),
    Band(5, 10, 1.439, 64.8),
    Band(10, 15, 1.426, 75.5),
    Band(15, 20, 1.397, 80.6),
    Band(20, 30, 1.363, 86.0),
    Band(30, 40, 1.318, 90.3),
    Band(40, 60, 1.291, 92.1),
)


def matrix(points: Sequence[tuple[float, float]]) -> Travel:
    """Travel between points (lat, lon in WGS 84 degrees): seconds without siren, metres by road; symmetric.

    Rounded up, so that two different points are never no distance apart.
    """
    turned = [unit_vector(lat, lon) for lat, lon in points]
    n = len(turned)
    seconds = [[0] * n for _ in range(n)]
    metres = [[0] * n for _ in range(n)]
    for a in range(n):
        here = turned[a]
        for b in range(a):
            s, m = drive(chord_to_metres(math.dist(here, turned[b])))
            seconds[a][b] = seconds[b][a] = s
            metres[a][b] = metres[b][a] = m
    return Travel(VERSION, tuple(map(tuple, seconds)), tuple(map(tuple, metres)))


def drive(straight_metres: float) -> tuple[int, int]:
    """Seconds and metres by road for a straight distance; both grow with it.

    A step at each bound would make a longer way a shorter drive, so the medians stand in the middle of
    their band and the way between two middles is a straight line.
    """
    k = min(max(bisect_left(_STRAIGHT, straight_metres), 1), len(_STRAIGHT) - 1)
    part = (straight_metres - _STRAIGHT[k - 1]) / (_STRAIGHT[k] - _STRAIGHT[k - 1])
    seconds = _SECONDS[k - 1] + part * (_SECONDS[k] - _SECONDS[k - 1])
    metres = _ROAD[k - 1] + part * (_ROAD[k] - _ROAD[k - 1])
    return math.ceil(seconds - 1e-6), math.ceil(metres - 1e-6)


def unit_vector(lat: float, lon: float) -> tuple[float, float, float]:
    """A point on the unit sphere."""
    phi, theta = math.radians(lat), math.radians(lon)
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)


def chord_to_metres(chord: float) -> float:
    """Great-circle distance in metres over a chord between two unit vectors."""
    return 2 * EARTH_RADIUS_METRES * math.asin(min(1.0, chord / 2))


def knots(bands: Sequence[Band]) -> tuple[list[float], list[float], list[float]]:
    """Straight metres, road metres and seconds at the middle of each band, from nothing at zero."""
    straight, road, seconds = [0.0], [0.0], [0.0]
    for band in bands:
        middle = (band.from_km + band.to_km) / 2
        road_km = middle * band.detour
        straight.append(middle * 1000)
        road.append(road_km * 1000)
        seconds.append(road_km / band.siren_kmh * 3600 / SIREN_FACTOR)
    return straight, road, seconds


_STRAIGHT, _ROAD, _SECONDS = knots(BANDS)
