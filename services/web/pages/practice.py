"""The practice's page: its own patients with the state of each, and a form to register another."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from events.local_time import to_local_date
from events.practice import ConsentForm, Indication, SpecialNeed
from infra.errors import RefusedByStore, Unavailable
from infra.person import Description, Person, to_speaker
from infra.postgres.database import Who
from infra.postgres.pages import frame, identities, practice, road, speaking
from infra.postgres.pages.doses import DoseLine, doses_of
from infra.postgres.pages.identities import QuestionRow
from infra.postgres.pages.road import OwnReactionRow
from infra.postgres.pages.speaking import WaitingRow
from infra.postgres.placing import Told
from infra.postgres.vault import count_statements
from services.accept.submission import Status
from services.web import settling
from services.web.access import allow
from services.web.api.patients import find_own_practice
from services.web.codes import note_code
from services.web.contradicting import read_patients
from services.web.expecting import expect_people, read_expected_visits
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import Frame, find_wording, go, read_frame, render
from services.web.looks import log_shown, look, open_one
from services.web.outlines import read_municipality_names
from services.web.pages.registering import (
    EMPTY,
    FIELDS,
    GIVERS,
    Typed,
    fill_in,
    read_form,
    to_payloads,
    write_label,
)
from services.web.pages.teams import short_name
from services.web.parts import Parts, get_parts
from services.web.standing import WAITS_FOR_PRACTICE, Standing, State, judge_standing

if TYPE_CHECKING:
    from infra.postgres.database import Connection

router = APIRouter(prefix="/praktijk", include_in_schema=False)
Practice = Annotated[Who, Depends(allow("practice"))]
PracticeEvenAway = Annotated[Who, Depends(allow("practice", even_away=True))]
EMPTY_TIMES: Final[Mapping[UUID, datetime]] = MappingProxyType({})
LONGEST_SEQ: Final = 15  # digits of a number in the ledger
FILTERS: Final[dict[str, tuple[State, ...]]] = {
    "alle": (),
    "wacht-op-u": ("question", "needs_answer", "needs_doctor"),
    "aangemeld": ("registered", "blocked", "taken_over"),
    "ingepland": ("planned",),
    "dosis-1": ("partly",),
    "uitgesteld": ("postponed",),
    "klaar": ("done",),
    "kan-of-wil-niet": ("refused",),
}


class NotTaken(Exception):
    """The events of a registration were refused; the message has the reason and the fields."""


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient in the list."""

    row: practice.PatientRow
    standing: Standing
    person: Person | None  # None: this practice did not say who it is
    contradicts: tuple[str, ...] = ()  # what a clinician has to decide on
    expected_at: datetime | None = None  # where the team is later than published
    reaction: OwnReactionRow | None = None  # that no clinician has looked at since

    @property
    def name(self) -> str | None:
        """Given name and family name."""
        return full_name(self.person) if self.person else None

    @property
    def birth_year(self) -> int:
        """The year that the practice said last, wherever it said it."""
        return self.person.birth_date.year if self.person else self.row.birth_year

    @property
    def team(self) -> str:
        """Who comes."""
        return short_name(self.row.team or "")

    @property
    def initials(self) -> str:
        """The first letters, as the list shows a person."""
        return initials_of(self.name) if self.name else ""


@dataclass(frozen=True, slots=True)
class Read:
    """What the page shows besides the form."""

    around: Frame
    patients: list[Patient]
    places: dict[str, practice.Place]
    questions: Mapping[
        UUID, QuestionRow
    ]  # about persons whose BSN and birth date have to be checked
    waiting: list[WaitingRow]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was stored of a registration that was just sent; all of it is read, nothing comes from the address."""

    reference: str
    name: str
    what: Told


@router.get("")
async def show_patients(
    request: Request,
    who: Practice,
    stand: Word = "alle",
    patient: UUID | None = None,
    referentie: Word = "",
    beslist: Word = "",
) -> Response:
    """Show the practice's own patients, and an empty form."""
    expected = await read_expected_visits(get_parts(request), who)
    async with get_parts(request).reader.reading(who) as tx:
        read = await read_page(tx, request, who, expected)
        if patient and patient not in {one.row.person for one in read.patients}:
            raise HTTPException(404)  # as the API: withdrawn, or not of this practice
        person = None
        if patient:
            how = look(request, "read", "own patient")
            person = await open_one(tx, get_parts(request).keys, who, patient, how)
        given = await doses_of(tx, [patient]) if patient else []
        others = await practice.also_registered(tx, patient) if patient else []
        confirmed = await find_confirmed(tx, who, read, referentie)
    return show(
        request,
        who,
        read,
        Typed(EMPTY),
        stand=stand,
        chosen=(patient, person),
        confirmed=confirmed,
        given=given,
        decided=beslist,
        others=others,
    )


