"""The commands for what intake could not use, as somebody types them."""

import asyncio
import sys
from dataclasses import replace

import pytest

from infra.embedded.folder import CHECKOUT
from infra.kafka.topics import end_offsets
from infra.postgres.systems import connect_systems, read_offsets, read_stopped, stop_topic
from infra.settings import read_secret
from infra.tokens import read as read_token
from services.commands.connecting import connect
from tests.builders import REGION, a_raw, a_record, say, system_for
from tests.facts import NOW, a_patient
from tests.services.accept.looking import rows
from tests.services.intake.a_system import a_practice_system
from tests.services.intake.test_process import delete_before, outgoing, produce

pytestmark = pytest.mark.postgres
SYSTEM = system_for(a_patient())


async def typed(fresh, *words: str, **more: str) -> tuple[int, str]:
    """Exit code and output of `prikploeg <words>`."""
    environment = fresh.servers.environment() | {
        "DATABASE_URL": fresh.servers.database_url(fresh.name),
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", *words, cwd=CHECKOUT, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def two_set_aside(fresh):
    """A good event whose system could not use its source yet, and one that is no event."""
    door = await fresh.open("acceptor")
    good = replace(
        a_record(a_patient()), topic=SYSTEM.topic, system=replace(SYSTEM, sources=("urn:x",))
    )
    bad = replace(a_raw(b'"very secret"'), topic=SYSTEM.topic)
    await say(door, replace(good, partition=0, offset=0), replace(bad, partition=0, offset=1))
    async with door.transaction() as tx:
        await connect_systems(tx, [SYSTEM], 1)
    return door


async def test_records_are_listed_offered_and_logged(fresh):
    door = await two_set_aside(fresh)

    _, counted = await typed(fresh, "quarantine", "list")
    _, named = await typed(
        fresh, "quarantine", "list", "--topic", SYSTEM.topic, "--reason", "not_an_event"
    )
    some_stay, said = await typed(fresh, "quarantine", "offer", "--all")
    nothing_open, one = await typed(fresh, "quarantine", "offer", "--number", "1")

    assert f"1\t{SYSTEM.topic}\tnot_an_event" in counted
    assert named.startswith("2\t")
    assert "secret" not in named
    assert (some_stay, nothing_open) == (1, 0)
    assert "1 accepted, 1 rejected again, 0 not open" in said
    assert "0 accepted, 0 rejected again, 1 not open" in one
    ((by,),) = await rows(door, "SELECT offered_by FROM quarantine WHERE resolved_at IS NOT NULL")
    assert by.startswith("cli:")


async def test_it_must_be_said_what_is_offered(fresh):
    code, said = await typed(fresh, "quarantine", "offer")

    assert code == 2
    assert "--number" in said


async def test_a_stopped_topic_is_resumed_once(fresh):
    door = await fresh.open("acceptor")
    async with door.transaction() as tx:
        await stop_topic(tx, SYSTEM.topic, 960, 1000, NOW)

    first = await typed(fresh, "intake-resume", SYSTEM.topic)
    second = await typed(fresh, "intake-resume", SYSTEM.topic)

    assert (first[0], second[0]) == (0, 2)
    assert "is not stopped" in second[1]
    async with door.transaction() as tx:
        assert await read_stopped(tx) == frozenset()


@pytest.mark.kafka
async def test_what_is_gone_when_a_topic_is_resumed_is_told_and_kept_as_an_alarm(fresh, kafka):
    system = a_practice_system(REGION)
    settings = fresh.settings(kafka)
    await connect(settings, [system])
    records = [
        outgoing(a_record(a_patient(f"p{n}"), f"e{n}", REGION, system), REGION) for n in range(30)
    ]
    await produce(settings.kafka, records, seconds=0)
    place = next(place for place, end in (await end_offsets(settings.kafka, [system.topic])).items() if end)  # fmt: skip
    await delete_before(settings.kafka, place, 20)
    door = await fresh.open("acceptor")
    async with door.transaction() as tx:
        await stop_topic(tx, system.topic, 960, 1000, NOW)

    code, said = await typed(
        fresh, "intake-resume", system.topic, KAFKA_BOOTSTRAP_SERVERS=kafka.kafka_bootstrap
    )

    assert code == 1
    assert f"{system.topic} partition {place[1]}, 20 record(s) from 0 to 20" in said
    assert f"{system.topic} is read again" in said
    assert await rows(door, "SELECT topic, part, expected, found FROM gaps") == [(*place, 0, 20)]
    async with door.transaction() as tx:
        assert (await read_offsets(tx))[place] == 20


async def test_a_connected_system_gets_a_token_and_nobody_else(fresh):
    door = await fresh.open("acceptor")
    async with door.transaction() as tx:
        await connect_systems(tx, [SYSTEM], 1)
    key = str(fresh.servers.folder.session_key)

    code, said = await typed(fresh, "token", SYSTEM.topic, WEB_SESSION_KEY_FILE=key)
    other, refused = await typed(fresh, "token", "in.practice.other.v1", WEB_SESSION_KEY_FILE=key)

    who = read_token(read_secret(fresh.servers.folder.session_key).encode(), said.strip())
    assert code == 0
    assert who is not None
    assert (who.role, who.subject) == ("sender", SYSTEM.topic)
    assert other == 2
    assert "is not connected" in refused
