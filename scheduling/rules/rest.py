"""A team works one shift at a time and rests between two of them."""

from collections.abc import Iterator
from itertools import pairwise

from scheduling.lookup import routes_with_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem, Shift


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One for every shift that is used too soon after another of the same team.

    Rest is counted between the hours of the shifts, not between the routes: a crew is on duty then.
    """
    used: dict[str, list[Shift]] = {}
    planned = set()
    for shift in problem.standing_shifts:
        used.setdefault(shift.team_id, []).append(shift)
    for shift, route in routes_with_shifts(problem, plan):
        if route.stops:
            used.setdefault(shift.team_id, []).append(shift)
            planned.add(shift.id)
    for shifts in used.values():
        shifts.sort(key=lambda shift: (shift.start, shift.end, shift.id))
        for before, after in pairwise(shifts):
            rest = after.start - before.end
            if rest < problem.rest_seconds and planned & {before.id, after.id}:
                yield Violation("rest", after.id, f"{rest} s after {before.id}")
