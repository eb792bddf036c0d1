"""State of teams, shifts, certificates, standing orders, loans and delays."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.canonical import to_canonical
from events.teams import (
    MemberCertified,
    OrderGiven,
    ShiftChanged,
    ShiftOpened,
    ShiftSwapped,
    ShiftWithdrawn,
    TeamFormed,
    TeamLent,
)
from events.visits import TeamDelayed, TeamUnavailable
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def form_team(tx: "Connection", rows: Sequence[Numbered[TeamFormed]]) -> None:
    """Applies team.formed."""
    await tx.execute(
        """
        INSERT INTO teams AS t (region, team, facts, formed_seq, formed_moment)
        SELECT DISTINCT ON (region, team) * FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, team, facts, seq, moment)
        ORDER BY region, team, moment DESC, seq DESC
        ON CONFLICT (region, team) DO UPDATE SET (facts, formed_seq, formed_moment) = (excluded.facts, excluded.formed_seq, excluded.formed_moment)
        WHERE (excluded.formed_moment, excluded.formed_seq) > (t.formed_moment, t.formed_seq)
        """,
        [row.region for row in rows],
        [row.payload.team_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def open_shift(tx: "Connection", rows: Sequence[Numbered[ShiftOpened]]) -> None:
    """Applies shift.opened."""
    await tx.execute(
        """
        INSERT INTO shifts AS s (region, shift, opened, opened_seq, opened_moment)
        SELECT DISTINCT ON (region, shift) * FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, shift, facts, seq, moment)
        ORDER BY region, shift, moment DESC, seq DESC
        ON CONFLICT (region, shift) DO UPDATE SET (opened, opened_seq, opened_moment) = (excluded.opened, excluded.opened_seq, excluded.opened_moment)
        WHERE (excluded.opened_moment, excluded.opened_seq) > (s.opened_moment, s.opened_seq)
        """,
        [row.region for row in rows],
        [row.payload.shift_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def change_shift(tx: "Connection", rows: Sequence[Numbered[ShiftChanged]]) -> None:
    """Applies shift.changed."""
    await tx.execute(
        """
        INSERT INTO shifts AS s (region, shift, changed, changed_seq, changed_moment)
        SELECT DISTINCT ON (region, shift) * FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, shift, facts, seq, moment)
        ORDER BY region, shift, moment DESC, seq DESC
        ON CONFLICT (region, shift) DO UPDATE SET (changed, changed_seq, changed_moment) = (excluded.changed, excluded.changed_seq, excluded.changed_moment)
        WHERE (excluded.changed_moment, excluded.changed_seq) > (s.changed_moment, s.changed_seq)
        """,
        [row.region for row in rows],
        [row.payload.shift_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def swap_shifts(tx: "Connection", rows: Sequence[Numbered[ShiftSwapped]]) -> None:
    """Applies shift.swapped: team and crew of each shift named."""
    swaps = [(row, one) for row in rows for one in row.payload.shifts]
    await tx.execute(
        """
        INSERT INTO shifts AS s (region, shift, swapped, swapped_seq, swapped_moment)
        SELECT DISTINCT ON (region, shift) * FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, shift, swapped, seq, moment)
        ORDER BY region, shift, moment DESC, seq DESC
        ON CONFLICT (region, shift) DO UPDATE SET (swapped, swapped_seq, swapped_moment) = (excluded.swapped, excluded.swapped_seq, excluded.swapped_moment)
        WHERE (excluded.swapped_moment, excluded.swapped_seq) > (s.swapped_moment, s.swapped_seq)
        """,
        [row.region for row, _ in swaps],
        [one.shift_id for _, one in swaps],
        [to_canonical(one) for _, one in swaps],
        [row.seq for row, _ in swaps],
        [row.moment for row, _ in swaps],
    )


async def withdraw_shift(tx: "Connection", rows: Sequence[Numbered[ShiftWithdrawn]]) -> None:
    """Applies shift.withdrawn."""
    await tx.execute(
        """
        INSERT INTO shifts AS s (region, shift, withdrawn_seq, withdrawn_moment)
        SELECT DISTINCT ON (region, shift) *
        FROM unnest($1::text[], $2::uuid[], $3::bigint[], $4::timestamptz[]) AS b (region, shift, seq, moment)
        ORDER BY region, shift, moment DESC, seq DESC
        ON CONFLICT (region, shift) DO UPDATE SET (withdrawn_seq, withdrawn_moment) = (excluded.withdrawn_seq, excluded.withdrawn_moment)
        WHERE (excluded.withdrawn_moment, excluded.withdrawn_seq) > (s.withdrawn_moment, s.withdrawn_seq)
        """,
        [row.region for row in rows],
        [row.payload.shift_id for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def certify(tx: "Connection", rows: Sequence[Numbered[MemberCertified]]) -> None:
    """Applies member.certified: a series."""
    await tx.execute(
        """
        INSERT INTO certificates (region, seq, member, role, valid, products)
        SELECT region, seq, member, role, daterange(f, u, '[]'), (SELECT array_agg(p ORDER BY p) FROM jsonb_array_elements_text(products) AS p)
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::date[], $6::date[], $7::jsonb[])
          AS b (region, seq, member, role, f, u, products)
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.member_id for row in rows],
        [row.payload.role.value for row in rows],
        [row.payload.valid_from for row in rows],
        [row.payload.valid_until for row in rows],
        [json.dumps(sorted(row.payload.product_ids or ())) for row in rows],
    )


