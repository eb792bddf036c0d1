"""Corrections of corrections: whichever record they name and whatever order they come in, the newest holds."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from events.envelope import Record
from events.identifiers import Payload
from events.visits import NotGiven
from infra.postgres.database import Database
from services.accept.rebuild import compare
from services.accept.submission import Status
from tests.builders import OTHER_REGION, a_record, say, system_for
from tests.facts import NOW, a_correction, a_dose, a_retraction, given_elsewhere, not_given, uid
from tests.services.accept.looking import live, rows, set_aside
from tests.services.accept.test_vetoes import seed

pytestmark = pytest.mark.postgres
COUNTED = "SELECT person, dose_no, lot FROM person_doses ORDER BY person, dose_no, lot"
LATER = NOW + timedelta(days=7)
SOON = NOW + timedelta(hours=2)
TEAM = system_for(a_dose()).sources[0] + "test"
POST = system_for(a_correction(("source", "id"))).sources[0] + "test"
DOSE = (TEAM, "dose")
ORDERS = [pytest.param(order, id="".join(map(str, order))) for order in permutations(range(3))]


def at(hours: int, name: str, payload: Payload) -> Record:
    """A fact under this id, that was said some hours after the dose."""
    return a_record(payload, name, time=NOW + timedelta(days=2, hours=hours))


async def counted(database: Database) -> list[tuple[Any, ...]]:
    return await rows(database, COUNTED)


def chain() -> list[Record]:
    """A dose, its correction, and a correction that names the correction."""
    return [
        a_record(a_dose("p1"), "dose"),
        at(1, "second", a_correction(DOSE, "p2", lot="LOT2")),
        at(2, "third", a_correction((POST, "second"), "p3", lot="LOT3")),
    ]


@pytest.mark.parametrize("order", ORDERS)
async def test_a_correction_that_names_a_correction_is_about_the_first_record(fresh, order):
    door, said = await fresh.open("acceptor"), chain()

    for n in order:
        await say(door, said[n], now=LATER)

    assert await counted(door) == [(uid("p3"), 1, "LOT3")]
    assert await rows(door, "SELECT person, lot FROM doses") == [(uid("p1"), "LOT1")]
    assert await compare(fresh.dsn("owner")) == []


@pytest.mark.parametrize("order", ORDERS)
async def test_a_retraction_that_names_a_correction_takes_the_dose_back(fresh, order):
    door, said = await fresh.open("acceptor"), chain()
    said[2] = at(2, "third", a_retraction((POST, "second")))

    for n in order:
        await say(door, said[n], now=LATER)

    assert await counted(door) == []
    assert await rows(door, "SELECT count(*) FROM stock_now WHERE kind = 'given'") == [(0,)]


async def test_a_correction_of_a_retraction_lets_the_dose_count_again(fresh):
    door = await fresh.open("acceptor")
    said = chain()
    said[1] = at(1, "second", a_retraction(DOSE))

    await say(door, *said, now=LATER)

    assert await counted(door) == [(uid("p3"), 1, "LOT3")]


@pytest.mark.parametrize("order", ORDERS)
async def test_of_two_corrections_the_newest_by_moment_holds_whatever_they_name(fresh, order):
    door = await fresh.open("acceptor")
    said = [
        a_record(a_dose("p1"), "dose"),
        at(3, "second", a_correction(DOSE, "p2", lot="LOT2")),
        at(1, "third", a_correction((POST, "second"), "p3", lot="LOT3")),
    ]

    for n in order:
        await say(door, said[n], now=LATER)

    assert await counted(door) == [(uid("p2"), 1, "LOT2")]


async def test_a_chain_through_two_regions_ends_at_its_dose(fresh):
    door = await fresh.open("acceptor")
    first, _, third = chain()
    second = a_record(a_correction(DOSE, "p2"), "second", OTHER_REGION)

    await say(door, third, now=LATER)
    await say(door, second, now=NOW + timedelta(days=1))
    await say(door, first, now=LATER)

    assert await counted(door) == [(uid("p3"), 1, "LOT3")]
    assert await compare(fresh.dsn("owner")) == []


async def test_corrections_that_name_each_other_or_nothing_wait_and_change_nothing(fresh):
    door = await fresh.open("acceptor")

    outcomes = await say(
        door,
        a_record(a_dose("p1"), "dose"),
        at(1, "a", a_correction((POST, "b"), "p2")),
        at(1, "b", a_correction((POST, "a"), "p2")),
        at(1, "c", a_retraction((TEAM, "never said"))),
        at(1, "d", a_correction((POST, "d"), "p2")),
        now=LATER,
    )

    assert {one.status for one in outcomes} == {Status.ACCEPTED}
    assert await set_aside(door) == []
    assert await counted(door) == [(uid("p1"), 1, "LOT1")]


@pytest.mark.parametrize("order", ORDERS)
async def test_a_refusal_is_taken_back_by_whichever_record_is_named(fresh, order):
    door = await fresh.open("acceptor")
    said = [
        a_record(not_given("p1", NotGiven.REFUSED), "dose"),
        at(1, "second", a_correction(DOSE)),
        at(2, "third", a_retraction((POST, "second"))),
    ]

    for n in order:
        await say(door, said[n], now=LATER)

    assert await rows(door, "SELECT outcome FROM person_doses") == []


async def test_a_dose_of_elsewhere_that_was_taken_back_waits_for_no_registration(fresh):
    owner = await fresh.open("owner")
    own, practice = given_elsewhere("p1"), system_for(given_elsewhere("p1"))
    source = practice.sources[0] + "test"
    waiting = "SELECT kind FROM waiting_facts"

    await say(owner, a_record(own, "own"), now=LATER)
    before = await rows(owner, waiting)
    await say(owner, a_record(a_correction((source, "own")), "once", system=practice), now=LATER)
    between = await rows(owner, waiting)
    await say(owner, a_record(a_retraction((source, "once")), system=practice), now=LATER)

    assert before == between == [("dose",)]
    assert await rows(owner, waiting) == []


async def test_a_correction_that_waited_takes_its_person_off_when_its_record_comes(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    road = {"visit_id": uid("another")}
    second = a_record(a_correction((TEAM, "dose"), "stranger", **road), "second", time=NOW)
    third = a_record(a_correction((POST, "second"), "p1", **road), "third", time=SOON)
    for waiting in (third, second):
        await say(door, waiting, now=SOON)
    before = await live(door)

    await say(door, a_record(a_dose("other stranger", **road), "dose", time=SOON), now=SOON)

    assert before == {(uid("v1"), uid("p1")), (uid("v1"), uid("p2"))}
    assert await live(door) == {(uid("v1"), uid("p2"))}
    assert await compare(fresh.dsn("owner")) == []


async def test_so_does_one_that_waited_for_a_record_of_another_region(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    waiting = a_record(a_correction((TEAM, "dose"), "p1", visit_id=uid("another")), time=SOON)
    await say(door, waiting, now=SOON)

    dose = a_dose("stranger", location_id=uid("far"), visit_id=uid("another"))
    await say(door, a_record(dose, "dose", OTHER_REGION, time=SOON), now=SOON)

    assert await live(door) == {(uid("v1"), uid("p2"))}
