"""Faults of a world whose broker is three: nodes killed, stopped, frozen, leaders and coordinators that move."""

import asyncio
import signal
from dataclasses import dataclass

from tests.faults.cluster import Cluster
from tests.faults.faults import Fault, Scene


@dataclass(frozen=True)
class Breaking:
    """What may happen to one cluster; each way returns when the cluster is whole again."""

    cluster: Cluster

    def any_node(self, scene: Scene) -> int:
        return scene.random.choice(list(self.cluster.ports))

    async def node_killed(self, scene: Scene) -> str:
        node = self.any_node(scene)
        await self.cluster.kill(node)
        return f"kill -9 of node {node}"

    async def leader_killed(self, scene: Scene) -> str:
        topic, part = busiest(scene)
        node = await asyncio.to_thread(self.cluster.leader_of, topic, part)
        await self.cluster.kill(node)
        return f"kill -9 of node {node}, leader of {topic} {part}"

    async def coordinator_killed(self, scene: Scene) -> str:
        del scene
        node = await asyncio.to_thread(self.cluster.coordinator)
        await self.cluster.kill(node)
        return f"kill -9 of node {node}, coordinator of the group"

    async def coordinator_bounced(self, scene: Scene) -> str:
        """A clean stop: the group moves to another node, and back with the leaders."""
        del scene
        node = await asyncio.to_thread(self.cluster.coordinator)
        await self.cluster.restart(node)
        moved = await asyncio.to_thread(self.cluster.move_leaders_back)
        return f"coordinator {node} stopped and started, {moved} leaders moved back"

    async def rolling_restart(self, scene: Scene) -> str:
        nodes = scene.random.sample(list(self.cluster.ports), len(self.cluster.ports))
        for node in nodes:
            await self.cluster.restart(node)
        return f"nodes {nodes} stopped and started one after the other"

    async def leaders_moved(self, scene: Scene) -> str:
        """Preferred election, while nobody is ill."""
        del scene
        moved = await asyncio.to_thread(self.cluster.move_leaders_back)
        await self.cluster.until_whole()
        return f"{moved} partitions got their preferred leader"

    async def node_frozen(self, scene: Scene) -> str:
        """Longer than its session: it wakes up and leads nothing any more."""
        node, seconds = self.any_node(scene), round(scene.random.uniform(2.5, 6), 1)
        await self.cluster.freeze(node, seconds)
        await asyncio.sleep(1)
        await self.cluster.until_whole()
        return f"node {node} frozen for {seconds} s"

    async def two_killed(self, scene: Scene) -> str:
        """Fewer copies than a write needs, and no majority: everybody waits."""
        nodes = scene.random.sample(list(self.cluster.ports), 2)
        await self.cluster.kill(*nodes)
        return f"kill -9 of nodes {nodes} at once"

    async def all_killed(self, scene: Scene) -> str:
        del scene
        await self.cluster.kill(*self.cluster.ports)
        return "kill -9 of all nodes at once"

    async def machine_killed(self, scene: Scene) -> str:
        """A machine that carried a broker and two processes of ours."""
        node = self.any_node(scene)
        ours = scene.random.sample(["intake-0", "intake-1", "relay"], 2)
        for name in ours:
            scene.world.signal(name, signal.SIGKILL)
        await self.cluster.kill(node)
        return f"kill -9 of node {node} with {' and '.join(ours)}"


def busiest(scene: Scene) -> tuple[str, int]:
    """The partition with the most records."""
    log = scene.world.journal.log
    return max(log, key=lambda part: len(log[part]))


def faults_of(cluster: Cluster) -> tuple[Fault, ...]:
    """For a world whose Plan names this cluster."""
    ways = Breaking(cluster)
    return (
        Fault("kill -9 of a node", ways.node_killed, weight=2),
        Fault("kill -9 of a leader", ways.leader_killed, weight=2),
        Fault("leaders moved", ways.leaders_moved),
        Fault("kill -9 of the coordinator", ways.coordinator_killed),
        Fault("coordinator bounced", ways.coordinator_bounced),
        Fault("rolling restart", ways.rolling_restart),
        Fault("node frozen", ways.node_frozen),
        Fault("kill -9 of two nodes", ways.two_killed),
        Fault("kill -9 of all nodes", ways.all_killed),
        Fault("kill -9 of a machine", ways.machine_killed),
    )
