"""A plan that would book what is booked elsewhere is published without those rows: the rest of the region is planned."""

import asyncio
from datetime import date

import pytest

from events.teams import CrewMember, CrewRole
from services.accept.submission import Status
from tests.builders import OTHER_REGION, REGION, a_plan, say
from tests.facts import a_location, a_shift, an_assignment, uid
from tests.services.accept.looking import live, rows, set_aside

pytestmark = pytest.mark.postgres


def booked(visit: str, *people: str, hour: int = 9, **changes):
    return an_assignment(visit, list(people), hour, **changes)


async def test_who_has_an_appointment_in_another_region_is_left_out_and_the_others_are_planned(
    fresh,
):
    door = await fresh.open("acceptor")
    await say(door, booked("far", "p1", team_id=uid("far team")), region=OTHER_REGION)

    (outcome,) = await say(door, a_plan("plan", (1, 1), booked("v1", "p1", "p2", hour=14)))

    assert outcome.status is Status.ACCEPTED
    assert await live(door) == {(uid("far"), uid("p1")), (uid("v1"), uid("p2"))}
    assert await set_aside(door) == []


async def test_who_is_expected_in_another_place_in_that_hour_is_left_out(fresh):
    door = await fresh.open("acceptor")
    other = booked("far", "p1", team_id=uid("far team"), campaign_id=uid("flu"))
    await say(door, other, region=OTHER_REGION)

    (outcome,) = await say(door, a_plan("plan", (1, 1), booked("v1", "p1", "p2")))

    assert outcome.status is Status.ACCEPTED
    assert await live(door) == {(uid("far"), uid("p1")), (uid("v1"), uid("p2"))}


async def test_a_visit_of_a_team_that_is_elsewhere_then_is_left_out(fresh):
    door = await fresh.open("acceptor")
    await say(door, booked("far", "p9"), region=OTHER_REGION)

    plan = a_plan("plan", (1, 1), booked("v1", "p1"), booked("v2", "p2", hour=14))
    (outcome,) = await say(door, plan)

    assert outcome.status is Status.ACCEPTED
    assert await live(door) == {(uid("far"), uid("p9")), (uid("v2"), uid("p2"))}


NURSE = (CrewMember(member_id=uid("nurse"), role=CrewRole.NURSE),)
FAR = {"team_id": uid("far team"), "shift_id": uid("far shift")}


def far_shift(day: date = date(2021, 2, 16), **changes):
    return a_shift("far shift", day, **{"team_id": uid("far team"), "crew": NURSE, **changes})


async def test_a_visit_of_a_crew_with_somebody_who_has_visits_in_another_region_is_left_out(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_shift())
    await say(door, far_shift(), booked("far", "p9", hour=15, **FAR), region=OTHER_REGION)

    plan = a_plan("plan", (1, 1), booked("v1", "p1"), booked("v2", "p2", shift_id=uid("other")))
    (outcome,) = await say(door, plan)

    assert outcome.status is Status.ACCEPTED
    assert await live(door) == {(uid("far"), uid("p9")), (uid("v2"), uid("p2"))}


@pytest.mark.parametrize("what", ["no visits", "another day", "another nurse", "lent"])
async def test_a_crew_that_only_seems_to_be_elsewhere_is_planned(fresh, what):
    door = await fresh.open("acceptor")
    other = (CrewMember(member_id=uid("other nurse"), role=CrewRole.NURSE),)
    shift = {
        "another day": far_shift(date(2021, 2, 18)),
        "another nurse": far_shift(crew=other),
        "lent": a_shift(crew=NURSE),  # one shift that two regions know
    }.get(what, far_shift())
    far = booked("far", "p9", hour=15, **FAR | {"shift_id": shift.shift_id})
    await say(door, a_shift())
    await say(door, *([shift] if what == "no visits" else [shift, far]), region=OTHER_REGION)

    await say(door, a_plan("plan", (1, 1), booked("v1", "p1")))

    assert (uid("v1"), uid("p1")) in await live(door)


@pytest.mark.parametrize(("other", "kept"), [(OTHER_REGION, {"far"}), ("GG9999", {"here", "far"})])
async def test_of_two_regions_that_both_published_the_first_by_name_keeps_its_visits(
    fresh, other, kept
):
    """As after a race: the one that publishes next gives way, unless its name comes first."""
    door = await fresh.open("acceptor")
    await say(door, a_shift(), booked("here", "p1"))
    await say(door, far_shift(), booked("far", "p9", hour=15, **FAR), region=other)

    later = booked("here", "p1", hour=11)
    await say(door, a_plan("plan", (1, 1), later))
    assert {visit for visit, _ in await live(door)} == {uid(one) for one in kept}


async def test_a_visit_of_which_nobody_is_left_is_not_made(fresh):
    door = await fresh.open("acceptor")
    await say(door, booked("far", "p1", team_id=uid("far team")), region=OTHER_REGION)

    await say(door, a_plan("plan", (1, 1), booked("v1", "p1", hour=14)))

    assert await rows(door, "SELECT visit FROM visits WHERE region = $1", REGION) == []


async def test_two_regions_that_publish_one_person_at_once_give_one_appointment(fresh):
    door = await fresh.open("acceptor", size=4)
    await say(door, a_location("ver"), region=OTHER_REGION)
    here = a_plan("here", (1, 1), *(booked(f"h{n}", f"p{n}", hour=8 + n) for n in range(3)))
    there = [booked(f"t{n}", f"p{n}", hour=8 + 2 - n, team_id=uid("far team")) for n in (2, 1, 0)]

    said = await asyncio.gather(say(door, here), say(door, *there, region=OTHER_REGION))

    assert {one.status for outcomes in said for one in outcomes} <= {
        Status.ACCEPTED,
        Status.REJECTED,
    }
    people = [person for _, person in await live(door)]
    assert sorted(people) == sorted({uid(f"p{n}") for n in range(3)})
    assert said[0][0].status is Status.ACCEPTED
