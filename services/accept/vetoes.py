"""Vetoes on what is published: who may not get the planned dose leaves the plan in the transaction that stores why.

Whatever the freeze, and whether the visit has begun or not. Set-wise: one statement finds the visits that a batch
touches, and where there are none, as for most batches, nothing else is asked.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from events.catalogue import CATALOGUE, TAKES_OFF
from events.codec import to_event
from events.envelope import Event
from events.identifiers import SYSTEM_SOURCE, Payload
from events.location import OutbreakDeclared
from events.plans import PlannedPerson, VisitAssigned, VisitUnassigned
from events.practice import DoseGivenElsewhere
from events.visits import DoseAdministered, DoseCorrected, DoseRetracted
from infra.identity import derived_id
from infra.postgres.acceptor import dose_corrections, vetoes
from infra.postgres.acceptor.ledger import Numbered
from infra.postgres.acceptor.vetoes import BookedVisit, Homes
from infra.postgres.snapshot.people import load_facts
from scheduling.problem import Assessment, Consent
from services.care.series import (
    PersonKey,
    Series,
    Veto,
    assessment_of,
    consent_of,
    to_series,
    veto_of,
)

if TYPE_CHECKING:
    from infra.postgres.database import Connection

# A visit that is over by now, and that nobody completed, is history: nobody waits for it.
OVER: Final = timedelta(days=1)
LOOKED_AFTER: Final = frozenset(
    entry.payload
    for entry in CATALOGUE.values()
    if entry.derives == TAKES_OFF
    and ("person_id" in entry.payload.model_fields or entry.payload is OutbreakDeclared)
)

OF_DOSES: Final = (DoseAdministered, DoseGivenElsewhere, DoseCorrected, DoseRetracted)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of people, in the whole country, and of the places where they live."""

    series: dict[PersonKey, Series]
    homes: Homes
    blocked: set[tuple[str, UUID]]

    def may_stay(
        self, region: str, location: UUID, campaign: UUID | None, one: PlannedPerson
    ) -> bool:
        """Whether this person may get this dose at a visit; crisis visits have no people."""
        if campaign is None:
            return True
        key = (one.person_id, campaign)
        if (region, location) in self.blocked or self.is_away(region, location, key):
            return False
        series = self.series.get(key, Series())
        veto = veto_of(series, one.dose_no)
        if veto is Veto.NO_CONSENT and not series.answers and consent_of(series) is Consent.UNKNOWN:
            # Nothing was ever said of this person, who is registered nowhere: a plan knows no such people.
            return key not in self.homes and assessment_of(series) is Assessment.ELIGIBLE
        return veto is None

    def is_away(self, region: str, location: UUID, key: PersonKey) -> bool:
        """Whether the registration was withdrawn, or names another place by now."""
        if key not in self.homes:
            return False
        return self.homes[key].get(region) != location


async def read_known(tx: "Connection", people: Collection[UUID], places: Collection[UUID]) -> Known:
    """Reads all that may forbid a dose to these people at these places."""
    wanted = sorted(people)
    return Known(
        series=to_series(await load_facts(tx, wanted)),
        homes=await vetoes.read_homes(tx, wanted),
        blocked=await vetoes.read_blocked(tx, sorted(places)),
    )


async def derive_vetoes(
    tx: "Connection",
    numbered: Sequence[Numbered[Payload]],
    regions: Collection[str],
    now: datetime,
) -> list[Event]:
    """What the facts of a batch, applied already, change in published visits: one event for each visit.

    Only in `regions`, those that this transaction may number in: others hear of it when their plan is published.
    """
    rows = [row for row in numbered if type(row.payload) in LOOKED_AFTER]
    if not rows:
        return []
    people: dict[UUID, Numbered[Payload]] = {
        person: row for row in rows if (person := getattr(row.payload, "person_id", None))
    }
    people = dict(await list_corrected(tx, rows)) | people
    places: dict[UUID, Numbered[Payload]] = {
        row.payload.location_id: row for row in rows if isinstance(row.payload, OutbreakDeclared)
    }
    visits = await vetoes.read_booked(tx, sorted(people), sorted(places), regions, now - OVER)
    if not visits:
        return []
    known = await read_known(tx, *everybody_in(visits))
    derived = []
    for visit in visits:
        staying = find_staying(visit, known)
        if len(staying) < len(visit.facts.persons):
            derived.append(take_off(newest_cause(visit, people, places), visit, staying))
    return derived


