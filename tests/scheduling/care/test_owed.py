"""Doses that must be kept for next doses past the horizon."""

import pytest

from scheduling.care.doses import doses_owed
from tests.scheduling.builders import a_product, needs

PRODUCTS = {"moderna": a_product()}


@pytest.mark.parametrize(("people", "doses"), [(1, 10), (10, 10), (11, 20)])
def test_whole_containers_are_kept_for_the_residents_of_a_location(people, doses):
    owed = needs(people, dose_no=2, first_day=20, last_day=34)

    assert doses_owed(owed, PRODUCTS) == {"moderna": doses}


def test_an_opened_container_serves_one_location_only():
    owed = [*needs(3, "L1"), *needs(3, "L2")]

    assert doses_owed(owed, PRODUCTS) == {"moderna": 20}


@pytest.mark.parametrize(("first_day", "doses"), [(34, 10), (35, 20)])
def test_people_share_a_call_when_their_windows_do(first_day, doses):
    earlier = needs(3, "L1", first_day=20, last_day=34)
    later = needs(3, "L1", first_day=first_day, last_day=first_day + 14)

    assert doses_owed([*later, *earlier], PRODUCTS) == {"moderna": doses}


def test_a_product_that_nobody_catalogued_counts_by_the_dose():
    assert doses_owed(needs(3), {}) == {"moderna": 3}


def test_nothing_is_kept_for_nobody():
    assert doses_owed([], PRODUCTS) == {}
