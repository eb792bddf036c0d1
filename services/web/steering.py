"""A planner's hand on the plan: a change is checked on the plan as it stands, and stored as events after the same check."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from events.envelope import Event
from events.errors import Refusal, RejectedEvent
from events.identifiers import EditId, Payload
from events.location import LocationChanged
from events.teams import ByHand, PinKind, StopPinned
from infra.clock import Clock
from infra.identity import new_id
from infra.postgres.database import Database, Who
from infra.postgres.findings import Rival, read_rivals
from infra.postgres.locks import wait_to_change
from infra.postgres.pages.decisions import (
    ChangeRow,
    EditRow,
    ShiftFacts,
    changes_after,
    changes_since,
    events_of_edit,
    find_withdrawn,
    read_shift,
)
from infra.postgres.pages.places import read_room
from scheduling.problem import CrisisVisit
from scheduling.steering.breaches import Breach
from scheduling.steering.closing import Closing, compute_closing
from scheduling.steering.edits import CloseShift, Edit
from scheduling.steering.effect import Effect, compute_effect
from scheduling.steering.places import Caller, Places, find_alternatives, find_places
from scheduling.steering.trials import Refused, find_stop
from services.accept.submission import Outcome, Status
from services.web.actual import Looked, Records
from services.web.closing_facts import OF_SHIFTS, to_closing_events, to_reopening
from services.web.fit_facts import without_hours
from services.web.grouping_facts import GROUPED, list_regrouped, to_regroup_back
from services.web.hand_facts import (
    REQUESTED,
    check_order,
    leave_out_crises,
    list_named,
    list_pins,
    list_undone,
    name_clash,
    require_allowed,
    to_events,
    to_pin,
    with_asked,
)
from services.web.reopening import judge_reopening
from services.web.steering_errors import CannotHold, Locking, NoPlanYet, Pinning, Stale
from services.web.writing import Writing, name_actor

if TYPE_CHECKING:
    from infra.postgres.database import Connection

HOURS: Final = "location.changed"
NOTHING_DONE: Final = Effect((), 0, 0, 0, (), 0, ())  # pinning alone moves nobody


@dataclass(frozen=True, slots=True)
class Stored:
    """A change that is in the ledger: what it does, and the numbers of its events."""

    looked: Looked
    effect: Effect
    numbers: tuple[int, ...]
    edit: UUID  # by which it is undone


class Steering:
    """Checks and stores changes; one at a time for each region, in whichever process."""

    def __init__(self, reader: Database, writing: Writing, clock: Clock) -> None:
        self._reader, self._writing, self._clock = reader, writing, clock
        self._records = Records(writing.load_standing, writing.is_newest)
        self._search = asyncio.Lock()  # of places, one at a time: checks have a turn beside it
        self._turns: dict[str, asyncio.Lock] = {}

    async def look(self, region: str) -> Looked:
        """The plan as it stands. Raises NoPlanYet or Unavailable."""
        looked = await self._records.look(region, self._clock.now())
        if looked is None:
            raise NoPlanYet
        return looked

    async def find_pins(self, who: Who, visits: Sequence[str]) -> dict[UUID, Rival]:
        """Where pinned visits stand, and who pinned them."""
        if not visits:
            return {}
        async with self._reader.reading(who) as tx:
            return await read_rivals(tx, who.region, [UUID(name) for name in visits])

    async def check(self, looked: Looked, edit: Edit) -> Effect:
        """What a change would do; nothing is stored. Raises CannotHold when it cannot even be tried."""
        if isinstance(edit, CloseShift):
            return (await self._close(looked, edit)).effect
        try:
            return await asyncio.to_thread(compute_effect, looked.actual, edit)
        except Refused as refused:
            raise CannotHold(refused.breaches) from None

    async def find_places(self, looked: Looked, asked: Caller | CrisisVisit) -> Places:
        """Slots for who is on the phone. Raises CannotHold when nobody there may be visited."""
        try:
            async with self._search:
                return await asyncio.to_thread(find_places, looked.actual, asked)
        except Refused as refused:
            raise CannotHold(refused.breaches) from None

    async def find_alternatives(self, looked: Looked, visit_id: str) -> Places:
        """The next best slots of a visit that stands. Raises CannotHold."""
        try:
            async with self._search:
                return await asyncio.to_thread(find_alternatives, looked.actual, visit_id)
        except Refused as refused:
            raise CannotHold(refused.breaches) from None

    async def save(self, who: Who, edit: Edit, seen: int, reason: str) -> Stored:
        """Stores a change after the same check. Raises Stale, CannotHold, WantsReason, NoPlanYet or Unavailable."""
        async with self._my_turn(who) as tx:
            looked = await self.look(who.region)
            named = await changes_since(tx, who.region, list_named(edit), seen)
            if named:
                raise Stale(named)
            closing = await self._close(looked, edit) if isinstance(edit, CloseShift) else None
            effect = closing.effect if closing else await self.check(looked, edit)
            about = [UUID(row.visit_id) for row in effect.touched]
            if changes := await changes_since(tx, who.region, about, seen):
                raise Stale(changes)
            number = EditId(new_id())
            if isinstance(edit, CloseShift):
                assert closing is not None
                shift = await read_shift(tx, who.region, UUID(edit.shift_id))
                said = to_closing_events(looked, edit, closing, shift, (reason, number))
            else:
                said = to_events(looked, edit, effect, (reason, number))
            return await self._store(who, looked, effect, said, number)

    async def _close(self, looked: Looked, edit: CloseShift) -> Closing:
        """What closing a shift would do. Raises CannotHold."""
        try:
            return await asyncio.to_thread(compute_closing, looked.actual, edit)
        except Refused as refused:
            raise CannotHold(refused.breaches) from None

    async def lock(self, who: Who, locking: Locking) -> Stored:
        """Pins or releases every stop of some shifts. Raises CannotHold, NoPlanYet or Unavailable."""
        async with self._my_turn(who):
            looked, number = await self.look(who.region), EditId(new_id())
            said = [*list_pins(looked, locking, number)]
            if not said:
                where = locking.shifts[0] if locking.shifts else ""
                raise CannotHold(
                    [Breach("gone", where, "no stop stands there that this would change")]
                )
            return await self._store(who, looked, NOTHING_DONE, said, number)

    async def pin(self, who: Who, wanted: Pinning) -> Stored:
        """Holds one thing of a stop, or releases it. Raises CannotHold where nothing could keep it, NoPlanYet or Unavailable."""
        async with self._my_turn(who):
            looked, number = await self.look(who.region), EditId(new_id())
            try:
                shift_id, stop = find_stop(looked.actual, wanted.visit_id)
                if wanted.kind is PinKind.WINDOW:
                    await self._check_window(looked, wanted)
                check_order(looked, wanted, shift_id)
            except Refused as refused:
                raise CannotHold(refused.breaches) from None
            said = [to_pin(looked, stop.fixed, wanted, number)]
            return await self._store(who, looked, NOTHING_DONE, said, number)

    async def find_in_window(self, looked: Looked, wanted: Pinning) -> Places | None:
        """Where a stop could go so that it keeps a window; None where it stands in it. Raises CannotHold."""
        try:
            _, stop = find_stop(looked.actual, wanted.visit_id)
        except Refused as refused:
            raise CannotHold(refused.breaches) from None
        if wanted.holds(looked.calendar.to_moment(stop.fixed.start)):
            return None
        actual = with_asked(looked, wanted)
        return await asyncio.to_thread(find_alternatives, actual, wanted.visit_id)

    async def _check_window(self, looked: Looked, wanted: Pinning) -> None:
        """Whether the stop stands in a window, or some place in it breaks no rule. Raises CannotHold or Refused."""
        found = await self.find_in_window(looked, wanted)
        if found is not None and not found.places:
            raise name_clash(looked, wanted, found)

    async def undo(self, who: Who, edit: UUID) -> Stored:
        """Puts back what one action changed. Raises Stale where somebody changed its stops since, CannotHold, NoPlanYet or Unavailable."""
        async with self._my_turn(who) as tx:
            looked, number = await self.look(who.region), EditId(new_id())
            rows = await events_of_edit(tx, who.region, edit)
            if not rows:
                raise CannotHold([Breach("gone", str(edit), "no such action")])
            visits, last = [row.visit for row in rows if row.visit], rows[-1].seq
            changes = await changes_since(tx, who.region, visits, last)
            if by_people := [row for row in changes if row.kind.startswith("stop.")]:
                raise Stale(by_people)
            said, effect = await self._put_back((tx, who.region), looked, rows, number)
            return await self._store(who, looked, effect, said, number)

    async def _put_back(
        self,
        reading: tuple["Connection", str],
        looked: Looked,
        rows: Sequence[EditRow],
        number: EditId,
    ) -> tuple[Sequence[Payload], Effect]:
        """The facts that undo an action, and what they do. Raises CannotHold."""
        tx, region = reading
        if any(row.kind == HOURS for row in rows):
            return await _take_back_hours(reading, rows, number), NOTHING_DONE
        for row in rows:
            if row.kind in OF_SHIFTS:
                shift = await read_shift(tx, region, UUID(json.loads(row.body)["shift_id"]))
                reopening = to_reopening(looked, rows, shift, number)
                await self._check_reopening(region, shift, reopening.said)
                return reopening.said, reopening.effect
        if any(row.kind == GROUPED for row in rows):
            try:
                back = to_regroup_back(looked, rows)
            except Refused as refused:
                raise CannotHold(refused.breaches) from None
            effect = await self.check(looked, back)
            require_allowed(effect, "undone")
            return [*list_regrouped(looked, back, effect, ("", number), holds=False)], effect
        asked = [row.visit for row in rows if row.kind == REQUESTED and row.visit]
        if gone := await find_withdrawn(tx, region, asked):
            raise CannotHold([Breach("gone", str(gone[0]), "it was undone before")])
        left = leave_out_crises(looked, rows)
        facts, places = list_undone(left.looked, rows, number)
        effect = await self.check(left.looked, places) if places.places else NOTHING_DONE
        effect = replace(effect, touched=(*left.touched, *effect.touched))
        require_allowed(effect, "undone")
        return facts, effect

    async def _check_reopening(
        self, region: str, shift: ShiftFacts | None, said: Sequence[Payload]
    ) -> None:
        """Whether a shift can be again as it was, by what was said since. Raises CannotHold."""
        assert shift is not None, "to_reopening refused that"
        visits = {one.visit_id for one in said if isinstance(one, StopPinned)}
        snapshot = await self._writing.load_around(region, visits)
        found = await asyncio.to_thread(judge_reopening, snapshot, shift, said)
        if found:
            raise CannotHold(found)

    async def _store(
        self, who: Who, looked: Looked, effect: Effect, said: Sequence[Payload], number: EditId
    ) -> Stored:
        """Stores the facts of one action, all of them or none. Raises CannotHold."""
        outcomes = await self._writing.submit(who, said) if said else []
        if any(one.status is Status.REJECTED for one in outcomes):
            raise CannotHold([_to_breach(one) for one in outcomes if one.status is Status.REJECTED])
        return Stored(looked, effect, tuple(one.seq or 0 for one in outcomes), number)

    @asynccontextmanager
    async def take_turn(
        self, who: Who, decoded: Sequence[Event | RejectedEvent]
    ) -> AsyncIterator[dict[int, list[ChangeRow]]]:
        """Waits for the turn of events about stops, and says which are stale: somebody else decided later than they say."""
        stops = {
            number: one
            for number, one in enumerate(decoded)
            if isinstance(one, Event) and isinstance(one.payload, ByHand)
        }
        if not stops or who.role != "planner":
            yield {}
            return
        async with self._my_turn(who) as tx:
            stale: dict[int, list[ChangeRow]] = {}
            known = await self._writing.find_known([*stops.values()])
            for number, one in stops.items():
                if (one.envelope.source, one.envelope.id) in known:
                    continue  # a duplicate changes nothing
                visits, moment = [one.payload.visit_id], one.envelope.time  # type: ignore[attr-defined]
                if moment is None:
                    continue
                changes = await changes_after(tx, who.region, visits, moment, name_actor(who))
                if changes:
                    stale[number] = changes
            yield stale

    @asynccontextmanager
    async def _my_turn(self, who: Who) -> AsyncIterator["Connection"]:
        """Waits until nobody else changes this region's plan by hand, in whichever process."""
        turn = self._turns.setdefault(who.region, asyncio.Lock())
        async with turn, self._reader.reading(who) as tx:
            await wait_to_change(tx, who.region)
            yield tx


async def _take_back_hours(
    reading: tuple["Connection", str], rows: Sequence[EditRow], number: EditId
) -> list[Payload]:
    """The hours of a location without those that an action agreed by phone. Raises CannotHold where they are gone."""
    tx, region = reading
    said: list[Payload] = []
    for row in rows:
        if row.kind != HOURS:
            continue
        agreed = LocationChanged.model_validate_json(row.body)
        room = await read_room(tx, region, agreed.location_id)
        back = without_hours(room, agreed.edit_id, number) if room and agreed.edit_id else None
        if back is None:
            raise CannotHold([Breach("gone", str(agreed.location_id), "other hours were said")])
        said.append(back)
    return said


def _to_breach(refused: Outcome) -> Breach:
    """Why the door refused an event: the rule that a pin breaks, also where it is another pin or wish that cannot hold then."""
    rule = refused.fields[0] if refused.reason is Refusal.CANNOT_HOLD else "refused"
    return Breach(rule, "", "the door refused the events")
