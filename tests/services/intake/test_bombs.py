"""Records that unpack to much, through a real broker and a real intake: the sender's own loss, and nobody else's."""

import asyncio
from typing import cast

import psutil
import pytest

from services.commands.connecting import connect
from services.intake.ageing import LOOK_SECONDS
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import Child, children, environment, until
from tests.services.accept.looking import rows
from tests.services.intake.a_system import a_practice_system
from tests.services.intake.raw_batches import (
    GZIP,
    LZ4,
    MEGABYTE,
    SNAPPY,
    ZSTD,
    bomb,
    digest_of_zeros,
    send_raw,
)
from tests.services.intake.test_process import outgoing, produce
from tests.services.intake.test_transactions import state_of

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
MOST_BYTES = 400 * 1_048_576  # an intake alone takes about 150 MB
ASIDE = "SELECT off, reason, fields, cut, length, octet_length(sealed) / 4096 * 4096, value_digest FROM quarantine ORDER BY off"
ACCEPTED = ("a0", "a1", "a2", "b0", "b1", "b2", "c", "d")


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


# A broker takes a megabyte: lz4 makes no more of it than 250, snappy 21.
@pytest.mark.parametrize(
    ("codec", "megabytes"), [(ZSTD, 600), (GZIP, 600), (LZ4, 200), (SNAPPY, 18)]
)
async def test_one_record_that_unpacks_to_much_stops_nobody(fresh, kafka, tmp_path, codec, megabytes):  # fmt: skip
    bad, other = a_practice_system(REGION), a_practice_system(REGION)
    settings = fresh.settings(kafka)
    await connect(settings, [bad, other])
    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        child = running["intake"]
        watching = asyncio.create_task(watch_memory(child))
        for number in range(3):
            before, after = (
                a_record(a_patient(n), n, REGION, bad).value for n in (f"a{number}", f"b{number}")
            )
            made = bomb(codec, megabytes, before=[before or b""], after=[after or b""])
            await send_raw(kafka.kafka_bootstrap, bad.topic, made)
        good = [a_record(a_patient(name), name, REGION, one) for one, name in ((bad, "c"), (other, "d"))]  # fmt: skip
        await produce(settings.kafka, [outgoing(one, REGION) for one in good], seconds=0)
        door = await fresh.open("acceptor")

        async def are_in() -> bool:
            ledger = await rows(door, "SELECT id FROM ledger ORDER BY id")
            aside = await rows(door, "SELECT count(*) FROM quarantine")
            return (ledger, aside) == ([(one,) for one in ACCEPTED], [(3,)])

        await until(are_in, 40)
        watching.cancel()
        most = await watching
        assert child.is_running

    size = megabytes * MEGABYTE
    told = ("too_large", ["value"], True, size, 4096, digest_of_zeros(size))
    assert await rows(door, ASIDE) == [(offset, *told) for offset in (1, 4, 7)]
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


@pytest.mark.slow
async def test_what_lies_behind_a_gigabyte_is_set_aside_by_its_offset_and_is_an_alarm(fresh, kafka, tmp_path):  # fmt: skip
    bad = a_practice_system(REGION)
    settings = fresh.settings(kafka)
    await connect(settings, [bad])
    before, after = (a_record(a_patient(name), name, REGION, bad).value for name in "ab")
    made = bomb(ZSTD, 1_100, before=[before or b""], after=[after or b""])
    await send_raw(kafka.kafka_bootstrap, bad.topic, made)
    good = a_record(a_patient("c"), "c", REGION, bad)
    await produce(settings.kafka, [outgoing(good, REGION)], seconds=0)
    door = await fresh.open("acceptor")
    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        child = running["intake"]

        async def are_in() -> bool:
            return await rows(door, "SELECT id FROM ledger ORDER BY id") == [("a",), ("c",)]

        async def is_told() -> bool:
            return bool((await state_of(door)).get("alarms"))

        await until(are_in, 40)
        await until(is_told, LOOK_SECONDS + 10)
        assert child.is_running
        assert "Heartbeat failed" not in child.log.read_text()

    told = [("too_large", ["value"], True, 1_100 * MEGABYTE, 4096, None), ("too_large", ["batch"], True, None, 0, None)]  # fmt: skip
    assert await rows(door, ASIDE) == [(1, *told[0]), (2, *told[1])]
    (alarm,) = cast("list[dict[str, object]]", (await state_of(door))["alarms"])
    assert alarm.pop("seconds") in range(60)
    assert alarm == {
        "kind": "unread_behind", "topic": bad.topic, "partition": 0, "offset": 2, "records": 1, "regions": sorted(bad.regions)
    }  # fmt: skip
