"""`POST /api/v1/events`: takes a CloudEvent or a batch of them, in the name of the caller."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field
from pydantic_core import from_json, to_json

from events.cloudevents import MAX_BYTES
from events.errors import Refusal
from infra.postgres.database import Who
from services.accept.submission import Outcome, Status
from services.web.access import allow
from services.web.api import problems
from services.web.api.description import may_answer
from services.web.api.hand_answers import ChangedStop, to_changed, write_changed
from services.web.api.problems import (
    CANNOT_HOLD,
    ID_REUSED,
    REFUSED_EVENT,
    STALE,
    TOO_LARGE,
    WRONG_TYPE,
    Problem,
)
from services.web.parts import get_parts
from services.web.steering_errors import Stale

router = APIRouter(tags=["events"])
MOST = 1_000
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


EVENT: Final = {"$ref": "#/components/schemas/CloudEvent"}


class Accepted(BaseModel):
    """An event that the ledger holds, from now on or since before, and its number there."""

    status: Literal["accepted", "duplicate"]
    region: str
    seq: int


class Rejected(BaseModel):
    """An event that was quarantined: the reason, and the names of the fields at fault."""

    status: Literal["rejected"]
    reason: Refusal
    fields: list[str]


class Outcomes(BaseModel):
    """One outcome for each event, in order."""

    outcomes: list[Accepted | Rejected]


class RefusedEvent(Problem):
    """The only event of the request was refused; of a pin or move the rule that it breaks, or who changed the stop since."""

    outcomes: list[Rejected]
    rule: str | None = None
    changes: Annotated[list[ChangedStop], Field(default_factory=list)]


@router.post(
    "/events",
    status_code=202,
    response_model=Outcomes,
    responses=may_answer(
        (ID_REUSED, RefusedEvent),
        (CANNOT_HOLD, RefusedEvent),
        (STALE, RefusedEvent),
        (TOO_LARGE, Problem),
        (WRONG_TYPE, Problem),
        (REFUSED_EVENT, RefusedEvent),
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                SINGLE: {"schema": EVENT},
                BATCH: {
                    "schema": {"type": "array", "minItems": 1, "maxItems": MOST, "items": EVENT}
                },
            },
        }
    },
)
async def offer_events(
    request: Request, who: Annotated[Who, Depends(allow("practice", "planner"))]
) -> Response:
    """One outcome per event, in order; 409 when the only event reuses an identifier, is a pin that cannot hold, or is about a stop
    that somebody else changed after the event's `time`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (SINGLE, BATCH):
        return problems.answer(WRONG_TYPE, detail=f"content-type must be {SINGLE} or {BATCH}")
    values = to_values(await request.body(), batch=kind == BATCH)
    if values is None:
        return problems.answer_unreadable(
            "events", f"not JSON, or not 1 to {MOST} events of at most {MAX_BYTES} bytes"
        )
    parts = get_parts(request)
    try:
        outcomes = await parts.writing.pass_on(who, values, parts.steering.take_turn)
    except Stale as stale:
        return answer_stale(stale)
    return to_response(outcomes)


def answer_stale(stale: Stale) -> Response:
    """409 with who changed the stop since it was decided; the way with a check beforehand is named."""
    changes = [to_changed(row).model_dump(mode="json") for row in stale.changes]
    said = "; ".join(write_changed(row) for row in stale.changes)
    refused = {"status": "rejected", "reason": Refusal.STALE.value, "fields": ["visit_id"]}
    detail = f"Nothing was stored. Changed since this was decided: {said}. See /api/v1/plan/checks and /plan/edits."
    return problems.answer(STALE, detail=detail, changes=changes, outcomes=[refused])


def to_response(outcomes: Sequence[Outcome]) -> Response:
    """Answer 202 with an outcome for each event, or the problem when the only event was rejected."""
    answers = [to_answer(outcome) for outcome in outcomes]
    if len(outcomes) == 1 and outcomes[0].status is Status.REJECTED:
        if outcomes[0].reason is Refusal.CANNOT_HOLD:
            return problems.answer(CANNOT_HOLD, outcomes=answers, rule=outcomes[0].fields[0])
        kind = ID_REUSED if outcomes[0].reason is Refusal.ID_REUSED else REFUSED_EVENT
        return problems.answer(kind, outcomes=answers)
    return Response(orjson.dumps({"outcomes": answers}), 202, media_type="application/json")


def to_values(body: bytes, *, batch: bool) -> list[bytes] | None:
    """Split a body into events; None when it is not JSON or not a batch of allowed size."""
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
    """As `to_values` of a batch, for JSON that only the tolerant parser reads: lone surrogates."""
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
