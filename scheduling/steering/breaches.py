"""Which rules a change breaks, by name and by how much: the rules of every plan, and what a planner may set aside with a reason."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from scheduling.care.lookup import by_id
from scheduling.plan import Plan, Route, Values, Violation
from scheduling.problem import Fixed, Problem
from scheduling.rules import dose_interval, duty, once, outbreak, reservation, rest, stock
from scheduling.rules.promise import RULES_OF_STOPS

OF_PLANS: Final = (outbreak, once, rest, duty, dose_interval, stock, reservation)
# Judged on the routes that change alone; the others compare routes with each other, so on all of them.
OF_ROUTES: Final = tuple(rule for rule in RULES_OF_STOPS if rule not in OF_PLANS)
NOTHING: Final = Values(0, 0, 0, 0, 0, 0)  # rules look at routes only
NUMBER: Final = re.compile(r"-?\d+")


class Unit(StrEnum):
    """What an amount counts."""

    SECONDS = "seconds"
    DAYS = "days"
    DOSES = "doses"
    PEOPLE = "people"


class Soft(StrEnum):
    """What a planner may set aside with a reason: it costs somebody something, and endangers nobody."""

    PROMISE = "promise"  # people were told another moment
    UNSERVED = "unserved"  # people lose their place, or a crisis visit its team
    SLACK = "slack"  # of the time that is kept free before closing
    WISHES = "wishes"  # another team than before, or a day further from the ideal one
    FAIR_HOURS = "fair_hours"  # somebody works clearly more than the others
    FAIR_EVENINGS = "fair_evenings"
    FAIR_WEEKENDS = "fair_weekends"
    FAIR_AREA = "fair_area"  # an area falls behind the region by more than its policy allows


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a change breaks and that was not broken before it; hard ones are refused."""

    rule: str
    where: str  # a visit, a shift, or a depot and product
    detail: str
    amount: int | None = None
    unit: Unit | None = None
    is_hard: bool = True


def list_breaches(
    problem: Problem,
    before: Mapping[str, Route],
    after: Mapping[str, Route],
    lengths: Collection[Fixed],
    free: Collection[str],
) -> list[Breach]:
    """Hard rules that the routes break `after` a change and not `before` it; routes by shift.

    `lengths` are all stops with the seconds that they take; of the `free` ones the next doses are asked for.
    """
    fixed = replace(problem, fixed=tuple(lengths))
    # what a route breaks by itself is the same before and after where the route is
    changed = {name for name in (*before, *after) if before.get(name) != after.get(name)}
    found = (*_judge_routes(fixed, after, changed), *_judge_plans(fixed, after, free))
    if not found:
        return []
    known = {*_judge_routes(fixed, before, changed), *_judge_plans(fixed, before, free)}
    new = (row for row in found if row not in known)
    return [_measured(problem, row, after) for row in dict.fromkeys(new)]


def list_route_faults(problem: Problem, route: Route, lengths: Collection[Fixed]) -> list[Breach]:
    """What one route breaks by itself."""
    fixed = replace(problem, fixed=tuple(lengths))
    plan = _plan(problem, [route])
    rows = (row for rule in OF_ROUTES for row in rule.violations(fixed, plan))
    return [_measured(problem, row, {route.shift_id: route}) for row in rows]


def _judge_routes(
    problem: Problem, routes: Mapping[str, Route], names: Collection[str]
) -> Iterator[Violation]:
    """What these routes break by themselves."""
    plan = _plan(problem, [routes[name] for name in names if name in routes])
    for rule in OF_ROUTES:
        yield from rule.violations(problem, plan)


def _judge_plans(
    problem: Problem, routes: Mapping[str, Route], free: Collection[str]
) -> Iterator[Violation]:
    """What all routes break together."""
    loose = replace(problem, fixed=tuple(row for row in problem.fixed if row.visit_id not in free))
    whole = _plan(problem, [route for route in routes.values() if route.stops])
    for rule in OF_PLANS:
        # next doses are asked of stops that are not fixed
        yield from rule.violations(loose if rule is reservation else problem, whole)


