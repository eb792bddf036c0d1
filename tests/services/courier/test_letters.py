"""Notices end to end: a plan in the ledger, files in the outbox, and the event that they left."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from events.practice import ConsentStatus
from services.courier.loop import MENDING, deliver_round
from tests.builders import say
from tests.conftest import Fresh
from tests.facts import (
    a_cancellation,
    a_consent,
    a_dose,
    a_patient,
    a_proposal,
    an_assignment,
    uid,
)
from tests.services.accept.looking import rows, set_aside
from tests.services.courier.receiver import the
from tests.services.courier.world import PEOPLE, World, a_world, to

pytestmark = pytest.mark.postgres


@pytest.fixture
async def world(fresh: Fresh, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(fresh, tmp_path) as made:
        yield made


async def test_a_published_plan_is_one_message_for_each_place_and_practice(world: World):
    await say(world.desk.door, a_patient("p3", location_id=uid("eik")))
    await world.publish(
        "one",
        an_assignment("v1", ["p1", "p2"], 9),
        an_assignment("v2", ["p3"], 12, location_id=uid("eik")),
    )

    found = await world.tell()

    assert sorted(one["recipient"]["name"] for one in found) == [
        "De Eik",
        "De Wilg",
        "Practice",
    ]
    (practice,) = to(found, "practice")
    assert [line["people"] for line in practice["visits"]] == [2, 1]
    assert [line["location"] for line in practice["visits"]] == ["De Wilg", "De Eik"]


async def test_each_notice_is_an_event_that_says_to_which_kind_of_party_only(world: World):
    await world.publish("one", an_assignment("v1", ["p1"], 9))

    found = await world.tell()

    receipts = await world.receipts()
    assert {one["notice_id"] for one in receipts} == {one["notice_id"] for one in found}
    assert {(one["recipient"], one["channel"], one["subject"]) for one in receipts} == {
        ("institution", "file", "visit_planned"),
        ("practice", "file", "visit_planned"),
    }


async def test_the_next_plan_tells_what_it_changes_with_old_and_new_time(world: World):
    stays = an_assignment("v2", ["p3"], 12, location_id=uid("eik"))
    await world.publish("one", an_assignment("v1", ["p1"], 9), stays)
    await world.tell()
    await world.publish("two", an_assignment("v1", ["p1"], 14), stays)

    (place,) = to(await world.tell(), "institution")

    assert place["recipient"]["name"] == "De Wilg"
    assert place["visits"][0]["old"][0].startswith("2021-02-16T09:00")
    assert place["visits"][0]["new"][0].startswith("2021-02-16T14:00")
    assert place["visits"][0]["subject"] == "visit_moved"


async def test_two_plans_while_nobody_listened_are_told_as_what_holds_in_the_end(world: World):
    await world.publish("one", an_assignment("v1", ["p1"], 9))
    await world.publish("two", an_assignment("v1", ["p1"], 14))

    (place,) = to(await world.tell(), "institution")

    assert place["visits"][0]["old"] is None
    assert place["visits"][0]["new"][0].startswith("2021-02-16T14:00")


async def test_a_visit_that_goes_away_is_told_with_its_time(world: World):
    await world.publish("one", an_assignment("v1", ["p1"], 9))
    await world.tell()
    await world.publish("two")

    found = await world.tell()

    assert {one["visits"][0]["subject"] for one in found} == {"visit_cancelled"}
    assert all("vervalt: dinsdag 16 februari 2021, 10:00-11:00 uur" in one["text"] for one in found)


async def test_no_reminder_although_the_dose_was_given(world: World):
    await world.publish("one", an_assignment("v1", ["p1"], 9))
    await say(world.desk.door, a_dose("p1", visit_id=uid("elsewhere")))

    assert await world.tell() == []


@pytest.mark.parametrize("crash_in", ["submit_own", "cursors.move"])
async def test_a_crash_between_file_event_and_position_tells_once(
    world: World, monkeypatch: pytest.MonkeyPatch, crash_in: str
):
    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    await world.publish("one", an_assignment("v1", ["p1"], 9))
    with monkeypatch.context() as patch:
        patch.setattr(f"services.courier.letters.{crash_in}", dies)
        with pytest.raises(RuntimeError, match="killed"):
            await world.tell()
    await world.tell()

    assert len(list(world.folder.glob("*.json"))) == len(list(world.folder.glob("*.txt"))) == 2
    assert len(await world.receipts()) == 2
    assert await set_aside(world.desk.door) == []


async def test_nothing_in_a_notice_points_at_a_person(world: World):
    await world.publish("one", an_assignment("v1", PEOPLE, 9))
    await world.tell()

    text = "".join(path.read_text() for path in world.folder.iterdir())

    assert not any(str(uid(name)) in text for name in PEOPLE)
    assert a_proposal("one").hash not in text


async def test_a_folder_that_takes_nothing_is_tried_again_and_stops_nobody_else(world: World):
    world.folder.write_text("no folder")
    await world.publish("one", an_assignment("v1", ["p1"], 9))

    await deliver_round(world.desk, await the(world.desk, "notices"))

    world.folder.unlink()
    world.real.at += MENDING
    assert await rows(
        world.desk.store,
        "SELECT last_error FROM destination_positions WHERE next_try_at IS NOT NULL",
    ) == [("the folder for notices: File exists",)]
    assert len(await world.tell()) == 2


async def test_who_is_taken_off_changes_the_number_and_no_reason_is_told(world: World):
    await world.publish("one", an_assignment("v1", PEOPLE))
    await world.tell()

    await say(world.desk.door, a_consent("p1", status=ConsentStatus.REFUSED))

    (notice,) = to(await world.tell(), "institution")
    (line,) = notice["visits"]
    assert (line["subject"], line["people"]) == ("visit_moved", 2)
    assert line["old"] == line["new"]
    assert "refus" not in json.dumps(notice)


async def test_a_visit_of_which_nobody_is_left_is_called_off(world: World):
    await world.publish("one", an_assignment("v1", ["p1"]))
    await world.tell()

    await say(world.desk.door, a_consent("p1", status=ConsentStatus.REFUSED))

    (notice,) = to(await world.tell_at_last(), "institution")
    assert [line["subject"] for line in notice["visits"]] == ["visit_cancelled"]


async def test_a_visit_that_a_planner_takes_off_is_called_off(world: World):
    await world.publish("one", an_assignment("v1", PEOPLE))
    await world.tell()

    await say(world.desk.door, a_cancellation("v1"))

    assert len(to(await world.tell_at_last(), "institution")) == 1
