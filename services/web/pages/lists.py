"""A practice hands over a list of patients in four steps: choose, columns, dry run, store. Nothing is stored before the last."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from events.local_time import to_local_date
from events.practice import Indication
from infra.postgres.database import Who
from infra.postgres.pages import practice
from infra.postgres.uploads import Upload
from services.importing.choosing import NAMES, SHOWN, Choices, guess, list_rows, open_list
from services.importing.encoding import UnreadableFile
from services.importing.own_patients import OWN_PATIENTS, Fixed, plain_name
from services.importing.reading import Lines
from services.importing.sheets import is_packed
from services.web.access import allow
from services.web.api.patients import find_own_practice
from services.web.comparing import What
from services.web.forms import Form, read_signed_form, read_signed_list, takes
from services.web.frame import Frame, find_wording, go, read_frame, render
from services.web.list_jobs import Asked, Job, Report
from services.web.list_rows import check, store
from services.web.list_words import list_changes, list_faults, return_wrong, to_sentence
from services.web.outlines import read_municipality_names
from services.web.pages.registering import write_label
from services.web.parts import Parts, get_parts

router = APIRouter(prefix="/praktijk/lijst", include_in_schema=False)
Practice = Annotated[Who, Depends(allow("practice"))]
WAIT_SECONDS: Final = 4.0  # for a dry run or a storing, before the page says how far it is
AGAIN: Final = {
    "Refresh": "2"
}  # the page that says how far it is asks again by itself, without a script
SHOWN_FAULTS: Final = 100
MOST_COLUMNS: Final = 104
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXAMPLE: Final = (
    "BSN;Voornaam;Tussenvoegsel;Achternaam;Geboortedatum;Postcode;Huisnummer;Toevoeging;Telefoon;Instelling;Indicatie;Toestemming\r\n"
    "999990160;Greet;de;Wit;14-03-1938;3511AB;12;;030 555 01 23;;wlz;ja\r\n"
)


@dataclass(frozen=True, slots=True)
class Around:
    """What every step needs: the frame, and the institutions that a row may name."""

    frame: Frame
    places: Mapping[str, practice.Place]

    def to_fixed(self, parts: Parts, who: Who, choices: Choices) -> Fixed:
        """What holds for every row. Refused never: a campaign that is gone is the first that is there."""
        named: dict[str, set[UUID]] = {}
        for label, place in self.places.items():
            for name in (place.name, label):
                named.setdefault(plain_name(name), set()).add(place.id)
        campaign = next(
            (one for one in self.frame.campaigns if str(one.id) == choices.campaign),
            self.frame.campaigns[0],
        )
        return Fixed(
            who.region,
            find_own_practice(who),
            campaign.id,
            campaign.opens_on,
            to_local_date(parts.clock.now()),
            UUID(choices.location) if choices.location else None,
            choices.indication,
            {name: frozenset(ids) for name, ids in named.items()},
            frozenset(place.id for place in self.places.values()),
        )


@router.get("")
async def show_start(request: Request, who: Practice) -> Response:
    """Step 1: a file, or a list that is pasted."""
    return await show(request, who, 1)


@router.get("/voorbeeld")
async def give_example(_: Practice) -> Response:
    """An empty list with one invented patient, to fill in."""
    return download(EXAMPLE.encode("utf-8-sig"), "voorbeeld.csv")


@router.post("")
@takes("tekst", checked=True)
async def hand_over(request: Request, who: Practice) -> Response:
    """Keep the list, sealed, and go on with its columns; what cannot be read at all is said at once."""
    name, raw = await read_signed_list(request, who)
    if not raw:
        return await show(request, who, 1, error="upload.error.nothing", code=422)
    try:
        await asyncio.to_thread(open_list, raw)
    except UnreadableFile as error:
        return await show(request, who, 1, said=to_sentence(str(error)), code=422)
    upload = await get_parts(request).writing.lists.keep(who, request.state.session, name, raw)
    return go(f"/praktijk/lijst/{upload}")


@router.get("/{upload}")
async def show_columns(request: Request, who: Practice, upload: UUID) -> Response:
    """Step 2: which column is which, with the first rows beside it."""
    kept = await find(request, who, upload)
    if kept.stored is not None:
        return go(f"/praktijk/lijst/{upload}/klaar")
    lines = await asyncio.to_thread(open_list, kept.raw)
    return await show_choices(
        request, who, kept, lines, await find_choices(request, who, kept, lines)
    )


@router.post("/{upload}/kolommen")
@takes("kop", "campagne", "instelling", "indicatie", "kolommen")
async def choose(request: Request, who: Practice, upload: UUID) -> Response:
    """Keep which column is which, and look at the rows; what is missing is said first."""
    form = await read_signed_form(request, who)
    kept = await find(request, who, upload)
    if kept.stored is not None:
        return go(f"/praktijk/lijst/{upload}/klaar")
    lines = await asyncio.to_thread(open_list, kept.raw)
    around = await read_around(request, who)
    choices, errors = read_choices(form, lines, around)
    if errors:
        return await show_choices(request, who, kept, lines, choices, errors, code=422)
    header = "\n".join(lines.header) if choices.has_header else ""
    await get_parts(request).writing.lists.choose(who, upload, header, choices.to_json())
    return go(f"/praktijk/lijst/{upload}/controle")


@router.get("/{upload}/controle")
async def show_check(request: Request, who: Practice, upload: UUID, soort: str = "") -> Response:
    """Step 3: what each row comes to; nothing is stored yet."""
    kept = await find(request, who, upload)
    if kept.stored is not None:
        return go(f"/praktijk/lijst/{upload}/klaar")
    if kept.choices is None:
        return go(f"/praktijk/lijst/{upload}")
    around = await read_around(request, who)
    job = begin_check(request, who, kept, around)
    await asyncio.wait([job.task], timeout=WAIT_SECONDS)
    if job.report is None:
        return await show_job(request, who, kept, 3, job, around)
    wanted = soort if soort in set(What) else ""
    return await show_report(request, who, kept, 3, job.report, around, wanted)


@router.post("/{upload}/opslaan")
@takes("toch")
async def begin_storing(request: Request, who: Practice, upload: UUID) -> Response:
    """Step 4: store the rows that can be taken. Pressed twice, or in two tabs, it is done once."""
    form = await read_signed_form(request, who)
    kept = await find(request, who, upload)
    if kept.stored is not None:
        return go(f"/praktijk/lijst/{upload}/klaar")
    if kept.choices is None:
        return go(f"/praktijk/lijst/{upload}")
    parts = get_parts(request)
    around = await read_around(request, who)
    checked = begin_check(request, who, kept, around)
    await asyncio.wait([checked.task], timeout=WAIT_SECONDS)
    # What was not looked at, or is mostly wrong, is not stored by one press.
    if checked.report is None or (checked.report.is_mostly_wrong and form.get("toch") != "ja"):
        return go(f"/praktijk/lijst/{upload}/controle")
    choices = Choices.of(kept.choices)
    asked = Asked(choices, around.to_fixed(parts, who, choices))
    wording = find_wording(request)
    seen = checked.report.parsed

    async def run(job: Job) -> None:
        await store(parts, who, kept.raw, asked, job, seen)
        if job.report is not None:
            left = await asyncio.to_thread(return_wrong, kept.raw, job.report, wording)
            stored = {what.value: n for what, n in job.report.counts.items()}
            stored |= {"events": job.report.events}
            await parts.writing.lists.finish(upload, stored, kept.name, left)

    parts.lists.store(upload, choices, run)
    return go(f"/praktijk/lijst/{upload}/klaar")


@router.get("/{upload}/klaar")
async def show_stored(request: Request, who: Practice, upload: UUID) -> Response:
    """What was stored, and the rows that were not taken to download; or how far it is."""
    parts = get_parts(request)
    job = parts.lists.stores.get(upload)
    if job is not None:
        await asyncio.wait([job.task], timeout=WAIT_SECONDS)
    kept = await find(request, who, upload)
    around = await read_around(request, who)
    if kept.stored is not None:
        return await show(request, who, 4, around=around, kept=kept)
    if job is None:  # this process was started anew since: what is stored by now shows as known
        return go(f"/praktijk/lijst/{upload}/controle")
    return await show_job(request, who, kept, 4, job, around)


@router.get("/{upload}/fouten")
async def give_wrong(request: Request, who: Practice, upload: UUID) -> Response:
    """The rows that were not taken, in the format of the list, with what is wrong beside each."""
    kept = await find(request, who, upload)
    if kept.stored is not None:
        return download(kept.raw, name_wrong(kept))
    if kept.choices is None:
        return go(f"/praktijk/lijst/{upload}")
    around = await read_around(request, who)
    job = begin_check(request, who, kept, around)
    await asyncio.wait([job.task], timeout=WAIT_SECONDS)
    if job.report is None:
        return go(f"/praktijk/lijst/{upload}/controle")
    raw = await asyncio.to_thread(return_wrong, kept.raw, job.report, find_wording(request))
    return download(raw, name_wrong(kept))


@router.post("/{upload}/weg")
@takes()
async def throw_away(request: Request, who: Practice, upload: UUID) -> Response:
    """Forget the list at once; what was stored of it stays."""
    await read_signed_form(request, who)
    await find(request, who, upload)
    parts = get_parts(request)
    parts.lists.forget(upload)
    await parts.writing.lists.drop(upload)
    return go("/praktijk/lijst")


async def find(request: Request, who: Who, upload: UUID) -> Upload:
    """The list of this person in this session; 404 when there is none, or no longer."""
    session = request.state.session
    kept = session and await get_parts(request).writing.lists.find(who, session, upload)
    if not kept:
        raise HTTPException(404)
    return kept


async def read_around(request: Request, who: Who) -> Around:
    """Reads the frame and the institutions."""
    async with get_parts(request).reader.reading(who) as tx:
        frame = await read_frame(tx, who, find_wording(request))
        towns = read_municipality_names(who.region)
        places = {
            write_label(place, towns.get(place.municipality, place.municipality)): place
            for place in await practice.places(tx, who.region)
        }
    return Around(frame, places)


def begin_check(request: Request, who: Who, kept: Upload, around: Around) -> Job:
    """The dry run of a list whose columns are chosen; begun unless it was."""
    assert kept.choices is not None
    parts = get_parts(request)
    choices = Choices.of(kept.choices)
    asked = Asked(choices, around.to_fixed(parts, who, choices))

    async def run(job: Job) -> None:
        await check(parts, who, kept.raw, asked, job)

    return parts.lists.check(kept.id, choices, run)


async def find_choices(request: Request, who: Who, kept: Upload, lines: Lines) -> Choices:
    """How the list is read: as chosen, else as this practice read the last with such a header, else as we guess."""
    if kept.choices is not None:
        return Choices.of(kept.choices)
    guessed = guess(lines)
    before = await get_parts(request).writing.lists.recall(who, "\n".join(lines.header))
    return Choices.of(before) if before is not None and guessed.has_header else guessed


def read_choices(form: Form, lines: Lines, around: Around) -> tuple[Choices, dict[str, str]]:
    """What was chosen, and what is wrong with it by field."""
    width = min(max(len(lines.header), 1), MOST_COLUMNS)
    chosen = form.get_all("kolommen")[:width]
    columns = {at: name for at, name in enumerate(chosen) if name in NAMES}
    label = form.get("instelling").strip()
    place = around.places.get(label)
    campaigns = {str(one.id) for one in around.frame.campaigns}
    indication = form.get("indicatie")
    choices = Choices(
        columns,
        form.get("kop") != "nee",
        form.get("campagne") if form.get("campagne") in campaigns else "",
        str(place.id) if place else "",
        indication if indication in tuple(Indication) else "",
    )
    errors: dict[str, str] = {}
    if choices.missing:
        errors["kolommen"] = "upload.error.missing"
    elif choices.double:
        errors["kolommen"] = "upload.error.double"
    if label and place is None:
        errors["instelling"] = "upload.error.place"
    elif place is None and "institution" not in columns.values():
        errors["instelling"] = "upload.error.no_place"
    if not around.frame.campaigns:
        errors["campagne"] = "upload.error.no_campaign"
    return choices, errors


async def show_choices(
    request: Request,
    who: Who,
    kept: Upload,
    lines: Lines,
    choices: Choices,
    errors: Mapping[str, str] | None = None,
    code: int = 200,
) -> Response:
    """Show step 2."""
    around = await read_around(request, who)
    rows = [record.cells for _, record in list_rows(lines, choices)[:SHOWN]]
    labels = {str(place.id): label for label, place in around.places.items()}
    return await show(
        request, who, 2, around=around, kept=kept, code=code,
        header=lines.header[:MOST_COLUMNS], rows=rows, choices=choices, errors=errors or {}, names=NAMES,
        required=OWN_PATIENTS.required, label=labels.get(choices.location, ""), total=len(list_rows(lines, choices)),
        indications=tuple(Indication),
    )  # fmt: skip


async def show_report(
    request: Request, who: Who, kept: Upload, step: int, report: Report, around: Around, wanted: str
) -> Response:
    """Show what the rows come to: the counts, and the first rows of a kind."""
    wording = find_wording(request)
    wanted = wanted or next(
        (one for one in (What.WRONG, What.DOUBTFUL, What.CHANGED) if report.counts[one]), What.NEW
    )
    return await show(
        request, who, step, around=around, kept=kept, report=report, wanted=wanted, most=SHOWN_FAULTS,
        faults=list_faults(report, wording)[:SHOWN_FAULTS] if wanted == What.WRONG else [],
        changes=list_changes(report, What(wanted), wording)[:SHOWN_FAULTS] if wanted != What.WRONG else [],
    )  # fmt: skip


async def show_job(
    request: Request, who: Who, kept: Upload, step: int, job: Job, around: Around
) -> Response:
    """Show how far it is, or why it ended."""
    answer = await show(request, who, step, around=around, kept=kept, job=job)
    if not job.failed:
        answer.headers.update(AGAIN)
    return answer


async def show(
    request: Request,
    who: Who,
    step: int,
    *,
    around: Around | None = None,
    kept: Upload | None = None,
    code: int = 200,
    **more: Any,
) -> Response:
    """Show a step."""
    around = around or await read_around(request, who)
    context: dict[str, Any] = {
        "step": step, "kept": kept, "job": None, "report": None, "error": "", "said": "", "places": sorted(around.places),
        "kinds": tuple(What), "is_sheet": kept is not None and kept.raw.startswith(b"PK"),
    }  # fmt: skip
    return render(request, "lists.html", context | more, who=who, around=around.frame, code=code)


def name_wrong(kept: Upload) -> str:
    """The name of the file with the rows that were not taken."""
    return "niet-overgenomen.xlsx" if is_packed(kept.raw) else "niet-overgenomen.csv"


def download(raw: bytes, name: str) -> Response:
    """A file to keep."""
    kind = XLSX if name.endswith(".xlsx") else "text/csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(raw, media_type=kind, headers=headers)
