"""What a search holds of what was published: all of it to answer an event, else only what people were told."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scheduling.care.lookup import day_of, key_of
from scheduling.care.told import is_near, is_told, published_to_come
from scheduling.plan import Route, Taken
from scheduling.problem import Fixed, Problem
from scheduling.promises import Promise, Weighing, to_promises
from scheduling.rules.promise import find_taken, judge_stops


@dataclass(frozen=True, slots=True)
class Holding:
    """A problem whose published stops are fixed as far as they must be."""

    problem: Problem
    held: tuple[str, ...] = ()  # visits that stay to the second
    days: Mapping[str, int] = field(default_factory=dict)  # visits that stay on their day
    taken: tuple[Taken, ...] = ()
    may_move: frozenset[str] = frozenset()  # of those held: visits that may give way in their route
    spent: float = 0.0  # of the time of the search, on putting back what was taken


Hold = Callable[[Problem], Holding]


def hold_told(problem: Problem, also: Collection[str] = ()) -> Holding:
    """Who is visited within the notice time is held to the second, `also` these visits; who was told otherwise to the day."""
    promises, taken = find_taken(problem)
    near = {row.visit_id for row in problem.published if is_near(problem, row)} | {*also}
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
    others = to_promises(
        problem, (row for row in published_to_come(problem) if not is_told(problem, row))
    )
    if not others:
        return _hold(problem, told, taken)
    kept, lost = Weighing(problem, judge_stops).weigh(others, beside=told)
    return _hold(problem, [*told, *kept], (*taken, *lost))


def let_give_way(holding: Holding) -> Holding:
    """The same holding with every stop that is held allowed to give way, where the policy allows any to."""
    movable = frozenset(holding.held if holding.problem.repair_moves else ())
    return replace(holding, may_move=movable)


def thaw(holding: Holding) -> Problem:
    """The problem with the stops that may give way not fixed."""
    rows = (row for row in holding.problem.fixed if row.visit_id not in holding.may_move)
    return replace(holding.problem, fixed=tuple(rows))


def only_published(problem: Problem) -> Problem:
    """The problem of those alone who have or had a published stop, and of crisis visits."""
    keys = {
        (person, row.campaign_id, dose) for row in problem.published for person, dose in row.doses
    }
    given = {person for row in problem.fixed if row.doses is None for person in row.person_ids}
    needs = (n for n in problem.needs if key_of(n) in keys or n.person_id in given)
    return replace(problem, needs=tuple(needs))


def fix_put_back(holding: Holding, routes: Sequence[Route], spent: float) -> Holding:
    """The holding with the new stops of these routes fixed too, found in this share of the time."""
    known = {row.visit_id for row in holding.problem.fixed}
    rows = tuple(
        Fixed(
            visit_id=stop.visit.id,
            shift_id=route.shift_id,
            start=stop.start,
            person_ids=frozenset(person for person, _ in stop.visit.needs),
            why="told",
            location_id=stop.visit.location_id,
            campaign_id=stop.visit.campaign_id,
            product_id=stop.visit.product_id,
            service_seconds=stop.departure - stop.start,
            doses=frozenset(stop.visit.needs),
        )
        for route in routes
        for stop in route.stops
        if stop.visit.id not in known
    )
    problem = replace(holding.problem, fixed=(*holding.problem.fixed, *rows))
    return replace(holding, problem=problem, spent=spent)


def _hold(
    problem: Problem,
    promises: Sequence[Promise],
    taken: tuple[Taken, ...],
    days: Mapping[str, int] | None = None,
) -> Holding:
    fixed = (*problem.fixed, *(one.fixed for one in promises))
    held = tuple(sorted(one.visit.id for one in promises))
    return Holding(replace(problem, fixed=fixed), held, days or {}, taken)
