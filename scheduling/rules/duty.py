"""A team, and each member of its crew, is on duty no longer, per shift and in any seven consecutive days, than the policy of the region allows."""

from collections.abc import Iterator

from scheduling.care.crews import busiest_week
from scheduling.care.lookup import routes_with_shifts
from scheduling.care.members import people_of
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem, Shift


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per route that returns after the maximum duty, and per shift in seven days with too many hours.

    Duty begins with the shift and not with the route: a crew is at its post then.
    """
    for shift, route in routes_with_shifts(problem, plan):
        duty = route.back - shift.start
        if route.stops and problem.max_duty_seconds is not None and duty > problem.max_duty_seconds:
            yield Violation("duty", shift.id, f"on duty for {duty} s")
    yield from _full_weeks(problem, plan)


def _full_weeks(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per shift in seven days in which its team or somebody of its crew has too many hours."""
    if problem.max_week_seconds is None:
        return
    planned = [shift for shift, route in routes_with_shifts(problem, plan) if route.stops]
    used: dict[str, list[Shift]] = {}
    for shift in (*problem.standing_shifts, *planned):
        for person in people_of(shift):
            used.setdefault(person, []).append(shift)
    for shift in planned:
        week = max(busiest_week(problem, used[one], shift.day) for one in people_of(shift))
        if week > problem.max_week_seconds:
            yield Violation("duty", shift.id, f"{week} s in seven days")
