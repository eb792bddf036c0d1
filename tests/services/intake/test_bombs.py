"""Records that unpack to much, through a real broker and a real intake: the sender's own loss, and nobody else's."""

import asyncio

import psutil
import pytest

from services.commands.connecting import connect
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import Child, children, environment, until
from tests.services.accept.looking import rows
from tests.services.intake.a_system import a_practice_system
from tests.services.intake.raw_batches import GZIP, SNAPPY, ZSTD, bomb, send_raw
from tests.services.intake.test_process import outgoing, produce

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(120)]
MOST_BYTES = 400 * 1_048_576  # an intake alone takes about 150 MB
ASIDE = "SELECT reason, fields, off, cut, length, octet_length(raw) FROM quarantine ORDER BY off"


async def watch_memory(child: Child) -> int:
    """The most that the process held, until this is cancelled."""
    most = 0
    process = psutil.Process(child.process.pid)
    try:
        while True:
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.02)
    except (asyncio.CancelledError, psutil.NoSuchProcess):
        return most


@pytest.mark.parametrize(("codec", "megabytes"), [(ZSTD, 600), (GZIP, 600), (SNAPPY, 18)])
async def test_one_record_that_unpacks_to_much_stops_nobody(fresh, kafka, tmp_path, codec, megabytes):  # fmt: skip
    bad, other = a_practice_system(REGION), a_practice_system(REGION)
    settings = fresh.settings(kafka)
    await connect(settings, [bad, other])
    before, after = (a_record(a_patient(name), name, REGION, bad).value for name in "ab")
    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        child = running["intake"]
        watching = asyncio.create_task(watch_memory(child))
        for _ in range(3):
            made = bomb(codec, megabytes, before=[before or b""], after=[after or b""])
            await send_raw(kafka.kafka_bootstrap, bad.topic, made)
        good = [a_record(a_patient(name), name, REGION, one) for one, name in ((bad, "c"), (other, "d"))]  # fmt: skip
        await produce(settings.kafka, [outgoing(one, REGION) for one in good], seconds=0)
        door = await fresh.open("acceptor")

        async def are_in() -> bool:
            ledger = await rows(door, "SELECT id FROM ledger ORDER BY id")
            aside = await rows(door, "SELECT count(*) FROM quarantine")
            return (ledger, aside) == ([("a",), ("c",), ("d",)], [(6,)])

        await until(are_in, 40)
        watching.cancel()
        most = await watching
        assert child.is_running

    large = ("too_large", ["value"], 1, True, megabytes * 1_000_000, 4096)
    rest = ("too_large", ["batch"], 2, True, None, 0)
    assert [*(await rows(door, ASIDE))[:2]] == [large, rest]
    assert await rows(door, "SELECT count(*) FROM gaps") == [(0,)]
    assert most < MOST_BYTES


async def test_many_such_batches_at_once_neither_fill_the_memory_nor_end_the_session(fresh, kafka, tmp_path):  # fmt: skip
    bad, other = a_practice_system(REGION), a_practice_system(REGION)
    settings = fresh.settings(kafka)
    await connect(settings, [bad, other])
    made = bomb(ZSTD, 60)
    for number in range(120):
        await send_raw(kafka.kafka_bootstrap, bad.topic, made, number % 6)
    good = a_record(a_patient("d"), "d", REGION, other)
    await produce(settings.kafka, [outgoing(good, REGION)], seconds=0)
    door = await fresh.open("acceptor")
    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        child = running["intake"]
        watching = asyncio.create_task(watch_memory(child))

        async def are_in() -> bool:
            return await rows(
                door, "SELECT (SELECT count(*) FROM ledger), (SELECT count(*) FROM quarantine)"
            ) == [(1, 120)]

        await until(are_in, 40)
        watching.cancel()
        most = await watching
        assert child.is_running
        assert "Heartbeat failed" not in child.log.read_text()

    assert most < MOST_BYTES
