"""Reads the difference between two plans, and writes each line of it as a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from events.local_time import to_local_date
from infra.postgres.pages import plan_versions, planner
from infra.postgres.pages.plan_versions import Version
from services.plan_life.difference import (
    NO_NEED,
    OTHER_PLACE,
    Call,
    Change,
    Kind,
    Line,
    Slot,
    compare,
    list_calls,
)
from services.plan_life.reasons import to_reasons
from services.web import moments
from services.web.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Names:
    """What people call locations and teams."""

    places: Mapping[UUID, str | None]
    teams: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a plan changes of another: of what people go by now (`against` None), or of another version."""

    version: Version
    against: Version | None
    lines: tuple[Line, ...]
    calls: tuple[Call, ...]
    names: Names


async def read_difference(
    tx: "Connection", region: str, version: Version, against: Version | None = None
) -> Difference | None:
    """Reads what a plan changes; None when the record of one of them is gone.

    Visits that have begun, or begin before the plan speaks, are on neither side: no plan changes them.
    """
    said = await plan_versions.read_assignments(tx, region, version.plan)
    other = (
        await plan_versions.read_assignments(tx, region, against.plan) if against else (None, ())
    )
    if said is None or other is None:
        return None
    since = max(moment for moment in (said[0], other[0]) if moment)
    standing, begun = await plan_versions.read_standing(tx, region, since)
    before = other[1] if against else standing
    rules = await plan_versions.read_taken_rules(tx, region, version.hash)
    if against and against.plan == version.made_of:  # what of it was wanted and did not fit
        rules |= await plan_versions.read_refused_rules(tx, region, version.hash)
    lines = compare(
        (visit for visit in before if visit.starts_at >= since and visit.visit_id not in begun),
        (visit for visit in said[1] if visit.starts_at >= since and visit.visit_id not in begun),
        to_reasons(
            await plan_versions.read_unserved(tx, region, version.hash),
            rules,
        ),
    )
    names = await read_names(tx, region, lines)
    return Difference(version, against, lines, list_calls(lines), names)


async def read_names(tx: "Connection", region: str, lines: "Iterable[Line]") -> Names:
    """Reads what people call the locations and teams of these lines."""
    places = sorted({line.location_id for line in lines})
    return Names(
        await plan_versions.read_place_names(tx, region, places),
        await planner.team_names(tx, region),
    )


def write_line(line: Line, names: Names, t: Wording) -> str:
    """A line as one or two sentences, without a word of the solver."""
    place = name_place(line.location_id, names, t)
    who = t.count("residents", len(line.persons)) if line.campaign_id else t("diff.crisis")
    values = {"place": place, "who": who}
    if line.before:
        values |= _slot(line.before, "old", names, t)
    if line.after:
        values |= _slot(line.after, "new", names, t)
    text = t(f"diff.{_key(line)}", **values)
    reasons = _reason(line, t)
    return f"{text} {reasons}" if reasons else text


def _key(line: Line) -> str:
    if line.kind is Kind.NEW:
        return "joins" if line.joins else "new"
    if line.kind is Kind.DROPPED:
        return "dropped"
    changes = line.changes
    if Change.DAY in changes:
        return "day_team" if Change.TEAM in changes else "day"
    if Change.TIME in changes:
        return "time_team" if Change.TEAM in changes else "time"
    return "team" if Change.TEAM in changes else "product"


def _slot(slot: Slot, name: str, names: Names, t: Wording) -> dict[str, str]:
    return {
        f"{name}_day": moments.long_day(to_local_date(slot.starts_at), t),
        f"{name}_time": moments.clock_time(slot.starts_at),
        f"{name}_team": name_team(names.teams.get(slot.team_id), t),
    }


def name_team(name: str | None, t: Wording) -> str:
    """A team as it stands in a sentence: with the word team once."""
    if name is None:
        return t("diff.some_team")
    return name if name.casefold().startswith("team ") else t("team", name=name)


def _reason(line: Line, t: Wording) -> str:
    """Why somebody loses the appointment: what happened where a fact took it, else why there is no other place."""
    if line.kind is Kind.NEW:
        return ""
    if line.rule:
        return t("diff.sentence", text=t(f"rule.{line.rule}"))
    if not line.why:
        return ""
    first = line.why[0]
    if first in (NO_NEED, OTHER_PLACE):
        return t(f"diff.why.{first}")
    return t("diff.sentence", text=t.why(first))


def write_call(call: Call, names: Names, t: Wording) -> str:
    """Whom to phone."""
    return t("diff.call", place=name_place(call.location_id, names, t))


def name_place(location: UUID, names: Names, t: Wording) -> str:
    """A location by its name."""
    return names.places.get(location) or t("place.unknown")


def write_totals(old: Mapping[str, object], new: Mapping[str, object], t: Wording) -> list[str]:
    """What a plan is worth beside another, as sentences; nothing of what is not counted."""
    lines = []
    for name in ("people_served", "people_unserved", "doses_wasted", "working_minutes"):
        was, is_ = old.get(name), new.get(name)
        if isinstance(was, int) and isinstance(is_, int):
            lines.append(t(f"diff.total.{name}", old=t.number(was), new=t.number(is_)))
    return lines


def write_priorities(old: Mapping[str, int], new: Mapping[str, int], t: Wording) -> list[str]:
    """How many people are served of each priority, the highest first; empty where a plan did not say."""
    if not old or not new:
        return []
    return [
        t(
            "diff.total.priority",
            priority=t.number(int(priority)),
            old=t.number(old.get(priority, 0)),
            new=t.number(new.get(priority, 0)),
        )
        for priority in sorted({*old, *new}, key=int, reverse=True)
    ]
