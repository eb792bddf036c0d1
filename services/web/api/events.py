"""Events over HTTPS: a CloudEvent or a batch of them, in the name of who is signed in."""

import json
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic_core import from_json, to_json

from events.cloudevents import MAX_BYTES
from infra.postgres.database import Who
from infra.postgres.pages import practice
from services.accept.submission import Outcome, Status
from services.web.access import allow
from services.web.parts import parts_of

router = APIRouter(prefix="/api", tags=["events"])
MOST = 1_000
MOST_BYTES = 16 * 1_048_576  # of one request: what it holds in memory
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


@router.post("/events", status_code=202)
async def offer_events(
    request: Request, who: Annotated[Who, Depends(allow("practice", "planner"))]
) -> Response:
    """One outcome per event, in order; 409 when the only event reuses an identifier, 422 when it is refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (SINGLE, BATCH):
        return problem(415, f"content-type must be {SINGLE} or {BATCH}")
    body = await read_body(request)
    if body is None:
        return problem(413, f"at most {MOST_BYTES} bytes at once")
    values = to_values(body, batch=kind == BATCH)
    if values is None:
        return problem(400, f"not JSON, or not 1 to {MOST} events of at most {MAX_BYTES} bytes")
    parts = parts_of(request)

    async def owns(persons: Sequence[UUID]) -> set[UUID]:
        async with parts.reader.reading(who) as tx:
            return await practice.own(tx, persons)

    outcomes = await parts.writing.pass_on(who, values, owns)
    answer = orjson.dumps({"outcomes": [to_answer(outcome) for outcome in outcomes]})
    return Response(answer, code_of(outcomes), media_type="application/json")


async def read_body(request: Request) -> bytes | None:
    """What was sent; None when it is too much to hold, which is known before all of it came."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def to_values(body: bytes, *, batch: bool) -> list[bytes] | None:
    """The events as bytes; None when the body can not be taken apart."""
    if not batch:
        return [body] if 0 < len(body) <= MAX_BYTES else None
    try:
        events = from_json(body)
    except ValueError:
        return to_values_slowly(body)
    if not isinstance(events, list) or not 1 <= len(events) <= MOST:
        return None
    return [to_json(event) for event in events]


def to_values_slowly(body: bytes) -> list[bytes] | None:
    """As `to_values` of a batch, for JSON that only the more tolerant parser reads: half of a surrogate pair."""
    try:
        events = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(events, list) or not 1 <= len(events) <= MOST:
        return None
    return [json.dumps(event).encode() for event in events]


def to_answer(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON: where it stands in the ledger, or what is wrong with it."""
    if outcome.status is Status.REJECTED:
        return {
            "status": outcome.status.value,
            "reason": outcome.reason.value if outcome.reason else None,
            "fields": list(outcome.fields),
        }
    return {"status": outcome.status.value, "region": outcome.region, "seq": outcome.seq}


def code_of(outcomes: list[Outcome]) -> int:
    """202 unless the only event was refused."""
    if len(outcomes) != 1 or outcomes[0].status is not Status.REJECTED:
        return 202
    reason = outcomes[0].reason
    return 409 if reason is not None and reason.value == "id_reused" else 422


def problem(code: int, text: str) -> JSONResponse:
    """An answer to a request that could not be read."""
    return JSONResponse({"detail": text}, status_code=code)
