"""The catalogue of events: type -> payload, allowed senders, region, effect, outward topic.

`ENTRIES` holds the newest version of each type; `CATALOGUE` also holds former versions, which are still read.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from events import (
    extra_stops,
    identities,
    leftovers,
    location,
    organisations,
    plans,
    practice,
    reports,
    supply,
    teams,
    visits,
)
from events.envelope import Sender
from events.identifiers import Payload
from events.upcasting import FORMER


class RegionFrom(StrEnum):
    """Where the region of an event comes from."""

    SENDER = "sender"  # the partition key, else the only region of the sender
    LOCATION = "location"  # that of the location when it is known, else as SENDER
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue."""

    name: str
    payload: type[Payload]
    senders: frozenset[Sender]
    region_from: RegionFrom = RegionFrom.SENDER
    changes_problem: bool = True
    outward: str | None = None  # topic for other systems
    derives: tuple[str, ...] = ()


PRACTICE = frozenset({Sender.PRACTICE})
PLACE = frozenset({Sender.INSTITUTION, Sender.HAP, Sender.GGD})
HAP = frozenset({Sender.HAP})
GGD = frozenset({Sender.GGD})
TEAM = frozenset({Sender.TEAM})
OPERATOR = frozenset({Sender.OPERATOR})
SYSTEM = frozenset({Sender.SYSTEM})
SENDER, LOCATION, NATIONAL = RegionFrom.SENDER, RegionFrom.LOCATION, RegionFrom.NATIONAL

OUT_PLAN, OUT_VISIT, OUT_DOSE = "out.plan.v1", "out.visit.v1", "out.dose.v1"
OUT_PROGRESS = "out.progress.v1"

# What may take people off a published visit: `services.accept.vetoes` looks after each of these.
TAKES_OFF = ("visit.assigned.v1", "visit.unassigned.v1")

