"""Who is visited together, as the system of a post says it over Kafka: the same fact as by the API."""

from pathlib import Path
from uuid import UUID

import pytest

from events.envelope import Sender, System
from services.commands.connecting import connect
from tests.builders import REGION, a_record
from tests.facts import a_grouping, uid
from tests.flow.processes import environment, start
from tests.infra.kafka.broker import a_topic
from tests.services.accept.looking import rows
from tests.services.intake.test_process import outgoing, produce, until_taken_in

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
STATED = "SELECT visit, coalesce((facts ->> 'holds')::boolean, true) FROM groupings ORDER BY visit"


@pytest.mark.timeout(200)
async def test_a_split_that_a_post_sends_over_kafka_counts_and_is_taken_back(
    fresh, kafka, tmp_path: Path
):
    """Two parts are said, then one is put back."""
    post = System(a_topic("in.hap"), Sender.HAP, ("urn:nld:prikploeg:hap:",), frozenset({REGION}))
    settings = fresh.settings(kafka)
    await connect(settings, [post])
    said = [
        a_grouping("visit", most=4),
        a_grouping("part", beside=[uid("visit")]),
        a_grouping("part", beside=[uid("visit")], holds=False),
    ]
    records = [a_record(one, f"e{n}", REGION, post) for n, one in enumerate(said)]
    await produce(settings.kafka, [outgoing(one, REGION) for one in records], seconds=0)
    door = await fresh.open("acceptor")

    child = await start("intake", environment(fresh, kafka), tmp_path)
    try:
        await until_taken_in(door, settings.kafka, post.topic)
    finally:
        await child.stop()

    lines = await rows(door, "SELECT id, type FROM ledger ORDER BY seq")
    assert lines == [(f"e{n}", "stop.grouped.v1") for n in range(3)]
    held: dict[UUID, bool] = dict(await rows(door, STATED))
    assert held == {uid("visit"): True, uid("part"): False}
