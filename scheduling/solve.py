"""The one door to a plan: everything goes in, a plan that keeps every rule comes out."""

from dataclasses import dataclass

from scheduling.duty import shortened
from scheduling.explain import unassigned
from scheduling.objective import values
from scheduling.plan import Plan, Violation
from scheduling.problem import Problem
from scheduling.release import release_pins
from scheduling.rules import check
from scheduling.solver.search import search
from scheduling.validity import InvalidProblem, validate
from scheduling.visits import group
from scheduling.weights import weights

__all__ = ["InvalidProblem", "Limits", "UnsoundPlan", "solve"]

SOLVER = "prikploeg 1"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a search ends: after so many seconds, or after so many improvement rounds.

    With `solutions` and time enough the plan depends on the problem and the seed alone.
    """

    seconds: float
    solutions: int | None = None


class UnsoundPlan(Exception):
    """The search made a plan that breaks a rule: our mistake, never published."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        lines = [f"{row.rule} at {row.where}: {row.detail}" for row in violations[:10]]
        super().__init__(f"{len(violations)} violations; " + "; ".join(lines))
        self.violations = violations


def solve(problem: Problem, limits: Limits, *, seed: int = 0, previous: Plan | None = None) -> Plan:
    """The best plan found within the limits, after every rule has been checked on it.

    Never fails on a poor problem: without shifts or stock the plan is empty and says why. Raises
    InvalidProblem when rows contradict each other, UnsoundPlan when the search is at fault.
    """
    validate(problem)
    by = weights(problem)
    problem, released = release_pins(shortened(problem))
    visits = group(problem)
    found = search(problem, visits, (limits.seconds, limits.solutions), seed, previous)
    left_out = unassigned(problem, visits, found.routes, found.reasons)
    plan = Plan(
        region=problem.region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=found.routes,
        unassigned=left_out,
        values=values(problem, found.routes, left_out),
        seed=seed,
        solver=SOLVER,
        seconds=found.seconds,
        released_pins=released,
        weights=by,
        bound=getattr(found, "bound", None),
        second_opinion=getattr(found, "second_opinion", None),
        first_sound_seconds=getattr(found, "first_sound_seconds", None),
        engines=getattr(found, "engines", ()),
    )
    if broken := check(problem, plan):
        raise UnsoundPlan(broken)
    return plan
