"""Reads for the crisis team: numbers per municipality, day and depot; no persons, people in fives."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A number of people of a municipality."""

    campaign: UUID
    area: str
    what: str
    n: int


@dataclass(frozen=True, slots=True)
class GivenDay:
    """Doses given on a day."""

    on_day: date
    doses: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """What is planned for a day, and what its first plan promised; None when that plan is no longer kept."""

    on_day: date
    doses: int
    promised: int | None


@dataclass(frozen=True, slots=True)
class TeamDay:
    """A team on a day: its visits from first to last, and when it was last heard of."""

    team: UUID
    first_at: datetime
    is_done: bool
    heard_at: datetime | None


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
    """Reads the planned doses per day, in order."""
    rows = await tx.fetch(
        "SELECT on_day, doses, promised FROM totals_planned_days WHERE region = $1 AND campaign = $2 ORDER BY on_day",
        region,
        campaign,
    )
    return [PlannedDay(*row) for row in rows]


async def teams_of_day(tx: "Connection", region: str, campaign: UUID, day: date) -> list[TeamDay]:
    """Reads the teams that have visits on a day."""
    rows = await tx.fetch(
        """
        SELECT team, first_at, is_done, heard_at FROM team_days
        WHERE region = $1 AND campaign = $2 AND on_day = $3 ORDER BY team
        """,
        region,
        campaign,
        day,
    )
    return [TeamDay(*row) for row in rows]


async def wasted(tx: "Connection", region: str, campaign: UUID) -> dict[str, int]:
    """Reads the doses of a campaign's products that were wasted, per reason."""
    rows = await tx.fetch(
        """
        SELECT coalesce(reason, 'other') AS reason, -sum(doses)::int AS doses FROM stock_shown
        WHERE region = $1 AND kind = 'wasted'
          AND product IN (SELECT jsonb_array_elements_text(facts -> 'products') FROM campaigns WHERE campaign = $2 AND facts IS NOT NULL)
        GROUP BY reason HAVING sum(doses) <> 0 ORDER BY doses DESC, reason
        """,
        region,
        campaign,
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
