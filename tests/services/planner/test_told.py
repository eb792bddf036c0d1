"""From facts to plans: who was told keeps the appointment, and only a fact takes it."""

from datetime import datetime
from uuid import UUID

import pytest

from events.identifiers import Payload
from events.organisations import PolicyChanged
from events.supply import LotQuarantined
from events.teams import ShiftWithdrawn
from infra.postgres.database import Database, Who
from infra.postgres.findings import read_taken
from tests.builders import REGION, SmallRegion
from tests.conftest import Fresh
from tests.facts import (
    NOW,
    a_campaign,
    a_consent,
    a_crisis,
    a_delivery,
    a_notice,
    a_patient,
    a_product,
    a_shift,
    uid,
)
from tests.services.accept.looking import live, rows
from tests.services.planner.planning import newest_plan, plan_with, why_unserved

pytestmark = pytest.mark.postgres
Standing = dict[UUID, tuple[UUID, datetime]]
PLANNER = Who("planner", REGION, uid("post"), "test:planner")
EIGHT = {uid(f"p{n}") for n in range(8)}


async def stands(door: Database) -> Standing:
    """Every person with an appointment: the shift and the moment."""
    said = await rows(
        door,
        "SELECT a.person, v.shift, lower(v.slot) FROM appointments a JOIN visits v USING (region, visit) WHERE a.live AND v.live",
    )
    return {person: (shift, at) for person, shift, at in said}


async def seed(fresh: Fresh, *more: Payload) -> Standing:
    """Eight people in a published plan, with ten doses in the depot."""
    few = SmallRegion(locations=("wilg",))
    facts = [fact for fact in few.all() if fact != a_delivery()]
    await plan_with(fresh, [*facts, a_delivery(doses=10), *more])
    standing = await stands(await fresh.open("acceptor"))
    assert set(standing) == EIGHT
    return standing


def twenty() -> list[Payload]:
    """More people than were told, for whom there would be doses if the others had none."""
    names = [f"new{n}" for n in range(10)]
    places = [{"location_id": uid("eik")}] * len(names)
    return [
        *(SmallRegion().places()[-1:]),
        *(a_patient(name, **at) for name, at in zip(names, places, strict=True)),
        *(a_consent(name, **at) for name, at in zip(names, places, strict=True)),
    ]


async def test_who_was_told_keeps_the_doses_for_which_more_people_come(fresh):
    before = await seed(fresh)

    await plan_with(fresh, twenty())

    assert await stands(await fresh.open("acceptor")) == before


async def test_newcomers_do_not_get_the_second_doses_of_who_is_published(fresh):
    few = SmallRegion(locations=("wilg",))
    catalogue = [a_product(), a_campaign(reserve_next_dose=True)]
    people = [*few.places(), *catalogue, *few.crews(), *few.patients()]
    await plan_with(fresh, [*people, a_delivery(doses=20)])
    before = await stands(await fresh.open("acceptor"))
    assert set(before) == EIGHT  # ten doses now, and ten are left for their second

    await plan_with(fresh, twenty())

    assert await stands(await fresh.open("acceptor")) == before
    assert "next_dose_not_secured" in await why_unserved(fresh)


async def test_who_was_not_told_gives_way_and_with_a_notice_keeps_the_appointment(fresh):
    before = await seed(fresh, PolicyChanged(notice_days=0))
    door = await fresh.open("acceptor")
    ((visit, plan, location),) = await rows(door, "SELECT visit, plan, location FROM visits")
    notice = a_notice(visit_id=None, location_id=location, plan_id=plan)

    await plan_with(fresh, [*twenty(), notice])
    told = await stands(door)
    _, made = await newest_plan(fresh)

    assert told == before
    assert [row.told for row in (await newest_plan(fresh))[0].published] == [True]
    assert made.taken == ()
    assert visit


async def test_without_a_notice_more_people_take_the_doses(fresh):
    await seed(fresh, PolicyChanged(notice_days=0))

    await plan_with(fresh, twenty())

    assert set(await stands(await fresh.open("acceptor"))) == {uid(f"new{n}") for n in range(10)}


async def test_a_withdrawn_consent_takes_one_person_and_moves_nobody(fresh):
    before = await seed(fresh)

    await plan_with(fresh, [a_consent("p3", status="withdrawn", location_id=uid("wilg"))])

    kept = await stands(await fresh.open("acceptor"))
    assert kept == {person: place for person, place in before.items() if person != uid("p3")}


async def test_a_withdrawn_shift_gives_its_people_another_and_the_plan_says_why(fresh):
    before = await seed(fresh)
    (gone,) = {shift for shift, _ in before.values()}

    await plan_with(fresh, [ShiftWithdrawn(shift_id=gone)])

    door = await fresh.open("acceptor")
    _, plan = await newest_plan(fresh)
    assert await live(door)
    assert {shift for shift, _ in (await stands(door)).values()}.isdisjoint({gone})
    assert set(await stands(door)) == EIGHT
    assert [(row.rule, len(row.doses)) for row in plan.taken] == [("withdrawn", 8)]


async def waiting(fresh: Fresh, now: datetime = NOW) -> list[tuple[str, str | None, int]]:
    """What the planner reads of appointments that facts took, and how many of their people wait."""
    reader = await fresh.open("reader")
    async with reader.reading(PLANNER) as tx:
        found = await read_taken(tx, REGION, now)
    return [(row.rule, row.location, row.people) for row in found]


async def test_whose_appointment_a_fact_took_is_told_to_the_planner_until_they_have_another(fresh):
    before = await seed(fresh)
    (gone,) = {shift for shift, _ in before.values()}
    (other,) = {uid(f"shift {day}") for day in SmallRegion().days} - {gone}
    assert await waiting(fresh) == []

    await plan_with(fresh, [ShiftWithdrawn(shift_id=gone), ShiftWithdrawn(shift_id=other)])
    refused = a_consent("p3", status="withdrawn", location_id=uid("wilg"))
    lost = await waiting(fresh)
    await plan_with(fresh, [refused])
    fewer = await waiting(fresh)
    await plan_with(fresh, [a_shift("instead", SmallRegion().days[-1])])

    assert lost == [("withdrawn", "De Wilg", 8)]
    assert fewer == [("withdrawn", "De Wilg", 7)]
    assert await waiting(fresh) == []


async def test_a_crisis_visit_moves_nobody_who_was_told(fresh):
    before = await seed(fresh)

    await plan_with(fresh, [a_crisis()])

    assert await stands(await fresh.open("acceptor")) == before


async def test_doses_that_are_quarantined_take_the_appointment_and_the_plan_says_so(fresh):
    await seed(fresh)

    await plan_with(fresh, [LotQuarantined(product_id="moderna", lot="LOT1")])

    _, plan = await newest_plan(fresh)
    assert await stands(await fresh.open("acceptor")) == {}
    assert [(row.rule, len(row.doses)) for row in plan.taken] == [("stock", 8)]
