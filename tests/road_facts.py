"""More facts for tests: answers, swaps, loans, leftovers, temperatures and what the system reports."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from events.leftovers import ContainerOpened, LeftoverOffered, LeftoverTaken
from events.location import Confirmer, LocationConfirmed
from events.organisations import DecisionRecorded
from events.reports import (
    Channel,
    Destination,
    NoticeSent,
    ProgressCounted,
    Recipient,
    ReturnRecordAcknowledged,
    ReturnRecordRejected,
    ReturnRecordSent,
)
from events.supply import LotOfProduct, TemperatureRead
from events.teams import (
    CrewMember,
    CrewRole,
    ReserveListed,
    ShiftSwapped,
    StopMoved,
    TeamLent,
    WorkedBy,
)
from events.visits import AdverseEventReported, Severity, TeamDelayed
from tests.facts import build, uid

TEN = datetime(2021, 2, 16, 10, tzinfo=UTC)


def a_confirmation(name: str = "visit", **changes: Any) -> LocationConfirmed:
    usual = {
        "visit_id": uid(name),
        "location_id": uid("wilg"),
        "starts_at": datetime(2021, 2, 16, 9, tzinfo=UTC),
        "by": Confirmer.INSTITUTION,
    }
    return build(LocationConfirmed, usual, changes)


def a_swap(*teams: tuple[str, str], crew: tuple[CrewMember, ...] | None = None) -> ShiftSwapped:
    """Each pair is a shift and the team that works it from now on."""
    usual = (CrewMember(member_id=uid("nurse"), role=CrewRole.NURSE),)
    return ShiftSwapped(
        shifts=tuple(
            WorkedBy(shift_id=uid(shift), team_id=uid(team), crew=usual if crew is None else crew)
            for shift, team in teams
        )
    )


def a_move(name: str = "visit", **changes: Any) -> StopMoved:
    usual = {
        "visit_id": uid(name),
        "shift_id": uid("shift"),
        "starts_at": TEN,
        "reason": "asked for by phone",
    }
    return build(StopMoved, usual, changes)


def a_loan(name: str = "loan", to_region: str = "GG0111", **changes: Any) -> TeamLent:
    usual = {
        "loan_id": uid(name),
        "team_id": uid("team"),
        "to_region": to_region,
        "valid_from": date(2021, 2, 16),
        "valid_until": date(2021, 2, 18),
    }
    return build(TeamLent, usual, changes)


def a_reserve(name: str = "reserve", people: Sequence[str] = (), **changes: Any) -> ReserveListed:
    usual = {
        "reserve_id": uid(name),
        "organisation_id": uid("post"),
        "campaign_id": uid("corona"),
        "reachable_from": TEN,
        "reachable_until": TEN + timedelta(hours=8),
        "persons": tuple(uid(one) for one in people),
    }
    return build(ReserveListed, usual, changes)


def a_container(name: str = "container", **changes: Any) -> ContainerOpened:
    usual = {
        "container_id": uid(name),
        "product_id": "moderna",
        "lot": "LOT1",
        "team_id": uid("team"),
        "visit_id": uid("visit"),
        "opened_at": TEN,
    }
    return build(ContainerOpened, usual, changes)


def an_offer(name: str = "offer", **changes: Any) -> LeftoverOffered:
    usual = {
        "offer_id": uid(name),
        "team_id": uid("team"),
        "campaign_id": uid("corona"),
        "product_id": "moderna",
        "lot": "LOT1",
        "doses": 3,
        "offered_at": TEN,
        "use_before": TEN + timedelta(hours=5),
    }
    return build(LeftoverOffered, usual, changes)


def a_taking(name: str = "offer", **changes: Any) -> LeftoverTaken:
    usual = {"offer_id": uid(name), "team_id": uid("team"), "taken_at": TEN}
    return build(LeftoverTaken, usual, changes)


def an_adverse_event(name: str = "p1", **changes: Any) -> AdverseEventReported:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "severity": Severity.MODERATE,
        "began_at": TEN,
    }
    return build(AdverseEventReported, usual, changes)


def a_delay(minutes: int = 30, **changes: Any) -> TeamDelayed:
    usual = {"team_id": uid("team"), "minutes": minutes, "noted_at": TEN}
    return build(TeamDelayed, usual, changes)


def a_reading(celsius: float = 5.0, *lots: str, **changes: Any) -> TemperatureRead:
    """Of a fridge; an excursion for these lots, if any."""
    usual = {
        "depot_id": uid("post"),
        "celsius": celsius,
        "excursion": bool(lots),
        "lots": tuple(LotOfProduct(product_id="moderna", lot=lot) for lot in lots),
        "read_at": TEN,
    }
    return build(TemperatureRead, usual, changes)


def a_decision(name: str = "decision", **changes: Any) -> DecisionRecorded:
    usual = {
        "decision_id": uid(name),
        "decision": "residents of 90 and over first",
        "reason": "half of the delivery did not come",
        "decided_at": TEN,
    }
    return build(DecisionRecorded, usual, changes)


def a_notice(name: str = "notice", **changes: Any) -> NoticeSent:
    usual = {
        "notice_id": uid(name),
        "channel": Channel.MAIL,
        "recipient": Recipient.INSTITUTION,
        "visit_id": uid("visit"),
        "sent_at": TEN,
    }
    return build(NoticeSent, usual, changes)


def a_return(name: str = "return", **changes: Any) -> ReturnRecordSent:
    usual = {
        "return_id": uid(name),
        "destination": Destination.PRACTICE,
        "person_id": uid("p1"),
        "campaign_id": uid("corona"),
        "dose_no": 1,
        "sent_at": TEN,
    }
    return build(ReturnRecordSent, usual, changes)


def an_acknowledgement(name: str = "return") -> ReturnRecordAcknowledged:
    return ReturnRecordAcknowledged(return_id=uid(name), acknowledged_at=TEN)


def a_refusal(name: str = "return") -> ReturnRecordRejected:
    return ReturnRecordRejected(return_id=uid(name), rejected_at=TEN)


def a_count(name: str = "corona", **changes: Any) -> ProgressCounted:
    usual = {
        "campaign_id": uid(name),
        "registered": 40,
        "plannable": 30,
        "planned": 20,
        "dose_1_given": 10,
        "dose_2_given": None,
        "refused": 0,
        "wasted": 2,
        "as_of": (7, 3),
        "counted_at": TEN,
    }
    return build(ProgressCounted, usual, changes)
