"""The courier as real processes: killed at work, two side by side, and a receiver that comes back."""

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from infra.embedded.session import Servers
from infra.postgres.database import Database
from infra.postgres.pages.destinations import DestinationRow, destination_rows
from infra.settings import Settings
from services.courier.directory import add, remove, resume, show
from tests.builders import REGION, say
from tests.conftest import Fresh
from tests.facts import a_dose
from tests.flow.processes import environment, start, until
from tests.services.accept.looking import rows
from tests.services.courier.receiver import HANG, receiving

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
DOSE = "dose.administered.v1"


def told(fresh: Fresh, kafka: Servers, **more: str) -> dict[str, str]:
    return environment(fresh, kafka, WEBHOOKS_INTERNAL="true", PROGRESS_SECONDS="0.5", **more)


def here(fresh: Fresh) -> Settings:
    return fresh.settings(webhooks_internal=True)


async def ids(door: Database) -> list[str]:
    found = await rows(
        door, "SELECT id FROM ledger WHERE region = $1 AND type = $2 ORDER BY seq", REGION, DOSE
    )
    return [one for (one,) in found]


async def status(door: Any, name: str) -> DestinationRow:
    async with door.transaction() as tx:
        return next(row for row in await destination_rows(tx) if row.name == name)


def without_repeats(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


@pytest.mark.parametrize("seed", range(3))
async def test_killed_at_any_moment_every_event_arrives_in_order(
    fresh: Fresh, kafka: Servers, tmp_path: Path, seed: int
):
    door, reader = await fresh.open("acceptor"), await fresh.open("courier", 1)
    random = Random(seed)
    async with receiving() as receiver:
        await add(here(fresh), "one", "webhook", receiver.url, [DOSE], [], from_start=True)
        for kill in range(4):
            courier = await start("courier", told(fresh, kafka), tmp_path)
            so_far = len(receiver.got)
            await say(door, *(a_dose(f"p{kill}.{n}") for n in range(120)))

            async def has_begun(so_far: int = so_far) -> bool:
                return len(receiver.got) > so_far

            await until(has_begun)
            await asyncio.sleep(random.random() * 0.3)
            await courier.kill()
        last = await start("courier", told(fresh, kafka), tmp_path)

        async def is_done() -> bool:
            return (await status(reader, "one")).behind == 0

        try:
            await until(is_done)
        finally:
            await last.stop()

        assert without_repeats(receiver.ids) == await ids(door)
        assert len(receiver.ids) >= 480


async def test_of_two_couriers_one_stands_by_and_takes_over(
    fresh: Fresh, kafka: Servers, tmp_path: Path
):
    door = await fresh.open("acceptor")
    async with receiving() as receiver:
        await say(door, a_dose("first"))
        await add(here(fresh), "one", "webhook", receiver.url, [DOSE], [], from_start=True)
        first = await start("courier", told(fresh, kafka), tmp_path)

        async def has(number: int) -> bool:
            return len(receiver.got) >= number

        await until(lambda: has(1))
        second = await start("courier", told(fresh, kafka, PRIKPLOEG_SLOT="1"), tmp_path)

        async def both_beat() -> bool:
            found = await rows(
                door, "SELECT state FROM heartbeats WHERE process = 'courier' ORDER BY slot"
            )
            return [json.loads(one)["destinations"] for (one,) in found] == [2, 0]

        try:
            await until(both_beat)  # the webhook and the outbox by the first, nothing by the second
            await first.kill()
            await say(door, a_dose("second"))
            await until(lambda: has(2))
        finally:
            await first.stop()
            await second.stop()

        assert receiver.ids == await ids(door)


async def test_destinations_are_added_seen_and_sent_to_again_while_it_runs(
    fresh: Fresh, kafka: Servers, tmp_path: Path
):
    door = await fresh.open("acceptor")
    await say(door, *(a_dose(f"p{n}") for n in range(5)))
    courier = await start("courier", told(fresh, kafka), tmp_path)
    try:
        async with receiving() as receiver, receiving(always=HANG) as dead:
            await add(here(fresh), "dead", "webhook", dead.url, [DOSE], [], from_start=True)
            await add(here(fresh), "one", "webhook", receiver.url, [DOSE], [], from_start=True)

            async def has(number: int) -> bool:
                return len(receiver.got) >= number

            await until(lambda: has(5))
            ((third,),) = await rows(
                door,
                "SELECT seq FROM ledger WHERE region = $1 AND type = $2 OFFSET 2 LIMIT 1",
                REGION,
                DOSE,
            )
            await resume(here(fresh), "one", REGION, third)
            await until(lambda: has(7))
            sent = receiver.ids
            await remove(here(fresh), "one")
            left = [row.name for row in await show(here(fresh))]
    finally:
        await courier.stop()

    written = await ids(door)
    assert sent == written + written[3:]
    assert left == ["dead", "outbox"]
