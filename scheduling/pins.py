"""Pins that break a rule among the pinned and frozen stops alone: no search can repair that."""

from dataclasses import replace

from scheduling.care.eligibility import barriers
from scheduling.care.lookup import day_of, key_of
from scheduling.plan import PinFault, Reason, Violation
from scheduling.problem import Fixed, Problem
from scheduling.rules import check_added
from scheduling.standing import plan_of_fixed
from scheduling.visits.grouping import group

NOBODY_LEFT = "nobody_left"  # the one fault of a pin that is no rule of a plan
OF_PLACES = {  # reasons that concern a whole place, with the rule that says so of a plan
    Reason.OUTBREAK: "outbreak",
    Reason.LOCATION_UNKNOWN: "time_windows",
    Reason.NO_CONTACT: "time_windows",
    Reason.LOCATION_CLOSED: "time_windows",
}


def release_pins(problem: Problem) -> tuple[Problem, tuple[PinFault, ...]]:
    """Drops pins that break a rule among the pinned and frozen stops alone. Returns the problem, and why each was dropped.

    A pinned visit without residents is released too: all of them may have had the dose, or are not due that day.
    Of several that break a rule together, the one that begins last is released, then the rules are checked again.
    """
    released: list[PinFault] = []
    while problem.fixed:
        culprit = _culprit(problem)
        if culprit is None:
            break
        released.append(culprit)
        kept = tuple(row for row in problem.fixed if row.visit_id != culprit.visit_id)
        problem = replace(problem, fixed=kept)
    return problem, tuple(sorted(released, key=lambda row: row.visit_id))


def _culprit(problem: Problem) -> PinFault | None:
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
            return _empty(problem, row)
    plan = plan_of_fixed(problem, visits)
    for violation in check_added(problem, plan):
        if violation.rule != "coverage":
            for row in pins:
                if concerns(problem, violation, row):
                    fault = fault_of(row, violation.rule, violation.detail)
                    return replace(fault, beside=find_rivals(problem, row, violation.rule))
    return None


def find_rivals(problem: Problem, row: Fixed, rule: str) -> tuple[str, ...]:
    """The other pins without any of which the rule would not be broken: the fewest that cannot hold together with this one.

    Those of the same shift where they are enough, else all.
    """
    others = [one for one in problem.fixed if one.visit_id != row.visit_id]
    near = [one for one in others if one.shift_id == row.shift_id]
    known = near if _is_broken(problem, row, rule, near) else others
    needed = list(known)
    for one in known:
        fewer = [other for other in needed if other is not one]
        if _is_broken(problem, row, rule, fewer):
            needed = fewer
    return tuple(sorted(one.visit_id for one in needed if one.why == "pinned"))


def _is_broken(problem: Problem, row: Fixed, rule: str, others: list[Fixed]) -> bool:
    """Whether a pin breaks the rule beside these stops alone."""
    alone = replace(problem, fixed=(*others, row))
    plan = plan_of_fixed(alone, group(alone))
    return any(
        found.rule == rule and concerns(alone, found, row) for found in check_added(alone, plan)
    )


def _empty(problem: Problem, row: Fixed) -> PinFault:
    """Why nobody is left of a pinned visit: the place, the day, or what is known of each of its residents."""
    barred = barriers(problem)
    needs = [
        need
        for need in problem.needs
        if need.person_id in row.person_ids and need.campaign_id == row.campaign_id
    ]
    reasons = {reason for need in needs for reason in barred.get(key_of(need), ())}
    for reason, rule in OF_PLACES.items():
        if reason in reasons:
            return fault_of(row, rule, reason.value)
    day = day_of(problem, row.start)
    due = [need for need in needs if key_of(need) not in barred]
    if due and not any(need.first_day <= day <= need.last_day for need in due):
        return fault_of(row, "due", f"nobody is due on day {day}")
    return fault_of(row, NOBODY_LEFT, "none of its residents may be vaccinated then")


def fault_of(row: Fixed, rule: str, detail: str) -> PinFault:
    """A fault of this pin."""
    return PinFault(row.visit_id, rule, detail, row.shift_id, row.start)


def concerns(problem: Problem, violation: Violation, row: Fixed) -> bool:
    """Whether a violation concerns a pinned or frozen stop, its shift, or the stock that it draws from."""
    depot = next(shift.depot_id for shift in problem.shifts if shift.id == row.shift_id)
    where = violation.where
    return where in (row.visit_id, row.shift_id) or where.startswith(f"{depot} {row.product_id} ")
