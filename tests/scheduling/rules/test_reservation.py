"""A dose is planned only when the next one of its series is secured by stock that is confirmed."""

from scheduling.rules import reservation
from tests.scheduling.builders import (
    a_campaign,
    a_lot,
    a_pin,
    a_plan,
    a_problem,
    a_route,
    a_visit,
    at,
    needs,
)

RESERVES = a_campaign(reserve_next_dose=True, min_days=28, max_days=42)


def details(*lots, people: int = 10, campaign=RESERVES, **changes) -> list[str]:
    problem = a_problem(needs=needs(people), stock=lots, campaigns=(campaign,), **changes)
    plan = a_plan(problem, a_route(problem, "S1", (a_visit(problem), at(0, 9))))
    return [row.detail for row in reservation.violations(problem, plan)]


def test_a_first_dose_needs_stock_for_the_second():
    assert details(a_lot(20)) == []
    assert details(a_lot(19)) == ["1 next doses are not secured"]


def test_the_second_is_counted_in_whole_containers_too():
    assert details(a_lot(40), people=11) == []
    assert details(a_lot(39), people=11) == ["1 next doses are not secured"]


def test_a_delivery_in_time_secures_it():
    first = a_lot(10, last_day=20)

    assert details(first, a_lot(10, lot="b", first_day=42)) == []
    assert details(first, a_lot(10, lot="b", first_day=43)) == ["10 next doses are not secured"]


def test_a_lot_that_expires_before_the_second_dose_does_not():
    assert details(a_lot(20, last_day=28)) == []
    assert details(a_lot(20, last_day=27)) == ["10 next doses are not secured"]


def test_stock_at_another_depot_does_and_unconfirmed_stock_does_not():
    assert details(a_lot(10), a_lot(10, lot="b", depot_id="D2")) == []
    unconfirmed = a_lot(10, lot="b", confirmed=False, last_day=99)
    assert details(a_lot(10), unconfirmed) == ["10 next doses are not secured"]


def test_doses_that_are_owed_already_go_first():
    assert details(a_lot(25), reserved={"moderna": 5}) == []
    assert details(a_lot(25), reserved={"moderna": 6}) == ["1 next doses are not secured"]


def test_a_campaign_without_the_policy_and_a_last_dose_ask_for_nothing():
    assert details(a_lot(10), campaign=a_campaign(reserve_next_dose=False)) == []
    assert details(a_lot(10), campaign=a_campaign(reserve_next_dose=True, doses=1)) == []


def test_a_fixed_stop_is_not_asked_again():
    pin = a_pin("visit of L1", at(0, 9), [])

    assert details(a_lot(10), fixed=(pin,)) == []
