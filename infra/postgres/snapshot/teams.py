"""Reads shifts with their teams, borrowed ones included, and what affects them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from events.teams import ShiftOpened, TeamFormed
from infra.postgres.snapshot.rows import (
    AbsenceRow,
    CertificateRow,
    DelayRow,
    MemberRow,
    OrderRow,
    ShiftRow,
    TeamRows,
)

if TYPE_CHECKING:
    from infra.postgres.database import Connection

# A delay affects the shifts of its own day, the longest of which has 25 hours. Reading two days back leaves that
# rule to Python.
DELAYS_FROM = timedelta(days=2)


async def load_teams(tx: "Connection", region: str, begins: datetime, ends: datetime) -> TeamRows:
    """Reads the shifts that overlap an interval, with what affects them."""
    shifts = await load_shifts(tx, region, begins, ends)
    regions = sorted({region, *(one.region for one in shifts)})
    since = min((one.facts.starts_at for one in shifts), default=begins)
    until = max((one.facts.ends_at for one in shifts), default=begins)
    return TeamRows(
        shifts=shifts,
        absences=await load_absences(tx, regions, since, until),
        delays=await load_delays(tx, regions, since - DELAYS_FROM, until),
        certificates=await load_certificates(tx, regions),
        orders=await load_orders(tx, regions),
        elsewhere=await load_elsewhere(tx, region, shifts, begins, ends),
    )


async def load_shifts(
    tx: "Connection", region: str, begins: datetime, ends: datetime
) -> tuple[ShiftRow, ...]:
    """Reads the live shifts that overlap the interval: the region's own and those of teams lent to it.

    Loans are resolved in SQL because they decide what may be read of another region at all. Of two loans of a team
    for one day the newest holds; where two regions report one shift, ours holds.
    """
    rows = await tx.fetch(
        """
        WITH said AS (
          SELECT region, shift, worked, (worked ->> 'team_id')::uuid AS team, (worked ->> 'starts_at')::timestamptz AS starts,
                 (worked ->> 'ends_at')::timestamptz AS ends,
                 ((worked ->> 'starts_at')::timestamptz AT TIME ZONE 'Europe/Amsterdam')::date AS on_day
          FROM shifts WHERE live AND worked IS NOT NULL
            AND (region = $1 OR region IN (SELECT region FROM loans WHERE to_region = $1)))
        SELECT DISTINCT ON (s.shift) s.region, coalesce(l.to_region, s.region) AS planned_by, s.worked AS facts, t.facts AS team
        FROM said s JOIN teams t ON t.region = s.region AND t.team = s.team AND t.facts IS NOT NULL
        LEFT JOIN LATERAL (
          SELECT to_region FROM loans k WHERE k.region = s.region AND k.team = s.team AND k.valid @> s.on_day
          ORDER BY k.lent_moment DESC, k.lent_seq DESC LIMIT 1) AS l ON true
        WHERE s.ends > $2 AND s.starts < $3 AND (s.region = $1 OR l.to_region = $1)
        ORDER BY s.shift, s.region = $1 DESC
        """,
        region,
        begins,
        ends,
    )
    return tuple(
        ShiftRow(
            row["region"],
            row["planned_by"],
            ShiftOpened.model_validate_json(row["facts"]),
            TeamFormed.model_validate_json(row["team"]),
        )
        for row in rows
    )


async def load_absences(
    tx: "Connection", regions: Sequence[str], since: datetime, until: datetime
) -> tuple[AbsenceRow, ...]:
    """Reads absences that overlap the interval."""
    rows = await tx.fetch(
        """
        SELECT region, team, lower(span) AS begins_at, upper(span) AS ends_at FROM absences
        WHERE region = ANY ($1::text[]) AND span && tstzrange($2, $3) ORDER BY region, seq
        """,
        regions,
        since,
        until,
    )
    return tuple(AbsenceRow(**row) for row in rows)


async def load_delays(
    tx: "Connection", regions: Sequence[str], since: datetime, until: datetime
) -> tuple[DelayRow, ...]:
    """Reads delays that were noted in the interval."""
    rows = await tx.fetch(
        """
        SELECT region, team, minutes, noted_at, seq FROM delays
        WHERE region = ANY ($1::text[]) AND noted_at >= $2 AND noted_at < $3 ORDER BY region, moment, seq
        """,
        regions,
        since,
        until,
    )
    return tuple(DelayRow(**row) for row in rows)


async def load_certificates(tx: "Connection", regions: Sequence[str]) -> tuple[CertificateRow, ...]:
    """Reads the certificates of crew members in these regions."""
    rows = await tx.fetch(
        """
        SELECT member, role, lower(valid) AS valid_from, upper(valid) - 1 AS valid_until, products
        FROM certificates WHERE region = ANY ($1::text[])
        """,
        regions,
    )
    return tuple(CertificateRow(**row) for row in rows)


async def load_orders(tx: "Connection", regions: Sequence[str]) -> tuple[OrderRow, ...]:
    """Reads the standing orders of posts in these regions."""
    rows = await tx.fetch(
        """
        SELECT organisation, product, lower(valid) AS valid_from, upper(valid) - 1 AS valid_until
        FROM orders WHERE region = ANY ($1::text[])
        """,
        regions,
    )
    return tuple(OrderRow(**row) for row in rows)


async def load_elsewhere(
    tx: "Connection", region: str, shifts: Sequence[ShiftRow], begins: datetime, ends: datetime
) -> tuple[MemberRow, ...]:
    """Reads when members of these crews work in other regions, in shifts with visits that overlap the interval.

    Where both regions have published visits for somebody, the region whose name sorts first keeps them: the other one
    yields, so that not both give way.
    """
    rows = await tx.fetch(
        """
        WITH others AS MATERIALIZED (
          SELECT DISTINCT member, other_region, other_shift, other_starts, other_ends FROM crews_shared
          WHERE shift = ANY ($2::uuid[]) AND other_shift <> ALL ($2::uuid[]) AND other_starts < $4 AND other_ends > $3)
        SELECT member, other_starts AS starts_at, other_ends AS ends_at, bool_and($1 < other_region) AS yields FROM others o
        WHERE other_region <> $1 AND EXISTS (SELECT FROM visits v WHERE v.shift = o.other_shift AND v.region <> $1 AND v.live)
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        region,
        [shift.facts.shift_id for shift in shifts],
        begins,
        ends,
    )
    return tuple(MemberRow(**row) for row in rows)
