"""Faults of the one-node Kafka, and of what it remembers of our group."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import OffsetAndMetadata
from confluent_kafka.admin import AdminClient

from infra.embedded.kafka import Ports, kafka_program
from infra.kafka.security import client_arguments
from tests.faults.faults import Fault, Scene
from tests.faults.journal import Partition
from tests.faults.world import until_started

GROUP = "prikploeg-intake-v1"


async def restarted(scene: Scene) -> str:
    scene.world.signal("kafka", signal.SIGTERM)
    return "clean stop, started again"


async def killed(scene: Scene) -> str:
    scene.world.signal("kafka", signal.SIGKILL)
    return "kill -9 of the broker"


def frozen(longest: float) -> Fault:
    async def inject(scene: Scene) -> str:
        seconds = round(scene.random.uniform(longest * 0.7, longest), 1)
        await scene.world.freeze("kafka", seconds)
        return f"frozen for {seconds} s"

    return Fault(f"broker frozen, at most {longest:g} s", inject)


async def killed_with_relay(scene: Scene) -> str:
    """Both ends of the outward way at once."""
    scene.world.signal("kafka", signal.SIGKILL)
    await asyncio.sleep(scene.random.uniform(0, 0.5))
    scene.world.signal("relay", signal.SIGKILL)
    return "broker and relay killed"


async def away(scene: Scene) -> str:
    """Stopped, and started again after a while; what is said meanwhile waits with its senders."""
    seconds = round(scene.random.uniform(6, 9), 1)
    world, folder = scene.world, scene.world.folder
    note = json.loads((folder.data / "ports.json").read_text())
    await world.end("kafka")
    ports = Ports(note["kafka"], note["kafka-controller"])
    await asyncio.sleep(seconds)
    await until_started(world.servers, kafka_program(folder, ports))
    return f"the broker was away for {seconds} s"


@asynccontextmanager
async def without_intakes(scene: Scene) -> AsyncIterator[None]:
    """Nobody reads meanwhile."""
    names = [name for name in scene.world.running() if name.startswith("intake")]
    await asyncio.gather(*(scene.world.end(name) for name in names))
    try:
        yield
    finally:
        for name in names:
            await scene.world.start(name)


async def group_deleted(scene: Scene) -> str:
    """Kafka forgets where we stood; Postgres does not."""
    async with without_intakes(scene):
        await asyncio.to_thread(forget_group, scene.world.kafka.bootstrap_servers)
        await asyncio.sleep(scene.random.uniform(0.2, 1))
    return "the group and its offsets were deleted while nobody read"


def forget_group(servers: str) -> None:
    """Its members are static and stay until their session ends: offsets are deleted partition by partition then."""
    admin = AdminClient({"bootstrap.servers": servers})
    for _ in range(40):
        error = admin.delete_consumer_groups([GROUP], request_timeout=10)[GROUP].exception(15)
        if error is None or "GROUP_ID_NOT_FOUND" in str(error):
            return
        asyncio.run(asyncio.sleep(0.3))
    raise AssertionError("the group could not be deleted")


def offsets_moved(where: str) -> Fault:
    """Committed offsets that lie: everything is read (the end), or nothing was (the begin)."""

    async def inject(scene: Scene) -> str:
        async with without_intakes(scene):
            await asyncio.sleep(0.5)
            await commit(scene, to_end=where == "the end")
        return f"committed offsets moved to {where}"

    return Fault(f"offsets moved to {where}", inject)


async def commit(scene: Scene, *, to_end: bool) -> None:
    """As a tool would do it, beside the group."""
    parts = [TopicPartition(*part) for part in scene.world.journal.ends()]
    async with asyncio.timeout(30):
        while True:
            consumer = AIOKafkaConsumer(
                **client_arguments(scene.world.kafka), group_id=GROUP, enable_auto_commit=False
            )
            await consumer.start()
            try:
                ends = await consumer.end_offsets(parts)
                consumer.assign(parts)
                offsets = {tp: OffsetAndMetadata(ends[tp] if to_end else 0, "") for tp in parts}
                await consumer.commit(offsets)
            except Exception as error:
                if "Commit" not in type(error).__name__ and "Rebalance" not in type(error).__name__:
                    raise
                await asyncio.sleep(0.5)  # static members are remembered until their session ends
            else:
                return
            finally:
                await consumer.stop()


async def deleted_unread(scene: Scene) -> str:
    """Retention was quicker than we were: an alarm must name exactly what is gone."""
    async with without_intakes(scene):
        await asyncio.sleep(scene.random.uniform(0.5, 1))
        cuts = await choose_cuts(scene)
        admin = AIOKafkaAdminClient(**client_arguments(scene.world.kafka))
        await admin.start()
        await admin.delete_records(
            {TopicPartition(*part): RecordsToDelete(end) for part, _, end in cuts}
        )
        await admin.close()
        scene.world.journal.gone += cuts
    lost = sum(end - begin for _, begin, end in cuts)
    return f"{lost} records of {len(cuts)} partitions deleted before they were read"


async def choose_cuts(scene: Scene) -> list[tuple[Partition, int, int]]:
    """Partitions with unread records; at least one of them stays, so that the gap is met."""
    async with scene.world.owner() as tx:
        rows = await tx.fetch("SELECT topic, part, next_offset FROM kafka_positions")
    stored = {(row["topic"], row["part"]): row["next_offset"] for row in rows}
    ends = scene.world.journal.ends()
    behind = sorted(part for part, end in ends.items() if end - stored[part] >= 3)
    some = scene.random.sample(behind, min(2, len(behind)))
    return [
        (part, stored[part], scene.random.randrange(stored[part] + 1, ends[part])) for part in some
    ]


FAULTS = (
    Fault("broker away", away),
    Fault("restart of the broker", restarted),
    Fault("kill -9 of the broker", killed, weight=2),
    frozen(3),
    frozen(8),
    Fault("kill -9 of broker and relay", killed_with_relay),
    Fault("group deleted", group_deleted),
    offsets_moved("the end"),
    offsets_moved("the begin"),
    Fault("records deleted unread", deleted_unread, weight=2),
)
