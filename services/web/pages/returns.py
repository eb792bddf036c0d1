"""What practices get back: the practice's page with what lies ready for its record, and the planner's with the gap."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from events.reports import ReturnRefusal
from infra.postgres.database import Who
from infra.postgres.pages.returns import (
    STATES,
    CountRow,
    count_states,
    find_returns,
    read_counts,
    read_returns,
)
from services.returns.fhir import CONTENT_TYPE, Resource, to_bundle
from services.returns.texts import to_csv, to_note
from services.web.access import Forbidden, allow
from services.web.forms import Word, read_signed_form, takes
from services.web.frame import find_wording, go, read_frame, render
from services.web.looks import log_shown
from services.web.parts import get_parts
from services.web.returning import Answer, find_answerable, open_records, to_fact

router = APIRouter(include_in_schema=False)
Practice = Annotated[Who, Depends(allow("practice"))]
Planner = Annotated[Who, Depends(allow("planner"))]
SHOWN: Final = 200  # messages on a page
FILE: Final = 500  # in one file
FORMS: Final = {
    "fhir": CONTENT_TYPE,
    "csv": "text/csv; charset=utf-8",
    "tekst": "text/plain; charset=utf-8",
}
OPEN: Final = ("sent", "rejected")  # what the practice can do something about
PRACTICE_ANSWERS: Final[dict[str, Answer]] = {
    "verwerkt": "acknowledged",
    "klopt-niet": "rejected",
    "opnieuw": "again",
}
TONES: Final = {"sent": "warn", "rejected": "danger", "acknowledged": "ok"}


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Doses of one day and what became of them, or of all days."""

    given: int
    registered: int
    rejected: int
    named: int
    in_register: int
    taking_back: int

    @property
    def gap(self) -> int:
        """Given minus registered."""
        return self.given - self.registered


@router.get("/praktijk/terugmelding")
async def show_own_returns(request: Request, who: Practice, stand: Word = "open") -> Response:
    """What was told to this practice: what waits for it first."""
    states = (stand,) if stand in STATES else OPEN
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        rows = await read_returns(tx, states, None, SHOWN)
        counts = await count_states(tx)
        persons = [row.person for row in rows]
        names = await parts.names.open(tx, parts.keys, who, persons, parts.clock.monotonic())
        await log_shown(tx, request, who, persons, "list", "return records")
        around = await read_frame(tx, who, find_wording(request))
    context = {
        "rows": rows,
        "names": {one: f"{p.given_name} {p.family_name}" for one, p in names.items()},
        "counts": counts,
        "states": STATES,
        "stand": stand if stand in STATES else "open",
        "refusals": tuple(ReturnRefusal),
        "tones": TONES,
    }
    return render(request, "returns.html", context, who=who, around=around)


@router.get("/praktijk/terugmelding/bestand")
async def download(
    request: Request,
    who: Practice,
    vorm: Literal["fhir", "csv", "tekst"] = "csv",
    bericht: UUID | None = None,
) -> Response:
    """What lies ready as a file: FHIR, rows for the own system, or texts for the waarneembericht; or one message."""
    async with get_parts(request).reader.reading(who) as tx:
        rows = (
            await find_returns(tx, [bericht])
            if bericht
            else await read_returns(tx, ("sent",), None, FILE)
        )
        records = await open_records(tx, request, who, rows)
    if not records:
        raise HTTPException(404)
    if vorm == "csv":
        body, name = to_csv(records).encode(), "terugmelding.csv"
    elif vorm == "tekst":
        body, name = "\r\n\r\n".join(map(to_note, records)).encode(), "terugmelding.txt"
    else:
        bundles = [to_bundle(record) for record in records]
        body, name = orjson.dumps(bundles[0] if bericht else gather(bundles)), "terugmelding.json"
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(body, media_type=FORMS[vorm], headers=headers)


def gather(bundles: Sequence[Resource]) -> Mapping[str, object]:
    """Several messages as one Bundle of Bundles."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": bundle} for bundle in bundles],
    }


@router.post("/praktijk/terugmelding")
@takes("bericht", "antwoord", "waarom")
async def answer_own(request: Request, who: Practice) -> Response:
    """Say what became of one message, or that everything that lies ready is in the record."""
    form, parts = await read_signed_form(request, who), get_parts(request)
    answer = PRACTICE_ANSWERS.get(form.get("antwoord"))
    why = form.get("waarom") or ReturnRefusal.OTHER.value
    if answer is None or why not in tuple(ReturnRefusal):
        raise Forbidden("forbidden.return")
    if form.get("bericht") == "alle" and answer == "acknowledged":
        async with parts.reader.reading(who) as tx:
            wanted = [row.message for row in await read_returns(tx, ("sent",), None, FILE)]
    else:
        wanted = to_ids(form.get("bericht"))
    found = await find_answerable(parts, who, [(one, answer) for one in wanted])
    if not found:
        raise Forbidden("forbidden.return")
    now = parts.clock.now()
    facts = [to_fact(one, answer, ReturnRefusal(why), now) for one in sorted(found)]
    await parts.writing.answer_returns(who, facts)
    return go("/praktijk/terugmelding")


def to_ids(text: str) -> list[UUID]:
    """The identifier that a field holds; none when it is none."""
    try:
        return [UUID(text)]
    except ValueError:
        return []


@router.get("/planning/terugmelding")
async def show_gap(request: Request, who: Planner) -> Response:
    """Given minus registered, by day, and the messages that were rejected or did not leave yet."""
    async with get_parts(request).reader.reading(who) as tx:
        counts = await read_counts(tx, who.region)
        rows = await read_returns(tx, ("rejected", "pending"), None, SHOWN)
        await log_shown(tx, request, who, [row.person for row in rows], "list", "return records")
        around = await read_frame(tx, who, find_wording(request))
    context = {
        "total": add(counts),
        "days": by_day(counts),
        "counted_at": max((row.counted_at for row in counts), default=None),
        "rows": rows,
        "tones": TONES,
    }
    return render(request, "returns_gap.html", context, who=who, around=around)


@router.post("/planning/terugmelding")
@takes("bericht")
async def ask_again(request: Request, who: Planner) -> Response:
    """Have a rejected message sent again, after what was wrong with it was mended."""
    form, parts = await read_signed_form(request, who), get_parts(request)
    found = await find_answerable(
        parts, who, [(one, "again") for one in to_ids(form.get("bericht"))]
    )
    if not found:
        raise Forbidden("forbidden.return")
    now = parts.clock.now()
    facts = [to_fact(one, "again", ReturnRefusal.OTHER, now) for one in found]
    await parts.writing.answer_returns(who, facts)
    return go("/planning/terugmelding")


def add(rows: list[CountRow]) -> DayTotal:
    """The sum of counts."""
    return DayTotal(
        given=sum(row.given for row in rows),
        registered=sum(row.registered for row in rows),
        rejected=sum(row.rejected for row in rows),
        named=sum(row.opted_in for row in rows),
        in_register=sum(row.in_register for row in rows),
        taking_back=sum(row.taking_back for row in rows),
    )


def by_day(rows: list[CountRow]) -> list[tuple[date, DayTotal]]:
    """The counts of each day, the newest first."""
    days: dict[date, list[CountRow]] = defaultdict(list)
    for row in rows:
        days[row.on_day].append(row)
    return [(day, add(found)) for day, found in days.items()]
