"""Which function folds which event into the state: one line for each type of the catalogue."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

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
from events.identifiers import Payload
from infra.postgres.acceptor import corrections, dose_corrections, pins, places, posts, rounds
from infra.postgres.acceptor import extra_stops as extra_stop_state
from infra.postgres.acceptor import identities as identity_state
from infra.postgres.acceptor import leftovers as leftover_state
from infra.postgres.acceptor import organisations as organisation_state
from infra.postgres.acceptor import plans as plan_state
from infra.postgres.acceptor import practice as practice_state
from infra.postgres.acceptor import reports as report_state
from infra.postgres.acceptor import supply as supply_state
from infra.postgres.acceptor import visits as visit_state
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection

# Every handler takes rows of its own payload type; the table can not say so to the type checker.
Handler = Callable[["Connection", Sequence[Numbered[Any]]], Awaitable[None]]

SET_WISE: dict[type[Payload], Handler] = {
    organisations.OrganisationRegistered: organisation_state.register,
    organisations.OrganisationChanged: organisation_state.change,
    organisations.PolicyChanged: organisation_state.change_policy,
    organisations.DecisionRecorded: organisation_state.record_decision,
    practice.PatientRegistered: practice_state.register,
    practice.PatientChanged: practice_state.change,
    practice.PatientWithdrawn: practice_state.withdraw,
    practice.ConsentRecorded: practice_state.record_consent,
    practice.AssessmentRecorded: practice_state.record_assessment,
    practice.DoseGivenElsewhere: rounds.give_elsewhere,
    location.LocationRegistered: places.register,
    location.LocationChanged: places.change,
    location.LocationConfirmed: places.confirm,
    location.OutbreakDeclared: places.declare_outbreak,
    location.OutbreakLifted: places.lift_outbreak,
    location.VisitRequested: places.request_visit,
    location.VisitWithdrawn: places.withdraw_visit,
    teams.TeamFormed: posts.form_team,
    teams.ShiftOpened: posts.open_shift,
    teams.ShiftChanged: posts.change_shift,
    teams.ShiftSwapped: posts.swap_shifts,
    teams.ShiftWithdrawn: posts.withdraw_shift,
    teams.MemberCertified: posts.certify,
    teams.OrderGiven: posts.give_order,
    teams.StopPinned: pins.pin,
    teams.StopReleased: pins.release,
    teams.StopMoved: pins.move,
    teams.StopGrouped: pins.group,
    teams.TeamLent: posts.lend,
    teams.ReserveListed: leftover_state.list_reserve,
    teams.PlanRejected: plan_state.reject,
    supply.CampaignOpened: supply_state.open_campaign,
    supply.CampaignChanged: supply_state.change_campaign,
    supply.ProductCatalogued: supply_state.catalogue_product,
    supply.DeliveryAnnounced: supply_state.announce,
    supply.DeliveryConfirmed: supply_state.confirm,
    supply.DeliveryReceived: supply_state.receive,
    supply.StockMoved: supply_state.move_stock,
    supply.StockCounted: supply_state.count,
    supply.StockAdjusted: corrections.adjust,
    supply.LotQuarantined: supply_state.quarantine_lot,
    supply.LotReleased: supply_state.release_lot,
    plans.VisitAssigned: visit_state.assign,
    plans.VisitUnassigned: visit_state.unassign,
    extra_stops.StopOffered: extra_stop_state.offer,
    extra_stops.StopWithdrawn: extra_stop_state.withdraw,
    visits.VisitStarted: visit_state.start_visit,
    visits.VisitCompleted: visit_state.complete_visit,
    visits.DoseAdministered: rounds.give,
    visits.DoseNotGiven: rounds.not_give,
    visits.DoseCorrected: dose_corrections.correct,
    visits.DoseRetracted: dose_corrections.retract,
    visits.DoseWasted: rounds.waste,
    visits.WasteCorrected: corrections.correct_waste,
    visits.AdverseEventReported: rounds.report_adverse_event,
    visits.TeamDelayed: posts.delay,
    visits.TeamUnavailable: posts.mark_unavailable,
    leftovers.ContainerOpened: leftover_state.open_container,
    leftovers.ContainerCorrected: corrections.correct_container,
    leftovers.LeftoverOffered: leftover_state.offer,
    leftovers.LeftoverTaken: leftover_state.take,
    identities.IdentityQuestioned: identity_state.question,
    identities.IdentitySettled: identity_state.settle,
    reports.NoticeSent: report_state.send_notice,
    reports.ReturnRecordSent: report_state.send_return,
    reports.ReturnRecordAcknowledged: report_state.acknowledge_return,
    reports.ReturnRecordRejected: report_state.reject_return,
    reports.ReturnRecordRequested: report_state.request_return,
    reports.ProgressCounted: report_state.count_progress,
}

# These derive other events, and what is derived depends on what was applied before: one by one, in ledger order.
ONE_BY_ONE = (
    plans.PlanProposed,
    plans.PlanPublished,
    teams.PlanApproved,
    supply.TemperatureRead,
    teams.StopCancelled,
    extra_stops.StopAnswered,
)


async def apply_facts(
    tx: "Connection", numbered: Sequence[Numbered[Payload]]
) -> list[Numbered[Payload]]:
    """Apply set-wise what can be; returns the events that derive others, in ledger order, not applied yet.

    Set-wise because a statement costs Postgres more than its rows do. The types go in the order of the table:
    assignments before what was done at the visits, and an appointment is retired before another is booked.
    """
    by_type: dict[type[Payload], list[Numbered[Payload]]] = defaultdict(list)
    for row in numbered:
        by_type[type(row.payload)].append(row)
    for kind, handler in SET_WISE.items():
        if rows := by_type.get(kind):
            await handler(tx, rows)
    deriving = [row for kind in ONE_BY_ONE for row in by_type.get(kind, ())]
    return sorted(deriving, key=lambda row: (row.region, row.seq))
