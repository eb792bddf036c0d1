"""Dropping the state and folding the ledger again gives the same tables, and a difference is named."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from events.plans import VisitUnassigned
from infra.postgres.state import STATE_TABLES
from services.accept.rebuild import compare
from tests.builders import OTHER_REGION, PLANS, REGION, a_plan, a_record, say
from tests.facts import NOW, a_cancellation, an_assignment, not_given, uid
from tests.services.accept.history import BOOKINGS, FACTS
from tests.services.accept.looking import live, rows

pytestmark = pytest.mark.postgres


async def live_through_it(fresh) -> None:
    """A rich history in two regions: facts in odd batches, plans that replace each other, absences."""
    door = await fresh.open("acceptor")
    random = Random(7)
    facts = [*FACTS]
    for region in (None, OTHER_REGION):
        random.shuffle(facts)
        while facts:
            batch = [facts.pop() for _ in range(min(len(facts), random.randint(1, 9)))]
            await say(door, *batch, **({"region": region} if region else {}))
        facts = [*FACTS]
    visits = [an_assignment(f"v{n}", [f"p{n}", f"p{n + 10}"], 8 + n) for n in range(5)]
    await say(door, a_plan("one", (0, 0), *visits))
    await say(door, not_given("p2", visit_id=uid("v2")), not_given("p13", visit_id=uid("v3")))
    moved = [an_assignment(f"v{n}", [f"p{n}", f"p{n + 9}"], 12 - n) for n in range(2, 5)]
    await say(door, a_plan("two", (1, 1), *moved), now=NOW + timedelta(minutes=3))
    await say(door, a_cancellation("v3"))
    await say(door, a_plan("late", (0, 1), *visits))
    await say(door, a_plan("three", (9, 2), an_assignment("v7", ["p2", "p13"], 16)))


async def test_an_empty_ledger_is_an_empty_state(fresh):
    assert await compare(fresh.dsn("owner")) == []


@pytest.mark.parametrize("batch", [1, 7, 1000])
async def test_the_state_is_a_fold_of_the_ledger_however_it_is_cut(fresh, batch):
    await live_through_it(fresh)

    assert await compare(fresh.dsn("owner"), batch=batch) == []


async def test_a_rich_history_leaves_no_state_table_empty(fresh):
    await live_through_it(fresh)
    owner = await fresh.open("owner")

    empty = [
        name for name in STATE_TABLES if await rows(owner, f"SELECT count(*) FROM {name}") == [(0,)]
    ]

    assert empty == []


TAMPERED = {
    "locations": "outbreak_policy = 'tampered'",
    "registrations": "birth_year = birth_year + 1",
    "stock_movements": "doses = doses + 1",
    "visits": "shift = gen_random_uuid()",
    "presences": "person = gen_random_uuid()",
    "appointments": "person = gen_random_uuid()",
    "plans": "stale = NOT stale",
    "planned": "national_seq = national_seq + 1",
}


async def test_rows_that_are_tampered_with_are_told_by_their_tables(fresh):
    await live_through_it(fresh)
    owner = await fresh.open("owner")
    async with owner.transaction() as tx:
        for table, change in TAMPERED.items():
            await tx.execute(f"UPDATE {table} SET {change}")
        await tx.execute("DELETE FROM consents WHERE seq = (SELECT min(seq) FROM consents)")

    told = await compare(fresh.dsn("owner"))

    assert set(told) == {*TAMPERED, "consents"}


async def test_comparing_leaves_nothing_behind(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_plan("one", (0, 0), an_assignment()))
    owner = await fresh.open("owner")

    await compare(fresh.dsn("owner"))

    assert await rows(owner, "SELECT nspname FROM pg_namespace WHERE nspname = 'rebuilt'") == []


async def test_it_compares_one_moment_while_events_go_on_being_accepted(fresh):
    await live_through_it(fresh)
    door = await fresh.open("acceptor")
    accepted = 0

    async def keep_saying() -> None:
        nonlocal accepted
        while True:
            await say(door, *FACTS[:20])
            accepted += 20

    saying = asyncio.create_task(keep_saying())
    told = [await compare(fresh.dsn("owner"), batch=10) for _ in range(3)]
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)

    assert told == [[], [], []]
    assert accepted >= 60


async def test_lines_of_a_later_version_are_passed_over(fresh):
    await live_through_it(fresh)
    owner = await fresh.open("owner")
    async with owner.transaction() as tx:
        await tx.execute(
            "INSERT INTO ledger SELECT region, max(seq) + 1, 'urn:x', 'later', 'patient.teleported.v1', now(), '{}', now()"
            " FROM ledger GROUP BY region"
        )

    assert await compare(fresh.dsn("owner")) == []


@pytest.mark.parametrize("way", [(REGION, OTHER_REGION), (OTHER_REGION, REGION)])
async def test_who_had_an_appointment_in_one_region_and_has_it_in_another_now_is_rebuilt(
    fresh, way: tuple[str, str]
):
    door = await fresh.open("acceptor")
    left, right = way
    gone = VisitUnassigned(visit_id=uid("v1"), plan_id=uid("plan"), location_id=uid("wilg"))
    said = [(left, an_assignment("v1", ["p1"])), (left, gone), (right, an_assignment("v2", ["p1"]))]
    for region, booking in said:
        system = replace(PLANS, regions=frozenset({region}))
        await say(door, a_record(booking, region=region, system=system), region=region)
    assert await live(door) == {(uid("v2"), uid("p1"))}

    assert await compare(fresh.dsn("owner")) == []


async def test_direct_assignments_are_rebuilt_too(fresh):
    door = await fresh.open("acceptor")
    for booking in BOOKINGS:
        system = {"system": PLANS} if "Visit" in type(booking).__name__ else {}
        await say(door, a_record(booking, **system))

    assert await compare(fresh.dsn("owner")) == []
