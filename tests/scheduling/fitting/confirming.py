"""Confirms a suggestion without trusting who made it: the whole problem is solved again with it, and the checker asked."""

from dataclasses import replace

from scheduling.care.lookup import NeedKey, planned_doses
from scheduling.fitting.changes import apply_all
from scheduling.fitting.fit import Fit
from scheduling.fitting.held import Standing
from scheduling.fitting.targets import Target
from scheduling.plan import Plan
from scheduling.problem import Fixed
from scheduling.rules import check_added
from scheduling.solve import Limits, repair
from scheduling.visits.grouping import to_fixed


def list_stops(plan: Plan) -> dict[NeedKey | str, tuple[str, int]]:
    """Where and when every dose is given and every crisis visit made."""
    found: dict[NeedKey | str, tuple[str, int]] = {}
    for route in plan.routes:
        for stop in route.stops:
            place = (route.shift_id, stop.start)
            found |= {
                key: place
                for _, key in planned_doses(replace(plan, routes=(replace(route, stops=(stop,)),)))
            }
            found |= {stop.visit.id: place} if stop.visit.campaign_id is None else {}
    return found


def confirm(standing: Standing, target: Target, fit: Fit) -> None:
    """Applies a suggestion to the whole problem and solves again, with everybody who waits.

    What holds only while others wait is put where the suggestion says, as a planner would.
    """
    problem = apply_all(standing.problem, fit.changes)
    if fit.alone:  # beside what stands, which a next dose may follow
        stands = (to_fixed(row, "pinned") for row in problem.published)
        pins = (*problem.fixed, *stands, *to_pins(target, fit))
        problem = replace(problem, fixed=pins, published=())
    plan = repair(problem, Limits(0.0))

    before, after = list_stops(standing.plan), list_stops(plan)
    assert not check_added(problem, plan)
    assert not plan.pin_faults
    assert all(after.get(key) == place for key, place in before.items())
    wanted: set[NeedKey | str] = {*target.needs, *target.crisis_ids}
    served = wanted & after.keys()
    assert len({key[0] for key in served if not isinstance(key, str)}) >= fit.people
    assert served
    assert {after[key] for key in served} >= {(one.shift_id, one.start) for one in fit.placed}


def to_pins(target: Target, fit: Fit) -> list[Fixed]:
    """The new visits where the suggestion has them."""
    return [
        Fixed(
            visit_id=f"asked for {n}" if one.product_id else target.crisis_ids[0],
            shift_id=one.shift_id,
            start=one.start,
            person_ids=frozenset(person for person, _ in one.doses),
            why="pinned",
            location_id=target.location_id,
            campaign_id=one.campaign_id,
            product_id=one.product_id,
            service_seconds=one.end - one.start,
            doses=frozenset(one.doses),
        )
        for n, one in enumerate(fit.placed)
    ]
