"""The daily digest of a practice holds what only that practice can solve, and comes at most once a day."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from events.reports import ReturnRecordAcknowledged, ReturnRecordRejected
from services.courier.digests import send_digests
from tests.builders import ClockAt
from tests.facts import DONE, a_patient, uid
from tests.services.accept.looking import rows
from tests.services.courier.returning_world import NORTH, SOUTH, Loop, a_loop

pytestmark = pytest.mark.postgres
MORNING = datetime(2021, 2, 16, 7, 30, tzinfo=UTC)


@pytest.fixture
async def loop(fresh, tmp_path: Path) -> AsyncIterator[Loop]:
    async with a_loop(fresh) as made:
        made.desk = replace(made.desk, outbox=tmp_path, clock=ClockAt(MORNING))
        yield made


def digests(loop: Loop) -> list[dict[str, object]]:
    assert loop.desk.outbox is not None
    found = sorted((loop.desk.outbox / "digests").glob("*.json"))
    return [json.loads(path.read_text()) for path in found]


async def test_a_practice_is_told_what_it_can_solve_and_nothing_else(loop: Loop):
    (anna,) = await loop.register("Anna")
    await loop.register("Bram", practice=SOUTH)
    await loop.say(a_patient("unasked", practice_id=NORTH))
    await loop.say(a_patient("lost", practice_id=NORTH, location_id=uid("nowhere")))
    await loop.give(anna)
    await loop.turn()

    await send_digests(loop.desk)

    (found,) = digests(loop)
    assert found["recipient"] == {"kind": "practice", "id": str(NORTH), "name": "Practice North"}
    assert found["tasks"] == {"consent": 2, "place": 1, "to_take_in": 1}
    assert "2 patiënten wachten op een antwoord" in str(found["text"])
    assert "Anna" not in str(found)


async def test_a_digest_comes_once_a_day_and_again_the_day_after(loop: Loop):
    await loop.say(a_patient("unasked", practice_id=NORTH))
    await send_digests(loop.desk)
    await send_digests(loop.desk)
    once = len(digests(loop))

    loop.desk.clock.at += timedelta(days=1)  # type: ignore[attr-defined]
    await send_digests(loop.desk)

    assert (once, len(digests(loop))) == (1, 2)
    told = await rows(loop.desk.door, "SELECT count(*) FROM ledger WHERE type = 'notice.sent.v1'")
    assert told == [(2,)]


async def test_nobody_is_told_at_night_or_when_there_is_nothing_to_solve(loop: Loop):
    await loop.register("Anna")
    await send_digests(loop.desk)
    nothing = digests(loop)
    await loop.say(a_patient("unasked", practice_id=NORTH))

    loop.desk.clock.at = MORNING.replace(hour=3)  # type: ignore[attr-defined]
    await send_digests(loop.desk)

    assert (nothing, digests(loop)) == ([], [])


async def test_a_rejected_message_is_told_until_it_is_taken_in(loop: Loop):
    (anna,) = await loop.register("Anna")
    await loop.give(anna)
    await loop.turn()
    (message,) = await loop.messages()
    await loop.say(ReturnRecordRejected(return_id=message, rejected_at=DONE))
    await send_digests(loop.desk)
    (first,) = digests(loop)

    await loop.say(ReturnRecordAcknowledged(return_id=message, acknowledged_at=DONE))
    loop.desk.clock.at += timedelta(days=1)  # type: ignore[attr-defined]
    await send_digests(loop.desk)

    assert first["tasks"] == {"rejected": 1}
    assert len(digests(loop)) == 1
