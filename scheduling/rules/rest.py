"""A team works one shift at a time and has its minimum rest between two shifts."""

from collections.abc import Iterator
from itertools import combinations

from scheduling.care.lookup import routes_with_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem, Shift


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per shift that is used too soon after another of the same team.

    Rest counts between the hours of the shifts, not between the routes: the crew is on duty for the whole shift.
    """
    planned = {shift.id: shift for shift, route in routes_with_shifts(problem, plan) if route.stops}
    used: dict[str, list[Shift]] = {}
    for shift in (*problem.standing_shifts, *planned.values()):
        used.setdefault(shift.team_id, []).append(shift)
    for shifts in used.values():
        shifts.sort(key=lambda shift: (shift.start, shift.end, shift.id))
        for before, after in combinations(shifts, 2):
            rest = after.start - before.end
            if rest < problem.rest_seconds and planned.keys() & {before.id, after.id}:
                yield Violation("rest", after.id, f"{rest} s after {before.id}")
