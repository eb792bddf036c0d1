import itertools
import time

from infra.travel.estimate import BANDS, SIREN_FACTOR, drive, matrix

UTRECHT, AMERSFOORT, WOERDEN = (52.0907, 5.1214), (52.1561, 5.3878), (52.0852, 4.8837)


def test_the_median_of_each_band_is_met_in_its_middle():
    for band in BANDS:
        middle_km = (band.from_km + band.to_km) / 2
        seconds, metres = drive(middle_km * 1000)

        assert abs(metres - middle_km * band.detour * 1000) <= 1
        hours_with_siren = middle_km * band.detour / band.siren_kmh
        assert abs(seconds - hours_with_siren * 3600 / SIREN_FACTOR) <= 1


def test_a_longer_straight_way_is_never_a_shorter_drive():
    drives = [drive(straight) for straight in range(0, 80_000, 50)]

    assert drives == sorted(drives)
    assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in itertools.pairwise(drives))


def test_the_matrix_is_symmetric_and_nothing_is_far_from_itself():
    travel = matrix([UTRECHT, AMERSFOORT, WOERDEN])

    for a in range(3):
        assert travel.seconds[a][a] == travel.metres[a][a] == 0
        for b in range(3):
            assert travel.seconds[a][b] == travel.seconds[b][a]
            assert travel.metres[a][b] == travel.metres[b][a]


def test_two_addresses_in_one_street_are_some_way_apart():
    travel = matrix([UTRECHT, (52.0908, 5.1214)])

    assert travel.seconds[0][1] >= 1
    assert travel.metres[0][1] >= 1


def test_utrecht_to_amersfoort_is_27_kilometres_of_road_and_more_than_20_minutes():
    travel = matrix([UTRECHT, AMERSFOORT])

    assert 25_000 < travel.metres[0][1] < 30_000  # straight 19.6 km
    assert 1_200 < travel.seconds[0][1] < 1_500


def test_a_whole_region_takes_well_under_a_second():
    points = [(52.0 + n % 20 / 100, 5.0 + n // 20 / 100) for n in range(260)]

    began = time.perf_counter()
    travel = matrix(points)
    took = time.perf_counter() - began

    assert took < 0.9
    assert len(travel.seconds) == len(travel.metres) == 260


def test_the_estimate_says_which_it_is():
    travel = matrix([UTRECHT])

    assert travel.version == "estimate-utrecht-2022-1"
