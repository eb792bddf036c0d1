"""Faults of our own processes: killed, asked to end, frozen, joined and left in a storm."""

import asyncio
import signal
from contextlib import suppress

from tests.faults.faults import Fault, Scene
from tests.faults.world import INTAKES

ZOMBIE_SECONDS = 7.5  # longer than the session of the group


def killed(*names: str) -> Fault:
    async def inject(scene: Scene) -> str:
        await asyncio.sleep(scene.random.uniform(0, 0.5))
        hit = [name for name in names if scene.world.signal(name, signal.SIGKILL)]
        return f"killed {', '.join(hit)}"

    return Fault(f"kill -9 {' and '.join(names)}", inject)


def asked_to_end(name: str) -> Fault:
    async def inject(scene: Scene) -> str:
        await asyncio.sleep(scene.random.uniform(0, 0.5))
        return f"SIGTERM {scene.world.signal(name, signal.SIGTERM)}"

    return Fault(f"SIGTERM {name}", inject)


def frozen(name: str, longest: float) -> Fault:
    async def inject(scene: Scene) -> str:
        seconds = round(scene.random.uniform(longest * 0.6, longest), 1)
        await scene.world.freeze(name, seconds)
        return f"frozen for {seconds} s, then woken"

    return Fault(f"freeze {name}", inject)


async def zombie(scene: Scene) -> str:
    """Longer than the session: its partitions go to the other, and then it wakes up with a batch in its hands."""
    name = scene.random.choice(INTAKES)
    await scene.world.freeze(name, ZOMBIE_SECONDS)
    return f"{name} frozen for {ZOMBIE_SECONDS} s, its session ended meanwhile"


async def in_the_middle_of_a_batch(scene: Scene) -> str:
    """Killed while a transaction of its waits for the lock of the regions."""
    name = scene.random.choice(INTAKES)
    async with scene.world.owner() as tx, tx.transaction():
        await tx.execute("SELECT FROM region_seq FOR UPDATE")
        await asyncio.sleep(scene.random.uniform(0.3, 1.0))
        scene.world.signal(name, signal.SIGKILL)
    return f"{name} killed while its batch waited for a lock"


async def killed_again_and_again(scene: Scene) -> str:
    """A process that is killed while it starts."""
    name = scene.random.choice(["intake-0", "planner", "relay", "web"])
    moments = [round(scene.random.uniform(0.3, 1.2), 2) for _ in range(3)]
    for moment in moments:
        scene.world.signal(name, signal.SIGKILL)
        await asyncio.sleep(moment)
    return f"{name} killed {len(moments)} times, {moments} s apart"


async def rebalance_storm(scene: Scene) -> str:
    """Two more intakes come, get partitions and go, asked or killed."""
    steps = []
    for _ in range(scene.random.randint(2, 3)):
        slot = scene.random.choice([2, 3])
        await scene.world.start(f"intake-{slot}")
        joined = await has_partitions(scene, slot)
        await asyncio.sleep(scene.random.uniform(0, 0.5))
        if rough := scene.random.random() < 0.5:
            scene.world.signal(f"intake-{slot}", signal.SIGKILL)
        await scene.world.end(f"intake-{slot}")
        steps.append(
            f"slot {slot} {'joined' if joined else 'came'}, {'killed' if rough else 'left'}"
        )
    return "; ".join(steps)


async def has_partitions(scene: Scene, slot: int, seconds: float = 8.0) -> bool:
    """True once the intake in this slot reads something."""
    pid = scene.world.pid(f"intake-{slot}")
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), scene.world.owner() as tx:
            while not await tx.fetchval(
                "SELECT (state->>'assigned')::int > 0 FROM heartbeats"
                " WHERE process = 'intake' AND slot = $1 AND pid = $2",
                slot,
                pid,
            ):
                await asyncio.sleep(0.1)
            return True
    return False


async def two_planners(scene: Scene) -> str:
    """The first is paused with a plan in its hands; the second makes a newer one; the first wakes up."""
    await scene.world.start("planner-1")
    await scene.world.freeze("planner", scene.random.uniform(2.5, 4))
    await asyncio.sleep(0.5)
    await scene.world.end("planner-1")
    return "a second planner came while the first was paused"


async def two_relays(scene: Scene) -> str:
    """One stands by; the first is killed, so the other takes over, and goes again."""
    await scene.world.start("relay-1")
    await asyncio.sleep(1.2)
    scene.world.signal("relay", signal.SIGKILL)
    await asyncio.sleep(scene.random.uniform(0.5, 1.5))
    await scene.world.end("relay-1")
    return "a second relay took over from a killed one"


async def everything_at_once(scene: Scene) -> str:
    """As when a machine goes down: servers and processes, without a goodbye."""
    names = [*scene.world.running(), "postgres", "kafka"]
    scene.random.shuffle(names)
    hit = [name for name in names if scene.world.signal(name, signal.SIGKILL)]
    return f"killed {', '.join(hit)}"


FAULTS = (
    killed("intake-0"),
    killed("intake-1"),
    killed("planner"),
    killed("relay"),
    killed("web"),
    killed("courier"),
    killed("intake-0", "intake-1"),
    killed("intake-1", "relay"),
    killed("web", "planner"),
    asked_to_end("intake-0"),
    asked_to_end("intake-1"),
    asked_to_end("planner"),
    asked_to_end("relay"),
    asked_to_end("web"),
    asked_to_end("courier"),
    frozen("relay", 3.0),
    frozen("planner", 3.0),
    frozen("courier", 3.0),
    frozen("web", 3.0),
    frozen("intake-1", 3.0),
    Fault("zombie intake", zombie),
    Fault("kill -9 in the middle of a batch", in_the_middle_of_a_batch),
    Fault("kill -9 while it starts", killed_again_and_again),
    Fault("rebalance storm", rebalance_storm, weight=2),
    Fault("two planners", two_planners),
    Fault("two relays", two_relays),
    Fault("kill -9 of everything", everything_at_once),
)
