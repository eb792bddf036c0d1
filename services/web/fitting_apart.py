"""What runs in the web's child process: reasons for each shift, and searches for what would make a visit fit."""

import gc
import os
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from infra.embedded.orphans import die_with_parent
from infra.postgres.plan_records import PackedRecord
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.standing import StandingRows
from scheduling.fitting.fit import Fit, find_fits
from scheduling.fitting.held import Standing, stand
from scheduling.fitting.obstacles import Trying
from scheduling.fitting.targets import Target, Tries, list_targets, try_shifts
from scheduling.plan import Plan
from scheduling.problem import Problem, Shift
from scheduling.routing.engines import list_installed, load_engine
from services.planner.record import from_record
from services.web.actual import to_looked

NICENESS: Final = 5  # pages go first
PLANS: Final = 3  # that stay decoded, some 30 MB each for 4,000 people
MINUTES: Final = 5  # by which what has begun is looked at anew


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a location in a plan; without a reason all of its groups."""

    plan_hash: str
    location_id: str
    reason: str | None
    now: datetime
    rows: StandingRows  # the stops as they stand at this moment


@dataclass(frozen=True, slots=True)
class Around:
    """What turns seconds and ids of an answer into moments and names."""

    horizon_start: date
    days: int
    shifts: dict[str, Shift]

    @property
    def calendar(self) -> Calendar:
        """The days of the plan."""
        return Calendar(self.horizon_start, self.days)


@dataclass(frozen=True, slots=True)
class Reasons:
    """What was tried for everybody at a location."""

    tries: tuple[Tries, ...]
    around: Around


@dataclass(frozen=True, slots=True)
class Fits:
    """What would let them in: suggestions for each group of the location."""

    fits: tuple[tuple[Target, tuple[Fit, ...]], ...]
    around: Around


@dataclass(slots=True)
class _Known:
    problem: Problem
    plan: Plan
    number: int = -1  # newest line of the ledger that `trying` knows
    at: datetime | None = None
    trying: Trying | None = None


_known: OrderedDict[str, _Known] = OrderedDict()  # the newest plans that were asked about


def make_ready() -> None:
    """Makes the process yield to others and end with the web process, and loads the engines."""
    die_with_parent()
    os.nice(NICENESS)
    for name in list_installed():
        load_engine(name)
    gc.freeze()


def learn(plan_hash: str, record: bytes, matrix: bytes | None) -> None:
    """Decodes a record and keeps it."""
    _known[plan_hash] = _Known(*from_record(record, matrix))
    while len(_known) > PLANS:
        _known.popitem(last=False)


def decode(packed: PackedRecord) -> tuple[Problem, Plan]:
    """The problem and the plan of a record."""
    return from_record(packed.record, packed.matrix)


def explain(question: Question) -> Reasons | None:
    """What keeps the people of a location out of each shift; None where the plan is not known here."""
    known = _find(question)
    if known is None or known.trying is None:
        return None
    trying = known.trying
    tries = tuple(try_shifts(trying, one) for one in _list_targets(trying, question))
    return Reasons(tries, to_around(known.problem))


def fit(question: Question) -> Fits | None:
    """The smallest changes that would let the people of a location in; None where the plan is not known here."""
    known = _find(question)
    if known is None or known.trying is None:
        return None
    trying = known.trying
    fits = tuple((one, tuple(find_fits(trying, one))) for one in _list_targets(trying, question))
    return Fits(fits, to_around(known.problem))


def _list_targets(trying: Trying, question: Question) -> list[Target]:
    return [
        one
        for one in list_targets(trying.standing.plan.unassigned)
        if one.location_id == question.location_id and question.reason in (None, one.reason.value)
    ]


def _find(question: Question) -> _Known | None:
    known = _known.get(question.plan_hash)
    if known is None:
        return None
    _known.move_to_end(question.plan_hash)
    is_old = known.at is None or abs((question.now - known.at).total_seconds()) >= 60 * MINUTES
    if is_old or known.number != question.rows.number:
        standing = stand_now(known.problem, known.plan, question.rows, question.now)
        known.trying = Trying(standing)
        known.number, known.at = question.rows.number, question.now
    return known


def stand_now(problem: Problem, plan: Plan, rows: StandingRows, now: datetime) -> Standing:
    """What stands now, by hand and after vetoes too, and not what the plan had."""
    actual = to_looked(problem, rows, now).actual
    gone = {
        (str(one.person_id), str(row.facts.campaign_id), one.dose_no)
        for row in rows.visits
        if row.is_started or row.is_completed or str(row.facts.shift_id) not in actual.shifts
        for one in row.facts.persons
    }
    routes = actual.routes.values()
    return stand(actual.problem, plan, routes, gone, actual.frozen_shifts)


def to_around(problem: Problem) -> Around:
    """What turns an answer about this problem into moments and names."""
    shifts = {shift.id: shift for shift in problem.shifts}
    return Around(date.fromisoformat(problem.horizon_start), problem.days, shifts)
