"""Many facts about few things, so that they meet: what the tests of the fold apply in all orders."""

from datetime import UTC, datetime

from events.identifiers import Payload
from events.location import (
    LocationChanged,
    OutbreakDeclared,
    OutbreakLifted,
    VisitWithdrawn,
)
from events.organisations import OrganisationChanged, PolicyChanged
from events.plans import VisitUnassigned
from events.practice import (
    AssessmentRecorded,
    ConsentStatus,
    Judgement,
    PatientChanged,
    PatientWithdrawn,
    SpecialNeed,
    WithdrawalReason,
)
from events.supply import (
    CampaignChanged,
    LotQuarantined,
    LotReleased,
    StockCounted,
    StockMoved,
)
from events.teams import PlanRejected, ShiftChanged, ShiftWithdrawn, StopPinned, StopReleased
from events.visits import DoseWasted, TeamUnavailable, VisitCompleted, VisitStarted, WasteReason
from tests.facts import (
    EVERY_DAY,
    a_campaign,
    a_certificate,
    a_consent,
    a_crisis,
    a_delivery,
    a_dose,
    a_location,
    a_patient,
    a_product,
    a_proposal,
    a_publication,
    a_shift,
    a_team,
    an_announcement,
    an_assignment,
    an_order,
    an_organisation,
    given_elsewhere,
    not_given,
    uid,
)

TEN = datetime(2021, 2, 16, 10, tzinfo=UTC)
REGISTERED = {"person_id": uid("p1"), "campaign_id": uid("corona"), "practice_id": uid("practice")}
LOT = {"product_id": "moderna", "lot": "LOT1"}


def unassigned(name: str) -> VisitUnassigned:
    return VisitUnassigned(visit_id=uid(name), plan_id=uid("plan"), location_id=uid("wilg"))


FACTS: tuple[Payload, ...] = (
    an_organisation(),
    an_organisation(name="post"),
    OrganisationChanged(**an_organisation().model_dump() | {"name": "Post Oost"}),
    PolicyChanged(freeze_minutes=60),
    PolicyChanged(freeze_minutes=90),
    a_location(),
    a_location(residents=20),
    LocationChanged(location_id=uid("wilg"), opening=EVERY_DAY[:3], seats=9),
    LocationChanged(location_id=uid("wilg"), opening=EVERY_DAY, contact_known=False),
    OutbreakDeclared(location_id=uid("wilg")),
    OutbreakLifted(location_id=uid("wilg")),
    OutbreakDeclared(location_id=uid("wilg"), policy="last"),
    a_patient(),
    a_patient(location_id=uid("eik"), needs=frozenset({SpecialNeed.LANGUAGE})),
    PatientChanged(**REGISTERED, location_id=uid("beuk"), needs=frozenset({SpecialNeed.SEDATION})),
    PatientWithdrawn(**REGISTERED, location_id=uid("wilg"), reason=WithdrawalReason.MOVED),
    PatientWithdrawn(**REGISTERED, location_id=uid("wilg"), reason=WithdrawalReason.MISTAKE),
    a_consent(),
    a_consent(status=ConsentStatus.REFUSED),
    AssessmentRecorded(**REGISTERED, location_id=uid("wilg"), judgement=Judgement.TRIAGE),
    given_elsewhere("p3"),
    a_team(),
    a_team(name="team"),
    a_shift(),
    a_shift(capacity=50),
    ShiftChanged(**a_shift(capacity=70).model_dump()),
    ShiftWithdrawn(shift_id=uid("shift")),
    ShiftWithdrawn(shift_id=uid("shift")),
    TeamUnavailable(team_id=uid("team"), begins_at=TEN, ends_at=TEN.replace(hour=12)),
    a_certificate(),
    an_order(),
    StopPinned(visit_id=uid("v1"), shift_id=uid("shift"), starts_at=TEN),
    StopPinned(visit_id=uid("v1"), shift_id=uid("shift 2"), starts_at=TEN),
    StopReleased(visit_id=uid("v1")),
    a_product(),
    a_product(fridge_days=20),
    a_campaign(),
    CampaignChanged(**a_campaign(max_days=60).model_dump()),
    an_announcement("delivery"),
    an_announcement("delivery", doses=70),
    a_delivery("delivery"),
    a_delivery("delivery", doses=90),
    StockMoved(**LOT, from_depot_id=uid("post"), to_depot_id=uid("depot"), doses=10),
    StockCounted(**LOT, depot_id=uid("post"), doses=10, counted_at=TEN),
    LotQuarantined(**LOT),
    LotReleased(**LOT),
    a_crisis("v9"),
    a_crisis("v9", minutes=45),
    VisitWithdrawn(visit_id=uid("v9"), location_id=uid("wilg")),
    a_dose("p1", visit_id=uid("v1")),
    DoseWasted(**LOT, depot_id=uid("post"), doses=2, reason=WasteReason.BROKEN, wasted_at=TEN),
    VisitStarted(visit_id=uid("v1"), team_id=uid("team"), started_at=TEN),
    VisitStarted(visit_id=uid("v1"), team_id=uid("team"), started_at=TEN.replace(hour=11)),
    VisitCompleted(visit_id=uid("v1"), team_id=uid("team"), completed_at=TEN),
)

BOOKINGS: tuple[Payload, ...] = (
    an_assignment("v1", ["p1", "p2"], 8),
    an_assignment("v1", ["p1"], 9),
    an_assignment("v1", [], 10),
    an_assignment("v2", ["p1", "p3"], 11),
    an_assignment("v2", ["p2"], 12),
    an_assignment("v3", ["p3"], 13),
    an_assignment("v3", ["p1", "p2", "p3"], 14),
    unassigned("v1"),
    unassigned("v2"),
    unassigned("v3"),
    not_given("p1", visit_id=uid("v1")),
    not_given("p1", visit_id=uid("v2")),
    not_given("p2", visit_id=uid("v1")),
    not_given("p3", visit_id=uid("v3")),
)

PLANS: tuple[Payload, ...] = (
    a_proposal("plan 1", (3, 1)),
    a_proposal("plan 2", (9, 1)),
    a_proposal("plan 3", (5, 2)),
    a_publication("plan 1"),
    a_publication("plan 2"),
    PlanRejected(plan_id=uid("plan 1"), reason="too late"),
    PlanRejected(plan_id=uid("plan 3"), reason="too early"),
)
