"""State of extra stops: what teams were asked, what they said, and what is asked no more."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from events.canonical import to_canonical
from events.extra_stops import StopAnswered, StopOffered, StopWithdrawn
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def offer(tx: "Connection", rows: Sequence[Numbered[StopOffered]]) -> None:
    """Applies stop.offered; the same offer twice is stored once."""
    await tx.execute(
        """
        INSERT INTO extra_stops AS e (region, extra_stop, team, offered, offered_at, offered_seq)
        SELECT DISTINCT ON (region, extra_stop, team) region, extra_stop, team, offered::jsonb, at, seq
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::bigint[])
          AS b (region, extra_stop, team, offered, at, seq)
        ORDER BY region, extra_stop, team, seq
        ON CONFLICT (region, extra_stop, team) DO UPDATE
        SET (offered, offered_at, offered_seq) = (excluded.offered, excluded.offered_at, excluded.offered_seq)
        WHERE e.offered_seq = 0 OR excluded.offered_seq < e.offered_seq
        """,
        [row.region for row in rows],
        [row.payload.extra_stop_id for row in rows],
        [row.payload.team_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.at for row in rows],
        [row.seq for row in rows],
    )


async def answer(tx: "Connection", row: Numbered[StopAnswered]) -> StopOffered | None:
    """Applies stop.answered; returns the offer when this is the first answer to one that this team was asked.

    None too when it was withdrawn before.
    """
    found = await tx.fetchval(
        """
        INSERT INTO extra_stops AS e (region, extra_stop, team, answer, answered_at, answered_seq) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (region, extra_stop, team) DO UPDATE
        SET (answer, answered_at, answered_seq) = (excluded.answer, excluded.answered_at, excluded.answered_seq)
        WHERE e.answered_seq = 0 OR excluded.answered_seq < e.answered_seq
        RETURNING CASE WHEN withdrawn_seq = 0 THEN offered END
        """,
        row.region,
        row.payload.extra_stop_id,
        row.payload.team_id,
        row.payload.answer.value,
        row.at,
        row.seq,
    )
    return None if found is None else StopOffered.model_validate_json(found)


async def withdraw(tx: "Connection", rows: Sequence[Numbered[StopWithdrawn]]) -> None:
    """Applies stop.withdrawn; the first reason holds."""
    await tx.execute(
        """
        INSERT INTO extra_stops AS e (region, extra_stop, team, why, withdrawn_at, withdrawn_seq)
        SELECT DISTINCT ON (region, extra_stop, team) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::bigint[])
          AS b (region, extra_stop, team, why, at, seq)
        ORDER BY region, extra_stop, team, seq
        ON CONFLICT (region, extra_stop, team) DO UPDATE
        SET (why, withdrawn_at, withdrawn_seq) = (excluded.why, excluded.withdrawn_at, excluded.withdrawn_seq)
        WHERE e.withdrawn_seq = 0 OR excluded.withdrawn_seq < e.withdrawn_seq
        """,
        [row.region for row in rows],
        [row.payload.extra_stop_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.why.value for row in rows],
        [row.at for row in rows],
        [row.seq for row in rows],
    )


async def read_agreed(tx: "Connection", region: str, since: int) -> set[UUID]:
    """Reads the visits that teams agreed to make after this number of the ledger: no plan knows of them yet."""
    rows = await tx.fetch(
        """
        SELECT (offered ->> 'visit_id')::uuid AS visit FROM extra_stops
        WHERE region = $1 AND answered_seq > $2 AND answer = 'accepted' AND withdrawn_seq = 0
        """,
        region,
        since,
    )
    return {row["visit"] for row in rows}
