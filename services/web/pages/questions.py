"""Questions about who somebody is: a practice mends, confirms or takes back its own words, a planner decides in the end.

A practice reads "controleer BSN en geboortedatum" and its own words, never what is stored, by whom, or who else is meant.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from events.identities import IdentityAnswer
from events.local_time import to_local_date
from infra.person import Description, to_speaker
from infra.postgres.database import Who
from infra.postgres.pages import identities
from infra.postgres.pages.identities import QuestionRow
from infra.postgres.person_questions import Question
from services.web import settling
from services.web.access import Forbidden, allow
from services.web.expecting import read_expected_visits
from services.web.forms import read_signed_form, takes
from services.web.frame import go
from services.web.looks import look, open_one
from services.web.pages.inbox import Item
from services.web.pages.practice import read_page, show
from services.web.pages.registering import EMPTY, PERSON, Typed, read_person
from services.web.parts import Parts, get_parts
from services.web.refusing import FIELDS, Refused
from services.web.wording import Wording

if TYPE_CHECKING:
    from infra.postgres.database import Connection

router = APIRouter(include_in_schema=False)
Practice = Annotated[Who, Depends(allow("practice"))]
Planner = Annotated[Who, Depends(allow("planner"))]
PATIENCE_DAYS: Final = 2  # working days for the practice, before the planner is asked to call it
WORKING_DAYS: Final = 5  # Monday to Friday
DECISIONS: Final = {"zelfde": IdentityAnswer.SAME, "verschillend": IdentityAnswer.DIFFERENT}


@router.post("/praktijk/vragen/{person}/verbeteren")
@takes(*PERSON, checked=True)
async def mend(request: Request, who: Practice, person: UUID) -> Response:
    """Mend what the practice said of a person; what contradicts nobody any more is settled."""
    form = await read_signed_form(request, who)
    values = form.values
    parts = get_parts(request)
    question = await find_question(parts, who, person)
    errors: dict[str, str] = {}
    said = read_person(values, to_local_date(parts.clock.now()), errors)
    if errors or said is None:
        return await show_again(request, who, person, Typed(values, errors=errors))
    speaker = to_speaker(who.role, who.organisation, who.region)
    now = await settling.correct(
        parts, who, question, Description(said, speaker, parts.clock.now())
    )
    if now is None:
        raise Forbidden("forbidden.question")
    return go(f"/praktijk?patient={now}#wie")


@router.post("/praktijk/vragen/{person}/intrekken")
@takes()
async def take_back(request: Request, who: Practice, person: UUID) -> Response:
    """Take the registration of a questioned person back, as a mistake."""
    await read_signed_form(request, who)
    parts = get_parts(request)
    question = await find_question(parts, who, person)
    if not await settling.settle(parts, who, [question], IdentityAnswer.WITHDRAWN, None):
        raise Forbidden("forbidden.question")
    return go("/praktijk")


@router.post("/praktijk/vragen/{person}/klopt")
@takes()
async def confirm(request: Request, who: Practice, person: UUID) -> Response:
    """Say that it is right as it stands: the planner hears of it at once, and decides."""
    await read_signed_form(request, who)
    parts = get_parts(request)
    question = await find_question(parts, who, person)
    await parts.writing.confirm(question, who)
    return go(f"/praktijk?patient={person}#wie")


@router.post("/planning/vragen/{person}")
@takes("antwoord")
async def decide(request: Request, who: Planner, person: UUID) -> Response:
    """Say whether two pseudonyms are one person, after the practice was called."""
    form = await read_signed_form(request, who)
    answer = DECISIONS.get(form.get("antwoord"))
    if answer is None:
        raise Refused(FIELDS, fields=["antwoord"])
    parts = get_parts(request)
    open_now = await parts.writing.list_questions([person])
    mine = [one for one in open_now if one.region == who.region]
    kept = next((one.other for one in mine if one.other is not None), None)
    if not mine or (answer is IdentityAnswer.SAME and kept is None):
        raise Forbidden("forbidden.question")
    same = kept if answer is IdentityAnswer.SAME else None
    if not await settling.settle(parts, who, mine, answer, same):
        raise Forbidden("forbidden.question")
    return go("/planning#vragen")


async def find_question(parts: Parts, who: Who, person: UUID) -> Question:
    """Find the open question about a person to this practice; 404 where there is none."""
    for one in await parts.writing.list_questions([person]):
        if one.organisation == who.organisation and one.region == who.region:
            return one
    raise HTTPException(404)


async def show_again(request: Request, who: Who, person: UUID, mending: Typed) -> Response:
    """Show the patient again with what was typed, and what is wrong with it."""
    expected = await read_expected_visits(get_parts(request), who)
    async with get_parts(request).reader.reading(who) as tx:
        read = await read_page(tx, request, who, expected)
        how = look(request, "read", "own patient")
        opened = await open_one(tx, get_parts(request).keys, who, person, how)
    chosen = (person, opened)
    return show(request, who, read, Typed(EMPTY), chosen=chosen, mending=mending, code=422)


async def read_undecided(tx: "Connection", now: datetime) -> list[QuestionRow]:
    """Read the questions that the planner has to settle.

    Those of which the practice says that it is right as it stands, those that it has not answered in its working days,
    and those to nobody but the planners themselves.
    """
    return [
        one
        for one in await identities.questions(tx)
        if one.confirmed_at is not None or not one.is_of_practice or is_overdue(one.opened_at, now)
    ]


def is_overdue(opened_at: datetime, now: datetime) -> bool:
    """Whether two whole working days have passed since the day on which a question was opened."""
    day, left = to_local_date(opened_at), PATIENCE_DAYS
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return to_local_date(now) > day


def is_working_day(day: date) -> bool:
    """Whether a Dutch practice works on a day: Monday to Friday, and no public holiday."""
    return day.weekday() < WORKING_DAYS and day not in list_holidays(day.year)


def list_holidays(year: int) -> frozenset[date]:
    """The Dutch public holidays: the fixed ones, and those that move with Easter.

    King's Day is the 27th of April, a day earlier when that is a Sunday. Good Friday and Liberation Day are not days off
    for everybody, and a practice that is closed on them answers a day later.
    """
    easter = find_easter(year)
    king = date(year, 4, 27)
    moving = [easter + timedelta(days=days) for days in (0, 1, 39, 49, 50)]
    fixed = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    return frozenset([*moving, *fixed, king - timedelta(days=king.weekday() == 6)])


def find_easter(year: int) -> date:
    """Easter Sunday of a year of the Gregorian calendar (the anonymous algorithm, Nature, 20 April 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * el) // 433
    month = (h + el - 7 * m + 90) // 25
    return date(year, month, (h + el - 7 * m + 33 * month + 19) % 32)


def list_question_items(undecided: Sequence[QuestionRow], t: Wording) -> list[Item]:
    """List the questions that the planner has to settle: by pseudonym and practice."""
    return [
        Item(
            "warn",
            "alert",
            t("inbox.identity", person=str(one.person)[:8]),
            t(
                "inbox.identity.text" if one.confirmed_at is None else "inbox.identity.confirmed",
                practice=one.practice or t("inbox.identity.nobody"),
            ),
            "#vragen",
            t("inbox.show"),
        )
        for one in undecided
    ]


def group_by_person(undecided: Sequence[QuestionRow]) -> Mapping[UUID, list[QuestionRow]]:
    """The questions about each person: one decision settles them."""
    found: dict[UUID, list[QuestionRow]] = {}
    for one in undecided:
        found.setdefault(one.person, []).append(one)
    return found
