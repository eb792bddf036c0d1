"""State of organisations, policies and decisions, from the operator's events."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from events.canonical import to_canonical
from events.organisations import (
    DecisionRecorded,
    OrganisationChanged,
    OrganisationRegistered,
    PolicyChanged,
)
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def find_regions(tx: "Connection", practices: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Finds the regions that know each of these organisations; none for one that nobody registered yet."""
    rows = await tx.fetch(
        """
        SELECT organisation, region FROM organisations
        WHERE organisation = ANY ($1::uuid[]) AND registered_seq > 0
        """,
        practices,
    )
    found: dict[UUID, set[str]] = {}
    for row in rows:
        found.setdefault(row["organisation"], set()).add(row["region"])
    return found


async def register(tx: "Connection", rows: Sequence[Numbered[OrganisationRegistered]]) -> None:
    """Applies organisation.registered."""
    await tx.execute(
        """
        INSERT INTO organisations AS o (region, organisation, registered, registered_seq, registered_moment)
        SELECT DISTINCT ON (region, organisation) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, organisation, facts, seq, moment)
        ORDER BY region, organisation, moment DESC, seq DESC
        ON CONFLICT (region, organisation) DO UPDATE
        SET (registered, registered_seq, registered_moment) = (excluded.registered, excluded.registered_seq, excluded.registered_moment)
        WHERE (excluded.registered_moment, excluded.registered_seq) > (o.registered_moment, o.registered_seq)
        """,
        [row.region for row in rows],
        [row.payload.organisation_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def change(tx: "Connection", rows: Sequence[Numbered[OrganisationChanged]]) -> None:
    """Applies organisation.changed."""
    await tx.execute(
        """
        INSERT INTO organisations AS o (region, organisation, changed, changed_seq, changed_moment)
        SELECT DISTINCT ON (region, organisation) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, organisation, facts, seq, moment)
        ORDER BY region, organisation, moment DESC, seq DESC
        ON CONFLICT (region, organisation) DO UPDATE
        SET (changed, changed_seq, changed_moment) = (excluded.changed, excluded.changed_seq, excluded.changed_moment)
        WHERE (excluded.changed_moment, excluded.changed_seq) > (o.changed_moment, o.changed_seq)
        """,
        [row.region for row in rows],
        [row.payload.organisation_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def change_policy(tx: "Connection", rows: Sequence[Numbered[PolicyChanged]]) -> None:
    """Applies policy.changed."""
    await tx.execute(
        """
        INSERT INTO policies AS p (region, policy, changed_seq, changed_moment)
        SELECT DISTINCT ON (region) * FROM unnest($1::text[], $2::jsonb[], $3::bigint[], $4::timestamptz[]) AS b (region, policy, seq, moment)
        ORDER BY region, moment DESC, seq DESC
        ON CONFLICT (region) DO UPDATE SET (policy, changed_seq, changed_moment) = (excluded.policy, excluded.changed_seq, excluded.changed_moment)
        WHERE (excluded.changed_moment, excluded.changed_seq) > (p.changed_moment, p.changed_seq)
        """,
        [row.region for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def record_decision(tx: "Connection", rows: Sequence[Numbered[DecisionRecorded]]) -> None:
    """Applies decision.recorded: a series."""
    await tx.execute(
        """
        INSERT INTO decisions
          (region, seq, decision_id, kind, decision, reason, decided_at, decided_by, campaign, moment, accepted_at, person, practice,
           doses_counted)
        SELECT region, seq, decision_id, kind, decision, reason, decided_at, decided_by, campaign, moment, accepted, person, practice,
               string_to_array(doses, ',')::int[]
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                    $8::uuid[], $9::uuid[], $10::timestamptz[], $11::timestamptz[], $12::uuid[], $13::uuid[], $14::text[])
          AS b (region, seq, decision_id, kind, decision, reason, decided_at, decided_by, campaign, moment, accepted, person, practice,
                doses)
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.decision_id for row in rows],
        [row.payload.kind.value for row in rows],
        [row.payload.decision for row in rows],
        [row.payload.reason for row in rows],
        [row.payload.decided_at for row in rows],
        [row.payload.decided_by for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.practice_id for row in rows],
        [
            None
            if (counted := row.payload.doses_counted) is None
            else ",".join(map(str, sorted(counted)))
            for row in rows
        ],
    )
