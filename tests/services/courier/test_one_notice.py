"""A visit that a fact takes off and a plan gives back: from the fact to one file with the old and the new time."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from events.organisations import PolicyChanged
from services.courier.waiting import LONGEST
from tests.builders import ClockAt, SmallRegion, say
from tests.conftest import Fresh
from tests.facts import a_cancellation, a_consent, a_dose, a_patient, an_assignment, uid
from tests.services.accept.looking import rows
from tests.services.courier.receiver import a_desk
from tests.services.courier.world import PEOPLE, World, a_world, begin_notices, to
from tests.services.planner.planning import plan_with

pytestmark = pytest.mark.postgres
NINE, TWO = "2021-02-16T09:00", "2021-02-16T14:00"


@pytest.fixture
async def world(fresh: Fresh, tmp_path: Path) -> AsyncIterator[World]:
    """A visit at nine that everybody was told of, and that a planner then takes off."""
    async with a_world(fresh, tmp_path) as made:
        await made.publish("one", an_assignment("v1", PEOPLE, 9))
        assert len(await made.tell()) == 2
        await say(made.desk.door, a_cancellation("v1"))
        yield made


def times(notices: list[dict[str, Any]]) -> list[tuple[str, str | None, str | None]]:
    """Of every line: what happened, the old and the new beginning."""
    return [
        (line["subject"], *(line[which] and line[which][0][:16] for which in ("old", "new")))
        for notice in notices
        for line in notice["visits"]
    ]


async def test_the_loss_waits_for_the_plan_that_gives_another_time_and_is_told_once(world: World):
    waited = await world.tell()
    await world.publish("two", an_assignment("v2", PEOPLE, 14))
    found = await world.tell()
    later = await world.tell_at_last()

    assert (waited, later) == ([], [])
    assert {one["recipient"]["kind"] for one in found} == {"institution", "practice"}
    assert times(found) == [("visit_moved", NINE, TWO)] * 2


async def test_who_is_told_of_both_counts_as_told_of_the_new_plan(world: World):
    await world.tell()
    await world.publish("two", an_assignment("v2", PEOPLE, 14))
    await world.tell()

    of_new = [one for one in await world.receipts() if one["plan_id"] == str(uid("two"))]
    assert {one["location_id"] for one in of_new} == {str(uid("wilg"))}
    assert [one["subject"] for one in of_new] == ["visit_moved", "visit_moved"]


async def test_without_a_plan_the_loss_is_told_after_the_wait_and_not_before(world: World):
    waited = await world.tell()
    world.real.at += LONGEST - timedelta(seconds=1)
    still = await world.tell()
    world.real.at += timedelta(seconds=1)
    found = await world.tell()

    assert (waited, still) == ([], [])
    assert times(found) == [("visit_cancelled", NINE, None)] * 2


async def test_the_next_loss_waits_anew(world: World):
    await world.tell_at_last()
    await world.publish("two", an_assignment("v2", PEOPLE, 14))
    await world.tell()
    await say(world.desk.door, a_cancellation("v2"))
    waited = await world.tell()

    assert waited == []
    assert times(await world.tell_at_last()) == [("visit_cancelled", TWO, None)] * 2


async def test_a_plan_that_knows_it_and_gives_nothing_back_ends_the_wait(world: World):
    waited = await world.tell()
    await world.publish("two")

    assert waited == []
    assert times(await world.tell()) == [("visit_cancelled", NINE, None)] * 2


async def test_a_plan_that_was_made_before_the_loss_does_not_end_the_wait(world: World):
    ((newest,),) = await rows(
        world.desk.door, "SELECT seq FROM ledger WHERE type = 'stop.cancelled.v1'"
    )
    await world.tell()
    await world.publish("two", an_assignment("v2", ["p1"], 14), as_of=newest - 1)
    too_early = await world.tell()
    await world.publish("three", an_assignment("v2", PEOPLE, 14))

    assert too_early == []
    assert times(await world.tell()) == [("visit_moved", NINE, TWO)] * 2


@pytest.mark.parametrize("again", ["v1", "v2"])
async def test_of_a_loss_that_is_undone_in_time_nobody_hears(world: World, again: str):
    await world.tell()
    await world.publish("two", an_assignment(again, PEOPLE, 9))

    assert await world.tell() == []
    assert await world.tell_at_last() == []


async def test_when_everybody_had_the_dose_meanwhile_nothing_is_said(world: World):
    await world.tell()
    await say(world.desk.door, *(a_dose(name, visit_id=uid("elsewhere")) for name in PEOPLE))

    assert await world.tell_at_last() == []


async def test_when_one_of_them_had_no_dose_the_loss_is_told(world: World):
    await world.tell()
    await say(world.desk.door, *(a_dose(name, visit_id=uid("elsewhere")) for name in PEOPLE[1:]))

    assert times(await world.tell_at_last()) == [("visit_cancelled", NINE, None)] * 2


async def test_a_dose_that_took_the_visit_off_is_told_as_a_visit_that_is_off(world: World):
    await world.publish("two", an_assignment("v2", ["p1"], 14))
    await world.tell()
    await say(world.desk.door, a_dose("p1", visit_id=uid("elsewhere")))

    assert times(await world.tell_at_last()) == [("visit_cancelled", TWO, None)] * 2


@pytest.mark.parametrize(("minutes", "at_once"), [(59, False), (60, True)])
async def test_a_visit_within_the_freeze_time_does_not_wait(
    world: World, minutes: int, at_once: bool
):
    await say(world.desk.door, PolicyChanged(freeze_minutes=minutes))
    starts_at = an_assignment(hour=9).starts_at
    clock = world.desk.clock
    assert isinstance(clock, ClockAt)
    clock.at = starts_at - timedelta(hours=1)

    found = await world.tell()

    assert times(found) == ([("visit_cancelled", NINE, None)] * 2 if at_once else [])


@pytest.mark.parametrize(("hour", "told"), [(7, {"De Eik", "De Wilg"}), (12, set())])
async def test_who_is_visited_soon_hears_at_once_although_another_loss_waits(
    world: World, hour: int, told: set[str]
):
    ((cause,),) = await rows(
        world.desk.door, "SELECT seq FROM ledger WHERE type = 'stop.cancelled.v1'"
    )
    clock = world.desk.clock
    assert isinstance(clock, ClockAt)
    clock.at = an_assignment(hour=6).starts_at  # the lost visit is three hours away
    elsewhere = {"location_id": uid("eik")}
    await say(world.desk.door, a_patient("p9", **elsewhere), a_consent("p9", **elsewhere))
    other = an_assignment("v9", ["p9"], hour, **elsewhere)
    await world.publish("two", other, as_of=cause - 1)

    found = to(await world.tell(), "institution")

    assert {one["recipient"]["name"] for one in found} == told


@pytest.mark.parametrize("crash_in", ["submit_own", "cursors.move"])
@pytest.mark.parametrize("regained", [True, False])
async def test_a_crash_in_between_tells_once(
    world: World, monkeypatch: pytest.MonkeyPatch, crash_in: str, regained: bool
):
    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    before = len(await world.receipts())
    await world.tell()
    if regained:
        await world.publish("two", an_assignment("v2", PEOPLE, 14))
    world.real.at += LONGEST
    with monkeypatch.context() as patch:
        patch.setattr(f"services.courier.letters.{crash_in}", dies)
        with pytest.raises(RuntimeError, match="killed"):
            await world.tell()
    await world.tell()
    await world.tell_at_last()

    assert len(list(world.folder.glob("*.json"))) == 2 + 2
    assert len(await world.receipts()) == before + 2


async def test_what_was_begun_to_be_told_as_lost_is_not_changed_by_a_plan_after_the_crash(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    await world.tell()
    world.real.at += LONGEST
    with monkeypatch.context() as patch:
        patch.setattr("services.courier.letters.submit_own", dies)
        with pytest.raises(RuntimeError, match="killed"):
            await world.tell()
    files = {path: path.read_text() for path in world.folder.glob("*.json")}
    await world.publish("two", an_assignment("v2", PEOPLE, 9))  # the same time, under another id
    found = await world.tell()

    assert times(found) == [("visit_planned", None, NINE)] * 2
    assert all(path.read_text() == text for path, text in files.items())
    assert {one["notice_id"] for one in await world.receipts()} == {
        path.stem for path in world.folder.glob("*.json")
    }


async def test_the_planner_gives_a_lost_visit_another_time_and_each_hears_once(
    fresh: Fresh, tmp_path: Path
):
    real = ClockAt()
    async with a_desk(fresh, outbox=tmp_path, real=real) as desk:
        await say(desk.door, SmallRegion(locations=("wilg",)).all()[0])
        await begin_notices(desk)
        world = World(desk, tmp_path / "notices", real)
        await plan_with(fresh, SmallRegion(locations=("wilg",)).all()[1:])
        first = to(await world.tell(), "institution")
        ((visit,),) = await rows(desk.door, "SELECT visit FROM visits WHERE live LIMIT 1")
        await say(desk.door, a_cancellation().model_copy(update={"visit_id": visit}))
        waited = await world.tell()
        await plan_with(fresh, [])

        found = to(await world.tell(), "institution")

    assert first
    assert waited == []
    (notice,) = found
    assert {line["subject"] for line in notice["visits"]} == {"visit_moved"}
    assert "road" not in json.dumps(notice)
