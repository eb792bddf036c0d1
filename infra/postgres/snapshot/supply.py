"""Campaigns, products and stock by depot, lot and day."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from events.supply import CampaignOpened, ProductCatalogued
from infra.postgres.snapshot.calendar import Calendar
from scheduling.problem import Campaign, Need, Product, StockLine

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def load_campaigns(tx: "Connection", region: str) -> list[CampaignOpened]:
    """The campaigns of the country and of the region."""
    rows = await tx.fetch(
        "SELECT facts FROM campaigns WHERE region IN ($1, 'NL') AND facts IS NOT NULL ORDER BY campaign",
        region,
    )
    return [CampaignOpened.model_validate_json(row["facts"]) for row in rows]


def to_campaign(facts: CampaignOpened) -> Campaign:
    """What the scheduler must know of a campaign."""
    return Campaign(
        id=str(facts.campaign_id),
        products=facts.products,
        doses=facts.doses,
        min_days=facts.min_days,
        ideal_days=facts.ideal_days,
        max_days=facts.max_days,
        seconds_per_person=facts.seconds_per_person,
        observation_seconds=facts.observation_minutes * 60,
        reserve_next_dose=facts.reserve_next_dose,
    )


async def load_products(tx: "Connection", region: str) -> dict[str, ProductCatalogued]:
    """The catalogued products by id."""
    rows = await tx.fetch(
        "SELECT facts FROM products WHERE region IN ($1, 'NL') AND facts IS NOT NULL ORDER BY product",
        region,
    )
    found = [ProductCatalogued.model_validate_json(row["facts"]) for row in rows]
    return {facts.product_id: facts for facts in found}


def to_product(facts: ProductCatalogued) -> Product:
    """What the scheduler must know of a product."""
    return Product(
        id=facts.product_id,
        doses_per_container=facts.doses_per_container,
        open_seconds=facts.open_minutes * 60,
        transport_seconds=facts.transport_minutes * 60,
        open_may_travel=facts.open_may_travel,
    )


def by_name(products: dict[str, ProductCatalogued]) -> dict[str, Product]:
    """The catalogue as the scheduler takes it."""
    return {name: to_product(facts) for name, facts in products.items()}


def with_unknown(
    products: Iterable[ProductCatalogued], needs: Iterable[Need]
) -> tuple[Product, ...]:
    """The catalogue, and a product without stock for every name that nobody catalogued yet."""
    known = tuple(to_product(facts) for facts in products)
    named = {product for need in needs for product in need.products}
    missing = sorted(named - {product.id for product in known})
    return known + tuple(
        Product(product, doses_per_container=1, open_seconds=0, transport_seconds=0)
        for product in missing
    )


async def load_stock(
    tx: "Connection",
    region: str,
    calendar: Calendar,
    products: dict[str, ProductCatalogued],
    held: dict[tuple[str, str], int],
) -> list[StockLine]:
    """What lies at depots and what is announced; `held` (depot, product) is under way today and not counted.

    Announced doses count from the day after they are expected: they come in a two-hour window of that day.
    """
    rows = await tx.fetch(
        """
        SELECT m.depot, m.product, m.lot, sum(m.doses)::int AS doses, max(d.use_by) AS use_by, min(m.on_day) AS on_day
        FROM stock_movements m LEFT JOIN lots l USING (region, product, lot)
        JOIN (SELECT product, lot, max(use_by) AS use_by FROM stock_movements WHERE region = $1 GROUP BY product, lot) AS d
          USING (product, lot)  -- the day belongs to the lot: it keeps it in another depot
        WHERE m.region = $1 AND coalesce(l.usable, true)
        GROUP BY m.depot, m.product, m.lot HAVING sum(m.doses) > 0 ORDER BY m.depot, m.product, max(d.use_by), m.lot
        """,
        region,
    )
    lines = []
    for row in rows:
        key = (str(row["depot"]), row["product"])
        taken = min(row["doses"], held.get(key, 0))
        held[key] = held.get(key, 0) - taken
        if row["doses"] > taken and row["product"] in products and row["use_by"] is not None:
            lines.append(
                StockLine(
                    *key,
                    row["lot"],
                    max(0, calendar.day(row["on_day"])),
                    calendar.day(row["use_by"]),
                    row["doses"] - taken,
                )
            )
    return lines + await load_announced(tx, region, calendar, products)


async def load_announced(
    tx: "Connection", region: str, calendar: Calendar, products: dict[str, ProductCatalogued]
) -> list[StockLine]:
    """Deliveries that are announced and not received; one that is overdue is not counted on."""
    rows = await tx.fetch(
        """
        SELECT delivery, depot, product, doses, expected_on FROM deliveries
        WHERE region = $1 AND announced_seq > 0 AND received_seq = 0 AND expected_on >= $2 AND doses > 0
        ORDER BY expected_on, delivery
        """,
        region,
        calendar.start,
    )
    return [
        StockLine(
            str(row["depot"]),
            row["product"],
            f"announced {row['delivery']}",
            calendar.day(row["expected_on"] + timedelta(days=1)),
            calendar.day(row["expected_on"] + timedelta(days=products[row["product"]].fridge_days)),
            row["doses"],
        )
        for row in rows
        if row["product"] in products
    ]
