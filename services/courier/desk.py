"""The connections of the courier, opened once, and how it offers events of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from events.type_names import TypeNames
from infra.clock import Clock
from infra.crypto import Keys
from infra.postgres.database import Database
from infra.webhooks import Post
from services.accept.accept import accept
from services.accept.submission import Outcome, OwnEvent, own_submission, own_system


@dataclass(frozen=True)
class Desk:
    """`store` reads and writes as role courier, `door` as acceptor; `real` is the machine's clock, `clock` may be simulated."""

    store: Database
    door: Database
    post: Post
    clock: Clock
    real: Clock
    keys: Keys | None = None
    outbox: Path | None = None
    names: TypeNames = TypeNames.SHORT  # of the types of events that leave
    shortest_wait: float = 1.0  # seconds before the first retry, doubled at each failure
    random: Random = field(default_factory=Random)


async def submit_own(desk: Desk, region: str, events: Sequence[OwnEvent]) -> list[Outcome]:
    """Offer events of our own to the door, each by itself: one that is rejected holds up no other."""
    system = own_system(region)
    offered = [own_submission(system, region, [event]) for event in events]
    return await accept(desk.door, offered, desk.clock.now())
