"""A planner's hand on the plan: a change is checked on the plan as it stands, and stored as events after the same check."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import ValidationError

from events.identifiers import Payload, ShiftId, VisitId
from events.local_time import to_local_date
from events.location import Urgency, VisitRequested
from events.teams import StopCancelled, StopMoved, StopPinned, StopReleased
from infra.clock import Clock
from infra.postgres.database import Database, Who
from infra.postgres.locks import wait_to_change
from infra.postgres.pages.decisions import ChangeRow, changes_since
from scheduling.care.eligibility import OF_URGENCY
from scheduling.problem import CrisisVisit
from scheduling.steering.breaches import Breach
from scheduling.steering.edits import AddCrisis, Edit, Swap
from scheduling.steering.effect import Effect, compute_effect
from scheduling.steering.places import Caller, Places, find_alternatives, find_places
from scheduling.steering.trials import Refused, find_stop
from services.accept.submission import Status
from services.web.actual import Looked, Records
from services.web.writing import Writing


class NoPlanYet(Exception):
    """The region has no plan that could be changed."""


class Stale(Exception):
    """Somebody changed a stop that this change is about, after the caller looked."""

    def __init__(self, changes: Sequence[ChangeRow]) -> None:
        super().__init__("stale")
        self.changes = tuple(changes)


class CannotHold(Exception):
    """A change breaks rules that no reason sets aside."""

    def __init__(self, breaches: Sequence[Breach]) -> None:
        super().__init__(breaches[0].rule)
        self.breaches = tuple(breaches)


class WantsReason(Exception):
    """A change costs somebody something: it needs a reason, in words that can be stored."""

    def __init__(self, breaches: Sequence[Breach]) -> None:
        super().__init__("reason")
        self.breaches = tuple(breaches)


@dataclass(frozen=True, slots=True)
class Stored:
    """A change that is in the ledger: what it does, and the numbers of its events."""

    looked: Looked
    effect: Effect
    numbers: tuple[int, ...]


class Steering:
    """Checks and stores changes; one at a time for each region, in whichever process."""

    def __init__(self, reader: Database, writing: Writing, clock: Clock) -> None:
        self._reader, self._writing, self._clock = reader, writing, clock
        self._records = Records(writing.load_standing)
        self._turns: dict[str, asyncio.Lock] = {}

    async def look(self, region: str) -> Looked:
        """The plan as it stands. Raises NoPlanYet or Unavailable."""
        looked = await self._records.look(region, self._clock.now())
        if looked is None:
            raise NoPlanYet
        return looked

    async def check(self, looked: Looked, edit: Edit) -> Effect:
        """What a change would do; nothing is stored. Raises CannotHold when it cannot even be tried."""
        try:
            return await asyncio.to_thread(compute_effect, looked.actual, edit)
        except Refused as refused:
            raise CannotHold([refused.breach]) from None

    async def find_places(self, looked: Looked, asked: Caller | CrisisVisit) -> Places:
        """Slots for who is on the phone. Raises CannotHold when nobody there may be visited."""
        try:
            return await asyncio.to_thread(find_places, looked.actual, asked)
        except Refused as refused:
            raise CannotHold([refused.breach]) from None

    async def find_alternatives(self, looked: Looked, visit_id: str) -> Places:
        """The next best slots of a visit that stands. Raises CannotHold."""
        try:
            return await asyncio.to_thread(find_alternatives, looked.actual, visit_id)
        except Refused as refused:
            raise CannotHold([refused.breach]) from None

    async def pin(self, who: Who, visit_id: str) -> date:
        """Pins a stop where it stands, and says its day. Raises CannotHold, NoPlanYet or Unavailable."""
        looked = await self.look(who.region)
        shift_id, at = find_standing(looked, visit_id)
        visit, shift = VisitId(UUID(visit_id)), ShiftId(UUID(shift_id))
        await self._writing.submit(who, [StopPinned(visit_id=visit, shift_id=shift, starts_at=at)])
        return to_local_date(at)

    async def release(self, who: Who, visit_id: str) -> date:
        """Releases a stop, and says its day. Raises CannotHold, NoPlanYet or Unavailable."""
        looked = await self.look(who.region)
        _, at = find_standing(looked, visit_id)
        await self._writing.submit(who, [StopReleased(visit_id=VisitId(UUID(visit_id)))])
        return to_local_date(at)

    async def save(self, who: Who, edit: Edit, seen: int, reason: str) -> Stored:
        """Stores a change after the same check. Raises Stale, CannotHold, WantsReason, NoPlanYet or Unavailable."""
        turn = self._turns.setdefault(who.region, asyncio.Lock())
        async with turn, self._reader.reading(who) as tx:
            await wait_to_change(tx, who.region)
            looked = await self.look(who.region)
            named = await changes_since(tx, who.region, list_named(edit), seen)
            if named:
                raise Stale(named)
            effect = await self.check(looked, edit)
            about = [UUID(row.visit_id) for row in effect.touched]
            if changes := await changes_since(tx, who.region, about, seen):
                raise Stale(changes)
            said = to_events(looked, edit, effect, reason)
            outcomes = await self._writing.submit(who, said)
        if any(one.status is Status.REJECTED for one in outcomes):
            raise CannotHold([Breach("refused", str(about[0]), "the door refused the events")])
        return Stored(looked, effect, tuple(one.seq or 0 for one in outcomes))


def find_standing(looked: Looked, visit_id: str) -> tuple[str, datetime]:
    """The shift and the start of a stop that may still be changed. Raises CannotHold."""
    try:
        shift_id, stop = find_stop(looked.actual, visit_id)
    except Refused as refused:
        raise CannotHold([refused.breach]) from None
    return shift_id, looked.calendar.to_moment(stop.fixed.start)


def list_named(edit: Edit) -> list[UUID]:
    """The visits that a change names."""
    if isinstance(edit, AddCrisis):
        return [UUID(edit.crisis.id)]
    named = (edit.visit_id, edit.other_id) if isinstance(edit, Swap) else (edit.visit_id,)
    return [UUID(name) for name in named]


def to_events(looked: Looked, edit: Edit, effect: Effect, reason: str) -> list[Payload]:
    """The facts that a change is made of: of every stop that moves where it goes. Raises CannotHold or WantsReason."""
    if effect.hard:
        raise CannotHold(effect.hard)
    if effect.soft and not reason:
        raise WantsReason(effect.soft)
    try:
        return list(_list_events(looked, edit, effect, reason))
    except ValidationError:
        raise WantsReason(effect.soft) from None


def _list_events(looked: Looked, edit: Edit, effect: Effect, reason: str) -> Iterable[Payload]:
    for row in effect.touched:
        if row.new is None:
            yield StopCancelled(visit_id=VisitId(UUID(row.visit_id)), reason=reason)
        elif isinstance(edit, AddCrisis) and row.visit_id == edit.crisis.id:
            yield to_request(edit, looked.calendar.to_moment(row.new[1]))
        else:
            visit, shift = VisitId(UUID(row.visit_id)), ShiftId(UUID(row.new[0]))
            at = looked.calendar.to_moment(row.new[1])
            if reason:
                yield StopMoved(visit_id=visit, shift_id=shift, starts_at=at, reason=reason)
            else:
                yield StopPinned(visit_id=visit, shift_id=shift, starts_at=at)


def to_request(edit: AddCrisis, start: datetime) -> VisitRequested:
    """A crisis visit that is asked for at this very moment."""
    crisis = edit.crisis
    urgency = next(name for name, rank in OF_URGENCY.items() if rank == crisis.priority)
    return VisitRequested.model_validate(
        {
            "visit_id": crisis.id,
            "location_id": crisis.location_id,
            "urgency": Urgency(urgency),
            "skills": crisis.skills,
            "minutes": crisis.service_seconds // 60,
            "earliest": start,
            "latest": start,
        }
    )
