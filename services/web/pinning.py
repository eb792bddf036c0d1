"""Judges pins and moves of a planner before they are stored, by the rules of the plan that they would be put into."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import UUID

from events.envelope import Event
from events.errors import RejectedEvent
from events.teams import StopMoved, StopPinned
from infra.postgres.snapshot.rows import PinRow, Snapshot
from scheduling.care.crews import shortened
from scheduling.pins import release_pins
from scheduling.plan import PinFault
from services.planner.problem.posed import to_problem

NEWEST: Final = 2**62  # ledger number of a pin that is not stored yet: later than all that are


class Door(Protocol):
    """What the door tells of pins before they are stored; it is not written through here."""

    async def find_known(self, events: Sequence[Event]) -> set[tuple[str, str]]:
        """Source and id of those that were accepted before."""
        ...

    async def load_around(self, region: str, visits: Collection[UUID]) -> Snapshot:
        """The region around these visits, as a plan would know it."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """A pin or a move of a batch, by its place in it."""

    index: int
    said: StopPinned | StopMoved


async def find_faults(
    door: Door, region: str, decoded: Sequence[Event | RejectedEvent]
) -> dict[int, PinFault]:
    """Says which pins and moves of a batch can not hold, by their place in it, with the rule that each breaks.

    They are judged in order, each beside those before it that hold. What was accepted before is a duplicate.
    Unavailable when Postgres is away.
    """
    events = [
        (index, event)
        for index, event in enumerate(decoded)
        if isinstance(event, Event) and isinstance(event.payload, StopPinned | StopMoved)
    ]
    if not events:
        return {}
    known = await door.find_known([event for _, event in events])
    wishes = [
        Wish(index, event.payload)
        for index, event in events
        if (event.envelope.source, event.envelope.id) not in known
        and isinstance(event.payload, StopPinned | StopMoved)
    ]
    if not wishes:
        return {}
    snapshot = await door.load_around(region, {wish.said.visit_id for wish in wishes})
    return await asyncio.to_thread(judge, snapshot, wishes)


def judge(snapshot: Snapshot, wishes: Sequence[Wish]) -> dict[int, PinFault]:
    """Puts each wish into the problem as the newest pin; a fault that was not there before is its own."""
    faults: dict[int, PinFault] = {}
    before = list_faults(snapshot)
    for n, wish in enumerate(wishes):
        tried = with_pin(snapshot, wish.said, NEWEST + n)
        after = list_faults(tried)
        new = [fault for fault in after if fault not in before]
        own = [fault for fault in new if fault.visit_id == str(wish.said.visit_id)]
        if new:
            faults[wish.index] = (own or new)[0]
        else:
            snapshot, before = tried, after
    return faults


def list_faults(snapshot: Snapshot) -> list[PinFault]:
    """The pins that do not hold, each with its rule."""
    problem = to_problem(snapshot).problem
    _, released = release_pins(shortened(problem))
    return [*problem.refused_pins, *released]


def with_pin(snapshot: Snapshot, said: StopPinned | StopMoved, seq: int) -> Snapshot:
    """The snapshot with this pin instead of an earlier one of the visit."""
    others = tuple(pin for pin in snapshot.visits.pins if pin.visit != said.visit_id)
    pin = PinRow(said.visit_id, seq, said.shift_id, said.starts_at, 0, None, None)
    if isinstance(said, StopPinned):
        pin = replace(
            pin,
            kind=said.kind,
            not_before=said.not_before,
            not_after=said.not_after,
            behind=said.behind,
        )
    return replace(snapshot, visits=replace(snapshot.visits, pins=(*others, pin)))