async def list_corrected(
    tx: "Connection", rows: Sequence[Numbered[Payload]]
) -> list[tuple[UUID, Numbered[Payload]]]:
    """Whom corrections name that waited for a fact of the batch, with that fact."""
    doses = {(row.source, row.id): row for row in rows if isinstance(row.payload, OF_DOSES)}
    if not doses:
        return []
    found = await dose_corrections.find_corrected_people(tx, list(doses))
    return [(person, doses[key]) for key, person in found]


async def derive_standing_vetoes(
    tx: "Connection", newest: Mapping[str, int], now: datetime
) -> list[Event]:
    """What all facts change in all published visits: for a state that another fold, or another rule of care, made.

    `newest` has the last number of every region; the caller has locked them all. The ids follow from these numbers, for
    there is no fact that causes it.
    """
    visits = await vetoes.read_booked(tx, [], [], newest, now - OVER, everybody=True)
    known = await read_known(tx, *everybody_in(visits))
    derived = []
    for visit in visits:
        staying = find_staying(visit, known)
        if len(staying) < len(visit.facts.persons):
            number = newest[visit.region]
            name = f"rebuilt at {visit.region}/{number}"
            cause = Numbered(visit.region, number, visit.facts, now, SYSTEM_SOURCE, name)
            derived.append(take_off(cause, visit, staying))
    return derived


def everybody_in(visits: Iterable[BookedVisit]) -> tuple[set[UUID], set[UUID]]:
    """The people of these visits, and the places."""
    facts = [visit.facts for visit in visits]
    return (
        {one.person_id for visit in facts for one in visit.persons},
        {visit.location_id for visit in facts},
    )


def find_staying(visit: BookedVisit, known: Known) -> tuple[PlannedPerson, ...]:
    """Who stays in a visit: who may still get the dose, and who had it there."""
    facts = visit.facts
    return tuple(
        one
        for one in facts.persons
        if one in visit.had
        or known.may_stay(visit.region, facts.location_id, facts.campaign_id, one)
    )


def newest_cause(
    visit: BookedVisit,
    people: dict[UUID, Numbered[Payload]],
    places: dict[UUID, Numbered[Payload]],
) -> Numbered[Payload]:
    """The newest fact of the batch that speaks of a visit."""
    causes = [people[one.person_id] for one in visit.facts.persons if one.person_id in people]
    if visit.facts.location_id in places:
        causes.append(places[visit.facts.location_id])
    return max(causes, key=lambda row: (row.region == visit.region, row.seq, row.source, row.id))


def take_off(
    cause: Numbered[Payload], visit: BookedVisit, staying: tuple[PlannedPerson, ...]
) -> Event:
    """The visit with those who stay; off the plan when nobody does, unless its team is there already.

    Other systems and the institution hear that somebody is off, never why.
    """
    facts = visit.facts
    if staying or visit.begun:
        return make_derived_for(visit, cause, facts.model_copy(update={"persons": staying}))
    return make_derived_for(
        visit,
        cause,
        VisitUnassigned(
            visit_id=facts.visit_id, plan_id=facts.plan_id, location_id=facts.location_id
        ),
    )


def make_derived_for(
    visit: BookedVisit, cause: Numbered[Payload], payload: VisitAssigned | VisitUnassigned
) -> Event:
    """An event about a visit in its own region; the id follows from cause, type and visit."""
    return make_derived(replace(cause, region=visit.region), str(payload.visit_id), payload)


def make_derived(cause: Numbered[Payload], part: str, payload: Payload) -> Event:
    """An event in the region of its cause; the id follows from cause and type, so that deriving again is a duplicate."""
    kind = type(payload).__name__
    return to_event(
        str(derived_id(cause.source, cause.id, kind, part)),
        SYSTEM_SOURCE,
        cause.at,
        cause.region,
        payload,
    )
