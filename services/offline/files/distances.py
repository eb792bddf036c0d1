"""Euclidean distances as integers, exact to the last digit: the floor of a float may be off by one."""

from collections.abc import Callable, Sequence
from math import isqrt

FINE = 10**6  # coordinates are integers in millionths
Matrix = tuple[tuple[int, ...], ...]
Point = tuple[int, int]
Rounding = Callable[[int, int], int]
"""From a square in FINE * FINE and a scale to a length in units of 1 / scale."""


def floor(square: int, scale: int) -> int:
    """Rounds down, to a length in units of 1 / scale."""
    return isqrt(square * scale * scale // FINE**2)


def nearest(square: int, scale: int) -> int:
    """Rounds to the nearest, halves up, to a length in units of 1 / scale."""
    return (isqrt(4 * square * scale * scale // FINE**2) + 1) // 2


def ceiling(square: int, scale: int) -> int:
    """Rounds up, to a length in units of 1 / scale."""
    found = floor(square, scale)
    return found + (found * found * FINE**2 < square * scale * scale)


def matrix(points: Sequence[Point], rounding: Rounding, scale: int) -> Matrix:
    """Distances between every two points, times `scale`."""
    rows = [[0] * len(points) for _ in points]
    for a, (x, y) in enumerate(points):
        for b in range(a):
            dx, dy = x - points[b][0], y - points[b][1]
            rows[a][b] = rows[b][a] = rounding(dx * dx + dy * dy, scale)
    return tuple(map(tuple, rows))
