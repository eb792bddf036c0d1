"""A team is on duty no longer, per shift and in any seven consecutive days, than the policy of the region allows."""

from collections.abc import Iterator

from scheduling.care.crews import busiest_week
from scheduling.care.lookup import routes_with_shifts
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem, Shift


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per route that returns after the maximum duty, and per shift in seven days with too many hours.

    Duty begins with the shift and not with the route: a crew is at its post then.
    """
    used: dict[str, list[Shift]] = {}
    for shift in problem.standing_shifts:
        used.setdefault(shift.team_id, []).append(shift)
    for shift, route in routes_with_shifts(problem, plan):
        if route.stops:
            used.setdefault(shift.team_id, []).append(shift)
            duty = route.back - shift.start
            if problem.max_duty_seconds is not None and duty > problem.max_duty_seconds:
                yield Violation("duty", shift.id, f"on duty for {duty} s")
    if problem.max_week_seconds is None:
        return
    for shift, route in routes_with_shifts(problem, plan):
        week = busiest_week(problem, used.get(shift.team_id, []), shift.day)
        if route.stops and week > problem.max_week_seconds:
            yield Violation("duty", shift.id, f"{week} s in seven days")
