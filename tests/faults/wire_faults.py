"""Faults of the links between our processes and their servers: cut, silent, slow, starved, refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from infra.embedded.folder import Folder
from infra.embedded.session import DATABASE
from tests.faults.cluster import Door, a_cluster
from tests.faults.faults import Fault, Scene
from tests.faults.proxy import DEAF, REFUSES, SLOW, TRICKLES, Manner, Proxy, a_proxy
from tests.faults.world import INTAKES, Plan
from tests.infra.kafka.node import free_ports

PROCESSES = (*INTAKES, "relay", "web")
LONGER_THAN_THE_DEADLINE = 9.5  # 8 s, infra/postgres/database.py
LONGER_THAN_THE_SESSION = 8.0  # 6 s, services/intake/app.py


@dataclass(frozen=True)
class Wires:
    """The proxies through which all processes of a world go; load and judges go straight."""

    postgres: Proxy
    kafka: Proxy
    plan: Plan

    def faults(self) -> tuple[Fault, ...]:
        """For a world that was built with this plan."""
        return (
            *of_one("Postgres", [self.postgres], LONGER_THAN_THE_DEADLINE),
            *of_one("Kafka", [self.kafka], LONGER_THAN_THE_SESSION),
            treated("everything silent", [self.postgres, self.kafka], DEAF, 4.0),
        )


def of_one(server: str, wires: Sequence[Proxy], long: float) -> tuple[Fault, ...]:
    """Everything that may happen to the links to one server."""
    return (
        cut(f"{server} connections cut", wires, times=4),
        treated(f"{server} silent for a moment", wires, DEAF, 2.0),
        treated(f"{server} silent", wires, DEAF, long),
        treated(f"{server} 200 ms later", wires, SLOW, 5.0),
        treated(f"{server} one byte a second", wires, TRICKLES, long),
        treated(f"{server} refuses", wires, REFUSES, 3.0, cut_before=True),
    )


def cut(name: str, wires: Sequence[Proxy], times: int) -> Fault:
    async def inject(scene: Scene) -> str:
        hit = 0
        for _ in range(times):
            hit += sum(wire.cut() for wire in wires)
            await asyncio.sleep(scene.random.uniform(0.1, 0.6))
        return f"{hit} connections cut in {times} moments"

    return Fault(name, inject)


def treated(
    name: str, wires: Sequence[Proxy], manner: Manner, seconds: float, *, cut_before: bool = False
) -> Fault:
    async def inject(scene: Scene) -> str:
        lasting = round(scene.random.uniform(0.9, 1.1) * seconds, 1)
        for wire in wires:
            wire.manner = manner
            if cut_before:
                wire.cut()
        try:
            await asyncio.sleep(lasting)
        finally:
            for wire in wires:
                wire.pass_again()
        return f"for {lasting} s"

    return Fault(name, inject)


@asynccontextmanager
async def wired(folder: Folder) -> AsyncIterator[Wires]:
    """A broker of its own and both proxies; the world on this folder brings the Postgres."""
    postgres_door, kafka_door, inner = free_ports(3)

    def postgres_port() -> int:
        return int(json.loads((folder.data / "ports.json").read_text())["postgres"])

    async with (
        a_proxy(postgres_door, postgres_port) as postgres,
        a_proxy(kafka_door, lambda: inner) as kafka,
        a_cluster(folder.data, 1, {1: Door(inner, kafka_door)}) as broker,
    ):
        addresses = {
            "DATABASE_URL": f"postgresql://127.0.0.1:{postgres_door}/{DATABASE}",
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{kafka_door}",
        }
        plan = Plan(PROCESSES, addresses=addresses, bootstrap=broker.bootstrap)
        yield Wires(postgres, kafka, plan)
