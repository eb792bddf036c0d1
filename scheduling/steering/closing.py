"""A shift that is closed, whole or from a moment on: who falls out, who is served elsewhere, and who is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scheduling.care.lookup import by_id, needs_by_key
from scheduling.objective import weight_of_visit
from scheduling.problem import KeptStop, Problem, Published, Shift
from scheduling.steering.actual import Actual, to_actual
from scheduling.steering.edits import CloseShift
from scheduling.steering.effect import Effect, describe
from scheduling.steering.filling import fill
from scheduling.steering.places import MOST_TRIED
from scheduling.steering.timetable import Settled, StandingStop
from scheduling.steering.trials import Refused
from scheduling.steering.weighing import Weighed, sum_work


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing a shift does, and the visits that fall out of it."""

    effect: Effect
    fallen: frozenset[str]
    is_frozen: bool  # the team is on the road, or about to leave


def compute_closing(actual: Actual, edit: CloseShift) -> Closing:
    """Closes a shift in the plan as it stands. Raises Refused for one that is not worked, or a moment outside its hours.

    Who falls out goes to the cheapest gap of another team that breaks no rule, on its day if there is one, the most important first; nobody else loses
    a place for it. Who finds none is tried again by the next plan, which may move more.
    """
    is_frozen = edit.shift_id not in actual.shifts or edit.shift_id in actual.frozen_shifts
    actual = _thaw(actual, edit.shift_id)
    shift = actual.shifts[edit.shift_id]
    _check_moment(actual.problem, shift, edit.until)
    fallen = list(_list_fallen(actual, shift, edit.until))
    names = frozenset(stop.visit.id for stop in fallen)
    needs = needs_by_key(actual.problem)
    order = sorted(fallen, key=lambda stop: (-weight_of_visit(stop.visit, needs), stop.fixed.start))
    states = fill(_without(actual, shift, edit.until, names), order, MOST_TRIED)
    effect = _compare(actual, states[-1], shift, names)
    while effect.hard and len(states) > 1:  # what fits one by one may not fit together
        states.pop()
        effect = _compare(actual, states[-1], shift, names)
    return Closing(effect, names, is_frozen)


def _thaw(actual: Actual, shift_id: str) -> Actual:
    """The same plan, in which a frozen shift stands with the stops that its team has not begun. Raises Refused."""
    if shift_id in actual.shifts:
        return actual
    problem = actual.problem
    shift = by_id(problem.standing_shifts).get(shift_id)
    if shift is None:
        raise Refused("withdrawn", shift_id, "no such shift is planned")
    stops = [
        row
        for row in problem.kept.stops
        if row.shift_id == shift_id and row.visit_id not in actual.begun
    ]
    known = needs_by_key(problem)
    theirs = {(person, row.campaign_id, dose) for row in stops for person, dose in row.doses}
    more = [
        need
        for need in problem.kept.needs
        if (key := (need.person_id, need.campaign_id, need.dose_no)) in theirs and key not in known
    ]
    thawed = replace(
        problem,
        shifts=(*problem.shifts, shift),
        standing_shifts=tuple(row for row in problem.standing_shifts if row.id != shift_id),
        needs=(*problem.needs, *more),
    )
    published = (*problem.published, *(_to_published(row) for row in stops))
    return to_actual(
        thawed, published, actual.pinned, actual.frozen_shifts | {shift_id}, actual.begun
    )


def _to_published(row: KeptStop) -> Published:
    return Published(
        row.visit_id,
        row.shift_id,
        row.start,
        row.location_id,
        row.campaign_id,
        row.product_id,
        row.doses,
        row.service_seconds,
        told=True,
    )


def _check_moment(problem: Problem, shift: Shift, until: int | None) -> None:
    if shift.end <= problem.now:
        raise Refused("over", shift.id, "the shift is over")
    if until is not None and until < problem.now:
        raise Refused("past", shift.id, "that moment is past")
    if until is not None and not shift.start < until < shift.end:
        raise Refused("shift_hours", shift.id, "the moment is not within the shift")


def _list_fallen(actual: Actual, shift: Shift, until: int | None) -> Iterator[StandingStop]:
    """The stops after which the team would not be back in time, and all behind the first of them."""
    places = {row.id: row.place for row in actual.problem.locations}
    home = {row.id: row.place for row in actual.problem.depots}[shift.depot_id]
    is_late = until is None
    for stop in actual.standing.get(shift.id, ()):
        fixed = stop.fixed
        back = actual.problem.travel.seconds[places[fixed.location_id]][home]
        is_late = is_late or fixed.start + fixed.service_seconds + back > (until or 0)
        if is_late:
            yield stop


def _without(actual: Actual, shift: Shift, until: int | None, fallen: frozenset[str]) -> Actual:
    """The plan without who falls out, and without the shift or its last hours."""
    problem = actual.problem
    others = tuple(row for row in problem.shifts if row.id != shift.id)
    if until is not None:
        # a shift that ends before its break would have to begin has none
        pause = shift.pause if shift.pause and until > shift.pause.latest else None
        others = (*others, replace(shift, end=until, pause=pause))
    rows = [row for row in problem.published if row.visit_id not in fallen]
    return to_actual(
        replace(problem, shifts=tuple(sorted(others, key=lambda row: row.id))),
        rows,
        actual.pinned - fallen,
        actual.frozen_shifts,
        actual.begun,
    )


def _compare(before: Actual, after: Actual, shift: Shift, meant: frozenset[str]) -> Effect:
    """What became of every stop of the shifts that are driven otherwise."""
    changed = [
        name
        for name in sorted({shift.id, *before.routes, *after.routes})
        if name == shift.id or _to_moments(before, name) != _to_moments(after, name)
    ]
    old, new = (
        {name: _to_settled(one.standing.get(name, ()), one, name) for name in changed}
        for one in (before, after)
    )
    return describe(before, Weighed(old, new, sum_work(new) - sum_work(old)), meant)


def _to_moments(actual: Actual, name: str) -> list[tuple[str, int]]:
    return [(row.fixed.visit_id, row.fixed.start) for row in actual.standing.get(name, ())]


def _to_settled(stops: Sequence[StandingStop], actual: Actual, name: str) -> Settled:
    return Settled(tuple(stops), actual.routes.get(name), 0, fits=True)
