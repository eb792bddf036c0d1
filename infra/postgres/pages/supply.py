"""Reads of supply for planner and crisis team: counts that differ, lots in quarantine, corrections, leftovers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
    counted: int
    booked: int
    at: datetime
    source: str
    id: str
    organisation: (
        str | None
    )  # the name of the one that it was counted for, else of the one that the source names
    counted_by: UUID | None
    actor: str | None


@dataclass(frozen=True, slots=True)
class LotRow:
    """Doses of a lot at a depot; a lot that is not usable is in quarantine since a moment."""

    depot: UUID
    depot_name: str
    product: str
    product_name: str
    lot: str
    doses: int
    newest_on: date
    use_by: date | None
    usable: bool
    since: datetime | None


@dataclass(frozen=True, slots=True)
class HeldLot:
    """A lot in quarantine, whether or not doses of it are in stock."""

    product: str
    product_name: str
    lot: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class ComingRow:
    """A delivery that is expected and has not come."""

    delivery: UUID
    depot: UUID
    product: str
    product_name: str
    doses: int
    expected_on: date


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
    first_lot: str | None  # None while the record that it names is not known
    first_doses: int | None
    lot: str
    doses: int | None
    why: str
    source: str
    corrected_by: UUID | None
    organisation: str | None
    actor: str | None
    holds: bool  # the newest of those about its record
    waits: bool
    author: str | None  # who recorded it, on which device
    device: str | None


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
          SELECT depot, product, lot, min(at) AS at FROM open WHERE counted <> booked GROUP BY depot, product, lot)
        SELECT o.depot, coalesce(d.facts ->> 'name', left(o.depot::text, 8)) AS depot_name, o.product,
               coalesce((SELECT p.facts ->> 'name' FROM products p WHERE p.product = o.product LIMIT 1), o.product),
               o.lot, o.counted, o.booked, o.at, o.source, o.id, b.facts ->> 'name', o.counted_by, o.actor
        FROM open o JOIN first f USING (depot, product, lot)
        LEFT JOIN organisations d ON d.region = $1 AND d.organisation = o.depot
        LEFT JOIN organisations b ON b.region = $1
          AND b.organisation::text = coalesce(o.actor_org::text, split_part(o.source, ':', 5))
        WHERE o.at >= f.at ORDER BY depot_name, o.depot, o.product, o.lot, o.at, o.seq
        """,
        region,
    )
    return [CountRow(*row) for row in rows]


async def lots(tx: "Connection", region: str) -> list[LotRow]:
    """Reads stock by depot, product and lot; of a depot and product the earliest use-by date first."""
    rows = await tx.fetch(
        """
        SELECT s.depot, coalesce(d.facts ->> 'name', left(s.depot::text, 8)) AS depot_name, s.product,
               coalesce((SELECT p.facts ->> 'name' FROM products p WHERE p.product = s.product LIMIT 1), s.product),
               s.lot, s.doses, s.newest_on, s.use_by, coalesce(l.usable, true), nullif(l.quarantined_moment, '-infinity')
        FROM lots_shown s LEFT JOIN lots l ON l.region = s.region AND l.product = s.product AND l.lot = s.lot
        LEFT JOIN organisations d ON d.region = s.region AND d.organisation = s.depot
        WHERE s.region = $1 ORDER BY depot_name, s.depot, s.product, s.use_by, s.lot
        """,
        region,
    )
    return [LotRow(*row) for row in rows]


async def held_lots(tx: "Connection", region: str) -> list[HeldLot]:
    """Reads the lots in quarantine, by product and number."""
    rows = await tx.fetch(
        """
        SELECT l.product, coalesce((SELECT p.facts ->> 'name' FROM products p WHERE p.product = l.product LIMIT 1), l.product),
               l.lot, nullif(l.quarantined_moment, '-infinity')
        FROM lots l WHERE l.region = $1 AND NOT l.usable ORDER BY l.product, l.lot
        """,
        region,
    )
    return [HeldLot(*row) for row in rows]


