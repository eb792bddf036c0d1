"""Rounds: something is broken while everybody speaks, then all must come to rest and hold."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from infra.clock import SystemClock
from infra.embedded.folder import Folder
from tests.faults.faults import Fault, Scene, drawn
from tests.faults.invariants import Judge
from tests.faults.load import Load, Pace, loading
from tests.faults.settling import planned, settled
from tests.faults.world import Plan, World, a_world

# All start at once and from nothing: a machine with other work needs its time.
BEGUN_WITHIN_SECONDS = 180.0


@dataclass
class Round:
    """What was injected when, how long it took to come to rest, and what did not hold."""

    number: int
    fault: str
    at: str = ""
    done: str = ""
    injected_seconds: float = 0.0
    settled_seconds: float = 0.0
    checked_seconds: float = 0.0
    broken: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    chapter: int = 0

    @property
    def stood(self) -> int:
        """Live appointments of people when it was judged."""
        return self.counts.get("appointments", 0)

    @property
    def holds(self) -> bool:
        return not self.broken

    def __str__(self) -> str:
        rest = "held" if self.holds else f"BROKEN {json.dumps(self.broken, ensure_ascii=False)}"
        return (
            f"{self.number:4d} {self.at} {self.fault}: {self.done}"
            f" [{self.injected_seconds:.1f} s, at rest after {self.settled_seconds:.1f} s,"
            f" checked in {self.checked_seconds:.1f} s, {self.stood} appointments stood] {rest}"
        )


@dataclass
class Stage:
    """One world with its load and its judge, for as many rounds as wanted."""

    world: World
    load: Load
    judge: Judge
    seed: str
    clock: SystemClock = field(default_factory=SystemClock)

    async def play(self, number: int, fault: Fault) -> Round:
        """One fault, from the first word to the last check."""
        random = Random(f"{self.seed} {number} {fault.name}")
        done = Round(number, fault.name, datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3])
        begun = self.clock.monotonic()
        self.load.resume()
        await asyncio.sleep(random.uniform(0.2, 0.8))
        done.done = await fault.inject(Scene(self.world, self.load, random))
        await asyncio.sleep(random.uniform(0.1, 0.5))
        healed = self.clock.monotonic()
        done.injected_seconds = round(healed - begun, 2)
        try:
            await self.load.pause()
        except TimeoutError:
            done.broken["everybody is heard"] = ["a sender got no acknowledgement for 90 s"]
        if missing := await settled(self.world, fault.settle_seconds):
            done.broken["comes to rest"] = [f"{missing.behind} {missing.silent}".strip()]
        rested = self.clock.monotonic()
        done.settled_seconds = round(rested - healed, 2)
        try:
            found = await self.judge.all()
        except TimeoutError:
            found = {"Postgres answers": ["not within a minute"]}
        done.broken |= {name: broken for name, broken in found.items() if broken}
        done.checked_seconds = round(self.clock.monotonic() - rested, 2)
        done.counts = dict(self.judge.counts)
        return done


async def chapter(
    seed: str,
    faults: Sequence[Fault],
    first: int = 1,
    plan: Plan | None = None,
    pace: Pace | None = None,
    number: int = 0,
    say: Callable[[str], object] = print,
    folder: Folder | None = None,
) -> list[Round]:
    """These faults one after the other in one world; stops at the first that breaks something."""
    rounds = []
    async with (
        a_world(plan, folder) as world,
        loading(world, Random(f"{seed} load {number}"), pace) as load,
    ):
        stage = Stage(world, load, Judge(world), seed)
        if missing := await settled(world, BEGUN_WITHIN_SECONDS):
            tell(world, say)
            raise AssertionError(f"it did not even begin: {missing}")
        if not await planned(world, BEGUN_WITHIN_SECONDS):
            tell(world, say)
            raise AssertionError(
                "nobody was planned: what is judged of people would hold of nothing"
            )
        for n, fault in enumerate(faults, first):
            rounds.append(await stage.play(n, fault))
            rounds[-1].chapter = number
            say(str(rounds[-1]))
            if not rounds[-1].holds:
                tell(world, say)
                break
    return rounds


def tell(world: World, say: Callable[[str], object]) -> None:
    """What the processes wrote last, and which were started again."""
    for name in ("postgres", *world.running()):
        say(f"--- {name}\n{world.log_of(name, 1500)}")
    say("\n".join(world.said[-20:]))


def choose(faults: Sequence[Fault], seed: str, count: int) -> list[Fault]:
    """The same faults in the same order for the same seed."""
    bag = drawn(faults, Random(f"{seed} bag"))
    return [next(bag) for _ in range(count)]
