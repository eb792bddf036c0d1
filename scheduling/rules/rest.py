"""A team, and each member of its crew, works one shift at a time and has the minimum rest between two shifts."""

from collections.abc import Iterator
from itertools import combinations

from scheduling.care.lookup import routes_with_shifts
from scheduling.care.members import people_of
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem, Shift


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per shift that is used too soon after another of the same team or member, who is named.

    Rest counts between the hours of the shifts, not between the routes: the crew is on duty for the whole shift.
    """
    planned = {shift.id: shift for shift, route in routes_with_shifts(problem, plan) if route.stops}
    used: dict[str, list[Shift]] = {}
    for shift in (*problem.standing_shifts, *planned.values()):
        for person in people_of(shift):
            used.setdefault(person, []).append(shift)
    for person, shifts in sorted(used.items()):
        shifts.sort(key=lambda shift: (shift.start, shift.end, shift.id))
        for before, after in combinations(shifts, 2):
            rest = after.start - before.end
            if rest < problem.rest_seconds and planned.keys() & {before.id, after.id}:
                if person == after.team_id:
                    yield Violation("rest", after.id, f"{rest} s after {before.id}")
                elif before.team_id != after.team_id:
                    detail = f"{person} is in the crew: {rest} s after {before.id}"
                    yield Violation("rest", after.id, detail)
