"""Slips of a team: about two in a hundred doses are recorded wrongly, and put right before the team leaves."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from random import Random
from typing import Final

from events.envelope import Sender
from events.identifiers import MemberId
from events.plans import PlannedPerson, VisitAssigned
from events.visits import (
    DoseAdministered,
    DoseCorrected,
    DoseNotGiven,
    DoseRetracted,
    NotGiven,
    RetractionReason,
)
from infra.identity import derived_id
from services.sending import SenderEvent, make_event

# Our guess, for exercises: registrations on paper and by hand had mistakes, how often was not counted.
OF_GIVEN: Final = 0.02  # of doses: another lot, another person, or said twice
OF_ABSENT: Final = 0.1  # of absent people: a dose is recorded that was not given


class Slip(StrEnum):
    """What is recorded wrongly of a dose that was given."""

    WRONG_LOT = "wrong lot"
    WRONG_PERSON = "wrong person"
    SAID_TWICE = "said twice"


def add_slips(said: Sequence[SenderEvent], visit: VisitAssigned, seed: int) -> list[SenderEvent]:
    """What a team says of a visit, with its slips, and what puts them right just before it leaves.

    Drawn from the seed and each event alone, so that a restarted simulator sends the same events.
    """
    told: list[SenderEvent] = []
    repairs: list[SenderEvent] = []
    lot = next((one.payload for one in said if isinstance(one.payload, DoseAdministered)), None)
    for one in said:
        rng = Random(f"slip {seed} {one.id}")
        payload = one.payload
        if isinstance(payload, DoseAdministered) and rng.random() < OF_GIVEN:
            first, repair = slip(rng, one, payload, visit)
            told.append(first)
            repairs.append(repair)
            continue
        told.append(one)
        is_absent = isinstance(payload, DoseNotGiven) and payload.reason is NotGiven.ABSENT
        if is_absent and lot is not None and rng.random() < OF_ABSENT:
            first, repair = record_absent(one, lot, visit)
            told.append(first)
            repairs.append(repair)
    return [*told[:-1], *repairs, *told[-1:]]


def slip(
    rng: Random, one: SenderEvent, payload: DoseAdministered, visit: VisitAssigned
) -> tuple[SenderEvent, SenderEvent]:
    """The first record, and what puts it right."""
    others = [person for person in visit.persons if person.person_id != payload.person_id]
    kinds = list(Slip) if others else [Slip.WRONG_LOT, Slip.SAID_TWICE]
    match rng.choice(kinds):
        case Slip.WRONG_LOT:
            wrong = payload.model_copy(update={"lot": misread(payload.lot)})
            return say_otherwise(one, wrong), correct(one, payload, visit)
        case Slip.WRONG_PERSON:
            other: PlannedPerson = rng.choice(others)
            wrong = payload.model_copy(update={"person_id": other.person_id})
            return say_otherwise(one, wrong), correct(one, payload, visit)
        case Slip.SAID_TWICE:
            return one, one.named(derived_id("said twice", one.id))


def record_absent(
    one: SenderEvent, like: DoseAdministered, visit: VisitAssigned
) -> tuple[SenderEvent, SenderEvent]:
    """A dose that is recorded for somebody who was not there, and taken back."""
    missed = one.payload
    assert isinstance(missed, DoseNotGiven)
    dose = like.model_copy(
        update={
            "person_id": missed.person_id,
            "dose_no": missed.dose_no,
            "given_at": missed.noted_at,
        }
    )
    first = say_otherwise(one, dose).named(derived_id("recorded", one.id))
    taken_back = DoseRetracted(
        of_source=first.envelope.source,
        of_id=first.id,
        person_id=missed.person_id,
        campaign_id=missed.campaign_id,
        location_id=missed.location_id,
        reason=RetractionReason.NOT_GIVEN,
        why="aangevinkt op de lijst van het bezoek",
        corrected_by=recorder_of(visit),
    )
    return first, make_event(
        Sender.TEAM, one.envelope.region, taken_back, system_of(one), visit.ends_at
    )


def say_otherwise(one: SenderEvent, wrong: DoseAdministered) -> SenderEvent:
    """The same event with other content, under its own id."""
    made = make_event(Sender.TEAM, one.envelope.region, wrong, system_of(one), one.time)
    envelope = replace(one.envelope, type=made.envelope.type)  # somebody absent was no dose
    return SenderEvent(made.sender, envelope, made.payload, made.body)


def correct(one: SenderEvent, right: DoseAdministered, visit: VisitAssigned) -> SenderEvent:
    """What puts the record of a dose right."""
    correction = DoseCorrected(
        of_source=one.envelope.source,
        of_id=one.id,
        person_id=right.person_id,
        campaign_id=right.campaign_id,
        location_id=right.location_id,
        dose_no=right.dose_no,
        product_id=right.product_id,
        lot=right.lot,
        depot_id=right.depot_id,
        team_id=right.team_id,
        visit_id=right.visit_id,
        given_at=right.given_at,
        why="vergeleken met de lijst van het bezoek",
        corrected_by=recorder_of(visit),
    )
    return make_event(Sender.TEAM, one.envelope.region, correction, system_of(one), visit.ends_at)


def recorder_of(visit: VisitAssigned) -> MemberId:
    """Who puts a record right: a member of the team, by number."""
    return MemberId(derived_id("recorder", str(visit.team_id)))


def system_of(one: SenderEvent) -> str:
    """The name of the system that sent it, the last part of its source."""
    return one.envelope.source.rsplit(":", 1)[1]


def misread(lot: str) -> str:
    """A lot number with its last digit one too high."""
    head, last = lot[:-1], lot[-1]
    return head + (str((int(last) + 1) % 10) if last.isdigit() else "X")
