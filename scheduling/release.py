"""Pins that can not hold are released, so that one of them never keeps a region without a plan."""

from dataclasses import replace

from scheduling.pins import plan_of_fixed
from scheduling.plan import Violation
from scheduling.problem import Fixed, Problem
from scheduling.rules import check
from scheduling.visits import group


def release_pins(problem: Problem) -> tuple[Problem, tuple[str, ...]]:
    """The problem without the pins that break a rule among the fixed stops alone, and their visits.

    A pinned call on nobody is released too: everybody may have had the dose, or is not due that day.
    Where several together break a rule, the one that begins last is released, and so on.
    """
    released: list[str] = []
    while problem.fixed:
        culprit = _culprit(problem)
        if culprit is None:
            break
        released.append(culprit.visit_id)
        kept = tuple(row for row in problem.fixed if row.visit_id != culprit.visit_id)
        problem = replace(problem, fixed=kept)
    return problem, tuple(sorted(released))


def _culprit(problem: Problem) -> Fixed | None:
    pins = sorted(
        (row for row in problem.fixed if row.why == "pinned"),
        key=lambda row: (-row.start, row.visit_id),
    )
    if not pins:
        return None
    visits = group(problem)
    empty = {visit.id for visit in visits if visit.product_id and not visit.needs}
    for row in pins:
        if row.visit_id in empty:
            return row
    plan = plan_of_fixed(problem, visits)
    for violation in check(problem, plan):
        if violation.rule != "coverage":
            for row in pins:
                if concerns(problem, violation, row):
                    return row
    return None


def concerns(problem: Problem, violation: Violation, row: Fixed) -> bool:
    """Whether a violation lies at a fixed stop, at its shift, or at the stock that it draws from."""
    depot = next(shift.depot_id for shift in problem.shifts if shift.id == row.shift_id)
    where = violation.where
    return where in (row.visit_id, row.shift_id) or where.startswith(f"{depot} {row.product_id} ")