ENTRIES: tuple[Entry, ...] = (
    Entry("organisation.registered.v1", organisations.OrganisationRegistered, OPERATOR),
    Entry("organisation.changed.v1", organisations.OrganisationChanged, OPERATOR),
    Entry("policy.changed.v1", organisations.PolicyChanged, OPERATOR),
    Entry(
        "decision.recorded.v1",
        organisations.DecisionRecorded,
        OPERATOR | PRACTICE | HAP,
        derives=TAKES_OFF,
    ),
    Entry(
        "patient.registered.v1", practice.PatientRegistered, PRACTICE, LOCATION, derives=TAKES_OFF
    ),
    Entry("patient.changed.v1", practice.PatientChanged, PRACTICE, LOCATION, derives=TAKES_OFF),
    Entry("patient.withdrawn.v1", practice.PatientWithdrawn, PRACTICE, LOCATION, derives=TAKES_OFF),
    Entry("consent.recorded.v1", practice.ConsentRecorded, PRACTICE, LOCATION, derives=TAKES_OFF),
    Entry(
        "assessment.recorded.v1", practice.AssessmentRecorded, PRACTICE, LOCATION, derives=TAKES_OFF
    ),
    Entry(
        "dose.given_elsewhere.v1",
        practice.DoseGivenElsewhere,
        PRACTICE,
        LOCATION,
        derives=TAKES_OFF,
    ),
    Entry("location.registered.v1", location.LocationRegistered, PLACE, LOCATION),
    Entry("location.changed.v1", location.LocationChanged, PLACE, LOCATION),
    Entry(
        "location.confirmed.v1", location.LocationConfirmed, PLACE, LOCATION, changes_problem=False
    ),
    Entry("outbreak.declared.v1", location.OutbreakDeclared, PLACE, LOCATION, derives=TAKES_OFF),
    Entry("outbreak.lifted.v1", location.OutbreakLifted, PLACE, LOCATION),
    Entry("visit.requested.v1", location.VisitRequested, PLACE, LOCATION),
    Entry("visit.withdrawn.v1", location.VisitWithdrawn, PLACE, LOCATION),
    Entry("team.formed.v1", teams.TeamFormed, HAP),
    Entry("shift.opened.v1", teams.ShiftOpened, HAP),
    Entry("shift.changed.v1", teams.ShiftChanged, HAP),
    Entry("shift.swapped.v1", teams.ShiftSwapped, HAP),
    Entry("shift.withdrawn.v1", teams.ShiftWithdrawn, HAP),
    Entry("member.certified.v1", teams.MemberCertified, HAP),
    Entry("order.given.v2", teams.OrderGiven, HAP),
    Entry("stop.pinned.v1", teams.StopPinned, HAP),
    Entry("stop.released.v1", teams.StopReleased, HAP),
    Entry("stop.moved.v1", teams.StopMoved, HAP),
    Entry("stop.grouped.v1", teams.StopGrouped, HAP),
    Entry("stop.cancelled.v1", teams.StopCancelled, HAP, derives=TAKES_OFF),
    Entry("reserve.listed.v1", teams.ReserveListed, HAP, changes_problem=False),
    Entry(
        "plan.approved.v1",
        teams.PlanApproved,
        HAP,
        changes_problem=False,
        derives=("plan.published.v1",),
    ),
    Entry("plan.rejected.v1", teams.PlanRejected, HAP, changes_problem=False),
    Entry("campaign.opened.v1", supply.CampaignOpened, GGD, NATIONAL),
    Entry("campaign.changed.v1", supply.CampaignChanged, GGD, NATIONAL),
    Entry("product.catalogued.v1", supply.ProductCatalogued, GGD, NATIONAL),
    Entry("delivery.announced.v1", supply.DeliveryAnnounced, GGD),
    Entry("delivery.confirmed.v1", supply.DeliveryConfirmed, GGD),
    Entry("delivery.received.v1", supply.DeliveryReceived, GGD),
    Entry("stock.moved.v1", supply.StockMoved, GGD),
    Entry("stock.counted.v1", supply.StockCounted, GGD | HAP, changes_problem=False),
    Entry("stock.adjusted.v1", supply.StockAdjusted, GGD | HAP),
    Entry("lot.quarantined.v1", supply.LotQuarantined, GGD),
    Entry("lot.released.v1", supply.LotReleased, GGD),
    Entry("team.lent.v1", teams.TeamLent, GGD),
    Entry("visit.started.v1", visits.VisitStarted, TEAM, outward=OUT_VISIT),
    Entry("visit.completed.v1", visits.VisitCompleted, TEAM, outward=OUT_VISIT),
    Entry(
        "dose.administered.v1",
        visits.DoseAdministered,
        TEAM,
        LOCATION,
        outward=OUT_DOSE,
        derives=TAKES_OFF,
    ),
    Entry(
        "dose.not_given.v1",
        visits.DoseNotGiven,
        TEAM,
        LOCATION,
        outward=OUT_DOSE,
        derives=TAKES_OFF,
    ),
    Entry("dose.wasted.v1", visits.DoseWasted, TEAM, outward=OUT_DOSE),
    Entry(
        "dose.corrected.v1",
        visits.DoseCorrected,
        TEAM | PRACTICE | HAP,
        LOCATION,
        outward=OUT_DOSE,
        derives=TAKES_OFF,
    ),
    Entry(
        "dose.retracted.v1",
        visits.DoseRetracted,
        TEAM | PRACTICE | HAP,
        LOCATION,
        outward=OUT_DOSE,
        derives=TAKES_OFF,
    ),
    Entry("waste.corrected.v1", visits.WasteCorrected, TEAM | HAP | GGD, outward=OUT_DOSE),
    Entry("container.opened.v1", leftovers.ContainerOpened, TEAM, changes_problem=False),
    Entry(
        "container.corrected.v1",
        leftovers.ContainerCorrected,
        TEAM | HAP | GGD,
        changes_problem=False,
    ),
    Entry("leftover.offered.v1", leftovers.LeftoverOffered, TEAM, changes_problem=False),
    Entry("leftover.taken.v1", leftovers.LeftoverTaken, TEAM, changes_problem=False),
    Entry(
        "adverse_event.reported.v1",
        visits.AdverseEventReported,
        TEAM | PRACTICE,
        LOCATION,
        derives=TAKES_OFF,
    ),
    Entry("team.delayed.v1", visits.TeamDelayed, TEAM | HAP),
    Entry("team.unavailable.v1", visits.TeamUnavailable, TEAM | HAP),
    Entry(
        "temperature.read.v1",
        supply.TemperatureRead,
        TEAM | HAP | GGD,
        changes_problem=False,  # what an excursion derives does
        derives=("lot.quarantined.v1",),
    ),
    Entry(
        "plan.proposed.v1",
        plans.PlanProposed,
        SYSTEM,
        changes_problem=False,
        outward=OUT_PLAN,
        derives=("plan.published.v1",),
    ),
    Entry(
        "plan.published.v1",
        plans.PlanPublished,
        SYSTEM,
        changes_problem=False,
        outward=OUT_PLAN,
        derives=("visit.assigned.v1", "visit.unassigned.v1"),
    ),
    Entry(
        "visit.assigned.v1", plans.VisitAssigned, SYSTEM, changes_problem=False, outward=OUT_VISIT
    ),
    Entry(
        "visit.unassigned.v1",
        plans.VisitUnassigned,
        SYSTEM,
        changes_problem=False,
        outward=OUT_VISIT,
    ),
    Entry(
        "stop.offered.v1", extra_stops.StopOffered, SYSTEM, changes_problem=False, outward=OUT_VISIT
    ),
    Entry(
        "stop.answered.v1",
        extra_stops.StopAnswered,
        TEAM | HAP,
        LOCATION,
        derives=("visit.assigned.v1", "stop.withdrawn.v1"),
    ),
    Entry(
        "stop.withdrawn.v1",
        extra_stops.StopWithdrawn,
        SYSTEM,
        changes_problem=False,
        outward=OUT_VISIT,
    ),
    Entry("identity.questioned.v1", identities.IdentityQuestioned, SYSTEM, derives=TAKES_OFF),
    Entry("identity.settled.v1", identities.IdentitySettled, SYSTEM, derives=TAKES_OFF),
    Entry("notice.sent.v1", reports.NoticeSent, SYSTEM, changes_problem=False),
    Entry("return_record.sent.v1", reports.ReturnRecordSent, SYSTEM, changes_problem=False),
    Entry(
        "return_record.acknowledged.v1",
        reports.ReturnRecordAcknowledged,
        SYSTEM,
        changes_problem=False,
    ),
    Entry("return_record.rejected.v1", reports.ReturnRecordRejected, SYSTEM, changes_problem=False),
    Entry(
        "return_record.requested.v1", reports.ReturnRecordRequested, SYSTEM, changes_problem=False
    ),
    Entry(
        "progress.counted.v1",
        reports.ProgressCounted,
        SYSTEM,
        changes_problem=False,
        outward=OUT_PROGRESS,
    ),
)

NEWEST: dict[str, Entry] = {entry.name: entry for entry in ENTRIES}


def build_former_entries() -> tuple[Entry, ...]:
    """Entries of former versions: same senders and effects as the newest, to which they are upcast."""
    found = dict(NEWEST)
    # From new to old: an entry is made from that of the next version, which must exist by then.
    for former in reversed(FORMER):
        found[former.name] = replace(
            found[former.newer_name], name=former.name, payload=former.payload
        )
    return tuple(entry for name, entry in found.items() if name not in NEWEST)


FORMER_ENTRIES = build_former_entries()
CATALOGUE: dict[str, Entry] = NEWEST | {entry.name: entry for entry in FORMER_ENTRIES}
TYPE_OF: dict[type[Payload], str] = {entry.payload: entry.name for entry in CATALOGUE.values()}
OUTWARD_TOPICS = (OUT_PLAN, OUT_VISIT, OUT_DOSE, OUT_PROGRESS)
