"""What a change does: new times of every stop it touches, who must be phoned, minutes, doses, and the rules that it breaks."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from scheduling.objective import is_moved
from scheduling.plan import Route, Stop
from scheduling.problem import Fixed, Problem, Published
from scheduling.steering.actual import Actual
from scheduling.steering.breaches import Breach, list_breaches
from scheduling.steering.edits import OfStops, Regroup
from scheduling.steering.regrouping import list_moves, list_regroupings
from scheduling.steering.sharing import list_unfair
from scheduling.steering.soft import Touched, find_past, list_promises, list_slack, list_wishes
from scheduling.steering.timetable import Settled
from scheduling.steering.trials import list_trials
from scheduling.steering.weighing import (
    DosesMoved,
    Weighed,
    count_wasted,
    find_margin,
    index_stops,
    list_doses,
    list_routes,
    make_timetable,
    rank,
    sum_legs,
    weigh,
)

Moves: TypeAlias = Mapping[str, tuple[str, str]]  # from which visit, to which visit
NO_MOVES: Final[Moves] = {}


@dataclass(frozen=True, slots=True)
class Effect:
    """All that one change does to the plan as it stands."""

    touched: tuple[Touched, ...]
    drive_seconds: int  # more (below zero: less)
    work_seconds: int
    metres: int
    doses: tuple[DosesMoved, ...]
    doses_wasted: int
    breaches: tuple[Breach, ...]
    margin_seconds: int | None = None  # until the visit that it is about would break a rule
    held_by: tuple[
        str, ...
    ] = ()  # pinned visits without which no hard rule would be broken, the fewest

    @property
    def hard(self) -> tuple[Breach, ...]:
        """Rules that no reason sets aside."""
        return tuple(row for row in self.breaches if row.is_hard)

    @property
    def soft(self) -> tuple[Breach, ...]:
        """What needs a reason."""
        return tuple(row for row in self.breaches if not row.is_hard)

    @property
    def calls(self) -> int:
        """How many places must be phoned."""
        return len({row.location_id for row in self.touched if row.must_call})

    @property
    def people_called(self) -> int:
        """How many people were told something that is no longer so."""
        return sum(row.people for row in self.touched if row.must_call)


def compute_effect(actual: Actual, edit: OfStops | Regroup) -> Effect:
    """Applies a change to the plan as it stands. Raises Refused when it cannot be tried at all.

    Where pins are why it cannot be, the fewest that cannot hold together with it are named.
    """
    effect = _compute(actual, edit)
    if not effect.hard:
        return effect
    shifts = {place[0] for row in effect.touched for place in (row.old, row.new) if place}
    near = {row.fixed.visit_id for name in shifts for row in actual.standing.get(name, ())}
    return replace(effect, held_by=_find_holders(actual, edit, sorted(near & actual.pinned)))


def _find_holders(actual: Actual, edit: OfStops | Regroup, pins: Sequence[str]) -> tuple[str, ...]:
    """The fewest of these pins with which a change cannot hold together; none where it cannot be without them either."""

    def holds(kept: Collection[str]) -> bool:
        loose = actual.pinned.difference(pins).union(kept)
        return not _compute(replace(actual, pinned=loose), edit).hard

    if not pins or not holds(()):
        return ()
    needed = list(pins)
    for pin in pins:
        fewer = [one for one in needed if one != pin]
        if not holds(fewer):
            needed = fewer
    return tuple(needed)


def _compute(actual: Actual, edit: OfStops | Regroup) -> Effect:
    moves: Moves = {}
    if isinstance(edit, Regroup):
        trials, moves = list_regroupings(actual, edit), list_moves(actual, edit)
        meant = frozenset({*edit.of, *(part.visit_id for part in edit.parts)})
    else:
        actual, trials, meant = list_trials(actual, edit)
    actual = without_asked(actual, meant)
    if isinstance(
        edit, Regroup
    ):  # people change between visits of one name: each trial has times of its own
        weighed = [weigh(actual, trial) for trial in trials]
    else:
        times, known = make_timetable(actual, trials), dict[str, Settled]()
        weighed = [weigh(actual, trial, times, known) for trial in trials]
    return describe(actual, min(weighed, key=rank), meant, moves)


def without_asked(actual: Actual, meant: frozenset[str]) -> Actual:
    """What was asked of a visit, a planner may set aside by changing that very visit; not by pushing it away."""
    asked = tuple(row for row in actual.problem.asked if row.visit_id not in meant)
    return replace(actual, problem=replace(actual.problem, asked=asked))


def describe(
    actual: Actual, best: Weighed, meant: frozenset[str], moves: Moves = NO_MOVES
) -> Effect:
    """What the routes after a change mean for everybody; `moves` says of visits that come or go whose people they take."""
    problem = actual.problem
    before, after, stops = list_judged(actual, best)
    touched = tuple(_list_touched(problem, best, meant, moves))
    judged = without_asked(actual, meant).problem
    hard = list_breaches(judged, before, after, stops, meant)
    hard += find_past(problem, touched)
    soft = [*list_promises(problem, touched), *list_slack(problem, best, meant)]
    soft += list_wishes(actual, best, touched)
    soft += list_unfair(problem, before, after, touched)
    return Effect(
        touched=touched,
        drive_seconds=sum_legs(problem, best.after) - sum_legs(problem, best.before),
        work_seconds=best.work,
        metres=sum_legs(problem, best.after, by_metres=True)
        - sum_legs(problem, best.before, by_metres=True),
        doses=tuple(list_doses(actual, best)),
        doses_wasted=count_wasted(problem, best.after) - count_wasted(problem, best.before),
        breaches=(*dict.fromkeys(hard), *soft),
        margin_seconds=find_margin(actual, best, meant),
    )


def list_judged(
    actual: Actual, best: Weighed
) -> tuple[dict[str, Route], dict[str, Route], list[Fixed]]:
    """The routes before and after a change, and every stop of both with the seconds that it takes."""
    before = {**actual.routes, **list_routes(best.before)}
    after = {name: route for name, route in actual.routes.items() if name not in best.after}
    after |= list_routes(best.after)
    lengths = [
        row.fixed
        for name, rows in actual.standing.items()
        if name not in best.after
        for row in rows
    ]
    changed = [row.fixed for settled in best.after.values() for row in settled.stops]
    kept = {row.visit_id for row in (*lengths, *changed)}
    gone = [
        row.fixed
        for settled in best.before.values()
        for row in settled.stops
        if row.fixed.visit_id not in kept
    ]
    return before, after, [*lengths, *changed, *gone]


def _list_touched(
    problem: Problem, best: Weighed, meant: frozenset[str], moves: Moves
) -> Iterator[Touched]:
    old, new = index_stops(best.before), index_stops(best.after)
    published = {row.visit_id: row for row in problem.published}
    for name in dict.fromkeys((*sorted(meant), *old, *new)):
        source, target = moves.get(name, (name, name))
        was, comes = old.get(source), new.get(target)
        if was and comes and _is_same(was, comes):
            continue
        stop = (new.get(name) or old[name])[1]  # it is in one of the two
        yield Touched(
            visit_id=name,
            location_id=stop.visit.location_id,
            people=len(stop.visit.needs),
            old=(was[0], was[1].start, was[1].departure) if was else None,
            new=(comes[0], comes[1].start, comes[1].departure) if comes else None,
            must_call=_must_call(published.get(source), comes),
            is_meant=name in meant,
            of=source if source != name else "",
        )


def _is_same(was: tuple[str, Stop], comes: tuple[str, Stop]) -> bool:
    """Whether a stop is made by the same team at the same moment, for the same people."""
    return (was[0], was[1].start, was[1].visit.needs) == (
        comes[0],
        comes[1].start,
        comes[1].visit.needs,
    )


def _must_call(row: Published | None, comes: tuple[str, Stop] | None) -> bool:
    """Whether somebody must hear that it is otherwise than was published; a few minutes are nobody's matter."""
    if row is None:
        return True
    return comes is None or is_moved(row, comes[0], comes[1].start)
