"""A change by hand on a page: what it does is looked at first, then it is stored as it was shown, or it is said why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Final
from uuid import UUID

from fastapi import Request

from events.local_time import to_local_date
from infra.postgres.database import Who
from scheduling.steering.edits import Edit
from scheduling.steering.effect import Effect
from services.web import moments
from services.web.actual import Looked
from services.web.frame import find_wording
from services.web.pages.effects import Line, Names, write_effect, write_refused, write_rule
from services.web.parts import get_parts
from services.web.refusing import FIELDS, Refused
from services.web.steering import Stored
from services.web.steering_errors import CannotHold, Stale, WantsReason
from services.web.wording import Wording

LONGEST_NUMBER: Final = 18  # digits of a line of the ledger


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list to choose from."""

    value: str
    name: str
    is_chosen: bool = False


@dataclass(slots=True)
class Attempt:
    """A change as it was typed, and what came of it."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)  # sent again to store it
    reason: str = ""
    effect: Effect | None = None
    refusals: list[Line] = field(default_factory=list)
    code: int = 200

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form that stores it carries along."""
        return [(name, value) for name, values in self.fields.items() for value in values if value]


async def try_edit(request: Request, looked: Looked, edit: Edit, attempt: Attempt) -> None:
    """Looks at what a change would do."""
    try:
        attempt.effect = await get_parts(request).steering.check(looked, edit)
    except CannotHold as refused:
        attempt.refusals += [write_rule(row, find_wording(request)) for row in refused.breaches]


async def store_edit(
    request: Request, who: Who, edit: Edit, seen: str, attempt: Attempt
) -> Stored | None:
    """Stores a change that was looked at; None where it was refused: the attempt says why."""
    number = int(seen) if seen.isdecimal() and len(seen) <= LONGEST_NUMBER else 0  # 0: never looked
    try:
        return await get_parts(request).steering.save(who, edit, number, attempt.reason)
    except (CannotHold, Stale, WantsReason) as refused:
        attempt.code = 409
        attempt.refusals += write_refused(refused, find_wording(request))
        return None


def show_attempt(
    looked: Looked | None, attempt: Attempt, names: Names, t: Wording
) -> dict[str, Any]:
    """What the part of a page needs that shows an effect and stores it (`effect.html`)."""
    lines = write_effect(looked, attempt.effect, names, t) if looked and attempt.effect else []
    return {"attempt": attempt, "lines": lines, "seen": looked.number if looked else 0}


def read_time(text: str, name: str) -> time | None:
    """A time of day that was typed; None for none. Refused by its field for what is no time."""
    if not text:
        return None
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise Refused(FIELDS, fields=[name]) from None
    if at.tzinfo is not None:
        raise Refused(FIELDS, fields=[name])
    return at


def read_date(text: str, name: str) -> date | None:
    """A day that was typed; None for none. Refused by its field for what is no day, or lies in no calendar of ours."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(FIELDS, fields=[name]) from None
    if not 2000 <= day.year <= 2100:
        raise Refused(FIELDS, fields=[name])
    return day


def read_id(text: str, name: str) -> UUID:
    """An identifier that a list of ours gave. Refused by its field."""
    try:
        return UUID(text)
    except ValueError:
        raise Refused(FIELDS, fields=[name]) from None


def list_days(looked: Looked, chosen: str, t: Wording) -> list[Choice]:
    """The days of the plan on which somebody works."""
    days = sorted({looked.calendar.to_date(row.day) for row in looked.actual.problem.shifts})
    return [Choice(f"{day}", moments.short_day(day, t), f"{day}" == chosen) for day in days]


def list_stops(
    looked: Looked, but: str, chosen: str, names: Names, t: Wording
) -> list[tuple[str, list[Choice]]]:
    """The other stops that may still be changed, by day: their time, place and team."""
    found: dict[date, list[tuple[int, str, Choice]]] = {}
    for shift_id, stops in looked.actual.standing.items():
        if shift_id in looked.actual.frozen_shifts or shift_id not in looked.actual.shifts:
            continue
        for stop in stops:
            begins = looked.calendar.to_moment(stop.fixed.start)
            place = names.location(stop.fixed.location_id, t)
            name = t(
                "swap.stop",
                time=moments.clock_time(begins),
                place=place,
                team=names.team(looked, shift_id),
            )
            if stop.fixed.visit_id != but:
                one = Choice(stop.fixed.visit_id, name, stop.fixed.visit_id == chosen)
                found.setdefault(to_local_date(begins), []).append((stop.fixed.start, name, one))
    return [
        (moments.short_day(day, t), [row[2] for row in sorted(rows, key=lambda row: row[:2])])
        for day, rows in sorted(found.items())
    ]
