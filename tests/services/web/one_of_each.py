"""One fact of every type of the catalogue about the region of the seed, in an order in which each has something to change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from events.catalogue import CATALOGUE, TYPE_OF
from events.corrections import FactRef
from events.envelope import Sender
from events.extra_stops import StopAnswer
from events.identifiers import Payload
from events.identities import (
    IdentityAnswer,
    IdentityQuestion,
    IdentityQuestioned,
    IdentitySettled,
)
from events.leftovers import ContainerCorrected, ContainerOpened
from events.location import LocationChanged, OutbreakDeclared, OutbreakLifted, VisitWithdrawn
from events.organisations import OrganisationChanged, OrganisationKind, PolicyChanged
from events.plans import PlannedPerson, PlanPublished, VisitUnassigned
from events.practice import (
    ConsentStatus,
    Judgement,
    PatientChanged,
    PatientWithdrawn,
    WithdrawalReason,
)
from events.supply import CampaignChanged, LotQuarantined, LotReleased, StockCounted, StockMoved
from events.teams import (
    PlanApproved,
    PlanRejected,
    ShiftChanged,
    ShiftSwapped,
    ShiftWithdrawn,
    StopCancelled,
    StopPinned,
    StopReleased,
)
from events.visits import (
    DoseAdministered,
    DoseCorrected,
    DoseWasted,
    Severity,
    TeamUnavailable,
    VisitCompleted,
    VisitStarted,
    WasteCorrected,
)
from infra.postgres.database import Database
from tests import facts
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, CAMPAIGN, HOME, NOW, PRODUCT, a_location, an_id

SOON = NOW + timedelta(hours=2)
TODAY = date(2021, 2, 17)
LOT = "FK8912"


def sender_of(payload: Payload) -> Sender:
    """Somebody who may say it."""
    senders = CATALOGUE[TYPE_OF[type(payload)]].senders
    return Sender.SYSTEM if senders == {Sender.SYSTEM} else sorted(senders - {Sender.SYSTEM})[0]


@dataclass(frozen=True)
class Written:
    """A fact as the ledger identifies it."""

    payload: Payload
    source: str
    id: str


@dataclass(frozen=True)
class Proposal:
    """plan.proposed, with its record."""

    served: int
    number: int


class OneOfEach:
    """The facts by group; one that corrects another finds it in `said`, which the test fills."""

    def __init__(self, site: Site, ledger: Database) -> None:
        self.home, self.ledger = site.home, ledger
        self.patients = self.home.patients[self.home.practices[0]]
        self.said: dict[type[Payload], Written] = {}
        self.visit, self.shift, self.team = (an_id(HOME, one) for one in ("visit", "shift", "team"))

    def about(self, patient: int, **changes: Any) -> dict[str, Any]:
        """The fields of a fact about a patient of the first practice."""
        usual = {
            "person_id": self.patients[patient],
            "campaign_id": CAMPAIGN,
            "location_id": self.home.locations[0],
        }
        return {**usual, **changes}

    def of_practice(self, patient: int, **changes: Any) -> dict[str, Any]:
        """The same, said by that practice."""
        return self.about(patient, practice_id=self.home.practices[0], **changes)

    def at_depot(self, **changes: Any) -> dict[str, Any]:
        """The fields of a fact about the lot in the depot."""
        usual = {"depot_id": self.home.post, "product_id": PRODUCT, "lot": LOT}
        return {**usual, **changes}

    def of_team(self, **changes: Any) -> dict[str, Any]:
        """The fields of a fact of the team at the visit."""
        return {"team_id": self.team, "visit_id": self.visit, **changes}

    def corrects(self, first: type[Payload], kind: type[Payload], **changes: Any) -> Payload:
        """A correction of the fact of this type that was said."""
        said = self.said[first]
        of = {"of_source": said.source, "of_id": said.id, "why": "read from the wrong line"}
        kept = {k: v for k, v in said.payload.model_dump().items() if k in kind.model_fields}
        return kind(**{**kept, **of, "corrected_by": an_id("member"), **changes})

    def all(self) -> Iterator["Payload | Proposal"]:
        """Every fact, those that need others after them."""
        yield from self.places()
        yield from self.rosters()
        yield from self.people()
        yield from self.stock()
        yield from self.road()
        yield from self.plans()

    def places(self) -> Iterator[Payload]:
        new = an_id("new post")
        yield facts.an_organisation(organisation_id=new, name="Post Nieuw")
        yield OrganisationChanged(
            organisation_id=self.home.post, kind=OrganisationKind.POST, name="Post Anders"
        )
        yield PolicyChanged(publish_automatically=False, exercise=True)
        yield facts.a_decision()
        yield a_location("Nieuwhof")
        yield LocationChanged(location_id=self.home.locations[0], opening=(), contact_known=False)
        answer = {"visit_id": self.visit, "location_id": self.home.locations[0]}
        yield facts.a_confirmation(**answer, starts_at=NOW.replace(hour=11, minute=0))
        yield OutbreakDeclared(location_id=self.home.locations[1])
        yield OutbreakLifted(location_id=self.home.locations[1])
        crisis = {"visit_id": an_id("crisis"), "location_id": self.home.locations[0]}
        yield facts.a_crisis(**crisis, earliest=SOON, latest=SOON + timedelta(hours=3))
        yield VisitWithdrawn(**crisis)

    def rosters(self) -> Iterator[Payload]:
        team = facts.a_team(team_id=self.team, organisation_id=self.home.post, name="Team Merwede")
        yield team
        hours = {"starts_at": SOON, "ends_at": SOON + timedelta(hours=4)}
        new = facts.a_shift(
            shift_id=an_id("late"), team_id=self.team, depot_id=self.home.post, **hours
        )
        yield new
        longer = {**new.model_dump(), "ends_at": SOON + timedelta(hours=5)}
        yield ShiftChanged(**longer)
        by = facts.a_swap(("x", "x")).shifts[0]
        by = by.model_copy(update={"shift_id": an_id("late"), "team_id": an_id("other team")})
        yield ShiftSwapped(shifts=(by,))
        yield ShiftWithdrawn(shift_id=an_id("late"))
        yield facts.a_certificate()
        yield facts.an_order(PRODUCT, organisation_id=self.home.post)
        yield facts.a_loan(team_id=self.team, to_region=ABROAD)
        yield facts.a_reserve(organisation_id=self.home.post, campaign_id=CAMPAIGN)

    def people(self) -> Iterator[Payload]:
        last = len(self.patients) - 1
        yield facts.a_patient(**self.of_practice(last), birth_year=1919, indication="age_90")
        yield PatientChanged(
            **{
                **facts.a_patient(**self.of_practice(last)).model_dump(),
                "location_id": self.home.locations[1],
            }
        )
        yield facts.a_consent(**self.of_practice(last), status=ConsentStatus.REFUSED)
        yield facts.an_assessment(**self.of_practice(last - 1), judgement=Judgement.TRIAGE)
        yield facts.given_elsewhere(**self.of_practice(last - 1), product_id=PRODUCT)
        yield PatientWithdrawn(**self.of_practice(last), reason=next(iter(WithdrawalReason)))
        asked = {"person_id": self.patients[0], "organisation_id": self.home.practices[0]}
        yield IdentityQuestioned(**asked, question=IdentityQuestion.SAME_DETAILS_NO_BSN)
        yield IdentitySettled(**asked, answer=IdentityAnswer.DIFFERENT)

    def stock(self) -> Iterator[Payload]:
        yield facts.a_product("pfizer")
        campaign = facts.a_campaign("griep", campaign_id=an_id("griep"))
        yield campaign
        yield CampaignChanged(**{**campaign.model_dump(), "name": "Griepprik 2021"})
        coming = {"delivery_id": an_id("coming"), "depot_id": self.home.post, "product_id": PRODUCT}
        yield facts.an_announcement(**coming, expected_on=TODAY)
        yield facts.a_promise(**coming, expected_on=TODAY)
        yield facts.a_delivery(**coming, lot="NEW1", received_on=TODAY)
        yield facts.a_stock_count(99, **self.at_depot(), counted_at=NOW)
        counted = self.said[StockCounted]
        ref = FactRef(source=counted.source, id=counted.id)
        yield facts.a_settlement(99, ref, **self.at_depot(), adjusted_at=NOW)
        moved = {"product_id": PRODUCT, "lot": LOT, "doses": 10}
        yield StockMoved(**moved, from_depot_id=self.home.post, to_depot_id=an_id("new post"))
        yield LotQuarantined(product_id=PRODUCT, lot=LOT)
        yield LotReleased(product_id=PRODUCT, lot=LOT)
        yield facts.a_reading(depot_id=self.home.post, read_at=NOW)
        yield facts.a_waste(3, **self.at_depot(), wasted_at=NOW)
        yield self.corrects(DoseWasted, WasteCorrected, doses=4)

    def road(self) -> Iterator[Payload]:
        yield facts.a_delay(20, team_id=self.team, noted_at=NOW)
        yield VisitStarted(visit_id=self.visit, team_id=self.team, started_at=NOW)
        vial = {"product_id": PRODUCT, "lot": LOT, "opened_at": NOW, "doses": 10}
        yield facts.a_container(**self.of_team(), **vial)
        yield self.corrects(ContainerOpened, ContainerCorrected, doses=9)
        given = {**self.of_team(), **self.at_depot(), "given_at": NOW}
        yield facts.a_dose(**self.about(0), **given)
        yield self.corrects(DoseAdministered, DoseCorrected, lot="NEW1")
        dose = self.said[DoseAdministered]
        yield facts.a_retraction((dose.source, dose.id), **self.about(0))
        yield facts.not_given(**self.about(1), **self.of_team(), noted_at=NOW)
        yield facts.an_adverse_event(**self.about(2), began_at=NOW, severity=Severity.SEVERE)
        offer = {"team_id": self.team, "campaign_id": CAMPAIGN, "product_id": PRODUCT, "lot": LOT}
        offer |= {"offer_id": an_id("offer"), "offered_at": NOW, "use_before": SOON}
        yield facts.an_offer(**offer)
        yield facts.a_taking(offer_id=an_id("offer"), team_id=self.team, taken_at=NOW)
        yield from self.extra_stop()
        yield VisitCompleted(visit_id=self.visit, team_id=self.team, completed_at=NOW)
        yield TeamUnavailable(team_id=self.team, begins_at=NOW, ends_at=SOON)

    def extra_stop(self) -> Iterator[Payload]:
        of = {"location_id": self.home.locations[0], "team_id": self.team}
        hours = {"starts_at": SOON, "ends_at": SOON + timedelta(hours=1)}
        people = (PlannedPerson(person_id=self.patients[4], dose_no=1),)
        for name in ("one", "two"):
            asked = {"shift_id": self.shift, "campaign_id": CAMPAIGN, "product_id": PRODUCT}
            asked |= {"persons": people, "answer_by": NOW + timedelta(minutes=10)}
            yield facts.an_extra_stop(name, **of, **hours, **asked)
        yield facts.an_agreement("one", **of, answer=StopAnswer.DECLINED, answered_at=NOW)
        yield facts.asked_no_more("two", **of)

    def plans(self) -> Iterator["Payload | Proposal"]:
        people = tuple(PlannedPerson(person_id=one, dose_no=1) for one in self.patients[3:5])
        visit = facts.an_assignment(
            visit_id=an_id("second"),
            plan_id=self.home.plan,
            location_id=self.home.locations[0],
            team_id=self.team,
            shift_id=self.shift,
            campaign_id=CAMPAIGN,
            product_id=PRODUCT,
            starts_at=SOON + timedelta(hours=2),
            ends_at=SOON + timedelta(hours=3),
            persons=people,
        )
        yield visit
        pin = {"visit_id": visit.visit_id, "shift_id": self.shift, "starts_at": visit.starts_at}
        yield StopPinned(**pin)
        yield StopReleased(visit_id=visit.visit_id)
        yield facts.a_move(**pin)
        together = {
            "location_id": visit.location_id,
            "campaign_id": CAMPAIGN,
            "product_id": PRODUCT,
        }
        yield facts.a_grouping(
            **pin, **together, team_id=self.team, ends_at=visit.ends_at, persons=people
        )
        yield facts.a_notice(visit_id=visit.visit_id, sent_at=NOW)
        yield StopCancelled(visit_id=visit.visit_id, reason="the lift is out of order")
        yield visit.model_copy(update={"visit_id": an_id("third")})
        yield VisitUnassigned(
            visit_id=an_id("third"), plan_id=self.home.plan, location_id=self.home.locations[0]
        )
        sent = {"person_id": self.patients[0], "campaign_id": CAMPAIGN, "sent_at": NOW}
        yield facts.a_return(**sent)
        yield facts.a_refusal()
        yield facts.an_acknowledgement()
        yield facts.asked_again()
        yield facts.a_count(campaign_id=CAMPAIGN, counted_at=NOW)
        yield Proposal(served=4, number=2)
        yield PlanRejected(plan_id=self.home.plan, reason="te veel telefoontjes")
        yield Proposal(served=5, number=3)
        yield PlanApproved(plan_id=self.home.plan)
        yield Proposal(served=3, number=4)
        yield PlanPublished(plan_id=self.home.plan)
