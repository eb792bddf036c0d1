"""Refuses facts of practices that lie in none of the regions of the system that speaks for them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from events.envelope import Event, Record, Sender
from events.errors import Refusal, RejectedEvent
from events.sources import organisation_in, speaker_of
from infra.postgres.acceptor.organisations import find_regions

if TYPE_CHECKING:
    from infra.postgres.database import Connection

Decoded = Event | RejectedEvent


async def refuse_foreign(
    tx: "Connection", records: Iterable[Record], decoded: Sequence[Decoded]
) -> list[Decoded]:
    """The events, with a rejection for each fact of a practice that is known in other regions only.

    A practice that no region knows yet is let through: facts come in any order. A session of a practice, and a system
    that was connected for this very practice, are not asked.
    """
    voices = [find_voice(*pair) for pair in zip(records, decoded, strict=True)]
    asked = {voice for voice, _ in voices if voice is not None}
    if not asked:
        return list(decoded)
    regions = await find_regions(tx, sorted(asked))
    return [
        RejectedEvent(Refusal.SOURCE_NOT_ALLOWED, ("practice_id",))
        if voice in regions and regions[voice].isdisjoint(allowed)
        else one
        for one, (voice, allowed) in zip(decoded, voices, strict=True)
    ]


def find_voice(record: Record, one: Decoded) -> tuple[UUID | None, frozenset[str]]:
    """The practice that speaks, when a system of many practices speaks for it, and the regions of that system."""
    system = record.system
    if system.sender is not Sender.PRACTICE or not isinstance(one, Event):
        return None, system.regions
    practice = speaker_of(one.envelope.source, one.payload)
    named = {organisation_in(prefix) for prefix in system.sources}
    return (None if practice in named else practice), system.regions
