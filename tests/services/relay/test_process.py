"""The relay as real processes: it catches up at once, and one of two does the work."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from events.catalogue import OUTWARD_TOPICS
from infra.clock import SystemClock
from infra.kafka.topics import make_topics
from infra.postgres.database import Database
from services.relay.relay import MOST
from tests.builders import say
from tests.facts import a_dose, a_patient
from tests.flow.processes import environment, start, until
from tests.infra.kafka.broker import everything_on
from tests.services.accept.looking import rows

pytestmark = pytest.mark.kafka
REGION = "GG3333"


async def beats(door: Database) -> dict[int, dict[str, Any]]:
    """What each relay said last, by slot."""
    found = await rows(door, "SELECT slot, state FROM heartbeats WHERE process = 'relay'")
    return {slot: json.loads(state) for slot, state in found}


async def test_a_relay_that_was_away_catches_up_without_waiting_between_rounds(
    fresh, kafka, tmp_path: Path
):
    settings = fresh.settings(kafka)
    await make_topics(settings.kafka, [], OUTWARD_TOPICS)
    door = await fresh.open("acceptor")
    for part in range(16):
        await say(door, *(a_patient(f"{part}.{n}") for n in range(MOST)), region=REGION)

    async def has_begun() -> bool:
        return bool(await beats(door))

    async def is_done() -> bool:
        return (await beats(door))[0]["lag"] == 0

    relay = await start("relay", environment(fresh, kafka), tmp_path)
    try:
        await until(has_begun)
        begun = SystemClock().monotonic()
        await until(is_done)
    finally:
        await relay.stop()

    assert SystemClock().monotonic() - begun < 10  # sixteen rounds; a second each would be more


async def test_of_two_relays_one_stands_by_and_takes_over(fresh, kafka, tmp_path: Path):
    settings = fresh.settings(kafka)
    await make_topics(settings.kafka, [], OUTWARD_TOPICS)
    door = await fresh.open("acceptor")
    await say(door, *(a_dose(f"early {n}") for n in range(5)), region=REGION)
    first = await start("relay", environment(fresh, kafka), tmp_path)

    async def first_has_sent() -> bool:
        return (await beats(door)).get(0, {}).get("passed") == 5

    async def second_is_there() -> bool:
        return 1 in await beats(door)

    await until(first_has_sent)
    second = await start("relay", environment(fresh, kafka, PRIKPLOEG_SLOT="1"), tmp_path)
    try:
        await until(second_is_there)
        await asyncio.sleep(1.0)
        assert (await beats(door))[1]["passed"] == 0
        await first.kill()
        await say(door, *(a_dose(f"late {n}") for n in range(5)), region=REGION)

        async def second_has_sent() -> bool:
            return (await beats(door))[1]["passed"] == 5

        await until(second_has_sent)
    finally:
        await first.stop()
        await second.stop()

    ours = [one for (one,) in await rows(door, "SELECT id FROM ledger ORDER BY seq")]
    sent = [
        json.loads(one.value)["id"] for one in await everything_on(settings.kafka, OUTWARD_TOPICS)
    ]
    assert [one for one in sent if one in ours] == ours
