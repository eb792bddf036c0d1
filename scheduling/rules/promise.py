"""Who was told keeps the appointment: its day, and within the notice time its team and its moment, unless facts take it."""

from collections.abc import Collection, Iterator

from scheduling.care.lookup import NeedKey, day_of, needs_by_key
from scheduling.care.told import is_near, told_to_come
from scheduling.plan import Plan, Stop, Taken, Violation
from scheduling.problem import Problem
from scheduling.promises import Promise, Weighing, to_promises
from scheduling.rules import (
    asked,
    breaks,
    consent,
    cool_box,
    crew,
    dose_interval,
    due,
    duty,
    eligibility,
    lent,
    once,
    open_container,
    outbreak,
    reservation,
    rest,
    shift_hours,
    skills,
    stock,
    time_windows,
    transport,
)

# The rules that facts can turn against a published stop; the others compare a plan with its problem.
RULES_OF_STOPS = (
    consent,
    eligibility,
    due,
    dose_interval,
    once,
    time_windows,
    outbreak,
    shift_hours,
    breaks,
    rest,
    duty,
    crew,
    skills,
    cool_box,
    open_container,
    transport,
    stock,
    reservation,
    asked,
    lent,
)
BY_NAME = {rule.__name__.rpartition(".")[2]: rule for rule in RULES_OF_STOPS}
Made = tuple[str, Stop]  # shift and stop


def judge_stops(problem: Problem, plan: Plan, names: Collection[str] = ()) -> Iterator[Violation]:
    """Every rule that stops break by themselves, of these or of all."""
    for name, rule in BY_NAME.items():
        if not names or name in names:
            yield from rule.violations(problem, plan)


def find_taken(problem: Problem) -> tuple[list[Promise], tuple[Taken, ...]]:
    """What people were told and every plan can keep, and what facts take of it."""
    promises = to_promises(problem, told_to_come(problem))
    return Weighing(problem, judge_stops).weigh(promises) if promises else ([], ())


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per promise that could be kept and is not: somebody without a stop, on another day, or moved at short notice."""
    promises, _ = find_taken(problem)
    if not promises:
        return
    near = {row.visit_id for row in problem.published if is_near(problem, row)}
    doses, visits = _index(plan)
    gave_way = _list_giving_way(problem, plan, visits)
    for promise in promises:
        made = _find(promise, doses, visits)
        fault = _find_loss(problem, promise, made)
        if fault is None and promise.visit.id in near and promise.visit.id not in gave_way:
            fault = _find_move(promise, made)
        if fault is not None:
            yield Violation("promise", promise.visit.id, fault)


def _list_giving_way(problem: Problem, plan: Plan, visits: dict[str, Made]) -> set[str]:
    """Visits that may be at another time of their day: no more than the policy says, each for a visit of a higher priority."""
    if len(plan.moved) > problem.repair_moves:
        return set()
    return {
        row.visit_id
        for row in plan.moved
        if row.visit_id in visits
        and row.for_visit in visits
        and _ranks_above(problem, visits[row.for_visit], visits[row.visit_id])
    }


def _ranks_above(problem: Problem, one: Made, other: Made) -> bool:
    """Whether somebody whom a stop serves has a higher priority than everybody of another."""
    mine, theirs = _priorities(problem, one), _priorities(problem, other)
    return any(all(higher > lower for lower in theirs) for higher in mine)


def _priorities(problem: Problem, made: Made) -> list[int]:
    """The priorities that a stop serves."""
    visit, needs = made[1].visit, needs_by_key(problem)
    crises = [row.priority for row in problem.crisis_visits if row.id == visit.id]
    keys = ((person, visit.campaign_id or "", dose) for person, dose in visit.needs)
    return [*crises, *(needs[key].priority for key in keys)]


def _index(plan: Plan) -> tuple[dict[NeedKey, Made], dict[str, Made]]:
    """Where every dose is given, and where every visit is made."""
    doses: dict[NeedKey, Made] = {}
    visits: dict[str, Made] = {}
    for route in plan.routes:
        for stop in route.stops:
            visits[stop.visit.id] = (route.shift_id, stop)
            for person, dose in stop.visit.needs:
                doses[person, stop.visit.campaign_id or "", dose] = (route.shift_id, stop)
    return doses, visits


def _find(
    promise: Promise, doses: dict[NeedKey, Made], visits: dict[str, Made]
) -> list[Made | None]:
    """The stop of everybody to whom something was promised; of a crisis visit the stop itself."""
    visit = promise.visit
    if visit.campaign_id is None:
        return [visits.get(visit.id)]
    return [doses.get((person, visit.campaign_id, dose)) for person, dose in visit.needs]


def _find_loss(problem: Problem, promise: Promise, made: list[Made | None]) -> str | None:
    """Whether somebody has no stop, or one on another day."""
    day = day_of(problem, promise.fixed.start)
    if None in made:
        return f"{made.count(None)} who were told have no stop"
    if any(place and day_of(problem, place[1].start) != day for place in made):
        return "on another day than was told"
    return None


def _find_move(promise: Promise, made: list[Made | None]) -> str | None:
    """Whether the team or the moment is another."""
    told = (promise.fixed.shift_id, promise.fixed.start)
    if any(place and (place[0], place[1].start) != told for place in made):
        return "moved within the notice time"
    return None
