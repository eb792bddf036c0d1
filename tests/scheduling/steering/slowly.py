"""What changes by hand do, found the slow way: every rule asked of every route, and every visit looked for by itself."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from random import Random

from scheduling.care.lookup import by_id, day_of, needs_by_key
from scheduling.objective import weight_of_visit
from scheduling.plan import Plan, Route, Violation
from scheduling.problem import Fixed, Problem
from scheduling.rules import reservation
from scheduling.rules.promise import RULES_OF_STOPS
from scheduling.standing import route_of
from scheduling.steering.actual import Actual, to_actual
from scheduling.steering.breaches import NOTHING
from scheduling.steering.filling import to_published
from scheduling.steering.places import Place, search_gaps
from scheduling.steering.timetable import StandingStop
from tests.scheduling.builders import published
from tests.scheduling.fitting.cases import list_plans

Routes = Mapping[str, Route]
ALL = 10**6


def list_new_faults(
    problem: Problem,
    before: Routes,
    after: Routes,
    lengths: Collection[Fixed],
    free: Collection[str],
) -> set[tuple[str, str, str]]:
    """Every violation of all routes after a change that there was not before: rule, where and detail."""
    return {
        (row.rule, row.where, row.detail)
        for row in {*_judge(problem, after, lengths, free)}
        - {*_judge(problem, before, lengths, free)}
    }


def _judge(
    problem: Problem, routes: Routes, lengths: Collection[Fixed], free: Collection[str]
) -> Iterator[Violation]:
    plan = Plan(
        problem.region,
        problem.as_of,
        problem.horizon_start,
        tuple(route for _, route in sorted(routes.items()) if route.stops),
        (),
        NOTHING,
    )
    fixed = replace(problem, fixed=tuple(lengths))
    loose = replace(problem, fixed=tuple(row for row in lengths if row.visit_id not in free))
    for rule in RULES_OF_STOPS:
        yield from rule.violations(loose if rule is reservation else fixed, plan)


def find_first(actual: Actual, stop: StandingStop) -> Place | None:
    """The cheapest slot of a visit that stands nowhere, on its day if there is one; None where every one breaks a rule."""
    day = day_of(actual.problem, stop.fixed.start)
    same = frozenset(row.id for row in actual.problem.shifts if row.day == day)
    for shifts in (same, frozenset(row.id for row in actual.problem.shifts) - same):
        if found := search_gaps(actual, stop, None, 1, shifts).places:
            return found[0]
    return None


def fill_slowly(actual: Actual, stops: Collection[StandingStop]) -> list[Actual]:
    """The plan as it stands, and made anew after each visit that found a place."""
    states = [actual]
    for stop in stops:
        if place := find_first(states[-1], stop):
            states.append(_with_place(states[-1], stop, place))
    return states


def _with_place(actual: Actual, stop: StandingStop, place: Place) -> Actual:
    rows = {row.visit_id: row for row in actual.problem.published}
    for touched in place.effect.touched:
        assert touched.new is not None
        shift_id, start, departure = touched.new
        row = rows.get(touched.visit_id) or to_published(stop)
        rows[touched.visit_id] = replace(
            row, shift_id=shift_id, start=start, service_seconds=departure - start
        )
    return to_actual(
        actual.problem, rows.values(), actual.pinned, actual.frozen_shifts, actual.begun
    )


def draw_actual(random: Random, first: int, count: int) -> Iterator[Actual]:
    """Plans of drawn problems as they stand, some of their visits pinned."""
    for problem, plan in list_plans(first, count):
        rows = published(plan, told=random.random() < 0.5)
        pinned = [row.visit_id for row in rows if random.random() < 0.2]
        actual = to_actual(problem, rows, pinned)
        if actual.standing:
            yield actual


def draw_fallen(random: Random, actual: Actual) -> tuple[Actual, list[StandingStop]]:
    """A plan without one of its shifts, and the visits that stood there, the most important first."""
    name = random.choice(sorted(actual.standing))
    fallen = actual.standing[name]
    gone = {stop.visit.id for stop in fallen}
    others = tuple(row for row in actual.problem.shifts if row.id != name)
    rows = [row for row in actual.problem.published if row.visit_id not in gone]
    left = to_actual(replace(actual.problem, shifts=others), rows, actual.pinned - gone)
    needs = needs_by_key(actual.problem)
    return left, sorted(
        fallen, key=lambda one: (-weight_of_visit(one.visit, needs), one.fixed.start)
    )


def draw_routes(
    random: Random, actual: Actual, kept: Routes | None = None
) -> tuple[Routes, list[Fixed]]:
    """Routes in which some stops were thrown about, whatever rule that breaks, beside those that are kept; and their stops."""
    rows = [stop for stops in actual.standing.values() for stop in stops]
    shifts, routes = by_id(actual.problem.shifts), {**(kept or {})}
    made = {stop.visit.id for route in routes.values() for stop in route.stops}
    thrown: dict[str, list[StandingStop]] = {}
    for stop in rows:
        fixed, visit = stop.fixed, stop.visit
        if random.random() < 0.3:
            shift = shifts[random.choice(sorted(shifts))]
            start = random.randint(shift.start, shift.end)
            fixed = replace(fixed, shift_id=shift.id, start=start)
        if random.random() < 0.1:  # people who are in another visit too
            visit = replace(visit, needs=random.choice(rows).visit.needs)
        if random.random() < 0.95 and visit.id not in made and fixed.shift_id not in routes:
            thrown.setdefault(fixed.shift_id, []).append(StandingStop(fixed, visit))
    for name, stops in thrown.items():
        ordered = sorted(((one.fixed, one.visit) for one in stops), key=lambda row: row[0].start)
        routes[name] = route_of(actual.problem, shifts[name], ordered)
    return routes, [one.fixed for stops in thrown.values() for one in stops]
