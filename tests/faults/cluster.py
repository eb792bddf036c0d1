"""Three real brokers that keep three copies; any of them may be broken while the others go on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import ElectionType, KafkaException
from confluent_kafka.admin import AdminClient

from infra.embedded.kafka import answers
from infra.embedded.program import Program
from infra.embedded.supervisor import Supervisor
from infra.kafka.topics import DAY_MS
from tests.infra.kafka.node import a_cluster_id, format_node, free_ports, java, node_program, write

GROUP = "prikploeg-intake-v1"
COPIES = 3
SESSION_SECONDS = 2.0  # for so long after a kill the controller still counts the dead one as alive
THREE = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "transaction.state.log.replication.factor": "3",
    "offsets.retention.minutes": str(30 * DAY_MS // 60_000),
}


@dataclass
class Cluster:
    """Three nodes under the product's supervisor, which starts each again when it ends."""

    supervisor: Supervisor
    ports: dict[int, int]  # node -> where its clients connect
    said: list[str] = field(default_factory=list)

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port in self.ports.values())

    def pid(self, node: int) -> int | None:
        """None while it waits to be started again."""
        return self.supervisor.pid(f"kafka-{node}")

    def signal(self, node: int, sign: signal.Signals) -> bool:
        """False when it was not running just then."""
        pid = self.pid(node)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
            return True
        return False

    async def kill(self, *nodes: int) -> None:
        """Without a goodbye; returns when all are back with all copies."""
        for node in nodes:
            self.signal(node, signal.SIGKILL)
        await asyncio.sleep(SESSION_SECONDS + 1)
        await self.until_whole()

    async def restart(self, node: int) -> None:
        """A clean stop and a start; returns when it is back with all copies."""
        before = self.pid(node)
        self.signal(node, signal.SIGTERM)
        async with asyncio.timeout(30):
            while self.pid(node) in (None, before):
                await asyncio.sleep(0.05)
        await self.until_whole()

    async def freeze(self, node: int, seconds: float) -> None:
        """As a machine that hangs and goes on as if nothing was."""
        self.signal(node, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.signal(node, signal.SIGCONT)

    async def until_whole(self, seconds: float = 60.0) -> None:
        """Until every broker is there and every partition has all its copies. Just after a kill this is not to be believed."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(self.is_whole):
                await asyncio.sleep(0.1)

    def is_whole(self) -> bool:
        try:
            found = self.admin().list_topics(timeout=3)
        except KafkaException:
            return False
        parts = [part for topic in found.topics.values() for part in topic.partitions.values()]
        return len(found.brokers) == COPIES and all(
            len(part.isrs) == COPIES and part.leader > 0 for part in parts
        )

    def admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def leader_of(self, topic: str, part: int) -> int:
        return int(
            self.admin().list_topics(topic, timeout=10).topics[topic].partitions[part].leader
        )

    def coordinator(self) -> int:
        """The node that leads the group of intake."""
        admin = self.admin()
        found = admin.describe_consumer_groups([GROUP], request_timeout=10)[GROUP].result(15)
        return int(found.coordinator.id)

    def move_leaders_back(self) -> int:
        """Every partition to the node that should lead it; how many moved."""
        admin = self.admin()
        moved = admin.elect_leaders(ElectionType.PREFERRED, None).result(30)
        return len(moved)


@dataclass(frozen=True)
class Door:
    """A second listener of a node: where it listens, and where its clients are told to connect (a proxy)."""

    inner: int
    told: int


@asynccontextmanager
async def a_cluster(
    folder: Path, nodes: int = COPIES, doors: Mapping[int, Door] | None = None
) -> AsyncIterator[Cluster]:
    """Formatted, started and whole; gone afterwards. With doors its clients may come in by proxies."""
    ports = free_ports(2 * nodes)
    clients = dict(zip(range(1, nodes + 1), ports[:nodes], strict=True))
    quorum = dict(zip(range(1, nodes + 1), ports[nodes:], strict=True))
    said: list[str] = []
    programs = await prepare(folder, clients, quorum, doors or {})
    async with Supervisor(said.append) as supervisor:
        cluster = Cluster(supervisor, clients, said)
        await asyncio.gather(*(supervisor.start(program) for program in programs))
        if nodes == COPIES:
            await cluster.until_whole()
        yield cluster


async def prepare(
    folder: Path, clients: dict[int, int], quorum: dict[int, int], doors: Mapping[int, Door]
) -> list[Program]:
    """The nodes' settings and empty logs."""
    command = java(folder, tls=False)
    cluster = a_cluster_id()
    voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in quorum.items())
    files = {}
    for node, port in clients.items():
        files[node] = folder / f"kafka-{node}.properties"
        own = {
            "node.id": str(node),
            "log.dirs": str(folder / f"kafka-{node}"),
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{quorum[node]}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.quorum.voters": voters,
        }
        if node in doors:
            own = through(own, doors[node])
        write(files[node], (THREE if len(clients) == COPIES else {}) | own)
    formatting = (asyncio.to_thread(format_node, command, at, cluster) for at in files.values())
    await asyncio.gather(*formatting)
    return [
        node_program(f"kafka-{node}", command, at, lambda _, port=clients[node]: answers(port))  # type: ignore[misc]
        for node, at in files.items()
    ]


def through(settings: Mapping[str, str], door: Door) -> dict[str, str]:
    """These settings with one more listener."""
    return {
        **settings,
        "listeners": f"{settings['listeners']},DOOR://127.0.0.1:{door.inner}",
        "advertised.listeners": f"{settings['advertised.listeners']},DOOR://127.0.0.1:{door.told}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,DOOR:PLAINTEXT",
    }
