from infra.postgres.snapshot.load import Due
from services.planner.loop import TOO_OLD_SECONDS, QuietPeriod

FIRST, SECOND = Due("GG2514", (5, 1)), Due("GG2514", (6, 1))


def test_facts_that_have_been_quiet_long_enough_are_planned():
    rest = QuietPeriod(2.0)

    assert [rest.ready(FIRST, now) for now in (10.0, 11.9, 12.0)] == [False, False, True]


def test_a_newer_fact_begins_the_quiet_anew():
    rest = QuietPeriod(2.0)

    answers = [rest.ready(due, now) for due, now in [(FIRST, 10), (SECOND, 11), (SECOND, 12.5)]]

    assert answers == [False, False, False]
    assert rest.ready(SECOND, 13)


def test_facts_that_keep_coming_do_not_put_a_plan_off_for_ever():
    rest = QuietPeriod(2.0)

    found = [
        second for second in range(60) if rest.ready(Due("GG2514", (second, 1)), float(second))
    ]

    assert found[0] == TOO_OLD_SECONDS


def test_after_a_plan_the_waiting_begins_anew():
    rest = QuietPeriod(2.0)
    rest.ready(FIRST, 10)

    rest.forget(FIRST.region)

    assert not rest.ready(SECOND, 12)


def test_regions_wait_apart():
    rest = QuietPeriod(2.0)
    rest.ready(FIRST, 10)
    other = Due("GG0111", (9, 1))

    assert not rest.ready(other, 12)
    assert rest.ready(FIRST, 12)


def test_without_quiet_a_region_is_planned_at_once():
    assert QuietPeriod(0.0).ready(FIRST, 10)
