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
        INSERT INTO locations AS l (region, location, registered, registered_seq, registered_moment)
        SELECT DISTINCT ON (region, location) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, location, facts, seq, moment)
        ORDER BY region, location, moment DESC, seq DESC
        ON CONFLICT (region, location) DO UPDATE
        SET (registered, registered_seq, registered_moment) = (excluded.registered, excluded.registered_seq, excluded.registered_moment)
        WHERE (excluded.registered_moment, excluded.registered_seq) > (l.registered_moment, l.registered_seq)
        """,
        [row.region for row in rows],
        [row.payload.location_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def change(tx: "Connection", rows: Sequence[Numbered[LocationChanged]]) -> None:
    """Applies location.changed."""
    await tx.execute(
        """
        INSERT INTO locations AS l (region, location, changed, changed_seq, changed_moment)
        SELECT DISTINCT ON (region, location) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, location, facts, seq, moment)
        ORDER BY region, location, moment DESC, seq DESC
        ON CONFLICT (region, location) DO UPDATE SET (changed, changed_seq, changed_moment) = (excluded.changed, excluded.changed_seq, excluded.changed_moment)
        WHERE (excluded.changed_moment, excluded.changed_seq) > (l.changed_moment, l.changed_seq)
        """,
        [row.region for row in rows],
        [row.payload.location_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def declare_outbreak(tx: "Connection", rows: Sequence[Numbered[OutbreakDeclared]]) -> None:
    """Applies outbreak.declared."""
    await tx.execute(
        """
        INSERT INTO locations AS l (region, location, outbreak_policy, declared_seq, declared_moment)
        SELECT DISTINCT ON (region, location) *
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[]) AS b (region, location, policy, seq, moment)
        ORDER BY region, location, moment DESC, seq DESC
        ON CONFLICT (region, location) DO UPDATE
        SET (outbreak_policy, declared_seq, declared_moment) = (excluded.outbreak_policy, excluded.declared_seq, excluded.declared_moment)
        WHERE (excluded.declared_moment, excluded.declared_seq) > (l.declared_moment, l.declared_seq)
        """,
        [row.region for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.policy.value for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def lift_outbreak(tx: "Connection", rows: Sequence[Numbered[OutbreakLifted]]) -> None:
    """Applies outbreak.lifted."""
    await tx.execute(
        """
        INSERT INTO locations AS l (region, location, lifted_seq, lifted_moment)
        SELECT DISTINCT ON (region, location) *
        FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[]) AS b (region, location, seq, moment)
        ORDER BY region, location, moment DESC, seq DESC
        ON CONFLICT (region, location) DO UPDATE SET (lifted_seq, lifted_moment) = (excluded.lifted_seq, excluded.lifted_moment)
        WHERE (excluded.lifted_moment, excluded.lifted_seq) > (l.lifted_moment, l.lifted_seq)
        """,
        [row.region for row in rows],
        [row.payload.location_id for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def confirm(tx: "Connection", rows: Sequence[Numbered[LocationConfirmed]]) -> None:
    """Applies location.confirmed; it may arrive before the assignment."""
    await tx.execute(
        """
        INSERT INTO confirmations AS c
          (region, visit, location, answer, answered_by, starts_at, wishes_from, wishes_until, answered_at, answered_seq, answered_moment)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                    $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::timestamptz[])
          AS b (region, visit, location, answer, answered_by, starts_at, wishes_from, wishes_until, at, seq, moment)
        ORDER BY region, visit, moment DESC, seq DESC
        ON CONFLICT (region, visit) DO UPDATE
        SET (location, answer, answered_by, starts_at, wishes_from, wishes_until, answered_at, answered_seq, answered_moment)
          = (excluded.location, excluded.answer, excluded.answered_by, excluded.starts_at, excluded.wishes_from,
             excluded.wishes_until, excluded.answered_at, excluded.answered_seq, excluded.answered_moment)
        WHERE (excluded.answered_moment, excluded.answered_seq) > (c.answered_moment, c.answered_seq)
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
        [row.moment for row in rows],
    )


async def request_visit(tx: "Connection", rows: Sequence[Numbered[VisitRequested]]) -> None:
    """Applies visit.requested."""
    await tx.execute(
        """
        INSERT INTO crisis_requests AS c (region, visit, facts, requested_seq, requested_moment)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, visit, facts, seq, moment)
        ORDER BY region, visit, moment DESC, seq DESC
        ON CONFLICT (region, visit) DO UPDATE SET (facts, requested_seq, requested_moment) = (excluded.facts, excluded.requested_seq, excluded.requested_moment)
        WHERE (excluded.requested_moment, excluded.requested_seq) > (c.requested_moment, c.requested_seq)
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def withdraw_visit(tx: "Connection", rows: Sequence[Numbered[VisitWithdrawn]]) -> None:
    """Applies visit.withdrawn."""
    await tx.execute(
        """
        INSERT INTO crisis_requests AS c (region, visit, withdrawn_seq, withdrawn_moment)
        SELECT DISTINCT ON (region, visit) *
        FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[]) AS b (region, visit, seq, moment)
        ORDER BY region, visit, moment DESC, seq DESC
        ON CONFLICT (region, visit) DO UPDATE SET (withdrawn_seq, withdrawn_moment) = (excluded.withdrawn_seq, excluded.withdrawn_moment)
        WHERE (excluded.withdrawn_moment, excluded.withdrawn_seq) > (c.withdrawn_moment, c.withdrawn_seq)
        """,
        [row.region for row in rows],
        [row.payload.visit_id for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )
