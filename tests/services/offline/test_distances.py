"""Distances cut, rounded to the nearest and upwards, exact where a float is not."""

import pytest

from services.offline.files.distances import FINE, ceiling, floor, nearest


@pytest.mark.parametrize(
    ("square", "scale", "cut", "near", "up"),
    [
        (20, 10, 44, 45, 45),  # 4.472...
        (17, 10, 41, 41, 42),  # 4.123...
        (25, 10, 50, 50, 50),
        (0, 10, 0, 0, 0),
        (2, 1, 1, 1, 2),
        (3, 1, 1, 2, 2),
        (10**16, 1, 10**8, 10**8, 10**8),
        (10**16 - 1, 1, 10**8 - 1, 10**8, 10**8),
    ],
)
def test_a_length_by_each_rounding(square: int, scale: int, cut: int, near: int, up: int):
    fine = square * FINE**2

    assert (floor(fine, scale), nearest(fine, scale), ceiling(fine, scale)) == (cut, near, up)
