"""Who needs which dose, and on which days it may be given."""

from datetime import date, timedelta

import pytest

from events.practice import SpecialNeed
from events.visits import NotGiven
from scheduling.problem import Product
from services.planner.problem.people import (
    Interval,
    allowed_products,
    due_window,
    ideal_day,
    interval_after,
    next_need,
    observation_seconds,
    to_people,
)
from services.planner.problem.supply import to_products
from tests.facts import a_campaign, a_product, uid
from tests.services.planner.problem.rows import (
    CALENDAR,
    MONDAY,
    a_given_dose,
    a_judgement,
    a_missed_dose,
    a_registration,
    an_answer,
    people,
    series,
)

CAMPAIGN = a_campaign(products=("moderna", "pfizer"), min_days=10, ideal_days=11, max_days=12)
MODERNA = {"moderna": Product("moderna", 10, 0, 0)}


def days(first: date, last: date) -> tuple[int, int]:
    return ((first - MONDAY).days, (last - MONDAY).days)


def window(*rows: object, campaign=CAMPAIGN) -> tuple[int, int]:
    """First and last day, counted from the Monday."""
    so_far = series(*rows)
    found = due_window(campaign, so_far, CALENDAR, interval_after(campaign, so_far, {}))
    return days(found.first, found.last)


def test_a_first_dose_is_due_from_the_day_on_which_the_campaign_opens():
    first, last = window(campaign=a_campaign(opens_on=MONDAY + timedelta(days=3)))

    assert (first, last) == (3, 3 + 3650)


def test_a_second_dose_is_due_within_the_interval_of_the_campaign():
    assert window(a_given_dose(on=MONDAY)) == (10, 12)


def test_an_interval_counts_from_the_newest_dose():
    doses = [a_given_dose(1, MONDAY), a_given_dose(2, MONDAY + timedelta(days=20))]

    assert window(*doses) == (30, 32)


def test_an_overdue_second_dose_is_due_over_the_whole_horizon():
    assert window(a_given_dose(on=MONDAY - timedelta(days=13))) == (-3, 13)
    assert window(a_given_dose(on=MONDAY - timedelta(days=12))) == (-2, 0)  # its last day is today


def test_a_clinician_defers_a_dose_to_a_day():
    not_before = MONDAY + timedelta(days=11)

    assert window(a_given_dose(on=MONDAY), a_judgement(not_before=not_before)) == (11, 12)


def test_a_deferral_past_the_last_day_moves_the_last_day_too():
    not_before = MONDAY + timedelta(days=20)

    assert window(a_given_dose(on=MONDAY), a_judgement(not_before=not_before)) == (20, 20)


def test_a_missed_dose_is_deferred_by_the_days_that_the_campaign_gives_its_reason():
    campaign = a_campaign(deferral_days={NotGiven.RECENT_INFECTION: 28})

    infected = window(a_missed_dose(NotGiven.RECENT_INFECTION, MONDAY), campaign=campaign)
    absent = window(a_missed_dose(NotGiven.ABSENT, MONDAY), campaign=campaign)

    assert (infected[0], absent[0]) == (28, 1)


def test_of_several_deferrals_the_longest_holds():
    campaign = a_campaign(deferral_days={NotGiven.ILL: 7, NotGiven.ABSENT: 0})
    missed = [a_missed_dose(NotGiven.ILL, MONDAY, 1), a_missed_dose(NotGiven.ABSENT, MONDAY, 2)]

    assert window(*missed, campaign=campaign)[0] == 7


def test_a_series_goes_on_with_the_product_that_it_has():
    assert allowed_products(CAMPAIGN, series()) == ("moderna", "pfizer")
    assert allowed_products(CAMPAIGN, series(a_given_dose(product="pfizer"))) == ("pfizer",)
    assert allowed_products(CAMPAIGN, series(a_given_dose(product=None))) == ("moderna", "pfizer")


def test_the_ideal_day_counts_from_the_newest_dose_and_a_first_dose_has_none():
    interval = interval_after(CAMPAIGN, series(), {})
    assert ideal_day(series(), interval) is None
    assert ideal_day(series(a_given_dose(on=MONDAY)), interval) == MONDAY + timedelta(days=11)


