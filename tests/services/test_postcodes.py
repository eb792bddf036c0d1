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
        (53.296, 5.073, 8899, True),  # Oost-Vlieland, at the end of a long island
        (53.480, 6.160, 9166, True),  # Schiermonnikoog
        (52.583, 5.762, 8251, True),  # Ketelhaven, in the largest area
        (52.455, 5.692, 8251, True),  # Biddinghuizen: a neighbouring village is not told apart
        (52.330, 5.541, 8251, False),  # Zeewolde is
    ],
)
def test_a_point_fits_its_postcode(lat: float, lon: float, postcode: int, fits: bool):
    assert fits_postcode(lat, lon, postcode) is fits


def test_the_largest_area_stays_a_matter_of_kilometres():
    """North of its centre, where a degree is a degree: the limit lies between 18 and 19 km."""
    dronten = max(read_centres().items(), key=lambda one: one[1].radius_km)

    assert dronten[0] == 8251
    for number, centre in read_centres().items():
        assert fits_postcode(centre.lat + 4.9 / 111.2, centre.lon, number)
        assert not fits_postcode(centre.lat + 19 / 111.2, centre.lon, number)


def test_every_centre_fits_its_own_postcode():
    assert len(read_centres()) > 4000
    assert all(fits_postcode(one.lat, one.lon, number) for number, one in read_centres().items())
