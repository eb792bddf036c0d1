"""A fault: its name, how often it is drawn, and what it does; and the bag from which a run draws."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.faults.load import Load
from tests.faults.world import World


@dataclass
class Scene:
    """What a fault gets: the world, its load (which goes on meanwhile) and a generator of its own."""

    world: World
    load: Load
    random: Random


Injection = Callable[
    [Scene], Awaitable[str]
]  # says in words what was done; returns when it is over


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    name: str
    inject: Injection
    weight: int = 1  # copies in the bag
    settle_seconds: float = 40.0

    def __str__(self) -> str:
        return self.name


def drawn(faults: Sequence[Fault], random: Random) -> Iterator[Fault]:
    """Without end: every fault comes as often as its weight before the bag is filled again."""
    while True:
        bag = [fault for fault in faults for _ in range(fault.weight)]
        random.shuffle(bag)
        yield from bag
