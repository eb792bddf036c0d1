"""`POST /api/v1/persons`: stores identities in the vault and gives back identifiers only."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import (
    BaseModel,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    field_validator,
)
from stdnum.exceptions import ValidationError as NotANumber
from stdnum.nl import bsn

from events.identifiers import Remark
from infra.person import Person
from infra.postgres.access_log import log_reads
from infra.postgres.database import Who
from services.web.access import MACHINE, allow
from services.web.api import problems
from services.web.api.description import may_answer
from services.web.api.problems import REFUSED_PERSONS, Problem
from services.web.parts import get_parts

router = APIRouter(tags=["persons"])
MOST = 1_000
Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
Short = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$")
]

Reason = Annotated[Remark, StringConstraints(min_length=10)]


class PersonGiven(BaseModel):
    """A person as a sender describes them."""

    bsn: str | None = None
    given_name: Name
    family_name: Name
    birth_date: Annotated[date, Field(ge=date(1900, 1, 1))]
    postcode: Annotated[
        str, StringConstraints(to_upper=True, pattern=r"^[1-9][0-9]{3} ?[A-Za-z]{2}$")
    ]
    house_number: Short = ""
    phone: Short = ""

    @field_validator("bsn")
    @classmethod
    def passes_the_eleven_test(cls, value: str | None) -> str | None:
        """Check a BSN: nine digits that pass the eleven-test; an empty one is none."""
        if value is None or not value.strip():
            return None
        try:
            checked: str = bsn.validate(value)
        except NotANumber:
            raise ValueError("not a BSN") from None
        return checked

    def to_person(self) -> Person:
        """What the vault keeps."""
        return Person(
            bsn=self.bsn,
            given_name=self.given_name,
            family_name=self.family_name,
            birth_date=self.birth_date,
            postcode=self.postcode.replace(" ", ""),
            house_number=self.house_number,
            phone=self.phone,
        )


# Validated one by one, later: one unusable person must not block the others.
OnePerson = Annotated[dict[str, Any], WithJsonSchema(PersonGiven.model_json_schema())]


class PersonsGiven(BaseModel):
    """A batch of persons; each is checked on its own."""

    persons: Annotated[list[OnePerson], Field(min_length=1, max_length=MOST)]
    reason: Reason | None = None  # a planner must say why; it is kept in the access log


class PersonIds(BaseModel):
    """One identifier for each person, in order; the same person has the same one for every sender."""

    person_ids: list[UUID]


class PersonError(BaseModel):
    """The fields of one person that were refused."""

    index: int
    fields: list[str]


class RefusedPersons(Problem):
    """Some persons were refused; the others were stored."""

    person_ids: list[UUID | None]
    errors: list[PersonError]


Sends = Annotated[Who, Depends(allow("practice", "planner", MACHINE))]


@router.post(
    "/persons",
    response_model=PersonIds,
    responses=may_answer((REFUSED_PERSONS, RefusedPersons)),
)
async def store_persons(request: Request, given: PersonsGiven, who: Sends) -> JSONResponse:
    """Identifiers in the order of the persons; null and a line in `errors` where one cannot be used.

    A planner turns a name into a pseudonym, and so into a visit, only with a reason: each person is a line with that
    reason in the access log, written before the answer.
    """
    if who.role == "planner" and given.reason is None:
        return problems.answer(
            problems.INVALID, errors=[problems.to_error(("body", "reason"), "missing")]
        )
    good: list[tuple[int, Person]] = []
    errors: list[dict[str, Any]] = []
    for index, fields in enumerate(given.persons):
        try:
            good.append((index, PersonGiven.model_validate(fields).to_person()))
        except ValidationError as error:
            errors.append({"index": index, "fields": list_fields(error)})
    ids: list[str | None] = [None] * len(given.persons)
    if good:
        found = await get_parts(request).writing.identify([person for _, person in good])
        for (index, _), person_id in zip(good, found, strict=True):
            ids[index] = str(person_id)
        if who.role == "planner" and given.reason:
            async with get_parts(request).reader.reading(who) as tx:
                await log_reads(tx, who, found, "identify", given.reason)
    if not errors:
        return JSONResponse({"person_ids": ids})
    return problems.answer(REFUSED_PERSONS, person_ids=ids, errors=errors)


def list_fields(error: ValidationError) -> list[str]:
    """List the names of the rejected fields, never their values."""
    lines = error.errors(include_input=False, include_context=False, include_url=False)
    return sorted({str(line["loc"][0]) for line in lines if line["loc"]})
