"""A sender whose library uses transactions: what it took back is never read, and its markers are no loss.

`transactional.id` is the topic's name, which no other test has.
"""

import json

import pytest
from confluent_kafka import Producer as OtherProducer

from events.envelope import System
from infra.postgres.database import Database
from services.commands.connecting import connect
from services.intake import signs
from services.intake.ageing import LOOK_SECONDS
from services.intake.offsets import find_next_offsets
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import children, environment, until
from tests.services.accept.looking import rows
from tests.services.intake.a_system import a_practice_system

pytestmark = pytest.mark.kafka
TRANSACTIONS, RECORDS = 3, 4


def transactional(bootstrap: str, system: System, **more: object) -> OtherProducer:
    producer = OtherProducer(
        {"bootstrap.servers": bootstrap, "transactional.id": system.topic, **more}
    )
    producer.init_transactions(20)
    return producer


def say(producer: OtherProducer, system: System, *names: str) -> None:
    """These patients, in the transaction that is open."""
    for name in names:
        record = a_record(a_patient(name), name, REGION, system)
        producer.produce(system.topic, record.value, REGION, headers=list(record.headers.items()))
    producer.flush(20)


async def state_of(door: Database) -> dict[str, object]:
    found = await rows(door, "SELECT state FROM heartbeats WHERE process = 'intake'")
    said: dict[str, object] = json.loads(found[0][0]) if found else {}
    return said


async def test_records_of_transactions_are_stored_and_their_markers_are_no_gap(
    fresh, kafka, tmp_path
):
    system = a_practice_system(REGION)
    await connect(fresh.settings(kafka), [system])
    producer = transactional(kafka.kafka_bootstrap, system)
    for transaction in range(TRANSACTIONS):
        producer.begin_transaction()
        say(producer, system, *(f"{transaction}-{number}" for number in range(RECORDS)))
        producer.commit_transaction(20)
    door = await fresh.open("acceptor")

    async def all_there() -> bool:
        return await rows(door, "SELECT count(*) FROM ledger") == [(TRANSACTIONS * RECORDS,)]

    async def nothing_lags() -> bool:
        total = TRANSACTIONS * (RECORDS + 1)
        stored = await rows(door, "SELECT sum(next_offset)::int FROM kafka_positions")
        return stored == [(total,)] and (await state_of(door)).get("lag") == 0

    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        await until(all_there)
        await until(nothing_lags, 10)

        assert running["intake"].is_running
    assert await rows(door, "SELECT count(*) FROM gaps") == [(0,)]


async def test_what_a_sender_took_back_is_never_read_and_leaves_no_lag(fresh, kafka, tmp_path):
    system = a_practice_system(REGION)
    await connect(fresh.settings(kafka), [system])
    producer = transactional(kafka.kafka_bootstrap, system)
    for number in range(20):
        producer.begin_transaction()
        say(producer, system, f"taken-back-{number}")
        producer.abort_transaction(20)
        if number % 5 == 0:
            producer.begin_transaction()
            say(producer, system, f"kept-{number}")
            producer.commit_transaction(20)
    door = await fresh.open("acceptor")
    kept = [(f"kept-{number}",) for number in (0, 10, 15, 5)]

    async def nothing_lags() -> bool:
        stored = await rows(door, "SELECT sum(next_offset)::int FROM kafka_positions")
        said = await state_of(door)
        return stored == [(2 * 24,)] and said.get("lag") == 0 and said.get("ok") is True

    for _ in range(2):  # the second finds markers only
        async with children(environment(fresh, kafka), tmp_path, "intake") as running:
            await until(nothing_lags)
            assert running["intake"].is_running

        assert await rows(door, "SELECT id FROM ledger ORDER BY id") == kept
        assert await rows(door, "SELECT count(*) FROM gaps") == [(0,)]
        assert await rows(door, "SELECT count(*) FROM quarantine") == [(0,)]


async def test_a_transaction_that_stays_open_is_an_alarm_that_names_place_and_sender(
    fresh, kafka, tmp_path
):
    system, other = a_practice_system(REGION), a_practice_system(REGION)
    await connect(fresh.settings(kafka), [system, other])
    producer = transactional(kafka.kafka_bootstrap, system)
    producer.begin_transaction()
    say(producer, system, "waits")
    door = await fresh.open("acceptor")

    async def is_told() -> bool:
        return bool((await state_of(door)).get("alarms"))

    async def is_named() -> bool:
        return "transactional_id" in str((await state_of(door)).get("alarms"))

    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        await until(is_told, signs.OPEN_SECONDS + 20)
        await until(is_named, LOOK_SECONDS + 15)
        said = await state_of(door)
        assert running["intake"].is_running
        producer.commit_transaction(20)

        async def is_over() -> bool:
            return await rows(door, "SELECT id FROM ledger") == [("waits",)] and not await is_told()

        await until(is_over, 20)

    (alarm,) = said["alarms"]
    assert (alarm["kind"], alarm["topic"], alarm["offset"]) == ("open_transaction", system.topic, 0)
    assert alarm["transactional_id"] == system.topic
    assert isinstance(alarm["producer_id"], int)
    assert (said["ok"], said["lag"]) == (False, 0)


def test_offsets_that_hold_no_record_are_no_hole_and_a_hole_behind_them_is_one():
    place = ("in.practice.his.v1", 0)
    ends = {3: 5, 8: 9}

    def follow(_: object, offset: int) -> int:
        return ends.get(offset, offset)

    nexts, jumps = find_next_offsets({place: 2}, [(*place, n) for n in (2, 5, 7)], follow)

    assert nexts == {place: 9}
    assert [(jump.expected, jump.found) for jump in jumps] == [(6, 7)]
