"""Two doses of one series keep their minimum and maximum interval and are of the same product."""

from collections.abc import Iterator

from scheduling.care.doses import interval_of
from scheduling.care.lookup import by_id, day_of, needs_by_key, planned_doses
from scheduling.plan import Plan, Stop, Violation
from scheduling.problem import Need, Problem


def violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One per next dose that is too early, too late, of another product, or without the dose before it."""
    stop_of = {key: stop for stop, key in planned_doses(plan)}
    needs = needs_by_key(problem)
    for after, key in planned_doses(plan):
        need = needs.get(key)
        if need is not None and need.since_dose is not None:
            before = stop_of.get((need.person_id, need.campaign_id, need.since_dose))
            yield from _check_pair(problem, need, after, before)


def _check_pair(
    problem: Problem, need: Need, after: Stop, before: Stop | None
) -> Iterator[Violation]:
    if before is None:
        yield Violation("dose_interval", after.visit.id, f"without dose {need.since_dose}")
        return
    campaign = by_id(problem.campaigns)[need.campaign_id]
    least, most = interval_of(campaign, by_id(problem.products).get(before.visit.product_id or ""))
    days = day_of(problem, after.start) - day_of(problem, before.start)
    if not least <= days <= most:
        detail = f"{days} days, not {least} to {most}"
        yield Violation("dose_interval", after.visit.id, detail)
    if before.visit.product_id != after.visit.product_id:
        yield Violation("dose_interval", after.visit.id, "another product")