async def deliveries_to_come(tx: "Connection", region: str) -> list[ComingRow]:
    """Reads what is expected at the depots of the region, the soonest first."""
    rows = await tx.fetch(
        """
        SELECT d.delivery, d.depot, d.product,
               coalesce((SELECT p.facts ->> 'name' FROM products p WHERE p.product = d.product LIMIT 1), d.product) AS product_name,
               d.doses, d.expected_on
        FROM deliveries_shown d WHERE d.region = $1 ORDER BY d.expected_on, d.delivery
        """,
        region,
    )
    return [ComingRow(*row) for row in rows]


async def visits_without_stock(
    tx: "Connection", region: str, now: datetime, stock: Sequence[LotRow]
) -> list[UnsuppliedRow]:
    """Reads planned visits, by time, for which a depot with a quarantined lot has no usable doses left.

    The visits of a depot take its usable doses, and what is to come by then, in order of time.
    """
    held = {(row.depot, row.product): row for row in stock if row.doses > 0 and not row.usable}
    if not held:
        return []
    rows = await tx.fetch(
        """
        WITH bad AS (SELECT * FROM unnest($3::uuid[], $4::text[], $5::bigint[]) AS b (depot, product, usable)),
        planned AS (
          SELECT v.location, v.product, (h.worked ->> 'depot_id')::uuid AS depot, lower(v.slot) AS starts_at, n.people,
                 sum(n.people) OVER (PARTITION BY h.worked ->> 'depot_id', v.product ORDER BY lower(v.slot), v.visit) AS needed
          FROM visits v JOIN shifts h ON h.shift = v.shift CROSS JOIN LATERAL (
            SELECT count(*) AS people FROM appointments a WHERE a.region = v.region AND a.visit = v.visit AND a.live
              AND NOT EXISTS (SELECT FROM appointments_had d WHERE d.region = a.region AND d.visit = a.visit
                              AND d.person = a.person AND d.campaign = a.campaign AND d.dose_no = a.dose_no)) n
          WHERE v.region = $1 AND v.live AND v.completed_seq = 0 AND v.product IS NOT NULL AND upper(v.slot) > $2)
        SELECT p.depot, p.product, l.registered ->> 'name' AS location, p.starts_at, p.people
        FROM planned p JOIN bad b USING (depot, product) LEFT JOIN locations l ON l.region = $1 AND l.location = p.location
        WHERE p.people > 0 AND p.needed > b.usable + (
          SELECT coalesce(sum(c.doses), 0) FROM deliveries_shown c
          WHERE c.region = $1 AND c.depot = p.depot AND c.product = p.product
            AND c.expected_on < (p.starts_at AT TIME ZONE 'Europe/Amsterdam')::date)
        ORDER BY p.depot, p.product, p.starts_at
        """,
        region,
        now,
        [depot for depot, _ in held],
        [product for _, product in held],
        [sum_usable(stock, *key) for key in held],
    )
    return [
        UnsuppliedRow(
            depot=held[row["depot"], row["product"]].depot_name,
            product=held[row["depot"], row["product"]].product_name,
            lots=tuple(
                one.lot
                for one in stock
                if (one.depot, one.product) == (row["depot"], row["product"])
                and one.doses > 0
                and not one.usable
            ),
            location=row["location"],
            starts_at=row["starts_at"],
            people=row["people"],
        )
        for row in rows
    ]


def sum_usable(stock: Sequence[LotRow], depot: UUID, product: str) -> int:
    """Usable doses of a product at a depot."""
    there = (row for row in stock if (row.depot, row.product) == (depot, product))
    return sum(row.doses for row in there if row.usable)


async def corrections(tx: "Connection", region: str) -> list[CorrectionRow]:
    """Reads every correction of waste and containers, the newest first."""
    rows = await tx.fetch(
        """
        SELECT c.what, c.moment, c.first_lot, c.first_doses, c.lot, c.doses, c.why, c.source, c.corrected_by,
               o.facts ->> 'name', c.actor, c.holds, c.waits, c.author, c.device
        FROM corrections_made c LEFT JOIN organisations o ON o.region = c.region AND o.organisation = c.actor_org
        WHERE c.region = $1 ORDER BY c.moment DESC, c.what, c.seq LIMIT 50
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
