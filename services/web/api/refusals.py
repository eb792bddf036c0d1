"""`GET /api/v1/refusals`: a sender reads what of its own was refused: why, which fields, and its own name for it."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from events.errors import Refusal
from infra.postgres.database import Who
from infra.postgres.pages import quarantine
from infra.postgres.pages.quarantine import RefusalRow
from infra.tokens import SENDER
from services.web.access import allow
from services.web.parts import get_parts

router = APIRouter(tags=["events"])
MOST: Final = 500  # on a page
NEWEST: Final = 2**63 - 1


class RefusalOfYours(BaseModel):
    """An event that was quarantined; `source` and `id` as its sender gave them, where they could be read."""

    number: Annotated[int, Field(description="rises with each refusal; pages go by it")]
    at: datetime
    topic: Annotated[str, Field(description="of Kafka, or `https`")]
    partition: int | None
    offset: int | None
    reason: Refusal
    fields: list[str]
    source: str | None
    id: str | None
    accepted_at: Annotated[
        datetime | None, Field(description="when it was accepted after all; null: still refused")
    ]
    kept: Annotated[
        bool,
        Field(description="false: send it again, it was too large to be kept or kept too long"),
    ]
    length: Annotated[int | None, Field(description="bytes of a value that is not kept whole")]


class OpenRefusals(BaseModel):
    """How many are still refused, by reason."""

    topic: str
    reason: Refusal
    records: int


class Refusals(BaseModel):
    """A page of refusals, the oldest first; `next` is the `after` of the following page, null on the last."""

    refusals: list[RefusalOfYours]
    open: list[OpenRefusals]
    next: int | None


@router.get("/refusals")
async def list_refusals(
    request: Request,
    who: Annotated[Who, Depends(allow(SENDER, "practice", "planner"))],
    after: Annotated[int, Query(ge=0, le=NEWEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Refusals:
    """What of the caller's own was refused: of a connected system its topic, of a practice what it sent by HTTPS, of a planner the region."""
    async with get_parts(request).reader.reading(who) as tx:
        rows = await quarantine.refused(tx, after, limit + 1)
        counts = await quarantine.count_refused(tx)
    return Refusals(
        refusals=[describe(row) for row in rows[:limit]],
        open=[
            OpenRefusals(topic=topic, reason=Refusal(reason), records=records)
            for topic, reason, records in counts
        ],
        next=rows[limit - 1].number if len(rows) > limit else None,
    )


def describe(row: RefusalRow) -> RefusalOfYours:
    """A row as its sender sees it."""
    return RefusalOfYours(
        number=row.number,
        at=row.at,
        topic=row.topic,
        partition=row.part,
        offset=row.off,
        reason=Refusal(row.reason),
        fields=list(row.fields),
        source=row.source,
        id=row.id,
        accepted_at=row.resolved_at,
        kept=not row.cut,
        length=row.length,
    )
