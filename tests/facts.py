"""Facts for tests: each `a_...` takes a name and whatever differs from the usual one."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from events.identifiers import Approval, Opening, Payload, Point
from events.location import LocationRegistered, Urgency, VisitRequested
from events.organisations import OrganisationKind, OrganisationRegistered
from events.plans import PlanCounts, PlannedPerson, PlanProposed, PlanPublished, VisitAssigned
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    DoseGivenElsewhere,
    PatientRegistered,
)
from events.supply import CampaignOpened, DeliveryAnnounced, DeliveryReceived, ProductCatalogued
from events.teams import (
    CrewMember,
    CrewRole,
    MemberCertified,
    OrderGiven,
    ShiftOpened,
    TeamFormed,
)
from events.visits import DoseAdministered, DoseNotGiven, NotGiven
from infra.identity import derived_id

NOW = datetime(2021, 2, 15, 5, 0, tzinfo=UTC)  # a Monday, six o'clock in Utrecht
APPROVAL = Approval(source_url="https://example.org/leaflet", source_date=date(2021, 1, 6))
EVERY_DAY = tuple(Opening(weekday=day, begins=time(9), ends=time(17)) for day in range(7))


def uid(name: str) -> UUID:
    """The same id for the same name."""
    return derived_id("test", name)


def build(kind: type[Payload], usual: dict[str, Any], changes: dict[str, Any]) -> Any:
    return kind(**{**usual, **changes})


def a_product(name: str = "moderna", **changes: Any) -> ProductCatalogued:
    usual = {
        "product_id": name,
        "name": name.title(),
        "doses_per_container": 10,
        "open_minutes": 360,
        "transport_minutes": 720,
        "fridge_days": 30,
        "approval": APPROVAL,
    }
    return build(ProductCatalogued, usual, changes)


def a_campaign(name: str = "corona", **changes: Any) -> CampaignOpened:
    usual = {
        "campaign_id": uid(name),
        "name": name.title(),
        "products": ("moderna",),
        "doses": 2,
        "min_days": 28,
        "ideal_days": 28,
        "max_days": 42,
        "opens_on": date(2021, 2, 1),
        "seconds_per_person": 180,
        "observation_minutes": 15,
        "setup_minutes": 10,
        "pack_minutes": 10,
        "reserve_next_dose": False,
        "approval": APPROVAL,
    }
    return build(CampaignOpened, usual, changes)


def an_organisation(name: str = "post", **changes: Any) -> OrganisationRegistered:
    usual = {
        "organisation_id": uid(name),
        "kind": OrganisationKind.POST,
        "name": name.title(),
        "point": Point(lat=52.09, lon=5.12),
    }
    return build(OrganisationRegistered, usual, changes)


def a_location(name: str = "wilg", **changes: Any) -> LocationRegistered:
    usual = {
        "location_id": uid(name),
        "name": f"De {name.title()}",
        "point": Point(lat=52.10, lon=5.10),
        "postcode4": 3511,
        "municipality": "GM0344",
        "residents": 12,
        "opening": EVERY_DAY,
    }
    return build(LocationRegistered, usual, changes)


def a_patient(name: str = "p1", **changes: Any) -> PatientRegistered:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "practice_id": uid("practice"),
        "birth_year": 1932,
    }
    return build(PatientRegistered, usual, changes)


def a_consent(name: str = "p1", **changes: Any) -> ConsentRecorded:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "practice_id": uid("practice"),
        "status": ConsentStatus.GIVEN,
    }
    return build(ConsentRecorded, usual, changes)


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


def a_delivery(name: str = "delivery", **changes: Any) -> DeliveryReceived:
    usual = {
        "delivery_id": uid(name),
        "depot_id": uid("post"),
        "product_id": "moderna",
        "lot": "LOT1",
        "doses": 200,
        "received_on": date(2021, 2, 11),
        "use_by": date(2021, 3, 31),
    }
    return build(DeliveryReceived, usual, changes)


def an_announcement(name: str = "coming", **changes: Any) -> DeliveryAnnounced:
    usual = {
        "delivery_id": uid(name),
        "depot_id": uid("post"),
        "product_id": "moderna",
        "doses": 100,
        "expected_on": date(2021, 2, 20),
    }
    return build(DeliveryAnnounced, usual, changes)


def a_crisis(name: str = "crisis", **changes: Any) -> VisitRequested:
    usual = {
        "visit_id": uid(name),
        "location_id": uid("wilg"),
        "urgency": Urgency.U2,
        "minutes": 30,
        "earliest": datetime(2021, 2, 16, 8, tzinfo=UTC),
        "latest": datetime(2021, 2, 16, 12, tzinfo=UTC),
    }
    return build(VisitRequested, usual, changes)


def a_dose(name: str = "p1", **changes: Any) -> DoseAdministered:
    usual = {
        "visit_id": uid("visit"),
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "dose_no": 1,
        "product_id": "moderna",
        "lot": "LOT1",
        "depot_id": uid("post"),
        "team_id": uid("team"),
        "given_at": datetime(2021, 2, 16, 10, tzinfo=UTC),
    }
    return build(DoseAdministered, usual, changes)


def not_given(name: str = "p1", reason: NotGiven = NotGiven.ABSENT, **changes: Any) -> DoseNotGiven:
    usual = {
        "visit_id": uid("visit"),
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "dose_no": 1,
        "team_id": uid("team"),
        "reason": reason,
        "noted_at": datetime(2021, 2, 16, 10, tzinfo=UTC),
    }
    return build(DoseNotGiven, usual, changes)


def given_elsewhere(name: str = "p1", **changes: Any) -> DoseGivenElsewhere:
    usual = {
        "person_id": uid(name),
        "campaign_id": uid("corona"),
        "location_id": uid("wilg"),
        "dose_no": 1,
        "product_id": "moderna",
        "given_on": date(2021, 2, 10),
    }
    return build(DoseGivenElsewhere, usual, changes)


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
