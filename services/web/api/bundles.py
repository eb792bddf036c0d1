"""`POST /api/v1/registrations`: a practice registers patients by a FHIR R4 Bundle, with answers and doses of elsewhere."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from infra.person import Description, to_speaker
from infra.postgres.database import Who
from infra.postgres.pages import frame, practice
from services.accept.submission import Outcome, Status
from services.returns.fhir import CONTENT_TYPE
from services.web import settling
from services.web.access import allow
from services.web.api import problems
from services.web.api.description import may_answer
from services.web.api.fhir.reading import Issue, read_bundle
from services.web.api.fhir.registering import Around, Ready, list_products, prepare, to_events
from services.web.api.patients import find_own_practice
from services.web.api.persons import wait_until_even
from services.web.api.problems import WRONG_TYPE, Problem
from services.web.parts import Parts, get_parts

router = APIRouter(tags=["patients"])
Practice = Annotated[Who, Depends(allow("practice"))]
FHIR, JSON = "application/fhir+json", "application/json"
OBJECT: Final = {"type": "object"}
MOST_ISSUES: Final = 200  # in one answer


@router.post(
    "/registrations",
    response_class=Response,
    responses={
        200: {
            "description": "A Bundle with an answer for each patient",
            "content": {FHIR: {"schema": OBJECT}},
        },
        **may_answer((WRONG_TYPE, Problem)),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {FHIR: {"schema": OBJECT}, JSON: {"schema": OBJECT}},
        }
    },
)
async def register_bundle(
    request: Request,
    who: Practice,
    campaign: Annotated[UUID | None, Query(description="needed where there are several")] = None,
    location: Annotated[
        UUID | None, Query(description="of every patient that names none itself")
    ] = None,
) -> Response:
    """Register the patients of a FHIR R4 Bundle: all of it or, with one error, nothing. Errors are an OperationOutcome (400)
    with the path of each, never its value. The same Bundle twice changes nothing."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (FHIR, JSON):
        return problems.answer(WRONG_TYPE, detail=f"content-type must be {FHIR}")
    body, parts = await request.body(), get_parts(request)
    began = parts.clock.monotonic()
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return refuse([Issue("structure", "Bundle", "is not JSON")])
    read = read_bundle(told)
    digest = hashlib.sha256(f"{campaign} {location}\n".encode() + body).hexdigest()
    around = await read_around(parts, who, campaign, location, digest)
    if around is None:
        return refuse([Issue("required", "campaign", "name the campaign in the address")])
    ready = [prepare(one, around, read.issues) for one in read.registrations]
    good = [one for one in ready if one is not None]
    if read.errors or not good:
        return refuse(read.issues)
    outcomes = await store(parts, who, good, around)
    await wait_until_even(parts.clock, began)
    return answer(good, outcomes, read.issues)


async def read_around(
    parts: Parts, who: Who, campaign: UUID | None, location: UUID | None, digest: str
) -> Around | None:
    """What the Bundle is read with; None where it is not clear which campaign is meant."""
    async with parts.reader.reading(who) as tx:
        campaigns = await frame.campaigns(tx, who.region)
        places = await practice.places(tx, who.region)
        products = await frame.product_codes(tx, who.region)
    chosen = [one for one in campaigns if campaign in (None, one.id)]
    if len(chosen) != 1:
        return None
    return Around(
        practice=find_own_practice(who),
        campaign=chosen[0],
        places=frozenset(place.id for place in places),
        place=location,
        products=list_products(products),
        now=parts.clock.now(),
        digest=digest,
    )


async def store(
    parts: Parts, who: Who, ready: Sequence[Ready], around: Around
) -> list[list[Outcome]]:
    """Identity first, then everything about each patient as one submission."""
    speaker = to_speaker(who.role, around.practice, who.region)
    described = [Description(one.person, speaker, around.now) for one in ready]
    found = await settling.identify(parts, who, described)
    return [
        await parts.writing.submit_events(who, to_events(one, person.id, around))
        for one, person in zip(ready, found, strict=True)
    ]


def refuse(issues: Sequence[Issue]) -> Response:
    """Nothing was stored: an OperationOutcome that names each place."""
    return Response(orjson.dumps(to_outcome(issues)), 400, media_type=CONTENT_TYPE)


def to_outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    """Issues as FHIR has them."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": one.severity,
                "code": one.code,
                "expression": [one.path],
                "diagnostics": one.text,
            }
            for one in issues[:MOST_ISSUES]
        ],
    }


def answer(
    ready: Sequence[Ready], outcomes: Sequence[Sequence[Outcome]], issues: Sequence[Issue]
) -> Response:
    """An answer for each patient, in order: stored now, known before, or why the door refused it."""
    entries = [to_entry(one, found) for one, found in zip(ready, outcomes, strict=True)]
    said: dict[str, Any] = {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
    if issues:
        said["entry"].append({"response": {"status": "200", "outcome": to_outcome(issues)}})
    return Response(
        orjson.dumps(said), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"}
    )


def to_entry(one: Ready, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What became of one patient."""
    refused = [found for found in outcomes if found.status is Status.REJECTED]
    if refused:
        fields = ", ".join(sorted({name for found in refused for name in found.fields}))
        issue = Issue("business-rule", one.at, f"{refused[0].reason}: {fields}")
        return {"response": {"status": "422", "outcome": to_outcome([issue])}}
    fresh = any(found.status is Status.ACCEPTED for found in outcomes)
    return {"response": {"status": "201" if fresh else "200", "location": one.at}}
