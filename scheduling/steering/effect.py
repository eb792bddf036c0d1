"""What a change does: new times of every stop it touches, who must be phoned, minutes, doses, and the rules that it breaks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from scheduling.objective import is_moved
from scheduling.plan import Stop
from scheduling.problem import Problem, Published
from scheduling.steering.actual import Actual
from scheduling.steering.breaches import Breach, list_breaches
from scheduling.steering.edits import Edit
from scheduling.steering.soft import Touched, find_past, list_promises, list_slack, list_wishes
from scheduling.steering.trials import list_trials
from scheduling.steering.weighing import (
    DosesMoved,
    Weighed,
    count_wasted,
    find_margin,
    index_stops,
    list_doses,
    list_routes,
    rank,
    sum_legs,
    weigh,
)


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
        return sum(row.must_call for row in self.touched)


def compute_effect(actual: Actual, edit: Edit) -> Effect:
    """Applies a change to the plan as it stands. Raises Refused when it cannot be tried at all."""
    actual, trials, meant = list_trials(actual, edit)
    actual = without_asked(actual, meant)
    weighed = [weigh(actual, trial) for trial in trials]
    best = min(weighed, key=rank)
    return describe(actual, best, meant)


def without_asked(actual: Actual, meant: frozenset[str]) -> Actual:
    """What was asked of a visit, a planner may set aside by changing that very visit; not by pushing it away."""
    asked = tuple(row for row in actual.problem.asked if row.visit_id not in meant)
    return replace(actual, problem=replace(actual.problem, asked=asked))


def describe(actual: Actual, best: Weighed, meant: frozenset[str]) -> Effect:
    """What the routes after a change mean for everybody."""
    problem = actual.problem
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
    touched = tuple(_list_touched(problem, best, meant))
    judged = without_asked(actual, meant).problem
    hard = list_breaches(judged, before, after, [*lengths, *changed, *gone], meant)
    hard += find_past(problem, touched)
    soft = [*list_promises(problem, touched), *list_slack(problem, best, meant)]
    soft += list_wishes(actual, best, touched)
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


def _list_touched(problem: Problem, best: Weighed, meant: frozenset[str]) -> Iterator[Touched]:
    old, new = index_stops(best.before), index_stops(best.after)
    published = {row.visit_id: row for row in problem.published}
    for name in dict.fromkeys((*sorted(meant), *old, *new)):
        was, comes = old.get(name), new.get(name)
        if was and comes and (was[0], was[1].start) == (comes[0], comes[1].start):
            continue
        stop = (comes or was)[1]  # type: ignore[index]  # it is in one of the two
        yield Touched(
            visit_id=name,
            location_id=stop.visit.location_id,
            people=len(stop.visit.needs),
            old=(was[0], was[1].start, was[1].departure) if was else None,
            new=(comes[0], comes[1].start, comes[1].departure) if comes else None,
            must_call=_must_call(published.get(name), comes),
            is_meant=name in meant,
        )


def _must_call(row: Published | None, comes: tuple[str, Stop] | None) -> bool:
    """Whether somebody must hear that it is otherwise than was published; a few minutes are nobody's matter."""
    if row is None:
        return True
    return comes is None or is_moved(row, comes[0], comes[1].start)
