"""Reads about who is who: open questions as their reader may see them, and what one practice said of a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from events.identifiers import Payload
from events.practice import (
    AssessmentRecorded,
    ConsentRecorded,
    DoseGivenElsewhere,
    PatientRegistered,
    PatientWithdrawn,
    WithdrawalReason,
)
from events.visits import AdverseEventReported

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """An open question: about which pseudonym, to which practice; never who else it is about."""

    person: UUID
    kind: str
    organisation: UUID | None
    practice: str | None
    opened_at: datetime
    confirmed_at: datetime | None  # when the practice said that it is right as it stands
    is_of_practice: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """Something that was said about a person, to be said again about another id; `key` is its place in the ledger."""

    key: str
    payload: Payload
    moment: datetime


async def questions(tx: "Connection") -> list[QuestionRow]:
    """Reads the open questions: a practice those to it, a planner those of the region; the oldest first.

    Where the practice took its registration back by itself, nothing is left to ask.
    """
    rows = await tx.fetch(
        """
        SELECT q.person, q.kind, q.organisation, o.facts ->> 'name', q.opened_at, q.confirmed_at, q.said_by = 'practice'
        FROM person_questions q
        LEFT JOIN organisations o ON o.region = q.region AND o.organisation = q.organisation
        WHERE q.answered_at IS NULL AND coalesce((
          SELECT bool_or(r.live) OR bool_and(r.registered_seq = 0) FROM registrations r
          WHERE r.person = q.person AND r.practice = q.organisation), true)
        ORDER BY q.opened_at, q.person
        """
    )
    return [QuestionRow(*row) for row in rows]


async def recorded(tx: "Connection", person: UUID, practice: UUID) -> list[Recorded]:
    """Reads the live registrations of a person by a practice, its answers and judgements, and doses and illness."""
    registrations = await tx.fetch(
        """
        SELECT region, registered_seq AS seq, registered_at AS moment, person AS person_id, campaign AS campaign_id,
               at_location AS location_id, practice AS practice_id, birth_year, indication, coalesce(has_needs, '{}') AS needs
        FROM registrations WHERE person = $1 AND practice = $2 AND live ORDER BY region, registered_seq
        """,
        person,
        practice,
    )
    found = [made(PatientRegistered, row) for row in registrations]
    for one in [row for row in found if isinstance(row.payload, PatientRegistered)]:
        found += await recorded_in(tx, one.payload)  # type: ignore[arg-type]
    return found


async def recorded_in(tx: "Connection", said: PatientRegistered) -> list[Recorded]:
    """Reads what else is known of a registered person in one campaign."""
    keys = (said.person_id, said.campaign_id, said.practice_id, said.location_id)
    consents = await tx.fetch(
        """
        SELECT region, seq, moment, person AS person_id, campaign AS campaign_id, $4::uuid AS location_id,
               practice AS practice_id, subject, status, given_by, form
        FROM consents WHERE person = $1 AND campaign = $2 AND practice = $3 ORDER BY moment, seq
        """,
        *keys,
    )
    judgements = await tx.fetch(
        """
        SELECT region, seq, moment, person AS person_id, campaign AS campaign_id, $4::uuid AS location_id,
               practice AS practice_id, judgement, not_before, observation_minutes
        FROM assessments WHERE person = $1 AND campaign = $2 AND practice = $3 ORDER BY moment, seq
        """,
        *keys,
    )
    doses = await tx.fetch(
        """
        SELECT 'dose' AS region, extract(epoch FROM at) AS seq, moment, person AS person_id, campaign AS campaign_id,
               $4::uuid AS location_id, dose_no, product AS product_id, (at AT TIME ZONE 'Europe/Amsterdam')::date AS given_on,
               $3::uuid AS practice_id
        FROM doses_shown WHERE person = $1 AND campaign = $2 AND outcome <> 'not_given' AND product IS NOT NULL
        ORDER BY moment, dose_no
        """,
        *keys,
    )
    illnesses = await tx.fetch(
        """
        SELECT region, seq, moment, person AS person_id, campaign AS campaign_id, location AS location_id, severity,
               reactions, began_at, dose_no, product AS product_id, lot, $3::uuid AS practice_id
        FROM adverse_events WHERE person = $1 AND campaign = $2 ORDER BY moment, seq
        """,
        *keys[:3],
    )
    return [
        *(made(ConsentRecorded, row) for row in consents),
        *(made(AssessmentRecorded, row) for row in judgements),
        *(made(DoseGivenElsewhere, row) for row in doses),
        *(made(AdverseEventReported, row) for row in illnesses),
    ]


def made(kind: type[Payload], row: Any) -> Recorded:
    """A row as the payload that it came from."""
    facts = dict(row)
    key = f"{kind.__name__}-{facts.pop('region')}-{facts.pop('seq')}"
    moment = facts.pop("moment")
    return Recorded(key, kind.model_validate(facts), moment)


def to_withdrawal(said: PatientRegistered) -> PatientWithdrawn:
    """Takes a registration back: it was a mistake about who somebody is."""
    return PatientWithdrawn(
        person_id=said.person_id,
        campaign_id=said.campaign_id,
        location_id=said.location_id,
        practice_id=said.practice_id,
        reason=WithdrawalReason.MISTAKE,
    )
