"""A plan in numbers that anybody may see."""

from collections import Counter

from events.plans import PlanCounts, PlanValues
from scheduling.plan import Plan


def to_counts(plan: Plan) -> PlanCounts:
    """The size of a plan; a person with several reasons counts under the strongest."""
    served = {need for route in plan.routes for stop in route.stops for need in stop.visit.needs}
    reasons = Counter(row.reasons[0].value for row in plan.unassigned if row.person_id is not None)
    return PlanCounts(
        people_served=len({person for person, _ in served}),
        people_unserved=len(
            {row.person_id for row in plan.unassigned if row.person_id is not None}
        ),
        unserved_reasons=dict(sorted(reasons.items())),
        visits=sum(len(route.stops) for route in plan.routes),
        locations=len({stop.visit.location_id for route in plan.routes for stop in route.stops}),
        shifts=sum(1 for route in plan.routes if route.stops),
        doses_wasted=plan.values.doses_wasted,
        working_minutes=plan.values.working_seconds // 60,
        metres=plan.values.metres,
        moved_stops=plan.values.moved_stops,
    )


def to_values(plan: Plan) -> PlanValues:
    """What the planner is shown of the objective besides the counts."""
    return PlanValues(
        late_next_doses=plan.values.late_next_doses,
        other_team=plan.values.other_team,
        days_off=plan.values.days_off,
    )
