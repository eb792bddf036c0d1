"""Anybody's order of visits made a plan of ours and judged by every rule; what breaks one is dropped."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.care.lookup import by_id
from scheduling.care.visit_length import ServiceTimes
from scheduling.explain import unassigned
from scheduling.objective import values
from scheduling.plan import Plan, Reason, Route, Stop, Values, Violation, Visit
from scheduling.problem import Problem, Shift
from scheduling.rules import check
from scheduling.visits.grouping import group

Orders = Mapping[str, Sequence[str]]  # shift -> visits in the order in which it makes them
PENALTY_MINUTES = 1  # of one unit of unserved weight: a call left out is dearer than any way to it
NEVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Judged:
    """A plan that keeps every rule, and what had to be dropped for it."""

    plan: Plan
    dropped: int
    travel_seconds: int

    @property
    def cost(self) -> float:
        """One number, in minutes."""
        return cost_of(self.plan.values)


def cost_of(found: Values) -> float:
    """Unserved weight and working time in minutes."""
    return PENALTY_MINUTES * found.unserved_weight + found.working_seconds / 60


def travel_of(problem: Problem, plan: Plan) -> int:
    """Seconds on the road."""
    places, homes = by_id(problem.locations), by_id(problem.depots)
    shifts = by_id(problem.shifts)
    total = 0
    for route in plan.routes:
        here = home = homes[shifts[route.shift_id].depot_id].place
        for stop in route.stops:
            there = places[stop.visit.location_id].place
            total += problem.travel.seconds[here][there]
            here = there
        total += problem.travel.seconds[here][home]
    return total


def judge(problem: Problem, orders: Orders) -> Judged:
    """The plan of these orders, without the visits that break a rule."""
    clerk = Clerk(problem)
    kept = {shift: list(visits) for shift, visits in orders.items() if visits}
    given = sum(map(len, kept.values()))
    for shift in kept:
        kept[shift] = clerk.drivable(shift, kept[shift])
    plan = clerk.plan(kept)
    while broken := check(problem, plan):
        _drop(clerk, kept, broken)
        plan = clerk.plan(kept)
    dropped = given - sum(map(len, kept.values()))
    return Judged(plan, dropped, travel_of(problem, plan))


def _drop(clerk: "Clerk", kept: dict[str, list[str]], broken: Sequence[Violation]) -> None:
    """One visit of the first violation, the cheapest to lose; all visits that are named themselves."""
    named = {row.where for row in broken}
    found = [(shift, visit) for shift, visits in kept.items() for visit in visits if visit in named]
    if not found:
        row = broken[0]
        stops = [
            (shift, visit)
            for shift, visits in kept.items()
            if shift == row.where or clerk.concerns(row.where, shift)
            for visit in visits
            if clerk.takes(visit, row.where)
        ]
        if not stops:
            raise AssertionError(f"nobody to drop for {row}")
        found = [min(stops, key=lambda stop: (clerk.visits[stop[1]].doses, stop[1]))]
    for shift, visit in found:
        kept[shift] = clerk.drivable(shift, [other for other in kept[shift] if other != visit])


class Clerk:
    """Writes routes with their moments: out as late and back as early as one order of visits allows."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.visits = {visit.id: visit for visit in group(problem)}
        self.shifts = by_id(problem.shifts)
        self.places = {row.id: row.place for row in problem.locations}
        self.homes = {row.id: row.place for row in problem.depots}
        self.hours = {
            row.id: sorted((w.earliest, w.latest) for w in row.time_windows)
            for row in problem.locations
        }
        self.service = ServiceTimes(problem)

    def concerns(self, where: str, shift_id: str) -> bool:
        """Whether "DEPOT PRODUCT day D" speaks of the depot and day of a shift."""
        shift = self.shifts[shift_id]
        return where.startswith(f"{shift.depot_id} ") and where.endswith(f" day {shift.day}")

    def takes(self, visit_id: str, where: str) -> bool:
        """Whether the product of a visit is named, if any is."""
        product = self.visits[visit_id].product_id or ""
        others = {row.id for row in self.problem.products} - {product}
        return not any(f" {other} " in where for other in others)

    def plan(self, kept: Mapping[str, Sequence[str]]) -> Plan:
        """The routes of these orders, and everybody else unserved."""
        problem = self.problem
        routes = [self.route(shift, visits) for shift, visits in sorted(kept.items()) if visits]
        whole = tuple(route for route in routes if route)
        everybody = tuple(self.visits.values())
        reasons = {visit.id: (Reason.SHIFTS_FULL,) for visit in everybody}
        left = unassigned(problem, everybody, whole, reasons, {})
        return Plan(
            problem.region,
            problem.as_of,
            problem.horizon_start,
            whole,
            left,
            values(problem, whole),
        )

    def drivable(self, shift_id: str, visits: Sequence[str]) -> list[str]:
        """The order without what makes it late; each that is dropped is the lightest that helps."""
        rest = list(visits)
        while rest and self.route(shift_id, rest) is None:
            ways = [rest[:k] + rest[k + 1 :] for k in range(len(rest))]
            good = [way for way in ways if not way or self.route(shift_id, way)]
            rest = max(good or ways, key=lambda way: sum(self.visits[v].doses for v in way))
        return rest

    def route(self, shift_id: str, visit_ids: Sequence[str]) -> Route | None:
        """The shortest day in this order; None when it can not be driven."""
        shift = self.shifts[shift_id]
        visits = [self.visits[v] for v in visit_ids]
        rows = [self._call(visit, shift) for visit in visits]
        home = self.homes[shift.depot_id]
        places = [home, *(self.places[visit.location_id] for visit in visits), home]
        drives = [self.problem.travel.seconds[a][b] for a, b in itertools.pairwise(places)]
        leaves = {shift.start} | {
            leave
            for k, (windows, _) in enumerate(rows)
            for moment in {m for window in windows for m in window}
            if (leave := _leave_for(rows, drives, k, moment)) >= shift.start
        }
        best: tuple[int, int, list[int]] | None = None
        for leave in leaves:
            starts, back = _drive(rows, drives, leave)
            if back <= shift.end and (best is None or (back - leave, back) < best[:2]):
                best = (back - leave, back, starts)
        return None if best is None else self._written(shift, visits, rows, drives, best)

    def _call(self, visit: Visit, shift: Shift) -> tuple[list[tuple[int, int]], int]:
        first = self.problem.day_starts[shift.day]
        windows = [
            window for window in self.hours[visit.location_id] if first <= window[0] < first + 86_400
        ]  # fmt: skip
        return windows, self.service.seconds(visit, shift)

    def _written(
        self,
        shift: Shift,
        visits: Sequence[Visit],
        rows: Sequence[tuple[list[tuple[int, int]], int]],
        drives: Sequence[int],
        best: tuple[int, int, list[int]],
    ) -> Route:
        length, back, starts = best
        stops, ready = [], back - length
        for visit, (_, stay), drive, start in zip(visits, rows, drives, starts, strict=False):
            stops.append(Stop(visit, ready + drive, start, start + stay))
            ready = start + stay
        return Route(shift.id, tuple(stops), back - length, back)


def _drive(
    rows: Sequence[tuple[list[tuple[int, int]], int]], drives: Sequence[int], leave: int
) -> tuple[list[int], int]:
    """Everything as early as can be after leaving home; NEVER back when a door is closed for good."""
    starts, now = [], leave
    for (windows, stay), drive in zip(rows, drives, strict=False):
        now += drive
        start = next((max(now, opens) for opens, closes in windows if now <= closes), NEVER)
        if start == NEVER:
            return [], NEVER
        starts.append(start)
        now = start + stay
    return starts, now + drives[-1]


def _leave_for(
    rows: Sequence[tuple[list[tuple[int, int]], int]], drives: Sequence[int], k: int, moment: int
) -> int:
    """The last moment to leave home and be at door k at this moment; before 0 when there is none."""
    for j in range(k, -1, -1):
        windows, _ = rows[j]
        by = [min(moment, closes) for opens, closes in windows if opens <= moment]
        if not by:
            return -1
        moment = max(by) - drives[j]
        if j:
            moment -= rows[j - 1][1]
    return moment
