"""The plan of a region as it stands, ready to be changed: the newest record is kept decoded, so that a check costs no reading of it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from events.teams import PinKind
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import PinRow, VisitRow
from infra.postgres.standing import StandingRows
from scheduling.problem import Problem
from scheduling.steering.actual import Actual, to_actual
from services.planner.problem.grouped import regroup
from services.planner.problem.posed import to_published
from services.planner.record import from_record

REGIONS: Final = 4  # of which the newest record stays decoded, some 15 MB each for 4,000 people
# For so long what was looked at is looked at again while nothing is said: who freezes meanwhile is told when it is stored.
STILL: Final = timedelta(seconds=5)

Load = Callable[[str, str | None], Awaitable[StandingRows | None]]
IsNewest = Callable[[str, str, int], Awaitable[bool]]  # by region, hash and number


@dataclass(frozen=True, slots=True)
class Looked:
    """The plan as it stood at one moment, with what turns its seconds into moments."""

    actual: Actual
    calendar: Calendar
    number: int  # line of the region's ledger

    def to_shift(self, team: UUID, day: date) -> str | None:
        """The shift of a team on a day; None when it works none that can be planned."""
        wanted = self.calendar.to_day(day)
        return next(
            (
                shift.id
                for shift in self.actual.problem.shifts
                if shift.day == wanted and shift.team_id == str(team)
            ),
            None,
        )


@dataclass(slots=True)
class _Known:
    """The newest record of a region, decoded, and the plan as it was last looked at."""

    hash: str
    problem: Problem
    looked: Looked
    at: datetime


class Records:
    """The newest record of some regions, by its hash; a look of a moment ago counts while no line was added to the ledger."""

    def __init__(self, load: Load, is_newest: IsNewest) -> None:
        self._load, self._is_newest = load, is_newest
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._turns: dict[str, asyncio.Lock] = {}

    async def look(self, region: str, now: datetime) -> Looked | None:
        """The plan of a region as it stands; None without one. Raises Unavailable."""
        async with self._turns.setdefault(region, asyncio.Lock()):  # who waited finds it looked at
            known = self._known.get(region)
            if known is not None and await self._still_counts(region, known, now):
                return known.looked
            return await self._look_anew(region, known, now)

    async def _still_counts(self, region: str, known: _Known, now: datetime) -> bool:
        number = known.looked.number
        return abs(now - known.at) < STILL and await self._is_newest(region, known.hash, number)

    async def _look_anew(self, region: str, known: _Known | None, now: datetime) -> Looked | None:
        rows = await self._load(region, known.hash if known else None)
        if rows is None:
            return None
        if rows.record is not None:
            problem, _ = await asyncio.to_thread(from_record, rows.record, rows.matrix)
        else:
            assert known is not None, "the record is left out only where it is known"
            problem = known.problem
        looked = await asyncio.to_thread(to_looked, problem, rows, now)
        self._known[region] = _Known(rows.hash, problem, looked, now)
        self._known.move_to_end(region)
        if len(self._known) > REGIONS:
            self._known.popitem(last=False)
        return looked


def to_looked(problem: Problem, rows: StandingRows, now: datetime) -> Looked:
    """The stops that may still be changed, judged at this moment by what the record knows."""
    calendar = Calendar(date.fromisoformat(problem.horizon_start), problem.days)
    until = calendar.to_second(now + timedelta(minutes=rows.freeze_minutes))
    frozen = [shift.id for shift in problem.shifts if shift.start < until]
    visits = regroup(rows.visits, rows.grouped)
    told = {str(row.facts.visit_id) for row in visits if row.is_told}
    published = [
        to_published(row.facts, told, calendar)
        for row in visits
        if not row.is_started and not row.is_completed
    ]
    at = replace(problem, now=max(problem.now, calendar.to_second(now)))
    pinned = [str(row.visit) for row in rows.pins if stands(row, visits)]
    begun = [str(row.facts.visit_id) for row in visits if row.is_started or row.is_completed]
    return Looked(to_actual(at, published, pinned, frozen, begun), calendar, rows.number)


def stands(pin: PinRow, visits: Iterable[VisitRow]) -> bool:
    """Whether a visit stands where its pin says."""
    moved = pin.moved_seq > pin.pinned_seq
    if not moved and pin.kind not in (PinKind.VISIT, PinKind.ORDER):
        return False  # what it asks is a rule of the problem, and the rest may change
    wanted = (pin.moved_shift, pin.moved_to) if moved else (pin.pinned_shift, pin.pinned_to)
    return any(
        row.facts.visit_id == pin.visit and (row.facts.shift_id, row.facts.starts_at) == wanted
        for row in visits
    )
