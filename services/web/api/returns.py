"""`/api/v1/returns`: a practice fetches what happened to its patients, for its own record, and says what became of it."""

from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from events.reports import ReturnRefusal
from infra.postgres.database import Who
from infra.postgres.pages.returns import (
    STATES,
    CountRow,
    ReturnRow,
    find_returns,
    read_counts,
    read_returns,
)
from services.returns.fhir import CONTENT_TYPE, to_bundle
from services.returns.record import name_dose
from services.returns.texts import to_csv, to_note
from services.web.access import allow
from services.web.api.description import may_answer
from services.web.api.problems import NOT_FOUND, Problem
from services.web.looks import log_shown
from services.web.parts import get_parts
from services.web.returning import Answer, find_answerable, open_records, to_fact

router = APIRouter(tags=["patients"])
Sees = Annotated[Who, Depends(allow("practice", "planner"))]
State = Literal["pending", "sent", "acknowledged", "rejected", "corrected"]
MOST: Final = 500


class ReturnRecord(BaseModel):
    """One message about one dose, by pseudonym."""

    message: UUID
    dose: Annotated[UUID, Field(description="the same in every message about this dose")]
    receiver: Literal["practice", "register"]
    practice_id: UUID | None
    person_id: UUID
    campaign_id: UUID
    dose_no: int
    product: str
    lot: str | None
    given_at: datetime
    kind: Literal["given", "corrected", "retracted"]
    state: State
    why: ReturnRefusal | None
    made_at: datetime
    sent_at: datetime | None


class ReturnRecords(BaseModel):
    """A page of messages, the newest first; `next` is the `after` of the following page, null on the last."""

    returns: list[ReturnRecord]
    next: UUID | None


class ReturnCount(BaseModel):
    """Doses of a campaign, product and day; `anonymous` is what the register hears of as a number only."""

    campaign_id: UUID
    product: str
    day: date
    given: int
    registered: int
    gap: Annotated[int, Field(description="given minus registered")]
    rejected: int
    taking_back: Annotated[int, Field(description="to be withdrawn at a practice still")]
    named_to_register: int
    in_register: int
    anonymous: int
    counted_at: datetime


class ReturnCounts(BaseModel):
    """How far a region is with returning doses."""

    given: int
    registered: int
    gap: int
    counts: list[ReturnCount]


class OneAnswer(BaseModel):
    """What became of a message: taken into the record, rejected with a reason, or wanted again after it was mended."""

    message: UUID
    answer: Answer
    reason: ReturnRefusal = ReturnRefusal.OTHER


class Answers(BaseModel):
    """Answers to messages."""

    answers: Annotated[list[OneAnswer], Field(min_length=1, max_length=MOST)]


class Answered(BaseModel):
    """Which messages were answered; the others are not there, not yours, or stood otherwise already."""

    answered: list[UUID]
    passed_over: list[UUID]


@router.get("/returns")
async def list_returns(
    request: Request,
    who: Sees,
    state: Annotated[list[State] | None, Query()] = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> ReturnRecords:
    """Messages to the own practice, or for a planner those of the region, by pseudonym."""
    async with get_parts(request).reader.reading(who) as tx:
        rows = await read_returns(tx, state or STATES, after, limit + 1)
        shown = rows[:limit]
        await log_shown(tx, request, who, [row.person for row in shown], "list", "return records")
    return ReturnRecords(
        returns=[describe(row) for row in shown],
        next=shown[-1].message if len(rows) > limit else None,
    )


@router.get("/returns/counts")
async def count_returns(
    request: Request, who: Annotated[Who, Depends(allow("planner"))]
) -> ReturnCounts:
    """Given minus registered, by campaign, product and day."""
    async with get_parts(request).reader.reading(who) as tx:
        rows = await read_counts(tx, who.region)
    given, registered = sum(row.given for row in rows), sum(row.registered for row in rows)
    return ReturnCounts(
        given=given,
        registered=registered,
        gap=given - registered,
        counts=[describe_count(row) for row in rows],
    )


@router.get(
    "/returns/{message}",
    response_class=Response,
    responses={
        200: {
            "description": "A FHIR R4 Bundle, a CSV file or a text",
            "content": {
                "application/fhir+json": {"schema": {"type": "object"}},
                "text/csv": {"schema": {"type": "string"}},
                "text/plain": {"schema": {"type": "string"}},
            },
        },
        **may_answer((NOT_FOUND, Problem)),
    },
)
async def show_return(
    request: Request,
    message: UUID,
    who: Annotated[Who, Depends(allow("practice"))],
    form: Literal["fhir", "csv", "text"] = "fhir",
) -> Response:
    """One message with the person it is about: for the own record, as an import file, or as a text for the waarneembericht."""
    async with get_parts(request).reader.reading(who) as tx:
        records = await open_records(
            tx, request, who, await find_returns(tx, [message]), is_one=True
        )
    if not records:
        raise HTTPException(404)
    headers = {"Cache-Control": "no-store"}
    if form == "csv":
        return Response(to_csv(records), media_type="text/csv; charset=utf-8", headers=headers)
    if form == "text":
        return Response(
            to_note(records[0]), media_type="text/plain; charset=utf-8", headers=headers
        )
    return Response(orjson.dumps(to_bundle(records[0])), media_type=CONTENT_TYPE, headers=headers)


@router.post("/returns/answers")
async def answer_returns(request: Request, who: Sees, given: Answers) -> Answered:
    """Say what became of messages. The same answer twice changes nothing; a planner may only ask for one again."""
    parts = get_parts(request)
    asked = {one.message: one for one in given.answers}
    found = await find_answerable(parts, who, [(one.message, one.answer) for one in asked.values()])
    now = parts.clock.now()
    await parts.writing.answer_returns(
        who, [to_fact(one, asked[one].answer, asked[one].reason, now) for one in sorted(found)]
    )
    return Answered(answered=sorted(found), passed_over=sorted(asked.keys() - found.keys()))


def describe(row: ReturnRow) -> ReturnRecord:
    """A message as systems see it."""
    return ReturnRecord.model_validate(
        {
            "message": row.message,
            "dose": name_dose(row.dose_region, row.dose_seq),
            "receiver": row.receiver,
            "practice_id": row.practice,
            "person_id": row.person,
            "campaign_id": row.campaign,
            "dose_no": row.dose_no,
            "product": row.facts["product"],
            "lot": row.lot,
            "given_at": row.given_at,
            "kind": row.kind,
            "state": row.state,
            "why": row.why,
            "made_at": row.made_at,
            "sent_at": row.sent_at,
        }
    )


def describe_count(row: CountRow) -> ReturnCount:
    """A count as systems see it."""
    return ReturnCount(
        campaign_id=row.campaign,
        product=row.product,
        day=row.on_day,
        given=row.given,
        registered=row.registered,
        gap=row.given - row.registered,
        rejected=row.rejected,
        taking_back=row.taking_back,
        named_to_register=row.opted_in,
        in_register=row.in_register,
        anonymous=row.given - row.opted_in,
        counted_at=row.counted_at,
    )
