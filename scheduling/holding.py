"""What a search holds of what was published: all of it to answer an event, else only what people were told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduling.care.lookup import day_of
from scheduling.care.told import is_near, published_to_come
from scheduling.plan import Taken
from scheduling.problem import Problem
from scheduling.promises import Promise, Weighing, to_promises
from scheduling.rules.promise import find_taken, judge_stops


@dataclass(frozen=True, slots=True)
class Holding:
    """A problem whose published stops are fixed as far as they must be."""

    problem: Problem
    held: tuple[str, ...] = ()  # visits that stay to the second
    days: Mapping[str, int] = field(default_factory=dict)  # visits that stay on their day
    taken: tuple[Taken, ...] = ()


Hold = Callable[[Problem], Holding]


def hold_told(problem: Problem) -> Holding:
    """Who is visited within the notice time is held to the second, who was told otherwise to the day."""
    promises, taken = find_taken(problem)
    near = {row.visit_id for row in problem.published if is_near(problem, row)}
    held = [one for one in promises if one.visit.id in near]
    days = {
        one.visit.id: day_of(problem, one.fixed.start)
        for one in promises
        if one.visit.id not in near
    }
    return _hold(problem, held, taken, days)


def hold_all_told(problem: Problem) -> Holding:
    """Everybody who was told is held to the second."""
    return _hold(problem, *find_taken(problem))


def hold_published(problem: Problem) -> Holding:
    """Everything published is held to the second; who was told goes before who was not."""
    told, taken = find_taken(problem)
    rows = list(published_to_come(problem))
    known = {one.visit.id for one in told} | {row.visit_id for row in taken}
    others = [
        one
        for one in to_promises(problem, rows)
        if one.visit.id not in known and one.fixed.why == "published"
    ]
    weighing = Weighing(problem, judge_stops)
    kept, lost = weighing.weigh(others, beside=told) if others else ([], ())
    return _hold(problem, [*told, *kept], (*taken, *lost))


def _hold(
    problem: Problem,
    promises: Sequence[Promise],
    taken: tuple[Taken, ...],
    days: Mapping[str, int] | None = None,
) -> Holding:
    fixed = (*problem.fixed, *(one.fixed for one in promises))
    held = tuple(sorted(one.visit.id for one in promises))
    return Holding(replace(problem, fixed=fixed), held, days or {}, taken)
