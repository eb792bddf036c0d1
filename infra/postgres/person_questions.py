"""Questions about who somebody is: to whom, about whom, and what was answered. No detail of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from infra.identity import new_id
from infra.person import Speaker

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that has to be asked; `other` is who the person may be, or whose number it is."""

    person: UUID
    other: UUID | None
    kind: str
    to: Speaker


@dataclass(frozen=True, slots=True)
class Question:
    """An open question."""

    id: UUID
    person: UUID
    other: UUID | None
    kind: str
    region: str
    organisation: UUID | None
    opened_at: datetime


async def ask(tx: "Connection", questions: Sequence[Asked], now: datetime) -> None:
    """Opens questions; one that is open to the same organisation already stays as it is."""
    await tx.execute(
        """
        INSERT INTO person_questions (question, person, other, kind, region, said_by, organisation, opened_at)
        SELECT *, $8::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[])
        ON CONFLICT DO NOTHING
        """,
        [new_id() for _ in questions],
        [one.person for one in questions],
        [one.other for one in questions],
        [one.kind for one in questions],
        [one.to.region for one in questions],
        [one.to.said_by.value for one in questions],
        [one.to.organisation for one in questions],
        now,
    )


async def note_mended(tx: "Connection", mended: Sequence[tuple[UUID, UUID, Speaker]]) -> None:
    """Notes of open questions whom the newer words of the organisation that was asked are about: the person, or another."""
    await tx.execute(
        """
        UPDATE person_questions q SET mended_as = b.known
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[]) AS b (person, known, said_by, organisation, region)
        WHERE q.person = b.person AND q.said_by = b.said_by AND q.organisation IS NOT DISTINCT FROM b.organisation
          AND (q.organisation IS NOT NULL OR q.region = b.region) AND q.answered_at IS NULL
        """,
        [person for person, _, _ in mended],
        [known for _, known, _ in mended],
        [by.said_by.value for _, _, by in mended],
        [by.organisation for _, _, by in mended],
        [by.region for _, _, by in mended],
    )


async def mended_as(tx: "Connection", persons: Sequence[UUID]) -> list[tuple[Question, UUID]]:
    """The open questions that newer words about these persons settle, with who it is instead."""
    rows = await tx.fetch(
        """
        SELECT question, person, other, kind, region, organisation, opened_at, mended_as FROM person_questions
        WHERE mended_as = ANY ($1::uuid[]) AND answered_at IS NULL ORDER BY opened_at, question
        """,
        persons,
    )
    return [(Question(*tuple(row)[:-1]), row["mended_as"]) for row in rows]


async def confirm(tx: "Connection", question: UUID, by: str, now: datetime) -> None:
    """Notes that the practice looked, and that it is right as it stands: the first time counts."""
    await tx.execute(
        """
        UPDATE person_questions SET confirmed_at = $2, confirmed_by = $3
        WHERE question = $1 AND answered_at IS NULL AND confirmed_at IS NULL
        """,
        question,
        now,
        by,
    )


async def open_about(tx: "Connection", persons: Sequence[UUID]) -> list[Question]:
    """The open questions about these persons."""
    rows = await tx.fetch(
        """
        SELECT question, person, other, kind, region, organisation, opened_at FROM person_questions
        WHERE person = ANY ($1::uuid[]) AND answered_at IS NULL ORDER BY opened_at, question
        """,
        persons,
    )
    return [Question(*row) for row in rows]


async def untold_about(tx: "Connection", persons: Sequence[UUID]) -> list[Question]:
    """The open questions about these persons that no event told of yet."""
    rows = await tx.fetch(
        """
        SELECT question, person, other, kind, region, organisation, opened_at FROM person_questions
        WHERE person = ANY ($1::uuid[]) AND answered_at IS NULL AND NOT told ORDER BY opened_at, question
        """,
        persons,
    )
    return [Question(*row) for row in rows]


async def note_told(tx: "Connection", questions: Sequence[UUID]) -> None:
    """Notes that the event of these questions was accepted."""
    await tx.execute(
        "UPDATE person_questions SET told = true WHERE question = ANY ($1::uuid[])", questions
    )


async def answer(
    tx: "Connection",
    questions: Sequence[UUID],
    said: str,
    same_as: UUID | None,
    by: str,
    now: datetime,
) -> None:
    """Closes questions with one answer."""
    await tx.execute(
        """
        UPDATE person_questions SET answered_at = $2, answer = $3, same_as = $4, answered_by = $5
        WHERE question = ANY ($1::uuid[]) AND answered_at IS NULL
        """,
        questions,
        now,
        said,
        same_as,
        by,
    )
