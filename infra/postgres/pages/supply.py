"""Reads of supply for planner and crisis team: counts that differ, lots in quarantine, corrections, leftovers."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class CountRow:
    """A count of a lot that nobody has decided about, beside what the books said at its moment, in doses."""

    depot: UUID
    depot_name: str
    product: str
    product_name: str
    lot: str
    now: int  # in the books at this moment
    counted: int
    booked: int
    at: datetime
    source: str
    id: str
    organisation: str | None  # the name of the one that the source names
    counted_by: UUID | None


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """Doses of a lot that may not be used; without a depot when none are in stock."""

    depot: str | None
    product: str
    lot: str
    doses: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class UnsuppliedRow:
    """A planned visit for which a depot has no usable doses, since a lot of it is in quarantine."""

    depot: str
    product: str
    lots: tuple[str, ...]
    location: str | None
    starts_at: datetime
    people: int


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """What was first said of waste or of a container, what it was corrected to, why and by which source."""

    what: str  # "waste" or "container"
    at: datetime
    first_lot: str
    first_doses: int | None
    lot: str
    doses: int | None
    why: str
    source: str
    corrected_by: UUID | None


@dataclass(frozen=True, slots=True)
class LeftoverRow:
    """Doses that a team has left over and offers."""

    team: str
    product: str
    lot: str
    doses: int
    use_before: datetime


async def counts_in_question(tx: "Connection", region: str) -> list[CountRow]:
    """Reads the open counts of each lot from the first that differs from the books on, by depot and lot."""
    rows = await tx.fetch(
        """
        WITH open AS (SELECT * FROM counts_shown WHERE region = $1 AND NOT settled),
        first AS (
          SELECT depot, product, lot, min(at) AS at FROM open WHERE counted <> booked GROUP BY depot, product, lot),
        stock AS (
          SELECT depot, product, lot, sum(doses)::int AS doses FROM stock_shown WHERE region = $1 GROUP BY depot, product, lot)
        SELECT o.depot, coalesce(d.facts ->> 'name', left(o.depot::text, 8)) AS depot_name, o.product,
               coalesce((SELECT p.facts ->> 'name' FROM products p WHERE p.product = o.product LIMIT 1), o.product),
               o.lot, coalesce(s.doses, 0), o.counted, o.booked, o.at, o.source, o.id, b.facts ->> 'name', o.counted_by
        FROM open o JOIN first f USING (depot, product, lot) LEFT JOIN stock s USING (depot, product, lot)
        LEFT JOIN organisations d ON d.region = $1 AND d.organisation = o.depot
        LEFT JOIN organisations b ON b.region = $1 AND b.organisation::text = split_part(o.source, ':', 5)
        WHERE o.at >= f.at ORDER BY depot_name, o.depot, o.product, o.lot, o.at, o.seq
        """,
        region,
    )
    return [CountRow(*row) for row in rows]


async def quarantined(tx: "Connection", region: str) -> list[QuarantineRow]:
    """Reads the lots in quarantine, by depot."""
    rows = await tx.fetch(
        """
        SELECT coalesce(d.facts ->> 'name', left(q.depot::text, 8)),
               coalesce((SELECT p.facts ->> 'name' FROM products p WHERE p.product = q.product LIMIT 1), q.product),
               q.lot, q.doses, q.since
        FROM quarantined_lots q LEFT JOIN organisations d ON d.region = q.region AND d.organisation = q.depot
        WHERE q.region = $1 ORDER BY 1 NULLS LAST, 2, q.lot
        """,
        region,
    )
    return [QuarantineRow(*row) for row in rows]


async def visits_without_stock(tx: "Connection", region: str, now: datetime) -> list[UnsuppliedRow]:
    """Reads planned visits, by time, for which a depot with a quarantined lot has no usable doses left.

    The visits of a depot take its usable doses, and what is to come by then, in order of time.
    """
    rows = await tx.fetch(
        """
        WITH bad AS (
          SELECT depot, product, array_agg(lot ORDER BY lot) AS lots FROM quarantined_lots
          WHERE region = $1 AND doses > 0 GROUP BY depot, product),
        usable AS (
          SELECT s.depot, s.product, sum(s.doses) AS doses FROM stock_shown s LEFT JOIN lots l USING (region, product, lot)
          WHERE s.region = $1 AND coalesce(l.usable, true) GROUP BY s.depot, s.product),
        planned AS (
          SELECT v.location, v.product, (h.worked ->> 'depot_id')::uuid AS depot, lower(v.slot) AS starts_at, n.people,
                 sum(n.people) OVER (PARTITION BY h.worked ->> 'depot_id', v.product ORDER BY lower(v.slot), v.visit) AS needed
          FROM visits v JOIN shifts h ON h.shift = v.shift CROSS JOIN LATERAL (
            SELECT count(*) AS people FROM appointments a WHERE a.region = v.region AND a.visit = v.visit AND a.live
              AND NOT EXISTS (SELECT FROM doses d WHERE d.person = a.person AND d.campaign = a.campaign
                              AND d.dose_no = a.dose_no AND d.outcome <> 'not_given')) n
          WHERE v.region = $1 AND v.live AND v.completed_seq = 0 AND v.product IS NOT NULL AND upper(v.slot) > $2)
        SELECT coalesce(o.facts ->> 'name', left(p.depot::text, 8)),
               coalesce((SELECT c.facts ->> 'name' FROM products c WHERE c.product = p.product LIMIT 1), p.product),
               b.lots, l.registered ->> 'name', p.starts_at, p.people
        FROM planned p JOIN bad b USING (depot, product) LEFT JOIN usable u USING (depot, product)
        LEFT JOIN organisations o ON o.region = $1 AND o.organisation = p.depot
        LEFT JOIN locations l ON l.region = $1 AND l.location = p.location
        WHERE p.people > 0 AND p.needed > coalesce(u.doses, 0) + (
          SELECT coalesce(sum(c.doses), 0) FROM deliveries_shown c
          WHERE c.region = $1 AND c.depot = p.depot AND c.product = p.product
            AND c.expected_on < (p.starts_at AT TIME ZONE 'Europe/Amsterdam')::date)
        ORDER BY 1, 2, p.starts_at
        """,
        region,
        now,
    )
    return [UnsuppliedRow(row[0], row[1], tuple(row[2]), *row[3:]) for row in rows]


async def corrections(tx: "Connection", region: str) -> list[CorrectionRow]:
    """Reads what was corrected of waste and containers, the newest first."""
    rows = await tx.fetch(
        """
        SELECT what, moment, first_lot, first_doses, lot, doses, why, source, corrected_by FROM corrections_shown
        WHERE region = $1 ORDER BY moment DESC, what LIMIT 50
        """,
        region,
    )
    return [CorrectionRow(*row) for row in rows]


async def leftovers(tx: "Connection", region: str, now: datetime) -> list[LeftoverRow]:
    """Reads doses that are left over and still usable, the most urgent first."""
    rows = await tx.fetch(
        """
        SELECT coalesce((SELECT t.facts ->> 'name' FROM teams t WHERE t.team = o.team AND t.facts IS NOT NULL LIMIT 1),
                        left(o.team::text, 8)),
               coalesce((SELECT p.facts ->> 'name' FROM products p WHERE p.product = o.product LIMIT 1), o.product),
               o.lot, o.doses, o.use_before
        FROM leftovers_shown o WHERE o.region = $1 AND o.doses > 0 AND o.use_before > $2 ORDER BY o.use_before, o.offer
        """,
        region,
        now,
    )
    return [LeftoverRow(*row) for row in rows]
