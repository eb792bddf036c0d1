"""Which rules a change breaks, by name and by how much: the rules of every plan, and what a planner may set aside with a reason."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import ModuleType
from typing import Final

from scheduling.care.lookup import by_id
from scheduling.plan import Plan, Route, Values, Violation
from scheduling.problem import Fixed, Problem
from scheduling.rules import (
    cool_box,
    crew,
    dose_interval,
    due,
    duty,
    once,
    outbreak,
    reservation,
    rest,
    stock,
)
from scheduling.rules.promise import RULES_OF_STOPS
from scheduling.steering.concerned import Concerned

OF_PLANS: Final = (outbreak, once, rest, duty, dose_interval, stock, reservation)
# Judged on the routes that change alone; the others compare routes with each other, so on all of them.
OF_ROUTES: Final = tuple(rule for rule in RULES_OF_STOPS if rule not in OF_PLANS)
ALL: Final = (*OF_ROUTES, *OF_PLANS)
# Without a container at the depot, or room for it, no shift of a day helps.
OFTEN_FIRST: Final = tuple(sorted(ALL, key=lambda rule: rule not in (stock, cool_box, due, crew)))
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
    return list(_iterate(problem, (before, after), lengths, free, ALL))


def breaks_any(
    problem: Problem,
    before: Mapping[str, Route],
    after: Mapping[str, Route],
    lengths: Collection[Fixed],
    free: Collection[str],
) -> bool:
    """Whether there is any such rule; which of them nobody hears, so those that most often do are asked first."""
    found = _iterate(problem, (before, after), lengths, free, OFTEN_FIRST)
    return next(found, None) is not None


def _iterate(
    problem: Problem,
    routes: tuple[Mapping[str, Route], Mapping[str, Route]],
    lengths: Collection[Fixed],
    free: Collection[str],
    rules: Sequence[ModuleType],
) -> Iterator[Breach]:
    before, after = routes
    changed = {name for name in (*before, *after) if before.get(name) != after.get(name)}
    concerned = Concerned(problem, before, after, changed)
    fixed = replace(problem, fixed=tuple(lengths))
    loose = replace(problem, fixed=tuple(row for row in lengths if row.visit_id not in free))
    for rule in rules:
        # what a route breaks by itself is the same before and after where the route is
        names = changed if rule in OF_ROUTES else concerned.by(rule)
        # next doses are asked of stops that are not fixed
        judged = loose if rule is reservation else fixed
        found = dict.fromkeys(rule.violations(judged, _pick(problem, after, names)))
        if found:
            known = {*rule.violations(judged, _pick(problem, before, names))}
            for row in found:
                if row not in known:
                    yield _measured(problem, row, after)


def _pick(problem: Problem, routes: Mapping[str, Route], names: Collection[str] | None) -> Plan:
    """The plan of the routes of these shifts, or of all that have a stop."""
    if names is None:
        return _plan(problem, [route for route in routes.values() if route.stops])
    return _plan(problem, [routes[name] for name in names if name in routes])


def list_route_faults(problem: Problem, route: Route, lengths: Collection[Fixed]) -> list[Breach]:
    """What one route breaks by itself."""
    fixed = replace(problem, fixed=tuple(lengths))
    plan = _plan(problem, [route])
    rows = (row for rule in OF_ROUTES for row in rule.violations(fixed, plan))
    return [_measured(problem, row, {route.shift_id: route}) for row in rows]


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
