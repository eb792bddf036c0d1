"""The ways in which a change can be made: which stops each shift would drive, in which order, and who may give way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from scheduling.care.visit_length import ServiceTimes
from scheduling.problem import CrisisVisit, Fixed, Problem, Shift
from scheduling.steering.actual import Actual
from scheduling.steering.breaches import Breach
from scheduling.steering.edits import (
    Move,
    MoveAll,
    OfStops,
    Spot,
    StartFrom,
    Swap,
    Unassign,
)
from scheduling.steering.timetable import StandingStop, WantedStop
from scheduling.visits.grouping import of_crisis

Trial: TypeAlias = Mapping[str, Sequence[WantedStop]]  # by shift that changes, its stops in order


class Refused(Exception):
    """A change that cannot be tried at all, by the name of what stands against it."""

    def __init__(self, rule: str, where: str, detail: str, *also: str) -> None:
        """`also` are other visits that the same stands against."""
        super().__init__(rule)
        self.breach = Breach(rule, where, detail)
        self.breaches = (self.breach, *(Breach(rule, name, detail) for name in also))


def list_trials(actual: Actual, edit: OfStops) -> tuple[Actual, list[Trial], frozenset[str]]:
    """The ways in which a change can be made, and the visits that it is about."""
    if isinstance(edit, Unassign):
        return actual, [_leave(actual, edit.visit_id)], frozenset({edit.visit_id})
    if isinstance(edit, Swap):
        return actual, [_swap(actual, edit)], frozenset({edit.visit_id, edit.other_id})
    if isinstance(edit, Move):
        shift_id, stop = find_stop(actual, edit.visit_id)
        trials = join(actual, stop, edit.spot, shift_id)
        return actual, trials, frozenset({edit.visit_id})
    if isinstance(edit, StartFrom):
        trial, early = _start_from(actual, edit)
        return actual, [trial], early
    if isinstance(edit, MoveAll):
        return actual, [_move_all(actual, edit)], frozenset(row[0] for row in edit.places)
    actual, stop = with_crisis(actual, edit.crisis)
    spots = [edit.spot] if edit.spot else [Spot(name) for name in _open_shifts(actual, edit.crisis)]
    trials = [trial for spot in spots for trial in join(actual, stop, spot, None)]
    if not trials:
        raise Refused("shift_hours", edit.crisis.id, "no shift lies within its hours")
    return actual, trials, frozenset({edit.crisis.id})


def with_crisis(actual: Actual, crisis: CrisisVisit) -> tuple[Actual, StandingStop]:
    """The plan of a problem that knows this crisis visit too, and the visit as a stop of no route."""
    others = tuple(row for row in actual.problem.crisis_visits if row.id != crisis.id)
    problem = replace(actual.problem, crisis_visits=(*others, crisis))
    visit = of_crisis(problem, crisis)
    fixed = Fixed(
        visit_id=crisis.id,
        shift_id="",
        start=crisis.first_second,
        person_ids=frozenset(),
        why="pinned",
        location_id=crisis.location_id,
        campaign_id=None,
        product_id=None,
        service_seconds=crisis.service_seconds,
    )
    return replace(actual, problem=problem), StandingStop(fixed, visit)


def _open_shifts(actual: Actual, crisis: CrisisVisit) -> Iterator[str]:
    for shift in actual.problem.shifts:
        is_open = shift.id not in actual.frozen_shifts and crisis.skills <= shift.skills
        if is_open and shift.start <= crisis.last_second and shift.end >= crisis.first_second:
            yield shift.id


def find_stop(actual: Actual, visit_id: str) -> tuple[str, StandingStop]:
    """A stop that may still be changed. Raises Refused."""
    found = actual.find(visit_id)
    if found is None:
        kept = any(row.visit_id == visit_id for row in actual.problem.kept.stops)
        done = visit_id in actual.problem.done_visits
        rule = "frozen" if kept else "done" if done else "gone"
        raise Refused(rule, visit_id, "the stop can not be changed any more")
    if found[0] in actual.frozen_shifts:
        raise Refused("frozen", visit_id, "its team is on the road, or about to leave")
    return found


def open_shift(actual: Actual, shift_id: str) -> Shift:
    """A shift that may still be changed. Raises Refused."""
    shift = actual.shifts.get(shift_id)
    standing = any(row.id == shift_id for row in actual.problem.standing_shifts)
    if shift_id in actual.frozen_shifts or (shift is None and standing):
        raise Refused("frozen", shift_id, "the team is on the road, or about to leave")
    if shift is None:
        raise Refused("withdrawn", shift_id, "no such shift can be planned")
    return shift


def still(actual: Actual, stops: Sequence[StandingStop], *, until: int) -> list[WantedStop]:
    """Stops as they stand: those from place `until` on may give way, unless a planner pinned them."""
    return [
        WantedStop(stop.fixed, stop.visit, exact=k < until or stop.fixed.visit_id in actual.pinned)
        for k, stop in enumerate(stops)
    ]


def _leave(actual: Actual, visit_id: str) -> dict[str, Sequence[WantedStop]]:
    """Its shift without a visit: everybody else stays where they are."""
    shift_id, _ = find_stop(actual, visit_id)
    rest = [row for row in actual.standing[shift_id] if row.fixed.visit_id != visit_id]
    return {shift_id: still(actual, rest, until=len(rest))}


def join(actual: Actual, stop: StandingStop, spot: Spot, now: str | None) -> list[Trial]:
    """A visit goes to a spot, from the shift where it is now."""
    shift = open_shift(actual, spot.shift_id)
    name = stop.fixed.visit_id
    others = [row for row in actual.standing.get(shift.id, ()) if row.fixed.visit_id != name]
    left = {} if now in (None, shift.id) else _leave(actual, name)
    seconds = length(actual.problem, stop, shift)
    wanted = WantedStop(
        replace(
            stop.fixed,
            shift_id=shift.id,
            service_seconds=seconds,
            start=stop.fixed.start if spot.start is None else spot.start,
        ),
        stop.visit,
        exact=spot.start is not None,
        free=spot.start is None,
    )
    trials: list[Trial] = []
    for k in list_gaps(others, spot):
        row = still(actual, others, until=k)
        trials.append({**left, shift.id: [*row[:k], wanted, *row[k:]]})
    return trials


def length(problem: Problem, stop: StandingStop, shift: Shift) -> int:
    """Seconds that a visit takes there: as published, or longer where that crew needs longer."""
    needed = ServiceTimes(replace(problem, fixed=())).seconds(stop.visit, shift)
    return max(needed, stop.fixed.service_seconds) if stop.visit.product_id else needed


def list_gaps(others: Sequence[StandingStop], spot: Spot) -> list[int]:
    """Positions of a spot among the other stops of its shift. Raises Refused for a neighbour that is not there."""
    names = [row.fixed.visit_id for row in others]
    for neighbour, step in ((spot.before, 0), (spot.after, 1)):
        if neighbour is not None:
            if neighbour not in names:
                raise Refused("gone", neighbour, "the neighbour is not in that shift")
            return [names.index(neighbour) + step]
    if spot.start is not None:
        return [sum(row.fixed.start < spot.start for row in others)]
    return list(range(len(others) + 1))


def _swap(actual: Actual, edit: Swap) -> Trial:
    """Each visit from the moment of the other on."""
    (one_id, one), (other_id, other) = (
        find_stop(actual, edit.visit_id),
        find_stop(actual, edit.other_id),
    )
    instead = {edit.visit_id: (other, one), edit.other_id: (one, other)}
    found: dict[str, Sequence[WantedStop]] = {}
    for shift_id in dict.fromkeys((one_id, other_id)):
        rows = actual.standing[shift_id]
        first = min(k for k, row in enumerate(rows) if row.fixed.visit_id in instead)
        wanted = still(actual, rows, until=first)
        for k, row in enumerate(rows):
            if row.fixed.visit_id in instead:
                comes, goes = instead[row.fixed.visit_id]
                fixed = replace(
                    comes.fixed,
                    shift_id=shift_id,
                    start=goes.fixed.start,
                    service_seconds=length(actual.problem, comes, actual.shifts[shift_id]),
                )
                wanted[k] = WantedStop(fixed, comes.visit, stands=False)
        found[shift_id] = wanted
    return found


def _start_from(actual: Actual, edit: StartFrom) -> tuple[Trial, frozenset[str]]:
    """The shifts with nothing before a moment, and what stood earlier. Raises Refused by every pin that does."""
    found: dict[str, Sequence[WantedStop]] = {}
    early: list[str] = []
    for shift_id, second in edit.moments:
        open_shift(actual, shift_id)
        rows = actual.standing.get(shift_id, ())
        before = [row for row in rows if row.fixed.start < second]
        early += [row.fixed.visit_id for row in before]
        late = [
            WantedStop(replace(row.fixed, start=second), row.visit, stands=False) for row in before
        ]
        if rows:
            found[shift_id] = [*late, *still(actual, rows[len(before) :], until=0)]
    if held := sorted(actual.pinned.intersection(early)):
        raise Refused("fixed", held[0], "is pinned before that moment", *held[1:])
    if not found:
        raise Refused("gone", edit.moments[0][0] if edit.moments else "", "no stop stands there")
    return found, frozenset(early)


def _move_all(actual: Actual, edit: MoveAll) -> Trial:
    """Every shift that loses or gets a visit, with all of its stops at their moments."""
    rows: dict[str, list[WantedStop]] = {}

    def open_rows(shift_id: str) -> list[WantedStop]:
        if shift_id not in rows:
            now = actual.standing.get(shift_id, ())
            rows[shift_id] = still(actual, now, until=len(now))
        return rows[shift_id]

    for visit_id, shift_id, start in edit.places:
        now, stop = find_stop(actual, visit_id)
        shift = open_shift(actual, shift_id)
        rows[now] = [row for row in open_rows(now) if row.fixed.visit_id != visit_id]
        seconds = length(actual.problem, stop, shift)
        fixed = replace(stop.fixed, shift_id=shift_id, start=start, service_seconds=seconds)
        open_rows(shift_id).append(WantedStop(fixed, stop.visit, exact=True))
    return {
        name: sorted(found, key=lambda row: (row.fixed.start, row.fixed.visit_id))
        for name, found in rows.items()
    }
