"""Reads campaigns, products, stock by depot and lot, and deliveries to come."""

from typing import TYPE_CHECKING

from events.supply import CampaignOpened, ProductCatalogued
from infra.postgres.snapshot.rows import AnnouncementRow, StockRow, SupplyRows

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def load_supply(tx: "Connection", region: str) -> SupplyRows:
    """Reads what may be given in the region and how much of it there is."""
    return SupplyRows(
        campaigns=await load_campaigns(tx, region),
        products=await load_products(tx, region),
        stock=await load_stock(tx, region),
        announcements=await load_announcements(tx, region),
    )


async def load_campaigns(tx: "Connection", region: str) -> tuple[CampaignOpened, ...]:
    """Reads national and regional campaigns."""
    rows = await tx.fetch(
        "SELECT facts FROM campaigns WHERE region IN ($1, 'NL') AND facts IS NOT NULL ORDER BY campaign",
        region,
    )
    return tuple(CampaignOpened.model_validate_json(row["facts"]) for row in rows)


async def load_products(tx: "Connection", region: str) -> tuple[ProductCatalogued, ...]:
    """Reads the products in the national and the regional catalogue."""
    rows = await tx.fetch(
        "SELECT facts FROM products WHERE region IN ($1, 'NL') AND facts IS NOT NULL ORDER BY product",
        region,
    )
    return tuple(ProductCatalogued.model_validate_json(row["facts"]) for row in rows)


async def load_stock(tx: "Connection", region: str) -> tuple[StockRow, ...]:
    """Sums the movements of each lot at each depot, in doses; the earliest use-by date first."""
    rows = await tx.fetch(
        """
        SELECT m.depot, m.product, m.lot, sum(m.doses)::int AS doses, max(d.use_by) AS use_by, min(m.on_day) AS since,
               coalesce(l.usable, true) AS is_usable
        FROM stock_now m LEFT JOIN lots l USING (region, product, lot)
        JOIN (SELECT product, lot, max(use_by) AS use_by FROM received_now WHERE region = $1 GROUP BY product, lot) AS d
          USING (product, lot)  -- the day belongs to the lot: it keeps it in another depot
        WHERE m.region = $1
        GROUP BY m.depot, m.product, m.lot, l.usable ORDER BY m.depot, m.product, max(d.use_by), m.lot
        """,
        region,
    )
    return tuple(StockRow(**row) for row in rows)


async def load_announcements(tx: "Connection", region: str) -> tuple[AnnouncementRow, ...]:
    """Reads deliveries that were announced or confirmed and not received."""
    rows = await tx.fetch(
        """
        SELECT delivery, depot, product, doses, expected_on, is_confirmed FROM deliveries_to_come
        WHERE region = $1 ORDER BY expected_on, delivery
        """,
        region,
    )
    return tuple(AnnouncementRow(**row) for row in rows)
