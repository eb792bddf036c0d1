"""Other worlds than that of one broker, by name: each with its plan, its folder and the faults that fit it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from infra.embedded.folder import Folder, scratch
from tests.faults.cluster import COPIES, a_cluster
from tests.faults.cluster_faults import faults_of
from tests.faults.disk import a_disk
from tests.faults.faults import Fault
from tests.faults.wire_faults import wired
from tests.faults.world import INTAKES, Plan

PROCESSES = (*INTAKES, "relay", "web")


@dataclass(frozen=True)
class Staged:
    """What `chapter` needs; without a folder the world makes its own."""

    plan: Plan
    faults: Sequence[Fault]
    folder: Folder | None = None


@asynccontextmanager
async def cluster() -> AsyncIterator[Staged]:
    """Three brokers, three copies."""
    with scratch() as folder:
        async with a_cluster(folder.data) as brokers:
            plan = Plan(PROCESSES, bootstrap=brokers.bootstrap, replication=COPIES)
            yield Staged(plan, faults_of(brokers))


@asynccontextmanager
async def wires() -> AsyncIterator[Staged]:
    """Proxies between our processes and both servers."""
    with scratch() as folder:
        async with wired(folder) as links:
            yield Staged(links.plan, links.faults(), folder)


@asynccontextmanager
async def disk() -> AsyncIterator[Staged]:
    """A small disk under Postgres; the broker stands elsewhere."""
    with scratch() as elsewhere, a_disk() as small:
        async with a_cluster(elsewhere.data, 1) as broker:
            plan = Plan(PROCESSES, bootstrap=broker.bootstrap)
            yield Staged(plan, small.faults(), small.folder)


STAGES: Mapping[str, Callable[[], AbstractAsyncContextManager[Staged]]] = {
    "cluster": cluster,
    "wires": wires,
    "disk": disk,
}
