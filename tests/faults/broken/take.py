"""Broken: the agent as faust's documentation writes it - `take`, an inbox, and errors that leave the body."""

from collections.abc import Sequence
from typing import Any

import faust

import services.intake.loop as loop
from events.envelope import Record
from infra.settings import Kafka
from services.__main__ import main
from services.accept.accept import accept
from services.accept.submission import Submission
from services.intake.store import Intake, to_headers


def build(kafka: Kafka, member: str, intake: Intake) -> faust.App:
    """No seek to the stored position, no look at the offsets, no retry."""
    app = faust.App(
        id="prikploeg-intake-v1",
        broker=[f"kafka://{server}" for server in kafka.bootstrap_servers.split(",")],
        autodiscover=False,
        consumer_group_instance_id=member,
        topic_allow_declare=False,
        topic_disable_leader=True,
        store="memory://",
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.5,
        broker_request_timeout=10.0,
        broker_commit_interval=1.0,
        worker_redirect_stdouts=False,
    )
    inbound = app.topic(
        *sorted(intake.systems),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    async def take_in(stream: Any) -> None:
        batches = getattr(stream, "take" + "_events")  # banned by its name everywhere else
        async for batch in batches(200, within=0.05):
            await store(intake, [event.message for event in batch])

    app.agent(inbound)(take_in)
    return app


async def store(intake: Intake, messages: Sequence[Any]) -> None:
    """One transaction; whatever goes wrong is for faust to care about."""
    records = [
        Record(
            intake.systems[m.topic],
            m.value,
            to_headers(m.headers),
            topic=m.topic,
            partition=m.partition,
            offset=m.offset,
        )
        for m in messages
    ]
    nexts: dict[tuple[str, int], int] = {}
    for m in messages:
        nexts[m.topic, m.partition] = max(nexts.get((m.topic, m.partition), 0), m.offset + 1)
    await accept(
        intake.database,
        [Submission((record,)) for record in records],
        intake.clock.now(),
        offsets=nexts,
    )
    intake.stored |= nexts
    intake.events_in += len(messages)


if __name__ == "__main__":
    assert loop.build is not None
    loop.build = build
    main()