def test_the_interval_is_that_of_the_product_of_the_newest_dose_else_of_the_campaign():
    own = to_products([a_product(min_days=20, ideal_days=21, max_days=30), a_product("pfizer")])

    def found(*rows):
        return interval_after(CAMPAIGN, series(*rows), own)

    assert found(a_given_dose()) == Interval(20, 21, 30)
    assert found(a_given_dose(product="pfizer")) == Interval(10, 11, 12)
    assert found(a_given_dose(product=None)) == Interval(10, 11, 12)


@pytest.mark.parametrize(("minutes", "seconds"), [(None, None), (0, None), (30, 1800)])
def test_a_clinician_says_how_long_to_observe(minutes, seconds):
    assert observation_seconds(series(a_judgement(observation_minutes=minutes))) == seconds


def need_of(*rows: object, needs: tuple[str, ...] = ()):
    return next_need(a_registration(needs=needs), CAMPAIGN, series(*rows), CALENDAR, {})


def test_the_next_dose_has_the_next_number_and_wishes_for_the_team_of_the_last():
    need = need_of(a_given_dose())

    assert (need.dose_no, need.previous_team_id) == (2, str(uid("team")))


def test_a_complete_series_needs_nothing():
    assert need_of(a_given_dose(2)) is None


def test_who_died_needs_nothing():
    assert need_of(a_missed_dose(NotGiven.DECEASED)) is None


def test_a_campaign_ranks_people_by_indication_and_the_others_are_in_the_middle():
    campaign = a_campaign(priorities={"age_90": 80})

    def priority(indication: str) -> int:
        registration = a_registration(indication=indication)
        need = next_need(registration, campaign, series(), CALENDAR, {})
        assert need is not None
        return need.priority

    assert (priority("age_90"), priority("wlz")) == (80, 50)


def test_needs_of_a_person_cost_time_or_ask_for_a_skill():
    slow = need_of(needs=(SpecialNeed.LANGUAGE.value,))
    sedated = need_of(needs=(SpecialNeed.SEDATION.value,))

    assert (slow.extra_seconds, slow.skills) == (CAMPAIGN.long_slot_minutes * 60, frozenset())
    assert (sedated.extra_seconds, sedated.skills) == (0, {"sedation"})


def found(*rows: object, busy=frozenset(), campaigns=(CAMPAIGN,)):
    return to_people(people(a_registration(), *rows), campaigns, busy, MODERNA, CALENDAR)


def test_a_person_of_a_campaign_that_is_not_open_here_has_no_need():
    assert found(an_answer(), campaigns=()).needs == ()


def test_a_dose_that_is_under_way_is_no_need():
    assert found(an_answer(), busy={(uid("p1"), uid("corona"), 1)}).needs == ()
    assert len(found(an_answer(), busy={(uid("p1"), uid("corona"), 2)}).needs) == 1


def test_a_second_dose_is_a_need_from_the_last_day_of_the_horizon_on_and_is_reserved_past_it():
    day_13 = found(an_answer(), a_given_dose(on=MONDAY + timedelta(days=3)))
    day_14 = found(an_answer(), a_given_dose(on=MONDAY + timedelta(days=4)))

    assert (len(day_13.needs), day_13.reserved) == (1, {})
    assert (len(day_14.needs), day_14.reserved) == (0, {"moderna": 10})


@pytest.mark.parametrize(
    "rows", [(an_answer("refused"),), (), (an_answer(), a_judgement("excluded"))],
    ids=["refused", "never asked", "excluded"],
)  # fmt: skip
def test_nothing_is_reserved_for_who_may_not_have_it(rows):
    far = a_given_dose(on=MONDAY + timedelta(days=4))

    assert found(*rows, far).reserved == {}


def test_a_first_dose_past_the_horizon_stays_a_need():
    later = found(an_answer(), campaigns=(a_campaign(opens_on=MONDAY + timedelta(days=60)),))

    assert [need.first_day for need in later.needs] == [60]
    assert later.reserved == {}