def _plan(problem: Problem, routes: Collection[Route]) -> Plan:
    return Plan(
        region=problem.region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=tuple(sorted(routes, key=lambda route: route.shift_id)),
        unassigned=(),
        values=NOTHING,
    )


Measure = Callable[[Problem, Violation, Mapping[str, Route]], tuple[int | None, Unit | None]]


def _measured(problem: Problem, row: Violation, routes: Mapping[str, Route]) -> Breach:
    measure = MEASURES.get(row.rule)
    amount, unit = measure(problem, row, routes) if measure else (None, None)
    return Breach(row.rule, row.where, row.detail, amount, unit)


def _numbers(row: Violation) -> list[int]:
    return [int(found) for found in NUMBER.findall(row.detail)]


def _first(unit: Unit) -> Measure:
    """The amount that the rule itself says first."""

    def measure(_: Problem, row: Violation, __: Mapping[str, Route]) -> tuple[int | None, Unit]:
        said = _numbers(row)
        return (said[0] if said else None), unit

    return measure


def _hours(
    problem: Problem, row: Violation, routes: Mapping[str, Route]
) -> tuple[int | None, Unit]:
    """Seconds to the nearest moment at which the visit may begin."""
    stops = [
        stop for route in routes.values() for stop in route.stops if stop.visit.id == row.where
    ]
    if not stops:
        return None, Unit.SECONDS
    stop = stops[0]
    crisis = by_id(problem.crisis_visits).get(stop.visit.id)
    windows = (
        [(crisis.first_second, crisis.last_second)]
        if crisis
        else [
            (one.earliest, one.latest)
            for one in by_id(problem.locations)[stop.visit.location_id].time_windows
        ]
    )
    off = [max(opens - stop.start, stop.start - closes, 0) for opens, closes in windows]
    return (min(off) if off else None), Unit.SECONDS


def _due(problem: Problem, row: Violation, _: Mapping[str, Route]) -> tuple[int | None, Unit]:
    """Days that the dose would be too early or too late."""
    del problem
    day, first, last = _numbers(row)
    return max(first - day, day - last), Unit.DAYS


def _too_many(row: Violation) -> int:
    wanted, room = _numbers(row)
    return wanted - room


def _box(_: Problem, row: Violation, __: Mapping[str, Route]) -> tuple[int | None, Unit]:
    return _too_many(row), Unit.DOSES


def _rest(problem: Problem, row: Violation, _: Mapping[str, Route]) -> tuple[int | None, Unit]:
    """Seconds of rest too few; the other numbers belong to names."""
    found = re.search(r"(-?\d+) s after", row.detail)
    return (problem.rest_seconds - int(found[1]) if found else None), Unit.SECONDS


def _duty(problem: Problem, row: Violation, _: Mapping[str, Route]) -> tuple[int | None, Unit]:
    """Seconds on duty beyond the most that the region allows, of a day or of seven."""
    said = _numbers(row)[0]
    most = problem.max_week_seconds if "seven" in row.detail else problem.max_duty_seconds
    return (said - most if most is not None else None), Unit.SECONDS


def _under_way(
    problem: Problem, row: Violation, routes: Mapping[str, Route]
) -> tuple[int | None, Unit]:
    """Seconds beyond the longest time in a cool box, or in an opened container."""
    products = by_id(problem.products)
    for route in routes.values():
        for stop in route.stops:
            product = products.get(stop.visit.product_id or "")
            if stop.visit.id == row.where and product is not None:
                cold = row.rule == "transport"
                most = product.transport_seconds if cold else product.open_seconds
                return _numbers(row)[0] - most, Unit.SECONDS
    return None, Unit.SECONDS


MEASURES: Final[Mapping[str, Measure]] = {
    "asked": _first(Unit.SECONDS),
    "shift_hours": _first(Unit.SECONDS),
    "time_windows": _hours,
    "due": _due,
    "cool_box": _box,
    "rest": _rest,
    "duty": _duty,
    "transport": _under_way,
    "open_container": _under_way,
    "stock": _first(Unit.DOSES),
    "reservation": _first(Unit.DOSES),
}
