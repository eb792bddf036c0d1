"""What a courier works with, opened once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from infra.clock import Clock
from infra.crypto import Keys
from infra.postgres.database import Database
from infra.webhooks import Post
from services.accept.accept import accept
from services.accept.submission import Outcome, OwnEvent, own_submission, own_system


@dataclass(frozen=True)
class Desk:
    """Reads and notes as `courier`, speaks as `acceptor`; `real` is the machine's clock, `clock` may be simulated."""

    store: Database
    door: Database
    post: Post
    clock: Clock
    real: Clock
    keys: Keys | None = None
    outbox: Path | None = None
    shortest_wait: float = 1.0  # seconds, doubled at each failure
    random: Random = field(default_factory=Random)


async def submit_own(desk: Desk, region: str, events: Sequence[OwnEvent]) -> list[Outcome]:
    """Offer events of our own to the door, each by itself: one that is refused holds up no other."""
    system = own_system(region)
    offered = [own_submission(system, region, [event]) for event in events]
    return await accept(desk.door, offered, desk.clock.now())
