"""Where a partition begins, and what is told when the broker has less than was not read."""

from pathlib import Path

import pytest

from infra.kafka.topics import end_offsets
from infra.postgres.systems import Gap, find_gone
from services.commands.connecting import connect
from services.intake.beginning import begin
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import environment, start, until
from tests.services.accept.looking import numbers, rows
from tests.services.intake.a_system import a_practice_system
from tests.services.intake.test_process import (
    REGIONS,
    delete_before,
    outgoing,
    produce,
    until_taken_in,
)
from tests.services.intake.test_store import TOPIC, intake, messages, positions  # noqa: F401  # a fixture

ALL_GAPS = "SELECT topic, part, expected, found FROM gaps ORDER BY topic, part"


def test_a_log_that_begins_behind_the_stored_position_is_a_gap():
    stored = {("a", 0): 100, ("a", 1): 100, ("a", 2): 100}

    found = find_gone(stored, {("a", 0): 160, ("a", 1): 100, ("a", 2): 0, ("new", 0): 7})

    assert found == [Gap("a", 0, 100, 160)]


@pytest.mark.postgres
async def test_what_is_gone_is_told_once_and_the_position_stands_behind_it(intake):  # noqa: F811
    for _ in range(2):
        await begin(intake, {(TOPIC, 0): 5, (TOPIC, 1): 0})
    await intake.store(messages(5, 6))

    assert await rows(intake.database, ALL_GAPS) == [(TOPIC, 0, 0, 5)]
    assert (await positions(intake))[TOPIC, 0] == 7
    assert await numbers(intake.database, REGION) == [1, 2]


@pytest.mark.postgres
async def test_a_partition_begins_where_another_process_has_left_it(intake):  # noqa: F811
    await intake.store(messages(0, 1, 2))
    intake.stored[TOPIC, 0] = 1

    await begin(intake, {(TOPIC, 0): 0})

    assert intake.stored[TOPIC, 0] == 3


@pytest.mark.kafka
@pytest.mark.postgres
async def test_a_topic_that_has_gone_quiet_tells_at_the_start_what_was_deleted_unread(
    fresh, kafka, tmp_path: Path
):
    system, settings = a_practice_system(*REGIONS), fresh.settings(kafka)
    await connect(settings, [system])
    records = [
        outgoing(a_record(a_patient(f"p{n}"), f"e{n}", REGION, system), REGION) for n in range(50)
    ]
    await produce(settings.kafka, records[:30], seconds=0)
    door, told = await fresh.open("acceptor"), environment(fresh, kafka)
    child = await start("intake", told, tmp_path)
    try:
        await until_taken_in(door, settings.kafka, system.topic)
        await child.kill()
        await produce(settings.kafka, records[30:], seconds=0)
        ends = await end_offsets(settings.kafka, [system.topic])
        place = next(place for place, end in ends.items() if end)
        await delete_before(settings.kafka, place, 50)

        child = await start("intake", told, tmp_path)

        async def is_told() -> bool:
            return await rows(door, ALL_GAPS) == [(*place, 30, 50)]

        await until(is_told, 30)
    finally:
        await child.stop()

    assert await numbers(door, REGION) == list(range(1, 31)), child.said()
