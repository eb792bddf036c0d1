"""The page for a practice with who looked at one of its patients: when, in which role, and why. In plain words."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from events.local_time import to_local_date
from infra.postgres.break_glass import AlertDue, GlassDue
from infra.postgres.database import Who
from infra.postgres.pages import looks, practice
from infra.postgres.pages.looks import LookRow
from services.web.access import allow
from services.web.api.patients import find_own_practice
from services.web.frame import find_wording, read_frame, render
from services.web.looks import look, open_one
from services.web.parts import get_parts

router = APIRouter(prefix="/praktijk", include_in_schema=False)
MOST: Final = 5_000  # looks that are read; a page that renews itself all day makes some fifty


@dataclass(frozen=True, slots=True)
class Looks:
    """Looks of one reader on one day that are alike."""

    day: date
    first_at: datetime
    last_at: datetime
    count: int
    row: LookRow


@router.get("/inzage/{person}")
async def show_looks(
    request: Request, who: Annotated[Who, Depends(allow("practice"))], person: UUID
) -> Response:
    """Show who looked at an own patient; 404 for everybody else's. That is a look too."""
    parts = get_parts(request)
    async with parts.reader.reading(who) as tx:
        if not await practice.patients(tx, who.region, find_own_practice(who), person):
            raise HTTPException(404)
        around = await read_frame(tx, who, find_wording(request))
        rows = await looks.looks_at(tx, person, MOST)
        opened = await open_one(tx, parts.keys, who, person, look(request, "read", "who looked"))
    context = {
        "looks": group(rows),
        "person": person,
        "name": f"{opened.given_name} {opened.family_name}" if opened else "",
        "is_whole": len(rows) < MOST,
        "words_of": words_of,
        "role_of": role_of,
    }
    return render(request, "looks.html", context, who=who, around=around)


def group(rows: Iterable[LookRow]) -> list[Looks]:
    """Group what one reader did in one way on one day; the newest day first."""
    found: dict[tuple[date, LookRow], Looks] = {}
    for row in rows:
        day = to_local_date(row.at)
        key = (day, replace(row, at=datetime.min))  # noqa: DTZ901 - any moment, the same for all
        known = found.get(key)
        if known is None:
            found[key] = Looks(day, row.at, row.at, 1, row)
        else:
            found[key] = replace(
                known,
                first_at=min(known.first_at, row.at),
                last_at=max(known.last_at, row.at),
                count=known.count + 1,
            )
    return sorted(found.values(), key=lambda one: (one.day, one.last_at), reverse=True)


ROLES: Final = ("practice", "planner", "crisis", "admin", "system", "sender", "courier")
REASONS: Final = {
    "own patients": "list",
    "own patient": "patient",
    "who looked": "looks",
    "registering": "registering",
    "review": "review",
    "return record": "returns",
    "return records": "returns",
    "return record to the practice": "returns",
    "return record to the register": "returns",
    "outward events": "stream",
    "open questions": "question",
    "who is who": "question",
    "doses to look at": "doses",
}


def role_of(row: LookRow | GlassDue | AlertDue) -> str:
    """The key of the words for a role; of one that is newer than these words it is said that it is another."""
    return f"looks.role.{row.role if row.role in ROLES else 'other'}"


def words_of(row: LookRow) -> str:
    """The key of the words for what somebody did; empty where the reason that they gave says it."""
    if row.outcome == "refused":
        return "looks.why.refused"
    return f"looks.why.{REASONS[row.why]}" if row.why in REASONS else ""
