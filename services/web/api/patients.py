"""A practice asks for its own patients, by pseudonym; another practice's patient does not exist for it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from infra.postgres.access_log import log_reads
from infra.postgres.database import Who
from infra.postgres.pages import practice
from infra.postgres.vault import open_persons
from services.web.access import allow
from services.web.parts import parts_of
from services.web.standing import standing_of

router = APIRouter(prefix="/api", tags=["patients"])
Practice = Annotated[Who, Depends(allow("practice"))]


@router.get("/patients")
async def own_patients(request: Request, who: Practice) -> JSONResponse:
    """The practice's registrations without names."""
    async with parts_of(request).reader.reading(who) as tx:
        rows = await practice.patients(tx, who.region, own(who))
    return JSONResponse({"patients": [to_answer(row) for row in rows]})


@router.get("/patients/{person_id}")
async def own_patient(request: Request, person_id: UUID, who: Practice) -> JSONResponse:
    """One own patient with the name; the reading is logged. 404 for everybody else's."""
    parts = parts_of(request)
    async with parts.reader.reading(who) as tx:
        rows = await practice.patients(tx, who.region, own(who), person_id)
        if not rows:
            return JSONResponse({"detail": "no such patient"}, status_code=404)
        opened = (await open_persons(tx, parts.keys, [person_id])).get(person_id)
        await log_reads(tx, who, [person_id], "read", "own patient, by API")
    name = f"{opened.given_name} {opened.family_name}" if opened else None
    return JSONResponse(
        {
            "person_id": str(person_id),
            "name": name,
            "birth_date": opened.birth_date.isoformat() if opened else None,
            "registrations": [to_answer(row) for row in rows],
        }
    )


def own(who: Who) -> UUID:
    """The practice of the person; there is always one for this role."""
    if who.organisation is None:
        raise LookupError("a practice user without a practice")
    return who.organisation


def to_answer(row: practice.PatientRow) -> dict[str, Any]:
    """One registration as JSON; the moment of a visit is told as a day."""
    standing = standing_of(row, doses=0)
    return {
        "person_id": str(row.person),
        "campaign_id": str(row.campaign),
        "location_id": str(row.location),
        "location": row.location_name,
        "birth_year": row.birth_year,
        "state": standing.state,
        "reasons": list(row.reasons),
        "doses": row.doses,
        "planned_on": row.starts_at.date().isoformat() if row.starts_at else None,
    }
