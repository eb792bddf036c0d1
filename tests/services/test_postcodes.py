"""Whether a point fits a postcode: within a circle of the area's size around its centre, with some room."""

import pytest

from services.postcodes import fits_postcode, read_centres


@pytest.mark.parametrize(
    ("lat", "lon", "postcode", "fits"),
    [
        (52.0883, 5.1160, 3511, True),
        (52.10, 5.10, 3511, True),
        (52.22, 5.28, 3511, False),  # Baarn
        (5.1160, 52.0883, 3511, False),  # exchanged
        (52.883, 5.1160, 3511, False),  # a digit left out
        (53.2194, 6.5665, 3511, False),  # Groningen
        (52.0883, 5.1160, 1000, True),  # no such area in our data
    ],
)
def test_a_point_fits_its_postcode(lat: float, lon: float, postcode: int, fits: bool):
    assert fits_postcode(lat, lon, postcode) is fits


def test_every_centre_fits_its_own_postcode():
    assert len(read_centres()) > 4000
    assert all(fits_postcode(one.lat, one.lon, number) for number, one in read_centres().items())
