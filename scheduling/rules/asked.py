"""A visit of which a planner or its location asked a team or a moment is made by that team, and begins by then."""

from collections.abc import Iterator

from scheduling.care.lookup import stops_with_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per stop in another shift than was asked, or that begins earlier or later than was asked."""
    if not problem.asked:  # as nearly always
        return
    asked = {row.visit_id: row for row in problem.asked}
    for shift, _, stop in stops_with_shifts(problem, plan):
        row = asked.get(stop.visit.id)
        if row is None:
            continue
        if row.shift_id is not None and row.shift_id != shift.id:
            yield Violation("asked", stop.visit.id, "by another team")
        if row.earliest is not None and stop.start < row.earliest:
            yield Violation("asked", stop.visit.id, f"{row.earliest - stop.start} s too early")
        if row.latest is not None and stop.start > row.latest:
            yield Violation("asked", stop.visit.id, f"{stop.start - row.latest} s too late")