@router.post("/aanmelden")
@takes(*FIELDS, checked=True)
async def register(request: Request, who: PracticeEvenAway) -> Response:
    """Register a patient: identity first, then registration and consent as one submission."""
    form = await read_signed_form(request, who)
    values, needs = form.values, form.get_all("needs")
    parts = get_parts(request)
    if request.state.away:
        return show_not_stored(request, who, None, Typed(values, frozenset(needs)))
    try:
        async with parts.reader.reading(who) as tx:
            read = await read_page(tx, request, who)
    except Unavailable:
        return show_not_stored(request, who, None, Typed(values, frozenset(needs)))
    campaign = find_campaign(read.around, values)
    today = to_local_date(parts.clock.now())
    opens_on = campaign.opens_on if campaign else today
    typed = read_form(values, needs, read.places, today, opens_on)
    if typed.errors or typed.person is None or campaign is None:
        return show(request, who, read, typed, code=422)
    try:
        reference = await store(parts, who, typed, typed.person, campaign.id)
    except Unavailable:
        return show_not_stored(request, who, read, typed)
    except (RefusedByStore, NotTaken) as error:
        return show_refused(request, who, read, typed, note_code(error))
    return go(f"/praktijk?referentie={reference}")


async def store(parts: Parts, who: Who, typed: Typed, person: Person, campaign: UUID) -> str:
    """Store what the form says; gives the reference of the registration in the ledger. Raises NotTaken, RefusedByStore."""
    practice = find_own_practice(who)
    speaker = to_speaker(who.role, practice, who.region)
    described = Description(person, speaker, parts.clock.now())
    (found,) = await settling.identify(parts, who, [described])
    outcomes = await parts.writing.submit(who, to_payloads(typed, found.id, campaign, practice))
    refused = [outcome for outcome in outcomes if outcome.status is Status.REJECTED]
    if refused:
        raise NotTaken(f"{refused[0].reason}: {', '.join(refused[0].fields)}")
    return f"{outcomes[0].region}-{outcomes[0].seq}"


async def read_page(
    tx: "Connection", request: Request, who: Who, expected: Mapping[UUID, datetime] = EMPTY_TIMES
) -> Read:
    """Read the list with names, and the locations that the form may name; `expected` are other times of visits of today."""
    parts = get_parts(request)
    around = await read_frame(tx, who, find_wording(request))
    series = {campaign.id: campaign.doses for campaign in around.campaigns}
    rows, readings = await read_patients(
        tx, await practice.patients(tx, who.region, find_own_practice(who))
    )
    questions = {one.person: one for one in await identities.questions(tx)}
    names = await parts.names.open(
        tx, parts.keys, who, [row.person for row in rows], parts.clock.monotonic()
    )
    persons = [row.person for row in rows]
    late = await expect_people(tx, expected, persons)
    fell_ill = {row.person: row for row in await road.own_reactions(tx, persons)}
    patients = [
        Patient(
            row,
            judge_standing(
                row,
                doses=series.get(row.campaign, 0),
                contradicts=reading.kinds if reading else (),
                questioned=row.person in questions,
            ),
            names.get(row.person),
            reading.kinds if reading else (),
            late.get(row.person),
            fell_ill.get(row.person),
        )
        for row in rows
        for reading in (readings.get((row.person, row.campaign)),)
    ]
    patients.sort(
        key=lambda p: (p.standing.state not in WAITS_FOR_PRACTICE, -p.row.registered_at.timestamp())
    )
    municipalities = read_municipality_names(who.region)
    places = {
        write_label(place, municipalities.get(place.municipality, place.municipality)): place
        for place in await practice.places(tx, who.region)
    }
    waiting = await speaking.own_waiting(tx)
    shown = [*persons, *(row.person for row in waiting)]
    await log_shown(tx, request, who, shown, "list", "own patients")
    return Read(around, patients, places, questions, waiting)


