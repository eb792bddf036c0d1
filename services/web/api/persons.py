"""`POST /api/v1/persons`: stores identities in the vault and gives back identifiers only."""

from datetime import date
from typing import Annotated, Any, Final
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

from infra.person import Person
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


ALLOWED: Final = Depends(allow("practice", "planner", MACHINE))


@router.post(
    "/persons",
    dependencies=[ALLOWED],
    response_model=PersonIds,
    responses=may_answer((REFUSED_PERSONS, RefusedPersons)),
)
async def store_persons(request: Request, given: PersonsGiven) -> JSONResponse:
    """Identifiers in the order of the persons; null and a line in `errors` where one cannot be used."""
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
    if not errors:
        return JSONResponse({"person_ids": ids})
    return problems.answer(REFUSED_PERSONS, person_ids=ids, errors=errors)


def list_fields(error: ValidationError) -> list[str]:
    """List the names of the rejected fields, never their values."""
    lines = error.errors(include_input=False, include_context=False, include_url=False)
    return sorted({str(line["loc"][0]) for line in lines if line["loc"]})
