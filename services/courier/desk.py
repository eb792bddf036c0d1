"""What a courier works with, opened once."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from events.codec import encode, to_event
from events.envelope import Record, Sender, System
from events.identifiers import SYSTEM_SOURCE, Payload
from infra.clock import Clock
from infra.crypto import Keys
from infra.postgres.database import Database
from infra.webhooks import Post
from services.accept.accept import accept
from services.accept.submission import Outcome, Submission


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


async def say(desk: Desk, region: str, said: list[tuple[str, datetime, Payload]]) -> list[Outcome]:
    """Accept events of our own: id, moment and payload of each."""
    system = System("system", Sender.SYSTEM, (SYSTEM_SOURCE,), frozenset({region}))
    offered = []
    for event_id, moment, payload in said:
        event = to_event(event_id, SYSTEM_SOURCE, moment, region, payload)
        value, headers = encode(event.envelope, event.body)
        offered.append(Submission((Record(system, value, dict(headers)),)))
    return await accept(desk.door, offered, desk.clock.now())
