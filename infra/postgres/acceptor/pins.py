"""State of pins: visits that a planner pinned or moved, of which the later holds; and who is visited together by hand."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.canonical import to_canonical
from events.teams import StopGrouped, StopMoved, StopPinned, StopReleased
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def pin(tx: "Connection", rows: Sequence[Numbered[StopPinned]]) -> None:
    """Applies stop.pinned."""
    await tx.execute(
        """
        INSERT INTO pins AS p (region, visit, shift, starts_at, pin_kind, not_before, not_after, behind, pinned_seq)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::uuid[],
                    $5::bigint[]) AS b (region, visit, shift, starts_at, kind, not_before, not_after, behind, seq)
        ORDER BY region, visit, seq DESC
        ON CONFLICT (region, visit) DO UPDATE
        SET (shift, starts_at, pin_kind, not_before, not_after, behind, pinned_seq)
          = (excluded.shift, excluded.starts_at, excluded.pin_kind, excluded.not_before, excluded.not_after, excluded.behind,
             excluded.pinned_seq)
        WHERE excluded.pinned_seq > p.pinned_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.shift_id for row in rows],
        [row.payload.starts_at for row in rows],
        [row.seq for row in rows],
        [row.payload.kind.value for row in rows],
        [row.payload.not_before for row in rows],
        [row.payload.not_after for row in rows],
        [row.payload.behind for row in rows],
    )


async def release(tx: "Connection", rows: Sequence[Numbered[StopReleased]]) -> None:
    """Applies stop.released."""
    await tx.execute(
        """
        INSERT INTO pins AS p (region, visit, released_seq)
        SELECT region, visit, max(seq) FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, visit, seq)
        GROUP BY region, visit ORDER BY region, visit
        ON CONFLICT (region, visit) DO UPDATE SET released_seq = excluded.released_seq
        WHERE excluded.released_seq > p.released_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.seq for row in rows],
    )


async def move(tx: "Connection", rows: Sequence[Numbered[StopMoved]]) -> None:
    """Applies stop.moved."""
    await tx.execute(
        """
        INSERT INTO pins AS p (region, visit, moved_shift, moved_to, moved_reason, moved_seq)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::bigint[])
          AS b (region, visit, shift, starts_at, reason, seq)
        ORDER BY region, visit, seq DESC
        ON CONFLICT (region, visit) DO UPDATE
        SET (moved_shift, moved_to, moved_reason, moved_seq)
          = (excluded.moved_shift, excluded.moved_to, excluded.moved_reason, excluded.moved_seq)
        WHERE excluded.moved_seq > p.moved_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.shift_id for row in rows],
        [row.payload.starts_at for row in rows],
        [row.payload.reason for row in rows],
        [row.seq for row in rows],
    )


async def group(tx: "Connection", rows: Sequence[Numbered[StopGrouped]]) -> None:
    """Applies stop.grouped."""
    await tx.execute(
        """
        INSERT INTO groupings AS g (region, visit, facts, grouped_seq)
        SELECT DISTINCT ON (region, visit) * FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[]) AS b (region, visit, facts, seq)
        ORDER BY region, visit, seq DESC
        ON CONFLICT (region, visit) DO UPDATE SET (facts, grouped_seq) = (excluded.facts, excluded.grouped_seq)
        WHERE excluded.grouped_seq > g.grouped_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
    )