async def find_confirmed(
    tx: "Connection", who: Who, read: Read, reference: str
) -> Confirmed | None:
    """Find what was stored under a reference; None when there is no such registration of this practice."""
    region, _, seq = reference.rpartition("-")
    if not seq.isascii() or not seq.isdigit() or len(seq) > LONGEST_SEQ:
        return None
    person = await practice.find_registered(tx, find_own_practice(who), region, int(seq))
    found = next((one for one in read.patients if one.row.person == person), None)
    if person is None or found is None or found.name is None:
        return None
    if person in read.questions:
        what = Told.QUESTION
    else:
        what = Told.KNOWN if await count_statements(tx, person) > 1 else Told.NEW
    return Confirmed(f"{region}-{seq}", found.name, what)


def show(
    request: Request,
    who: Who,
    read: Read | None,
    typed: Typed,
    *,
    stand: str = "alle",
    chosen: tuple[UUID | None, Person | None] = (None, None),
    confirmed: Confirmed | None = None,
    mending: Typed | None = None,
    given: Sequence[DoseLine] = (),
    decided: str = "",
    others: Sequence[str] = (),
    failed: Literal["", "failed", "refused"] = "",
    helpdesk: str = "",
    code: int = 200,
) -> Response:
    """Show the page with this list and this form."""
    patients = read.patients if read else []
    wanted = FILTERS.get(stand, ())
    counts = Counter(patient.standing.state for patient in patients)
    context: dict[str, Any] = {
        "patients": [p for p in patients if not wanted or p.standing.state in wanted],
        "counts": {
            name: sum(counts[state] for state in states) if states else len(patients)
            for name, states in FILTERS.items()
        },
        "stand": stand if stand in FILTERS else "alle",
        "places": sorted(read.places) if read else [],
        "typed": typed,
        "indications": tuple(Indication),
        "all_needs": tuple(SpecialNeed),
        "givers": GIVERS,
        "forms": tuple(ConsentForm),
        "chosen": chosen,
        "confirmed": confirmed,
        "mending": mending or (fill_in(chosen[1]) if chosen[1] else Typed({})),
        "question": read.questions.get(chosen[0]) if read and chosen[0] else None,
        "failed": failed,
        "helpdesk": helpdesk,
        "given": sum(p.row.doses > 0 for p in patients),
        "lines": given,
        "undecided": [p for p in patients if p.row.person == chosen[0] and p.contradicts],
        "series": {one.id: one.doses for one in read.around.campaigns} if read else {},
        "decided": decided,
        "others": others,
        "readable": read is not None,
        "waiting": read.waiting if read else [],
    }
    around = read.around if read else Frame(who.region, (), "")
    return render(request, "practice.html", context, who=who, around=around, code=code)


def show_not_stored(request: Request, who: Who, read: Read | None, typed: Typed) -> Response:
    """Show that nothing of the registration was stored; the form keeps what was typed."""
    return show(request, who, read, typed, failed="failed", code=503)


def show_refused(request: Request, who: Who, read: Read, typed: Typed, helpdesk: str) -> Response:
    """Show that the registration is not taken, and will not be the next time; `helpdesk`: the code to tell."""
    return show(request, who, read, typed, failed="refused", helpdesk=helpdesk, code=422)


def find_campaign(around: Frame, values: dict[str, str]) -> frame.Campaign | None:
    """Find the campaign of the form, else the only one."""
    by_id = {str(campaign.id): campaign for campaign in around.campaigns}
    chosen: frame.Campaign | None = by_id.get(values.get("campaign", ""))
    if chosen is None and len(around.campaigns) == 1:
        chosen = around.campaigns[0]
    return chosen


def full_name(person: Person) -> str:
    """Given name and family name."""
    return f"{person.given_name} {person.family_name}"


def initials_of(name: str) -> str:
    """`M.v.D.` of Maria van Dam."""
    return "".join(f"{word[0]}." for word in name.split() if word[0].isalpha())
