"""The faust app: the topics, an agent that hands batches to `Intake`, and the seek at each assignment."""

import asyncio
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import faust
from faust.types import TP

from infra.kafka.reading import read_with_care
from infra.settings import Kafka
from services.intake.beginning import begin
from services.intake.store import Intake, Read
from services.intake.tables import NoTables
from services.intake.transport import PromptTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

GROUP = "prikploeg-intake-v1"
BUNDLES = 4  # of up to 500 records each: the most that one transaction holds
WITHIN_SECONDS = (
    0.005  # how long a batch that is not full waits for more: the delay that nobody notices
)
CRASH = 70
logger = logging.getLogger(__name__)


def build(kafka: Kafka, member: str, intake: Intake) -> faust.App:
    """The faust app over the inbound topics of `intake`, as this static member of the consumer group.

    Its settings are those that were measured on Apache Kafka 4.3 (docs/speed.md).
    """
    read_with_care()
    app = faust.App(
        id=GROUP,
        broker=[f"kafka://{server}" for server in kafka.bootstrap_servers.split(",")],
        broker_credentials=make_credentials(kafka),
        autodiscover=False,
        datadir=str(Path(tempfile.gettempdir()) / "prikploeg-faust"),  # no tables: stays empty
        consumer_group_instance_id=member,
        processing_guarantee="at_least_once",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        store="memory://",
        TableManager=NoTables,
        web_enabled=False,
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.5,
        broker_request_timeout=10.0,
        broker_rebalance_timeout=10.0,
        broker_commit_interval=1.0,
        broker_max_poll_interval=86_400.0,  # waiting for Postgres is no reason to lose the partitions
        broker_max_poll_records=2000,
        stream_buffer_maxsize=16,  # bundles
        consumer_max_fetch_size=4_194_304,
        worker_redirect_stdouts=False,
    )

    async def start_where_postgres_stands(consumer: Any) -> dict[TP, int]:
        return await begin_or_die(consumer, intake)

    app.transport = PromptTransport(app.conf.broker_consumer, app, start_where_postgres_stands)
    inbound = app.topic(
        *sorted(intake.systems),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    async def take_in(stream: Any) -> None:
        batches = cast(
            "AsyncIterator[list[Any]]", stream.noack_take(BUNDLES, within=WITHIN_SECONDS)
        )
        storing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        storing.set_result(None)
        async for batch in batches:
            read = await read_or_die(intake, batch)  # while the one before is being stored
            await storing
            storing = asyncio.create_task(store_or_die(intake, read, batch))

    app.agent(inbound, concurrency=1, isolated_partitions=False)(take_in)
    return app


async def read_or_die(intake: Intake, batch: list[Any]) -> Read:
    """Decode the records of these bundles. No error may leave the body of the agent: faust would skip the batch."""
    try:
        return await intake.read([record for event in batch for record in event.message.records])
    except Exception:
        logger.exception("intake ends: records could not be read")
        os._exit(CRASH)


async def store_or_die(intake: Intake, read: Read, batch: list[Any]) -> None:
    """Store, then acknowledge. No error may leave the body of the agent."""
    try:
        await intake.keep(read)
        for event in batch:
            event.ack()
            event.message.release()
    except Exception:
        logger.exception("intake ends, the supervisor starts it again from the stored offset")
        os._exit(CRASH)


async def begin_or_die(consumer: Any, intake: Intake) -> dict[TP, int]:
    """The offset at which each assigned partition begins, as Postgres has it now; an alarm where the broker has less."""
    try:
        assigned = consumer.assignment()
        earliest = await consumer.earliest_offsets(*assigned)
        await begin(intake, {(tp.topic, tp.partition): offset for tp, offset in earliest.items()})
        return {
            tp: offset
            for tp in assigned
            if (offset := intake.stored.get((tp.topic, tp.partition))) is not None
        }
    except Exception:
        logger.exception("intake ends: no offset could be set")
        os._exit(CRASH)


def make_credentials(kafka: Kafka) -> faust.SASLCredentials | None:
    """SCRAM, over TLS or on one machine without, where the settings ask for it."""
    if kafka.security_protocol == "PLAINTEXT":
        return None
    return faust.SASLCredentials(
        username=kafka.username,
        password=kafka.password(),
        mechanism="SCRAM-SHA-512",
        ssl_context=kafka.ssl_context(),
    )
