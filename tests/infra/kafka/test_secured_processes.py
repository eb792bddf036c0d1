"""Our real processes on a broker with TLS, SCRAM and ACLs, each with its own rights and no more."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from confluent_kafka import Producer as TheirProducer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from events.envelope import Record, Sender, System
from infra.embedded.folder import CHECKOUT, scratch
from infra.kafka.topic_settings import use_append_time
from tests.builders import REGION, a_record, changed
from tests.conftest import Fresh
from tests.facts import a_patient, a_team, given_elsewhere
from tests.flow.processes import Child, children, until
from tests.infra.kafka.secured import GROUP, Secured, a_certificate, secured
from tests.services.accept.looking import rows, set_aside

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
PRACTICE, HAP = "in.practice.his.v1", "in.hap.core.v1"


@pytest.fixture(scope="module")
async def broker() -> AsyncIterator[Secured]:
    with scratch() as folder:
        async with secured(folder.data) as made:
            made.grant("hap", ["WRITE"], HAP)
            made.grant("ggd", ["WRITE"], PRACTICE)  # here the user of a practice system
            yield made


def told(fresh: Fresh, broker: Secured, user: str, **other: str) -> dict[str, str]:
    """The settings of a process that is this user on the broker."""
    usual = {"PATH": os.environ["PATH"]} | fresh.servers.environment()
    return (
        usual
        | {"DATABASE_URL": fresh.servers.database_url(fresh.name)}
        | broker.environment(user, **other)
    )


async def run(settings: dict[str, str], folder: Path, *words: str) -> tuple[int, str]:
    """A command to its end: the exit code and what it said."""
    log = folder / "command.log"
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services",
            *words,
            stdout=file,
            stderr=file,
            cwd=CHECKOUT,
            env=settings,
        )
    child = Child(words[0], process, log)
    try:
        async with asyncio.timeout(60):
            code = await process.wait()
    finally:
        await child.kill()
    return code, child.said()


def send(broker: Secured, user: str, topic: str, *records: Record) -> None:
    """Records as another system sends them."""
    producer = TheirProducer(broker.confluent(user, **{"enable.idempotence": True}))
    for record in records:
        producer.produce(topic, record.value, REGION, headers=list(record.headers.items()))
    assert producer.flush(20) == 0


async def connect_two(fresh: Fresh, broker: Secured, folder: Path) -> str:
    """Two systems, as an operator connects them; what the last command said."""
    said = ""
    for topic, sender in ((HAP, "hap"), (PRACTICE, "practice")):
        code, said = await run(
            told(fresh, broker, "connect"),
            folder,
            "connect",
            topic,
            f"--sender={sender}",
            f"--source=urn:nld:prikploeg:{sender}:",
            f"--region={REGION}",
            "--exercise",
        )
        assert code == 0, said
    return said


async def test_events_go_all_the_way_with_the_rights_of_each_process_alone(
    fresh, broker, tmp_path: Path
):
    said = await connect_two(fresh, broker, tmp_path)
    practice = System(
        PRACTICE, Sender.PRACTICE, ("urn:nld:prikploeg:practice:",), frozenset({REGION})
    )
    good = [a_record(a_patient(f"p{n}"), f"p{n}", system=practice) for n in range(20)]
    dose = a_record(given_elsewhere("p1"), "dose", system=practice)
    team = a_record(a_team(), "team")
    door = await fresh.open("acceptor")
    relay = {"PRIKPLOEG_SLOT": "0"}

    async with (
        children(told(fresh, broker, "intake"), tmp_path, "intake") as running,
        children(told(fresh, broker, "relay", **relay), tmp_path, "relay") as sending,
    ):
        await asyncio.to_thread(send, broker, "ggd", PRACTICE, *good, dose)
        await asyncio.to_thread(send, broker, "hap", HAP, team)

        async def is_all_in() -> bool:
            return await rows(door, "SELECT count(*) FROM ledger") == [(22,)]

        async def is_all_passed() -> bool:
            found = await rows(door, "SELECT state FROM heartbeats WHERE process = 'relay'")
            return bool(found) and json.loads(found[0][0])["passed"] == 22

        await until(is_all_in, 40)
        await until(is_all_passed, 20)
        assert running["intake"].is_running
        assert sending["relay"].is_running

    assert "--allow-principal" in said
    assert await set_aside(door) == []


async def test_a_source_that_the_topic_may_not_use_goes_to_quarantine(
    fresh, broker, tmp_path: Path
):
    await connect_two(fresh, broker, tmp_path)
    door = await fresh.open("acceptor")
    practice = System(
        PRACTICE, Sender.PRACTICE, ("urn:nld:prikploeg:practice:",), frozenset({REGION})
    )
    as_ggd = changed(
        a_record(a_patient("x"), "x", system=practice), source="urn:nld:prikploeg:ggd:core"
    )
    as_hap = a_record(a_team("y"), "y")  # a HAP's event on the topic of a practice

    async with children(told(fresh, broker, "intake"), tmp_path, "intake"):
        await asyncio.to_thread(send, broker, "ggd", PRACTICE, as_ggd, as_hap)

        async def are_set_aside() -> bool:
            return len(await set_aside(door)) == 2

        await until(are_set_aside, 40)

    assert await set_aside(door) == [
        ("source_not_allowed", ["source"]),
        ("type_not_allowed", ["type"]),
    ]
    assert await rows(door, "SELECT count(*) FROM ledger WHERE id IN ('x', 'y')") == [(0,)]


@pytest.mark.parametrize("process", ["intake", "relay"])
async def test_a_process_with_a_wrong_password_ends_and_says_so(
    fresh, broker, tmp_path: Path, process: str
):
    await connect_two(fresh, broker, tmp_path)
    wrong = {"KAFKA_PASSWORD_FILE": str(broker.folder / "hap")}

    code, said = await run(told(fresh, broker, process, **wrong), tmp_path, process)

    assert code == 2
    assert "refuses KAFKA_USERNAME with the password in KAFKA_PASSWORD_FILE" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("process", ["intake", "relay"])
async def test_a_process_that_does_not_trust_the_broker_ends_and_says_so(
    fresh, broker, tmp_path: Path, process: str
):
    await connect_two(fresh, broker, tmp_path)
    a_certificate(tmp_path, "other")
    other = {"KAFKA_CA_FILE": str(tmp_path / "other.pem")}

    code, said = await run(told(fresh, broker, process, **other), tmp_path, process)

    assert code == 2
    assert "a certificate that KAFKA_CA_FILE does not vouch for" in said
    assert "Traceback" not in said


async def test_intake_without_a_right_on_its_group_ends_and_says_so(fresh, broker, tmp_path: Path):
    await connect_two(fresh, broker, tmp_path)
    broker.grant("relay", ["READ", "DESCRIBE"], "in.", prefixed=True)

    code, said = await run(told(fresh, broker, "relay"), tmp_path, "intake")

    assert code == 2
    assert f"relay has no right on the group {GROUP}" in said


async def test_intake_that_may_see_its_group_and_not_join_it_ends_within_the_watch(
    fresh, broker, tmp_path: Path
):
    await connect_two(fresh, broker, tmp_path)
    broker.grant("relay", ["READ", "DESCRIBE"], "in.", prefixed=True)
    broker.grant("relay", ["DESCRIBE"], GROUP, group=True)

    code, said = await run(told(fresh, broker, "relay"), tmp_path, "intake")

    assert code == 70
    assert "no partition assigned for 20 s (rights on the group?" in said


async def test_without_the_right_to_mend_a_topic_the_command_is_given_and_with_it_all_is_done(
    fresh, broker, tmp_path: Path
):
    await connect_two(fresh, broker, tmp_path)
    admin = AdminClient(broker.confluent("admin"))
    by_sender = ConfigEntry("message.timestamp.type", "CreateTime", incremental_operation=AlterConfigOpType.SET)  # fmt: skip
    wrong = ConfigResource(ConfigResource.Type.TOPIC, HAP, incremental_configs=[by_sender])
    for done in admin.incremental_alter_configs([wrong]).values():
        await asyncio.to_thread(done.result, 15)
    door = await fresh.open("acceptor")

    async def is_told() -> bool:
        found = await rows(door, "SELECT state FROM heartbeats WHERE process = 'intake'")
        alarms = json.loads(found[0][0])["alarms"] if found else []
        return [(one["kind"], one["topic"]) for one in alarms] == [("sender_time", HAP)]

    async with children(told(fresh, broker, "intake"), tmp_path, "intake") as running:
        await until(is_told, 30)
        log = running["intake"].log.read_text()
    code, said = await run(told(fresh, broker, "connect"), tmp_path, "topics")

    command = f"--entity-name {HAP} --add-config message.timestamp.type=LogAppendTime"
    assert command in log
    assert f"--entity-name {PRACTICE}" not in log
    assert (code, command in said) == (0, False), said
    assert (await use_append_time(broker.kafka("intake"), [HAP]))[HAP].by_append_time is True
    assert (await use_append_time(broker.kafka("hap"), [HAP]))[HAP].by_append_time is None
