"""`GET /api/v1/stock`: stock by product, lots in quarantine, and counts that somebody must decide about; nobody is named."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from infra.postgres.database import Who
from infra.postgres.pages import supply
from services.web.access import allow
from services.web.parts import get_parts
from services.web.supply import list_held, sum_stock

router = APIRouter(tags=["stock"])


class StockOfProduct(BaseModel):
    """Doses of a product in the region; those in quarantine are not usable."""

    product: str
    doses: int
    usable: int
    quarantined: int


class LotInQuarantine(BaseModel):
    """Doses of a lot that may not be used; `depot` is its name, null when none are in stock."""

    depot: str | None
    product: str
    lot: str
    doses: int
    since: datetime | None


class OpenCount(BaseModel):
    """A count of a lot that differs from the books, or that was made since one that does."""

    depot: UUID
    product: str
    lot: str
    counted: int
    booked: Annotated[int, Field(description="what the books said at the moment of the count")]
    at: datetime
    source: Annotated[str, Field(description="with `id` what stock.adjusted names in `counts`")]
    id: str
    counted_by: UUID | None


class StockOfRegion(BaseModel):
    """What lies in the depots of the region, and what asks for a decision: send stock.adjusted.v1."""

    products: list[StockOfProduct]
    quarantined: list[LotInQuarantine]
    counts: list[OpenCount]


@router.get("/stock")
async def show_stock(
    request: Request, who: Annotated[Who, Depends(allow("planner", "crisis"))]
) -> StockOfRegion:
    """Stock of the own region, its lots in quarantine, and the counts that nobody has settled."""
    async with get_parts(request).reader.reading(who) as tx:
        stock = await supply.lots(tx, who.region)
        held = list_held(await supply.held_lots(tx, who.region), stock)
        counts = await supply.counts_in_question(tx, who.region)
    return StockOfRegion(
        products=[
            StockOfProduct(
                product=row.product,
                doses=row.doses,
                usable=row.usable,
                quarantined=row.quarantined,
            )
            for row in sum_stock(who.region, stock)
        ],
        quarantined=[
            LotInQuarantine(
                depot=row.depot, product=row.product, lot=row.lot, doses=row.doses, since=row.since
            )
            for row in held
        ],
        counts=[
            OpenCount(
                depot=row.depot,
                product=row.product,
                lot=row.lot,
                counted=row.counted,
                booked=row.booked,
                at=row.at,
                source=row.source,
                id=row.id,
                counted_by=row.counted_by,
            )
            for row in counts
        ],
    )