async def give_order(tx: "Connection", rows: Sequence[Numbered[OrderGiven]]) -> None:
    """Applies order.given: a series, with one row per product."""
    each = [(row, product) for row in rows for product in sorted(row.payload.product_ids)]
    await tx.execute(
        """
        INSERT INTO orders (region, seq, organisation, product, valid)
        SELECT region, seq, organisation, product, daterange(f, u, '[]')
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::date[], $6::date[])
          AS b (region, seq, organisation, product, f, u)
        """,
        [row.region for row, _ in each],
        [row.seq for row, _ in each],
        [row.payload.organisation_id for row, _ in each],
        [product for _, product in each],
        [row.payload.valid_from for row, _ in each],
        [row.payload.valid_until for row, _ in each],
    )


async def mark_unavailable(tx: "Connection", rows: Sequence[Numbered[TeamUnavailable]]) -> None:
    """Applies team.unavailable: a series."""
    await tx.execute(
        """
        INSERT INTO absences (region, seq, team, span, reason)
        SELECT region, seq, team, tstzrange(f, u, '[)'), why
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::text[])
          AS b (region, seq, team, f, u, why)
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.begins_at for row in rows],
        [row.payload.ends_at for row in rows],
        [row.payload.reason for row in rows],
    )


async def delay(tx: "Connection", rows: Sequence[Numbered[TeamDelayed]]) -> None:
    """Applies team.delayed: a series."""
    await tx.execute(
        """
        INSERT INTO delays (region, seq, team, minutes, noted_at, visit, moment, accepted_at)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::int[], $5::timestamptz[], $6::uuid[],
                             $7::timestamptz[], $8::timestamptz[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.minutes for row in rows],
        [row.payload.noted_at for row in rows],
        [row.payload.visit_id for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
    )


async def lend(tx: "Connection", rows: Sequence[Numbered[TeamLent]]) -> None:
    """Applies team.lent, in the region that lends."""
    await tx.execute(
        """
        INSERT INTO loans AS l (region, loan, team, to_region, valid, lent_seq, lent_moment)
        SELECT DISTINCT ON (region, loan) region, loan, team, to_region, daterange(f, u, '[]'), seq, moment
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::date[], $6::date[], $7::bigint[], $8::timestamptz[])
          AS b (region, loan, team, to_region, f, u, seq, moment)
        ORDER BY region, loan, moment DESC, seq DESC
        ON CONFLICT (region, loan) DO UPDATE
        SET (team, to_region, valid, lent_seq, lent_moment) = (excluded.team, excluded.to_region, excluded.valid, excluded.lent_seq, excluded.lent_moment)
        WHERE (excluded.lent_moment, excluded.lent_seq) > (l.lent_moment, l.lent_seq)
        """,
        [row.region for row in rows],
        [row.payload.loan_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.to_region for row in rows],
        [row.payload.valid_from for row in rows],
        [row.payload.valid_until for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )
