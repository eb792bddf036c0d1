"""Reads for the planner of a region: visits, shifts, what is unassigned, and what needs a decision."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class DayRow:
    """How much is planned on a day."""

    day: date
    visits: int


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit; `location` is None while the location is not registered, `pinned` where it stands where its pin says."""

    visit: UUID
    team: UUID
    location: str | None
    municipality: str | None
    lat: float | None
    lon: float | None
    starts_at: datetime
    ends_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    people: int
    product: str | None
    pinned: bool
    outbreak: bool


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A team on a day."""

    team: UUID
    name: str
    depot: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    absent: bool
    absent_why: str | None = None  # as the team says
    pause_minutes: int = 0


@dataclass(frozen=True, slots=True)
class OpenRow:
    """Unserved people or an unassigned crisis visit at a location, for one reason."""

    reason: str
    location: UUID | None
    name: str | None
    municipality: str | None
    lat: float | None
    lon: float | None
    people: int
    crisis_visits: int


@dataclass(frozen=True, slots=True)
class ShortDelivery:
    """A delivery that was smaller than announced, or is late."""

    product: str
    announced: int
    received: int | None
    expected_on: date


@dataclass(frozen=True, slots=True)
class OutbreakRow:
    """A location with an outbreak, with its next planned visit."""

    name: str
    municipality: str | None
    policy: str
    next_visit: datetime | None


async def days(tx: "Connection", region: str) -> list[DayRow]:
    """Reads the days with visits, in order."""
    rows = await tx.fetch(
        """
        SELECT (lower(slot) AT TIME ZONE 'Europe/Amsterdam')::date AS day, count(*) FROM visits
        WHERE region = $1 AND live GROUP BY day ORDER BY day
        """,
        region,
    )
    return [DayRow(*row) for row in rows]


async def visits(tx: "Connection", region: str, since: datetime, until: datetime) -> list[VisitRow]:
    """Reads visits that begin from `since` until `until`, by team and time."""
    rows = await tx.fetch(
        """
        SELECT v.visit, v.team, l.registered ->> 'name' AS location, l.registered ->> 'municipality' AS municipality,
               (l.registered -> 'point' ->> 'lat')::float8 AS lat, (l.registered -> 'point' ->> 'lon')::float8 AS lon,
               lower(v.slot) AS starts_at, upper(v.slot) AS ends_at, v.started_at, v.completed_at,
               (SELECT count(*) FROM appointments a WHERE a.region = v.region AND a.visit = v.visit AND a.live) AS people,
               v.product, EXISTS (
                 SELECT FROM pins p WHERE p.region = v.region AND p.visit = v.visit AND p.holds
                   AND CASE WHEN p.moved_seq > p.pinned_seq THEN (p.moved_shift, p.moved_to) IS NOT DISTINCT FROM (v.shift, lower(v.slot))
                     WHEN p.pin_kind = 'team' THEN p.shift = v.shift
                     WHEN p.pin_kind = 'time' THEN p.starts_at = lower(v.slot)
                     WHEN p.pin_kind = 'window' THEN lower(v.slot) BETWEEN coalesce(p.not_before, '-infinity') AND coalesce(p.not_after, 'infinity')
                     ELSE (p.shift, p.starts_at) IS NOT DISTINCT FROM (v.shift, lower(v.slot)) END) AS pinned,
               l.outbreak IS NOT NULL AS outbreak
        FROM visits v LEFT JOIN locations l ON l.region = v.region AND l.location = v.location
        WHERE v.region = $1 AND v.live AND lower(v.slot) >= $2 AND lower(v.slot) < $3 ORDER BY v.team, lower(v.slot)
        """,
        region,
        since,
        until,
    )
    return [VisitRow(*row) for row in rows]


async def day_of_visit(tx: "Connection", region: str, visit: UUID) -> date | None:
    """Reads the day of a visit that is in the plan; None when it is not, or is completed."""
    day: date | None = await tx.fetchval(
        """
        SELECT (lower(slot) AT TIME ZONE 'Europe/Amsterdam')::date FROM visits
        WHERE region = $1 AND visit = $2 AND live AND completed_seq = 0
        """,
        region,
        visit,
    )
    return day


async def shifts(tx: "Connection", region: str, since: datetime, until: datetime) -> list[ShiftRow]:
    """Reads shifts that begin from `since` until `until`, by team; of borrowed teams on the days of the loan."""
    rows = await tx.fetch(
        """
        WITH s AS (
          SELECT region, (worked ->> 'team_id')::uuid AS team, (worked ->> 'depot_id')::uuid AS depot,
                 (worked ->> 'starts_at')::timestamptz AS starts_at, (worked ->> 'ends_at')::timestamptz AS ends_at,
                 (worked ->> 'capacity')::int AS capacity, (worked ->> 'pause_minutes')::int AS pause_minutes
          FROM shifts WHERE live AND worked IS NOT NULL AND (region = $1 OR region IN (SELECT region FROM loans WHERE to_region = $1)))
        SELECT s.team, coalesce(t.facts ->> 'name', left(s.team::text, 8)) AS name, s.depot, s.starts_at, s.ends_at, s.capacity,
               EXISTS (SELECT FROM absences a WHERE a.region = $1 AND a.team = s.team
                       AND a.span && tstzrange(s.starts_at, s.ends_at)) AS absent,
               (SELECT a.reason FROM absences a WHERE a.region = $1 AND a.team = s.team
                AND a.span && tstzrange(s.starts_at, s.ends_at) ORDER BY a.seq DESC LIMIT 1), coalesce(s.pause_minutes, 0)
        FROM s LEFT JOIN teams t ON t.region = s.region AND t.team = s.team
        WHERE s.starts_at >= $2 AND s.starts_at < $3 AND (s.region = $1 OR EXISTS (
          SELECT FROM loans l WHERE l.region = s.region AND l.team = s.team AND l.to_region = $1
            AND l.valid @> (s.starts_at AT TIME ZONE 'Europe/Amsterdam')::date)) ORDER BY name, s.starts_at
        """,
        region,
        since,
        until,
    )
    return [ShiftRow(*row) for row in rows]


async def team_names(tx: "Connection", region: str) -> dict[UUID, str]:
    """Reads the names of the region's teams and of those lent to it."""
    rows = await tx.fetch(
        """
        SELECT team, facts ->> 'name' AS name FROM teams t WHERE facts IS NOT NULL AND (region = $1 OR EXISTS (
          SELECT FROM loans l WHERE l.region = t.region AND l.team = t.team AND l.to_region = $1)) ORDER BY name, team
        """,
        region,
    )
    return {row["team"]: row["name"] for row in rows}


async def unassigned(tx: "Connection", region: str, plan_hash: str) -> list[OpenRow]:
    """Reads what a plan leaves unassigned, by strongest reason and location, most people first."""
    rows = await tx.fetch(
        """
        SELECT u.reasons[1] AS reason, u.location, l.registered ->> 'name' AS name,
               l.registered ->> 'municipality' AS municipality,
               (l.registered -> 'point' ->> 'lat')::float8 AS lat, (l.registered -> 'point' ->> 'lon')::float8 AS lon,
               count(DISTINCT u.person) AS people, count(DISTINCT u.visit) FILTER (WHERE u.person IS NULL) AS crisis_visits
        FROM plan_unassigned u LEFT JOIN locations l ON l.region = u.region AND l.location = u.location
        WHERE u.region = $1 AND u.hash = $2
        GROUP BY u.reasons[1], u.location, l.registered ORDER BY crisis_visits DESC, people DESC, name, u.location
        """,
        region,
        plan_hash,
    )
    return [OpenRow(*row) for row in rows]


async def outbreaks(tx: "Connection", region: str, now: datetime) -> list[OutbreakRow]:
    """Reads the locations with an outbreak."""
    rows = await tx.fetch(
        """
        SELECT coalesce(l.registered ->> 'name', left(l.location::text, 8)) AS name, l.registered ->> 'municipality', l.outbreak,
               (SELECT min(lower(v.slot)) FROM visits v
                WHERE v.region = l.region AND v.location = l.location AND v.live AND lower(v.slot) >= $2)
        FROM locations l WHERE l.region = $1 AND l.outbreak IS NOT NULL ORDER BY 4 NULLS LAST, 1
        """,
        region,
        now,
    )
    return [OutbreakRow(*row) for row in rows]


async def short_deliveries(tx: "Connection", region: str, today: date) -> list[ShortDelivery]:
    """Reads deliveries that were smaller than was said last before they came, or are overdue."""
    rows = await tx.fetch(
        """
        SELECT coalesce((SELECT p.facts ->> 'name' FROM products p WHERE p.product = e.product LIMIT 1), e.product), e.doses,
               r.doses, e.expected_on
        FROM deliveries d CROSS JOIN LATERAL (
          SELECT * FROM (VALUES
            (d.product, d.doses, d.expected_on, d.announced_moment, d.announced_seq),
            (d.confirmed_product, d.confirmed_doses, d.confirmed_on, d.confirmed_moment, d.confirmed_seq))
            AS said (product, doses, expected_on, moment, seq)
          WHERE said.seq > 0 ORDER BY said.moment DESC, said.seq DESC LIMIT 1) e
        LEFT JOIN (
          SELECT region, delivery, sum(doses)::int AS doses, max(on_day) AS on_day FROM received_shown GROUP BY region, delivery) r
          ON r.region = d.region AND r.delivery = d.delivery
        WHERE d.region = $1
          AND CASE WHEN d.received_seq > 0 THEN r.doses < e.doses AND r.on_day >= $2::date - 7 ELSE e.expected_on < $2::date END
        ORDER BY e.expected_on
        """,
        region,
        today,
    )
    return [ShortDelivery(*row) for row in rows]
