"""`GET /api/v1/patients`: a practice reads its own patients by pseudonym; those of others do not exist for it."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from infra.postgres.database import Who
from infra.postgres.pages import identities, practice
from services.care.series import PersonKey
from services.web.access import allow
from services.web.api.description import may_answer
from services.web.api.problems import NOT_FOUND, Problem
from services.web.contradicting import Reading, read_patients
from services.web.looks import log_shown, look, open_one
from services.web.parts import get_parts
from services.web.standing import State, judge_standing

router = APIRouter(tags=["patients"])
Practice = Annotated[Who, Depends(allow("practice"))]


class Registration(BaseModel):
    """One registration of the practice; the moment of a visit is told as a day."""

    person_id: UUID
    campaign_id: UUID
    location_id: UUID
    location: str | None
    birth_year: int
    state: State
    reasons: list[str]
    doses: int
    planned_on: date | None


class Patients(BaseModel):
    """The practice's registrations, without names."""

    patients: list[Registration]


class Patient(BaseModel):
    """One own patient with the name, which is null when the vault does not know it."""

    person_id: UUID
    name: str | None
    birth_date: str | None  # `1950-07` or `1950` when day, or day and month, are unknown
    registrations: list[Registration]


@router.get("/patients")
async def list_own_patients(request: Request, who: Practice) -> Patients:
    """The practice's registrations without names."""
    async with get_parts(request).reader.reading(who) as tx:
        rows, readings = await read_patients(
            tx, await practice.patients(tx, who.region, find_own_practice(who))
        )
        questioned = {one.person for one in await identities.questions(tx)}
        await log_shown(tx, request, who, [row.person for row in rows], "list", "own patients")
    return Patients(patients=[to_registration(row, readings, questioned) for row in rows])


@router.get("/patients/{person_id}", responses=may_answer((NOT_FOUND, Problem)))
async def show_own_patient(request: Request, person_id: UUID, who: Practice) -> Patient:
    """One own patient with the name; the reading is logged. 404 for everybody else's."""
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        rows = await practice.patients(tx, who.region, find_own_practice(who), person_id)
        if not rows:
            raise HTTPException(404)
        rows, readings = await read_patients(tx, rows)
        questioned = {one.person for one in await identities.questions(tx)}
        how = look(request, "read", "own patient")
        opened = await open_one(tx, parts.keys, who, person_id, how)
    name = f"{opened.given_name} {opened.family_name}" if opened else None
    return Patient(
        person_id=person_id,
        name=name,
        birth_date=opened.birth_date.isoformat() if opened else None,
        registrations=[
            to_registration(row, readings, questioned, opened.birth_date.year if opened else None)
            for row in rows
        ],
    )


def find_own_practice(who: Who) -> UUID:
    """Find the practice of the caller; this role always has one."""
    if who.organisation is None:
        raise LookupError("a practice user without a practice")
    return who.organisation


def to_registration(
    row: practice.PatientRow,
    readings: Mapping[PersonKey, Reading],
    questioned: Collection[UUID],
    born: int | None = None,
) -> Registration:
    """One registration as it is told; what contradicts itself in the series stands before the reasons of the plan.

    The year of birth that the vault has now comes before the registered one.
    """
    kinds = readings.get((row.person, row.campaign), Reading()).kinds
    asked = row.person in questioned
    return Registration(
        person_id=row.person,
        campaign_id=row.campaign,
        location_id=row.location,
        location=row.location_name,
        birth_year=born or row.birth_year,
        state=judge_standing(row, doses=0, contradicts=kinds, questioned=asked).state,
        reasons=[*(f"contradiction.{kind}" for kind in kinds), *row.reasons],
        doses=row.doses,
        planned_on=row.starts_at.date() if row.starts_at else None,
    )
