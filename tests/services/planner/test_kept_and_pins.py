"""From facts to what a plan says of stops that it only repeats, of pins that do not hold, and of people put off."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from events.organisations import PolicyChanged
from events.supply import LotQuarantined
from events.teams import ShiftWithdrawn, StopPinned, StopReleased
from infra.postgres.database import Database, Who
from infra.postgres.findings import FoundRow, read_findings
from tests.builders import REGION, SmallRegion, say
from tests.conftest import Fresh
from tests.facts import NOW, a_cancellation, a_consent, a_patient, uid
from tests.services.accept.looking import live, rows
from tests.services.planner.planning import newest_plan, plan_with

pytestmark = pytest.mark.postgres
PLANNER = Who("planner", REGION, uid("post"), "test:planner")
# The first shift begins on 16 February at 7:00: half an hour later everything of that day is frozen.
UNDER_WAY = datetime(2021, 2, 16, 7, 30, tzinfo=UTC)


async def found(fresh: Fresh, now: datetime = UNDER_WAY) -> list[FoundRow]:
    reader = await fresh.open("reader")
    async with reader.reading(PLANNER) as tx:
        return await read_findings(tx, REGION, now)


async def stands(door: Database) -> dict[UUID, tuple[UUID, datetime]]:
    said = await rows(door, "SELECT visit, shift, lower(slot) FROM visits WHERE live")
    return {visit: (shift, at) for visit, shift, at in said}


async def seed(fresh: Fresh, **region) -> dict[UUID, tuple[UUID, datetime]]:
    """A published plan of tomorrow and the day after; its visits with shift and start."""
    await plan_with(fresh, SmallRegion(**region).all())
    return await stands(await fresh.open("acceptor"))


async def test_what_a_kept_stop_breaks_is_told_with_rule_and_stop_and_the_rest_is_planned(fresh):
    before = await seed(fresh)
    quarantine = LotQuarantined(product_id="moderna", lot="LOT1")
    newcomers = [a_patient("new", location_id=uid("wilg")), a_consent("new")]

    await plan_with(fresh, [quarantine, *newcomers], UNDER_WAY)

    today = {visit for visit, (shift, _) in before.items() if shift == uid("shift 2021-02-16")}
    assert today
    told = [(row.kind, row.rule, row.visit) for row in await found(fresh)]
    assert sorted(told) == sorted(("kept", "stock", visit) for visit in today)
    assert all(row.location for row in await found(fresh))
    assert today <= set(await stands(await fresh.open("acceptor")))


async def test_a_stop_that_was_taken_off_is_told_no_more(fresh):
    before = await seed(fresh)
    await plan_with(fresh, [LotQuarantined(product_id="moderna", lot="LOT1")], UNDER_WAY)
    door = await fresh.open("acceptor")
    for row in await found(fresh):
        gone = next(name for name in before if name == row.visit)
        cancelled = a_cancellation("any").model_copy(update={"visit_id": gone})
        await say(door, cancelled, now=UNDER_WAY)

    assert await found(fresh) == []


async def test_without_a_fault_nothing_is_found(fresh):
    await seed(fresh)

    await plan_with(fresh, [a_consent("p0")], UNDER_WAY)

    assert await found(fresh) == []


async def test_a_pin_by_kafka_into_a_shift_that_is_withdrawn_is_told_and_stands_in_the_plan(fresh):
    before = await seed(fresh)
    visit, (shift, at) = next(iter(before.items()))
    pin = StopPinned(visit_id=visit, shift_id=shift, starts_at=at)

    await plan_with(fresh, [ShiftWithdrawn(shift_id=shift), pin])

    told = await found(fresh, NOW)
    _, plan = await newest_plan(fresh)
    assert [(row.kind, row.rule, row.visit) for row in told] == [("pin", "withdrawn", visit)]
    assert [(row.visit_id, row.rule) for row in plan.pin_faults] == [(str(visit), "withdrawn")]


async def test_a_pin_outside_the_hours_of_its_shift_is_told_until_it_is_released(fresh):
    before = await seed(fresh)
    visit, (shift, at) = next(iter(before.items()))
    late = at.replace(hour=23)

    await plan_with(fresh, [StopPinned(visit_id=visit, shift_id=shift, starts_at=late)])
    (row,) = await found(fresh, NOW)
    await say(await fresh.open("acceptor"), StopReleased(visit_id=visit))

    assert row.kind == "pin"
    assert row.rule in {"shift_hours", "time_windows"}
    assert await found(fresh, NOW) == []


async def test_who_was_put_off_is_planned_again_from_the_day_that_the_planner_said(fresh):
    before = await seed(fresh, locations=("wilg",))
    door = await fresh.open("acceptor")
    for visit in before:
        off = a_cancellation("any", again_from=date(2021, 2, 17))
        await say(door, off.model_copy(update={"visit_id": visit}))
    assert await live(door) == set()

    await plan_with(fresh)

    days = {at.date() for _, at in (await stands(door)).values()}
    assert days == {date(2021, 2, 17)}
    assert len(await live(door)) == 8


async def test_who_is_put_off_for_ever_waits_until_the_visit_is_released(fresh):
    before = await seed(fresh, locations=("wilg",))
    door = await fresh.open("acceptor")
    for visit in before:
        off = a_cancellation("any", again_from=date(2199, 12, 31))
        await say(door, off.model_copy(update={"visit_id": visit}))
    await plan_with(fresh)
    assert await live(door) == set()

    await plan_with(fresh, [StopReleased(visit_id=visit) for visit in before])

    assert len(await live(door)) == 8


async def test_where_a_person_approves_plans_stops_that_could_move_are_judged_as_they_stand(fresh):
    """Nobody has approved the plan that would move them, so people go by what does not hold."""
    before = await seed(fresh, days=(date(2021, 2, 17),))
    by_hand = PolicyChanged(publish_automatically=False)

    await plan_with(
        fresh, [by_hand, LotQuarantined(product_id="moderna", lot="LOT1")], NOW + timedelta(hours=1)
    )

    told = {(row.rule, row.visit) for row in await found(fresh, NOW)}
    assert told == {("stock", visit) for visit in before}
