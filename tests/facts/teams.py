"""Facts of `events.teams`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from events.teams import (
    CrewMember,
    CrewRole,
    MemberCertified,
    OrderGiven,
    ReserveListed,
    ShiftOpened,
    ShiftSwapped,
    StopCancelled,
    StopGrouped,
    StopMoved,
    TeamFormed,
    TeamLent,
    WorkedBy,
)
from tests.facts.values import TEN, build, uid


def a_team(name: str = "team", **changes: Any) -> TeamFormed:
    usual = {"team_id": uid(name), "organisation_id": uid("post"), "name": name.title()}
    return build(TeamFormed, usual, changes)


def a_shift(name: str = "shift", day: date = date(2021, 2, 16), **changes: Any) -> ShiftOpened:
    usual = {
        "shift_id": uid(name),
        "team_id": uid("team"),
        "depot_id": uid("post"),
        "starts_at": datetime.combine(day, time(7), UTC),
        "ends_at": datetime.combine(day, time(16), UTC),
        "capacity": 100,
        "crew": (
            CrewMember(member_id=uid("doctor"), role=CrewRole.DOCTOR),
            CrewMember(member_id=uid("nurse"), role=CrewRole.NURSE),
        ),
    }
    return build(ShiftOpened, usual, changes)


def a_certificate(role: CrewRole = CrewRole.DOCTOR, **changes: Any) -> MemberCertified:
    usual = {
        "member_id": uid(role.value),
        "role": role,
        "valid_from": date(2021, 1, 1),
        "valid_until": date(9999, 12, 31),
    }
    return build(MemberCertified, usual, changes)


def an_order(product: str = "moderna", **changes: Any) -> OrderGiven:
    usual = {
        "organisation_id": uid("post"),
        "product_ids": frozenset({product}),
        "ordered_by": uid("doctor"),
        "valid_from": date(2021, 1, 1),
        "valid_until": date(2021, 12, 31),
    }
    return build(OrderGiven, usual, changes)


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


def a_cancellation(name: str = "visit", **changes: Any) -> StopCancelled:
    return build(StopCancelled, {"visit_id": uid(name), "reason": "the road is closed"}, changes)


def a_grouping(name: str = "visit", **changes: Any) -> StopGrouped:
    usual = {
        "visit_id": uid(name),
        "location_id": uid("eik"),
        "campaign_id": uid("campaign"),
        "product_id": "moderna",
        "team_id": uid("team"),
        "shift_id": uid("shift"),
        "starts_at": TEN,
        "ends_at": TEN + timedelta(hours=1),
    }
    return build(StopGrouped, usual, changes)


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
