"""When a region that is due is planned: at once, unless it is loading."""

import pytest

from infra.postgres.snapshot.load import Due
from services.planner.params import DEFAULT
from services.planner.readiness import Loading, Readiness

READY, LOADING, OVERDUE = Readiness.READY, Readiness.LOADING, Readiness.OVERDUE
QUIET = 2.0


def due(seq: int, region: str = "GG2514", *, has_visits: bool = True) -> Due:
    return Due(region, (seq, 1), has_visits=has_visits)


def test_an_event_in_a_region_that_people_have_visits_in_is_answered_at_once():
    assert Loading(QUIET).judge(due(5), 1, 0, 10.0) is READY


def test_a_storm_of_a_hundred_facts_a_second_is_answered_at_every_look():
    loading = Loading(QUIET)

    found = {loading.judge(due(5 + n), 10, 0, n / 10) for n in range(100)}

    assert found == {READY}


def test_a_load_into_a_planned_region_waits_until_it_is_over():
    loading = Loading(QUIET)

    during = [loading.judge(due(1000 * n), 1000, 5000, float(n)) for n in range(1, 4)]
    after = loading.judge(due(3000), 0, 0, 3.0 + DEFAULT.window_seconds + 0.1)

    assert during == [LOADING, LOADING, LOADING]
    assert after is READY


def test_a_load_that_goes_on_keeps_a_planned_region_no_longer_than_the_limit():
    loading = Loading(QUIET)

    found = [loading.judge(due(1000 * n), 1000, 5000, float(n)) for n in range(30)]

    assert found.index(OVERDUE) == DEFAULT.longest_seconds


@pytest.mark.parametrize(("facts", "expected"), [(1, READY), (49, READY), (50, LOADING)])
def test_intake_that_is_behind_with_another_region_keeps_this_one_waiting_only_when_it_loads_too(
    facts: int, expected: Readiness
):
    assert Loading(QUIET).judge(due(5), facts, 100_000, 10.0) is expected


def test_a_first_plan_waits_until_the_facts_have_been_quiet():
    loading, first = Loading(QUIET), due(5, has_visits=False)

    answers = [loading.judge(first, 0, 0, now) for now in (10.0, 11.9, 12.0)]

    assert answers == [LOADING, LOADING, READY]


def test_a_newer_fact_begins_the_quiet_before_a_first_plan_anew():
    loading = Loading(QUIET)

    answers = [
        loading.judge(due(seq, has_visits=False), 1, 0, now)
        for seq, now in [(5, 10), (6, 11), (6, 12.5), (6, 13)]
    ]

    assert answers == [LOADING, LOADING, LOADING, READY]


def test_a_first_plan_waits_for_an_intake_that_is_behind_although_nothing_comes():
    loading, first = Loading(QUIET), due(5, has_visits=False)

    answers = [loading.judge(first, 0, DEFAULT.records_behind, now) for now in (10.0, 20.0)]

    assert answers == [LOADING, LOADING]
    assert loading.judge(first, 0, 0, 21.0) is READY


def test_a_first_plan_does_not_wait_for_ever():
    loading = Loading(QUIET)

    found = [
        loading.judge(due(n, has_visits=False), 9, 0, float(n))
        for n in range(int(DEFAULT.longest_first_seconds) + 2)
    ]

    assert found.index(OVERDUE) == DEFAULT.longest_first_seconds


def test_after_a_plan_the_waiting_begins_anew():
    loading = Loading(QUIET)
    loading.judge(due(5, has_visits=False), 0, 0, 10.0)

    loading.forget("GG2514")

    assert loading.judge(due(6, has_visits=False), 0, 0, 12.0) is LOADING


def test_facts_are_counted_from_where_a_region_was_looked_at_last():
    loading = Loading(QUIET)
    assert loading.seen("GG2514") is None
    loading.judge(due(5), 0, 0, 10.0)
    loading.forget("GG2514")

    assert loading.seen("GG2514") == 5


def test_regions_wait_apart():
    loading = Loading(QUIET)
    loading.judge(due(5, has_visits=False), 0, 0, 10.0)
    other = due(9, "GG0111", has_visits=False)

    assert loading.judge(other, 0, 0, 12.0) is LOADING
    assert loading.judge(due(5, has_visits=False), 0, 0, 12.0) is READY


def test_without_quiet_a_region_is_planned_at_once():
    assert Loading(0.0).judge(due(5, has_visits=False), 0, 0, 10.0) is READY
