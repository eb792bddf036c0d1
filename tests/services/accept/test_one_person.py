"""A person is one person in the whole country: registrations follow the person, and the later region takes over."""

from datetime import timedelta

import pytest

from events.practice import PatientChanged, PatientWithdrawn, WithdrawalReason
from infra.postgres.campaign_view import view_region
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.load import find_due_regions
from infra.postgres.snapshot.people import load_people
from scheduling.care.eligibility import barriers
from scheduling.care.lookup import key_of
from scheduling.plan import Reason
from services.accept.rebuild import compare
from services.planner.problem.people import to_people
from tests.builders import OTHER_REGION, REGION, a_plan, a_record, say
from tests.facts import (
    NOW,
    a_campaign,
    a_consent,
    a_location,
    a_patient,
    an_assignment,
    uid,
)
from tests.scheduling.builders import a_problem
from tests.services.accept.looking import live, rows, said

pytestmark = pytest.mark.postgres
HERE, THERE = REGION, OTHER_REGION
ABOUT = {"person_id": uid("p1"), "campaign_id": uid("corona")}


async def two_regions(fresh):
    """A location in each region, and one campaign for both."""
    door = await fresh.open("acceptor")
    await say(door, a_campaign(), a_location("wilg"))
    await say(door, a_location("ver"), region=THERE)
    return door


def here(**changes):
    return a_patient(**changes)


def there(**changes):
    return a_patient(**{"location_id": uid("ver"), "practice_id": uid("far practice"), **changes})


def at(payload, minutes: int):
    """Said so many minutes after an hour ago: the higher the later."""
    region = THERE if payload.location_id == uid("ver") else HERE
    return a_record(payload, region=region, time=NOW + timedelta(minutes=minutes - 60))


async def planned(fresh, region: str) -> list[tuple[object, object]]:
    """Whom a planner of this region would plan, and where."""
    planner = await fresh.open("planner", 1)
    async with planner.transaction() as tx:
        people = await load_people(tx, region)
    return [(one.person, one.location) for one in people.registrations]


@pytest.mark.parametrize("first", ["here", "there"])
async def test_the_later_registration_takes_the_person_over_whatever_arrives_first(fresh, first):
    door = await two_regions(fresh)
    facts = [at(here(), 1), at(there(), 2)]
    for fact in facts if first == "here" else facts[::-1]:
        await say(door, fact)

    assert await planned(fresh, HERE) == []
    assert await planned(fresh, THERE) == [(uid("p1"), uid("ver"))]
    assert await compare(fresh.dsn("owner")) == []


async def test_who_moves_by_the_word_of_the_own_practice_is_found_in_the_new_region(fresh):
    door = await two_regions(fresh)
    moved = PatientChanged(**ABOUT, location_id=uid("ver"), practice_id=uid("practice"))
    for fact in (at(moved, 2), at(here(), 1)):
        await say(door, fact)

    assert await planned(fresh, HERE) == []
    assert await planned(fresh, THERE) == [(uid("p1"), uid("ver"))]


async def test_a_withdrawal_in_one_region_ends_the_registration_of_that_practice_in_the_other(
    fresh,
):
    door = await two_regions(fresh)
    withdrawn = PatientWithdrawn(
        **ABOUT,
        location_id=uid("ver"),
        practice_id=uid("practice"),
        reason=WithdrawalReason.DECEASED,
    )
    await say(door, at(here(), 1))
    await say(door, at(withdrawn, 2))

    assert await planned(fresh, HERE) == []
    assert await planned(fresh, THERE) == []


async def test_when_the_later_registration_is_withdrawn_the_earlier_region_plans_again(fresh):
    door = await two_regions(fresh)
    await say(door, at(here(), 1), at(there(), 2))
    withdrawn = PatientWithdrawn(
        **ABOUT,
        location_id=uid("ver"),
        practice_id=uid("far practice"),
        reason=WithdrawalReason.MISTAKE,
    )

    await say(door, at(withdrawn, 3))

    assert await planned(fresh, HERE) == [(uid("p1"), uid("wilg"))]
    assert await planned(fresh, THERE) == []


async def test_two_practices_in_one_region_give_one_person_at_the_newer_place(fresh):
    door = await two_regions(fresh)
    await say(door, a_location("eik"))
    second = here(location_id=uid("eik"), practice_id=uid("second practice"))

    await say(door, at(second, 2), at(here(), 1))

    assert await planned(fresh, HERE) == [(uid("p1"), uid("eik"))]


async def test_an_appointment_in_the_earlier_region_ends_in_the_transaction_of_the_takeover(fresh):
    door = await two_regions(fresh)
    await say(door, at(here(), 1), at(a_consent(), 1), at(here(person_id=uid("p2")), 1))
    await say(door, at(a_consent("p2"), 1))
    await say(door, a_plan("plan", (9, 1), an_assignment("v1", ["p1", "p2"], 9)))
    assert len(await live(door)) == 2

    await say(door, at(there(), 2))

    assert await live(door) == {(uid("v1"), uid("p2"))}
    assert (await said(door, HERE))[-1][1] == "visit.assigned.v1"
    assert await compare(fresh.dsn("owner")) == []


async def test_a_fact_in_another_region_makes_the_region_of_the_person_due(fresh):
    door = await two_regions(fresh)
    await say(door, at(here(), 1))
    planner = await fresh.open("planner", 1)

    async def due() -> list[tuple[str, tuple[int, ...]]]:
        async with planner.transaction() as tx:
            return [(one.region, one.newest) for one in await find_due_regions(tx, NOW)]

    before = dict(await due())[HERE]
    await say(door, at(a_consent(location_id=uid("ver"), practice_id=uid("far practice")), 2))
    after = dict(await due())[HERE]

    assert before[:2] == after[:2]
    assert after[2] == before[2] + 1
    assert (await rows(door, "SELECT elsewhere FROM problem_changes WHERE region = $1", HERE)) == [
        (after[2],)
    ]


async def test_who_has_an_appointment_in_another_region_is_not_planned_again_and_the_plan_says_why(
    fresh,
):
    door = await two_regions(fresh)
    await say(
        door,
        at(there(), 2),
        at(a_consent(location_id=uid("ver"), practice_id=uid("far practice")), 2),
    )
    await say(door, an_assignment("v1", ["p1"], 9))
    planner = await fresh.open("planner", 1)
    async with planner.transaction() as tx:
        rows_there = await load_people(tx, THERE)

    calendar = Calendar.of(NOW, 14)
    (need,) = to_people(rows_there, (a_campaign(),), (), {}, calendar).needs

    assert need.booked_elsewhere
    problem = a_problem(needs=(need,))
    assert Reason.BOOKED_ELSEWHERE in barriers(problem)[key_of(need)]


async def test_who_was_taken_over_is_counted_in_the_later_region_alone(fresh):
    door, planner = await two_regions(fresh), await fresh.open("planner", 1)
    await say(door, at(here(), 1))

    await say(door, at(there(), 2), region=THERE)

    async with planner.transaction() as tx:
        assert [(await view_region(tx, one)).persons for one in (HERE, THERE)] == [0, 1]
