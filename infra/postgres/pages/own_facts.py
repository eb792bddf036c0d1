"""Reads what a practice said of its patients last: with that a list is compared before it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """The newest registration of somebody by this practice."""

    person: UUID
    location: UUID
    birth_year: int
    indication: str
    needs: frozenset[str]
    live: bool
    after: str  # names this state: what changes it follows from it


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """The newest answer on a subject that this practice recorded."""

    person: UUID
    subject: str
    status: str
    given_by: str
    form: str
    after: str


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """The newest assessment by this practice."""

    person: UUID
    judgement: str
    not_before: date | None
    observation_minutes: int | None
    after: str


async def read_registrations(
    tx: "Connection", practice: UUID, campaign: UUID, persons: Sequence[UUID]
) -> list[RegistrationRow]:
    """The newest registration of each of these, in whichever region it is."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (person) person, location, birth_year, indication, needs, live, region, registered_seq, withdrawn_seq
        FROM registrations
        WHERE practice = $1 AND campaign = $2 AND person = ANY ($3::uuid[]) AND registered_seq > 0
        ORDER BY person, registered_moment DESC, registered_seq DESC
        """,
        practice,
        campaign,
        persons,
    )
    return [
        RegistrationRow(
            row["person"],
            row["location"],
            row["birth_year"],
            row["indication"],
            frozenset(row["needs"] or ()),
            row["live"],
            f"{row['region']} {row['registered_seq']} {row['withdrawn_seq']}",
        )
        for row in rows
    ]


async def read_consents(
    tx: "Connection", practice: UUID, campaign: UUID, persons: Sequence[UUID]
) -> list[ConsentRow]:
    """The newest answer of each of these on each subject."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (person, subject) person, subject, status, given_by, form, region || ' ' || seq
        FROM consents WHERE practice = $1 AND campaign = $2 AND person = ANY ($3::uuid[])
        ORDER BY person, subject, moment DESC, seq DESC
        """,
        practice,
        campaign,
        persons,
    )
    return [ConsentRow(*row) for row in rows]


async def read_assessments(
    tx: "Connection", practice: UUID, campaign: UUID, persons: Sequence[UUID]
) -> list[AssessmentRow]:
    """The newest assessment of each of these."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (person) person, judgement, not_before, observation_minutes, region || ' ' || seq
        FROM assessments WHERE practice = $1 AND campaign = $2 AND person = ANY ($3::uuid[])
        ORDER BY person, moment DESC, seq DESC
        """,
        practice,
        campaign,
        persons,
    )
    return [AssessmentRow(*row) for row in rows]
