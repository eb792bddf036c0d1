"""Facts of `events.extra_stops`."""

from datetime import timedelta
from typing import Any

from events.extra_stops import StopAnswer, StopAnswered, StopOffered, StopWithdrawal, StopWithdrawn
from events.plans import PlannedPerson
from tests.facts.values import DONE, TEN, build, uid


def an_extra_stop(name: str = "extra", **changes: Any) -> StopOffered:
    usual = {
        "extra_stop_id": uid(name),
        "visit_id": uid(f"visit of {name}"),
        "plan_id": uid("plan"),
        "location_id": uid("wilg"),
        "team_id": uid("team"),
        "shift_id": uid("shift"),
        "campaign_id": uid("corona"),
        "product_id": "moderna",
        "starts_at": TEN,
        "ends_at": TEN + timedelta(hours=1),
        "persons": (PlannedPerson(person_id=uid("p1"), dose_no=1),),
        "answer_by": TEN - timedelta(hours=1),
    }
    return build(StopOffered, usual, changes)


def an_agreement(name: str = "extra", **changes: Any) -> StopAnswered:
    usual = {
        "extra_stop_id": uid(name),
        "team_id": uid("team"),
        "location_id": uid("wilg"),
        "answer": StopAnswer.ACCEPTED,
        "answered_at": DONE,
    }
    return build(StopAnswered, usual, changes)


def asked_no_more(name: str = "extra", **changes: Any) -> StopWithdrawn:
    usual = {
        "extra_stop_id": uid(name),
        "team_id": uid("team"),
        "location_id": uid("wilg"),
        "why": StopWithdrawal.UNANSWERED,
    }
    return build(StopWithdrawn, usual, changes)
