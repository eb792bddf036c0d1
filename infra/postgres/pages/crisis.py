"""Reads for the crisis team: numbers per municipality, day and depot; no persons, small cells hidden."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A number of a municipality; None is too small to show."""

    campaign: UUID
    area: str
    what: str
    n: int | None


@dataclass(frozen=True, slots=True)
class GivenDay:
    """Doses given on a day; None is too few to show."""

    on_day: date
    doses: int | None
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """What the published plan holds for a day, and how many of its teams have reported."""

    on_day: date
    visits: int
    doses: int | None
    teams: int
    teams_heard: int


@dataclass(frozen=True, slots=True)
class DepotRow:
    """Stock of a product at a depot, with the usable lot that expires first; quarantined doses are not usable."""

    depot: str
    product: str
    doses: int
    usable: int
    lot: str | None
    use_by: date | None
    lot_doses: int | None
    quarantined: int


@dataclass(frozen=True, slots=True)
class ComingRow:
    """Doses of a product that are expected on a day."""

    day: date
    product: str
    doses: int
    is_confirmed: bool  # all of them, by the GGD


async def areas(tx: "Connection", region: str, campaign: UUID) -> list[AreaRow]:
    """Reads the numbers per municipality."""
    rows = await tx.fetch(
        "SELECT campaign, area, what, n FROM totals_area WHERE region = $1 AND campaign = $2 ORDER BY area, what",
        region,
        campaign,
    )
    return [AreaRow(*row) for row in rows]


async def given_days(tx: "Connection", region: str, campaign: UUID) -> list[GivenDay]:
    """Reads the doses given per day, in order."""
    rows = await tx.fetch(
        "SELECT on_day, doses, newest_at FROM totals_days WHERE region = $1 AND campaign = $2 ORDER BY on_day",
        region,
        campaign,
    )
    return [GivenDay(*row) for row in rows]


async def planned_days(tx: "Connection", region: str, campaign: UUID) -> list[PlannedDay]:
    """Reads the planned visits and doses per day, in order."""
    rows = await tx.fetch(
        """
        SELECT on_day, visits, doses, teams, teams_heard FROM totals_planned_days
        WHERE region = $1 AND campaign = $2 ORDER BY on_day
        """,
        region,
        campaign,
    )
    return [PlannedDay(*row) for row in rows]


async def wasted(tx: "Connection", region: str) -> dict[str, int]:
    """Reads the doses wasted per reason."""
    rows = await tx.fetch(
        """
        SELECT coalesce(reason, 'other') AS reason, -sum(doses)::int AS doses FROM stock_shown
        WHERE region = $1 AND kind = 'wasted' GROUP BY reason HAVING sum(doses) <> 0 ORDER BY doses DESC, reason
        """,
        region,
    )
    return {row["reason"]: row["doses"] for row in rows}


async def deliveries_to_come(tx: "Connection", region: str) -> list[ComingRow]:
    """Reads deliveries that were announced or confirmed and have not arrived, per day and product."""
    rows = await tx.fetch(
        """
        SELECT expected_on, product, sum(doses)::int, bool_and(is_confirmed) FROM deliveries_shown
        WHERE region = $1 GROUP BY expected_on, product ORDER BY expected_on, product
        """,
        region,
    )
    return [ComingRow(*row) for row in rows]
