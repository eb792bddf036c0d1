"""Campaigns, products, and the doses that a plan may count on by depot, lot and day."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from events.supply import CampaignOpened, ProductCatalogued
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import AnnouncementRow, StockRow, SupplyRows
from scheduling.problem import Campaign, Need, Product, StockLine


def to_campaign(facts: CampaignOpened, *, exercise: bool = False) -> Campaign:
    """Converts to the scheduler's campaign; an exercise needs no approval."""
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
        approved=exercise or facts.approval.is_given,
    )


def to_product(facts: ProductCatalogued, *, exercise: bool = False) -> Product:
    """Converts to the scheduler's product; every value has its source in the catalogue, and an approval or is not planned.

    An exercise needs no approval.
    """
    return Product(
        id=facts.product_id,
        doses_per_container=facts.doses_per_container,
        open_seconds=facts.open_minutes * 60,
        transport_seconds=facts.transport_minutes * 60,
        open_may_travel=facts.open_may_travel,
        min_days=facts.min_days,
        ideal_days=facts.ideal_days,
        max_days=facts.max_days,
        approved=exercise or facts.approval.is_given,
    )


def to_products(rows: Iterable[ProductCatalogued], *, exercise: bool = False) -> dict[str, Product]:
    """Indexes the catalogue by product id."""
    return {facts.product_id: to_product(facts, exercise=exercise) for facts in rows}


def with_unknown(products: Mapping[str, Product], needs: Iterable[Need]) -> tuple[Product, ...]:
    """Adds a product without stock for every name that is not in the catalogue yet.

    The people who need it are then unserved for a reason, instead of missing from the plan.
    """
    missing = sorted({product for need in needs for product in need.products} - set(products))
    unknown = (
        Product(one, doses_per_container=1, open_seconds=0, transport_seconds=0) for one in missing
    )
    return (*products.values(), *unknown)


def to_stock(
    rows: SupplyRows, in_cars: Mapping[tuple[str, str], int], calendar: Calendar
) -> list[StockLine]:
    """Lists the doses that a plan may count on: in depots, and announced.

    Doses in cars (`in_cars`, by depot and product) are subtracted, from the lot that expires first. Products outside
    the catalogue have no stock: their shelf life is unknown.
    """
    fridge_days = {facts.product_id: facts.fridge_days for facts in rows.products}
    left = dict(in_cars)
    lines = []
    for row in rows.stock:
        if not is_stock(row):
            continue
        key = (str(row.depot), row.product)
        taken = min(row.doses, left.get(key, 0))
        left[key] = left.get(key, 0) - taken
        if row.doses > taken and row.product in fridge_days and row.use_by is not None:
            first_day = max(0, calendar.to_day(row.since))
            last_day = calendar.to_day(row.use_by)
            lines.append(StockLine(*key, row.lot, first_day, last_day, row.doses - taken))
    announced = (to_announced(row, fridge_days, calendar) for row in rows.announcements)
    return [*lines, *(line for line in announced if line is not None)]


def is_stock(row: StockRow) -> bool:
    """Whether a lot counts: not in quarantine, and with doses left.

    The sum is negative while a dose is reported before the delivery that it came from.
    """
    return row.is_usable and row.doses > 0


def to_announced(
    row: AnnouncementRow, fridge_days: Mapping[str, int], calendar: Calendar
) -> StockLine | None:
    """Converts an announced delivery to stock from the day after it is expected; None when it cannot be relied on.

    A visit may count on it; a next dose is secured by it only once the GGD has confirmed it.
    It arrives within a two-hour window announced on the day itself (SNPG), too late for the teams of that morning.
    An overdue delivery is not relied on: late and short deliveries were the main reason to replan in 2021.
    """
    if row.expected_on < calendar.start or row.doses <= 0 or row.product not in fridge_days:
        return None
    return StockLine(
        str(row.depot),
        row.product,
        f"announced {row.delivery}",
        calendar.to_day(row.expected_on + timedelta(days=1)),
        calendar.to_day(row.expected_on + timedelta(days=fridge_days[row.product])),
        row.doses,
        confirmed=row.is_confirmed,
    )
