"""`POST /api/v1/persons`: stores identities in the vault and gives back identifiers only."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
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
)

from events.details import Birth, Detail, FamilyName, Name, OptionalBsn, Postcode, check_born
from events.identifiers import Moment, Remark
from events.local_time import to_local_date
from infra.clock import Clock
from infra.person import Description, Person, to_speaker
from infra.postgres.access_log import log_reads
from infra.postgres.database import Who
from services.web import settling
from services.web.access import MACHINE, allow
from services.web.api import problems
from services.web.api.description import may_answer
from services.web.api.problems import REFUSED_PERSONS, Problem
from services.web.looks import log_shown, look
from services.web.parts import Parts, get_parts

router = APIRouter(tags=["persons"])
MOST = 1_000
AHEAD: Final = timedelta(days=1)  # a sender's clock, or its idea of a day, may be off by as much
# Answers about people come at whole steps of this since their question. A question to ask costs a transaction more than
# a known person: 5 to 20 ms on two cores, so that nearly all answers about one person come at the first step.
EVEN_SECONDS: Final = 0.1
Reason = Annotated[Remark, StringConstraints(min_length=10)]


class PersonGiven(BaseModel):
    """A person as a sender describes them."""

    bsn: OptionalBsn = None
    given_name: Name
    family_name: FamilyName
    birth_date: Birth  # `1950-07` or `1950` when day, or day and month, are unknown
    postcode: Postcode
    house_number: Detail = ""
    phone: Detail = ""
    practice_id: UUID | None = None  # for a program of ours: the practice that it speaks for
    as_of: Moment | None = None  # since when this is true; without it as of now

    def to_person(self) -> Person:
        """What the vault keeps."""
        return Person(
            bsn=self.bsn,
            given_name=self.given_name,
            family_name=self.family_name,
            birth_date=self.birth_date,
            postcode=self.postcode,
            house_number=self.house_number,
            phone=self.phone,
        )

    def to_description(self, who: Who) -> Description:
        """What the vault keeps, and who says it."""
        practice = self.practice_id if who.role == MACHINE else who.organisation
        return Description(self.to_person(), to_speaker(who.role, practice, who.region), self.as_of)


# Validated one by one, later: one unusable person must not block the others.
OnePerson = Annotated[dict[str, Any], WithJsonSchema(PersonGiven.model_json_schema())]


class PersonsGiven(BaseModel):
    """A batch of persons; each is checked on its own."""

    persons: Annotated[list[OnePerson], Field(min_length=1, max_length=MOST)]
    reason: Reason | None = None  # a planner must say why; it is kept in the access log


class PersonIds(BaseModel):
    """One identifier for each person, in order; the same person has the same one for every sender."""

    person_ids: list[UUID]
    said_before: list[bool]  # whether the sender itself said exactly the same of this person before


class PersonError(BaseModel):
    """The fields of one person that were refused."""

    index: int
    fields: list[str]


class RefusedPersons(Problem):
    """Some persons were refused; the others were stored."""

    person_ids: list[UUID | None]
    said_before: list[bool]
    errors: list[PersonError]


class PersonsAsked(BaseModel):
    """Persons about whom somebody described, and wants to know what is open."""

    person_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST)]


class OpenQuestions(BaseModel):
    """Those of the persons for whom BSN and birth date have to be checked; nothing is planned for them meanwhile."""

    check_bsn_and_birth_date: list[UUID]


Speaking = Annotated[Who, Depends(allow("practice", "planner", MACHINE))]


@router.post(
    "/persons",
    response_model=PersonIds,
    responses=may_answer((REFUSED_PERSONS, RefusedPersons)),
)
async def store_persons(request: Request, who: Speaking, given: PersonsGiven) -> JSONResponse:
    """Identifiers in the order of the persons; null and a line in `errors` where one cannot be used.

    Whoever is meant (new, known, another's patient, a question) the answer is the same, and comes no sooner; what it
    says of earlier words is about those of the sender itself. A planner
    turns a name into a pseudonym, and so into a visit, only with a reason: each person is a line with that reason in
    the access log, written before the answer.
    """
    if who.role == "planner" and given.reason is None:
        return problems.answer(
            problems.INVALID, errors=[problems.to_error(("body", "reason"), "missing")]
        )
    parts = get_parts(request)
    began = parts.clock.monotonic()
    good, errors = read_persons(given, who, parts.clock.now())
    if who.role == MACHINE:
        good, foreign = await refuse_foreign(parts, who, good)
        errors = sorted([*errors, *foreign], key=lambda one: one["index"])
    ids: list[str | None] = [None] * len(given.persons)
    before = [False] * len(given.persons)
    if good:
        found = await settling.identify(parts, who, [one for _, one in good])
        for (index, _), one in zip(good, found, strict=True):
            ids[index], before[index] = str(one.id), one.said_before
        how = look(request, "identify", given.reason or "registering")
        async with parts.reader.reading(who) as tx:
            await log_reads(tx, who, [one.id for one in found], how)
    await wait_until_even(parts.clock, began)
    if not errors:
        return JSONResponse({"person_ids": ids, "said_before": before})
    return problems.answer(REFUSED_PERSONS, person_ids=ids, said_before=before, errors=errors)


def read_persons(
    given: PersonsGiven, who: Who, now: datetime
) -> tuple[list[tuple[int, Description]], list[dict[str, Any]]]:
    """Check the persons one by one: those that can be used with their place, and the fields at fault of the others."""
    good: list[tuple[int, Description]] = []
    errors: list[dict[str, Any]] = []
    for index, fields in enumerate(given.persons):
        try:
            person = PersonGiven.model_validate(fields)
        except ValidationError as error:
            errors.append({"index": index, "fields": list_fields(error)})
            continue
        if wrong := list_impossible(person, who, now):
            errors.append({"index": index, "fields": wrong})
        else:
            good.append((index, person.to_description(who)))
    return good, errors


async def refuse_foreign(
    parts: Parts, who: Who, good: Sequence[tuple[int, Description]]
) -> tuple[list[tuple[int, Description]], list[dict[str, Any]]]:
    """Refuse what a program of ours says for practices that lie in other regions than its own."""
    practices = {one.speaker.organisation for _, one in good} - {None}
    foreign = await parts.writing.find_foreign([one for one in practices if one], who.region)
    errors = [
        {"index": index, "fields": ["practice_id"]}
        for index, one in good
        if one.speaker.organisation in foreign
    ]
    return [row for row in good if row[1].speaker.organisation not in foreign], errors


@router.post("/persons/questions")
async def list_questions(request: Request, who: Speaking, asked: PersonsAsked) -> OpenQuestions:
    """Which of these persons have an open question to the asking practice; a program of ours hears of its region's."""
    found = await get_parts(request).writing.list_questions(asked.person_ids)
    mine = {
        one.person
        for one in found
        if one.region == who.region
        and (who.role == MACHINE or one.organisation == who.organisation)
    }
    async with get_parts(request).reader.reading(who) as tx:
        await log_shown(tx, request, who, mine, "ask", "open questions")
    return OpenQuestions(check_bsn_and_birth_date=[one for one in asked.person_ids if one in mine])


def list_impossible(person: PersonGiven, who: Who, now: datetime) -> list[str]:
    """List the fields that are right by themselves, and cannot be true now or of this sender."""
    wrong = []
    if person.as_of is not None and person.as_of > now + AHEAD:
        wrong.append("as_of")
    try:
        check_born(person.birth_date, to_local_date(now))
    except ValueError:
        wrong.append("birth_date")
    if person.practice_id not in (None, who.organisation) and who.role != MACHINE:
        wrong.append("practice_id")
    return wrong


async def wait_until_even(clock: Clock, began: float) -> None:
    """Wait until the next whole step of time since a request began, so that its length tells little of its work."""
    taken = clock.monotonic() - began
    await asyncio.sleep(EVEN_SECONDS - taken % EVEN_SECONDS)


def list_fields(error: ValidationError) -> list[str]:
    """List the names of the rejected fields, never their values."""
    lines = error.errors(include_input=False, include_context=False, include_url=False)
    return sorted({str(line["loc"][0]) for line in lines if line["loc"]})
