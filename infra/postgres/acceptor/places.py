"""State of locations, outbreaks, confirmations of visits, and crisis requests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.canonical import to_canonical
from events.location import (
    LocationChanged,
    LocationConfirmed,
    LocationRegistered,
    OutbreakDeclared,
    OutbreakLifted,
    VisitRequested,
    VisitWithdrawn,
)
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def register(tx: "Connection", rows: Sequence[Numbered[LocationRegistered]]) -> None:
    """Applies location.registered."""
    await tx.execute(
        """
        INSERT INTO locations AS l (region, location, registered, registered_seq)
        SELECT DISTINCT ON (region, location) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[]) AS b (region, location, facts, seq)
        ORDER BY region, location, seq DESC
        ON CONFLICT (region, location) DO UPDATE
        SET (registered, registered_seq) = (excluded.registered, excluded.registered_seq)
        WHERE excluded.registered_seq > l.registered_seq
        """,
        [row.region for row in rows],
        [row.payload.location_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
    )


async def change(tx: "Connection", rows: Sequence[Numbered[LocationChanged]]) -> None:
    """Applies location.changed."""
    await tx.execute(
        """
        INSERT INTO locations AS l (region, location, changed, changed_seq)
        SELECT DISTINCT ON (region, location) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[]) AS b (region, location, facts, seq)
        ORDER BY region, location, seq DESC
        ON CONFLICT (region, location) DO UPDATE SET (changed, changed_seq) = (excluded.changed, excluded.changed_seq)
        WHERE excluded.changed_seq > l.changed_seq
        """,
        [row.region for row in rows],
        [row.payload.location_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
    )


async def declare_outbreak(tx: "Connection", rows: Sequence[Numbered[OutbreakDeclared]]) -> None:
    """Applies outbreak.declared."""
    await tx.execute(
        """
        INSERT INTO locations AS l (region, location, outbreak_policy, declared_seq)
        SELECT DISTINCT ON (region, location) *
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[]) AS b (region, location, policy, seq)
        ORDER BY region, location, seq DESC
        ON CONFLICT (region, location) DO UPDATE
        SET (outbreak_policy, declared_seq) = (excluded.outbreak_policy, excluded.declared_seq)
        WHERE excluded.declared_seq > l.declared_seq
        """,
        [row.region for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.policy.value for row in rows],
        [row.seq for row in rows],
    )


async def lift_outbreak(tx: "Connection", rows: Sequence[Numbered[OutbreakLifted]]) -> None:
    """Applies outbreak.lifted."""
    await tx.execute(
        """
        INSERT INTO locations AS l (region, location, lifted_seq)
        SELECT region, location, max(seq) FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, location, seq)
        GROUP BY region, location ORDER BY region, location
        ON CONFLICT (region, location) DO UPDATE SET lifted_seq = excluded.lifted_seq
        WHERE excluded.lifted_seq > l.lifted_seq
        """,
        [row.region for row in rows],
        [row.payload.location_id for row in rows],
        [row.seq for row in rows],
    )


async def confirm(tx: "Connection", rows: Sequence[Numbered[LocationConfirmed]]) -> None:
    """Applies location.confirmed; it may arrive before the assignment."""
    await tx.execute(
        """
        INSERT INTO confirmations AS c
          (region, visit, location, answer, answered_by, starts_at, wishes_from, wishes_until, answered_at, answered_seq)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                    $8::timestamptz[], $9::timestamptz[], $10::bigint[])
          AS b (region, visit, location, answer, answered_by, starts_at, wishes_from, wishes_until, at, seq)
        ORDER BY region, visit, seq DESC
        ON CONFLICT (region, visit) DO UPDATE
        SET (location, answer, answered_by, starts_at, wishes_from, wishes_until, answered_at, answered_seq)
          = (excluded.location, excluded.answer, excluded.answered_by, excluded.starts_at, excluded.wishes_from,
             excluded.wishes_until, excluded.answered_at, excluded.answered_seq)
        WHERE excluded.answered_seq > c.answered_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.answer.value for row in rows],
        [row.payload.by.value for row in rows],
        [row.payload.starts_at for row in rows],
        [row.payload.wishes_from for row in rows],
        [row.payload.wishes_until for row in rows],
        [row.at for row in rows],
        [row.seq for row in rows],
    )


async def request_visit(tx: "Connection", rows: Sequence[Numbered[VisitRequested]]) -> None:
    """Applies visit.requested."""
    await tx.execute(
        """
        INSERT INTO crisis_requests AS c (region, visit, facts, requested_seq)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[]) AS b (region, visit, facts, seq)
        ORDER BY region, visit, seq DESC
        ON CONFLICT (region, visit) DO UPDATE SET (facts, requested_seq) = (excluded.facts, excluded.requested_seq)
        WHERE excluded.requested_seq > c.requested_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
    )


async def withdraw_visit(tx: "Connection", rows: Sequence[Numbered[VisitWithdrawn]]) -> None:
    """Applies visit.withdrawn."""
    await tx.execute(
        """
        INSERT INTO crisis_requests AS c (region, visit, withdrawn_seq)
        SELECT region, visit, max(seq) FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, visit, seq)
        GROUP BY region, visit ORDER BY region, visit
        ON CONFLICT (region, visit) DO UPDATE SET withdrawn_seq = excluded.withdrawn_seq
        WHERE excluded.withdrawn_seq > c.withdrawn_seq
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.seq for row in rows],
    )
