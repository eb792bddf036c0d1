"""Facts of `events.plans`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from events.plans import PlanCounts, PlannedPerson, PlanProposed, PlanPublished, VisitAssigned
from tests.facts.values import build, uid


def an_assignment(
    name: str = "visit", people: Sequence[str] = ("p1",), hour: int = 9, **changes: Any
) -> VisitAssigned:
    starts_at = datetime(2021, 2, 16, hour, tzinfo=UTC)
    usual = {
        "visit_id": uid(name),
        "plan_id": uid("plan"),
        "location_id": uid("wilg"),
        "team_id": uid("team"),
        "shift_id": uid("shift"),
        "campaign_id": uid("corona"),
        "product_id": "moderna",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "persons": tuple(PlannedPerson(person_id=uid(one), dose_no=1) for one in people),
    }
    return build(VisitAssigned, usual, changes)


def a_proposal(name: str = "plan", as_of: tuple[int, int] = (1, 1), **changes: Any) -> PlanProposed:
    usual = {
        "plan_id": uid(name),
        "as_of": as_of,
        "horizon_start": date(2021, 2, 15),
        "hash": uid(name).hex * 2,
        "counts": PlanCounts(
            people_served=0,
            people_unserved=0,
            unserved_reasons={},
            visits=0,
            locations=0,
            shifts=0,
            doses_wasted=0,
            working_minutes=0,
            metres=0,
            moved_stops=0,
        ),
        "seconds": 1.5,
    }
    return build(PlanProposed, usual, changes)


def a_publication(name: str = "plan") -> PlanPublished:
    return PlanPublished(plan_id=uid(name))
