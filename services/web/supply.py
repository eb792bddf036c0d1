"""Sums of stock for pages and API: by product, by depot, and what of it is in quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from infra.postgres.pages.crisis import DepotRow
from infra.postgres.pages.status import StockRow
from infra.postgres.pages.supply import HeldLot, LotRow


@dataclass(frozen=True, slots=True)
class Held:
    """Doses of a lot that may not be used; without a depot when none are in stock."""

    depot: str | None
    product: str
    lot: str
    doses: int
    since: datetime | None


def list_held(held: Sequence[HeldLot], lots: Sequence[LotRow]) -> list[Held]:
    """The lots in quarantine: a line for each depot that has doses of it, or one when none has."""
    found: list[Held] = []
    for one in held:
        there = [row for row in lots if (row.product, row.lot) == (one.product, one.lot)]
        places = {row.depot_name: row.doses for row in there if row.doses}
        about = one.product_name, one.lot
        found += [Held(name, *about, doses, one.since) for name, doses in places.items()]
        if not places:
            found.append(Held(None, *about, 0, one.since))
    return found


def sum_stock(region: str, lots: Sequence[LotRow]) -> list[StockRow]:
    """The doses of a region by product, usable and in quarantine."""
    rows = []
    for product in sorted({row.product for row in lots}):
        own = [row for row in lots if row.product == product]
        usable = sum(row.doses for row in own if row.usable)
        doses = sum(row.doses for row in own)
        newest = max(row.newest_on for row in own)
        rows.append(StockRow(region, product, doses, usable, newest, doses - usable))
    return rows


def sum_depots(lots: Sequence[LotRow]) -> list[DepotRow]:
    """Stock per depot and product, with the usable lot that expires first."""
    rows = []
    for (_, product), group in groupby(lots, key=lambda row: (row.depot, row.product)):
        own = list(group)
        usable = [row for row in own if row.usable]
        first = next((row for row in usable if row.doses > 0), None)
        rows.append(
            DepotRow(
                depot=own[0].depot_name,
                product=product,
                doses=sum(row.doses for row in own),
                usable=sum(row.doses for row in usable),
                lot=first.lot if first else None,
                use_by=first.use_by if first else None,
                lot_doses=first.doses if first else None,
                quarantined=sum(row.doses for row in own if not row.usable),
            )
        )
    return rows
