"""`GET /api/v1/changes`: the outward events of a region after a ledger number, for systems without Kafka."""

import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from events.catalogue import CATALOGUE
from events.codec import encode
from infra.postgres.database import Who
from infra.postgres.ledger_reads import read_permitted
from services.web.access import allow
from services.web.looks import find_persons_in, log_shown
from services.web.parts import get_parts

router = APIRouter(tags=["events"])
MOST: Final = 500
OUTWARD: Final = sorted(entry.name for entry in CATALOGUE.values() if entry.outward is not None)


# Written by hand: the events are bytes already, no model of ours holds them.
CHANGES: Final = {
    "type": "object",
    "required": ["region", "next", "events"],
    "properties": {
        "region": {"type": "string"},
        "next": {"type": "integer", "description": "the number to ask after the next time"},
        "events": {"type": "array", "items": {"$ref": "#/components/schemas/CloudEvent"}},
    },
}


@router.get(
    "/changes",
    response_class=Response,
    responses={
        200: {
            "description": "Events of the region, in order",
            "content": {"application/json": {"schema": CHANGES}},
        }
    },
)
async def list_changes(
    request: Request,
    who: Annotated[Who, Depends(allow("planner"))],
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> Response:
    """CloudEvents of the own region in order, and `next`: the number to ask after the next time."""
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        reached, lines = await read_permitted(tx, who.region, after, OUTWARD, limit)
        persons = find_persons_in(line.body for line in lines)
        await log_shown(tx, request, who, persons, "stream", "outward events")
    head = json.dumps({"region": who.region, "next": reached}).encode()
    events = b",".join(encode(line.envelope, line.body, parts.type_names)[0] for line in lines)
    return Response(
        head[:-1] + b', "events": [' + events + b"]}",
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
