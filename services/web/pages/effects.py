"""What a change by hand does, in words: who moves, who must be phoned, minutes, doses, and the rules by name and amount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

from events.local_time import to_local_date
from scheduling.steering.breaches import Breach, Soft, Unit
from scheduling.steering.effect import Effect
from scheduling.steering.soft import Touched
from services.web import moments
from services.web.actual import Looked
from services.web.steering_errors import CannotHold, Stale, WantsReason
from services.web.wording import Wording, read_words

Tone = Literal["", "danger", "warn", "ok"]
MINUTE = 60
SHARED: Final = frozenset(
    {Soft.FAIR_HOURS, Soft.FAIR_EVENINGS, Soft.FAIR_WEEKENDS}
)  # of teams and crews


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, how it is meant, and the visit that it is about."""

    tone: Tone
    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What teams and locations are called."""

    teams: Mapping[UUID, str]
    locations: Mapping[UUID, str]

    def team(self, looked: Looked, shift_id: str) -> str:
        """The team of a shift."""
        shift = looked.actual.shifts.get(shift_id)
        return self.teams.get(UUID(shift.team_id), shift.team_id[:8]) if shift else ""

    def find_team(self, team_id: str) -> str | None:
        """A team by its id; None for what is no team of ours."""
        return next((name for key, name in self.teams.items() if str(key) == team_id), None)

    def location(self, location_id: str, t: Wording) -> str:
        """A location."""
        return self.locations.get(UUID(location_id)) or t("place.unknown")


def write_effect(looked: Looked, effect: Effect, names: Names, t: Wording) -> list[Line]:
    """Every consequence in one sentence: rules first, then people, then minutes and doses."""
    lines = [write_breach(row, names, t) for row in (*effect.hard, *effect.soft)]
    lines += write_held_by(looked, effect.held_by, names, t)
    for row in effect.touched:
        lines += write_stop(looked, row, names, t)
    lines += _write_minutes("drive", effect.drive_seconds, t)
    lines += _write_minutes("work", effect.work_seconds, t)
    for doses in effect.doses:
        day = moments.short_day(looked.calendar.to_date(doses.day), t)
        kind = "more" if doses.doses > 0 else "less"
        lines.append(Line("", t.count(f"hand.doses.{kind}", abs(doses.doses), day=day)))
    if effect.doses_wasted:
        kind = "more" if effect.doses_wasted > 0 else "less"
        lines.append(Line("", t.count(f"hand.wasted.{kind}", abs(effect.doses_wasted))))
    if effect.margin_seconds is not None and not effect.hard:
        lines.append(Line("", t.count("hand.margin", effect.margin_seconds // MINUTE)))
    return lines


def write_held_by(looked: Looked, visits: Sequence[str], names: Names, t: Wording) -> list[Line]:
    """Every pinned visit with which a change cannot hold together."""
    lines: list[Line] = []
    for name in visits:
        found = looked.actual.find(name)
        if found is not None:
            shift_id, stop = found
            place = names.location(stop.fixed.location_id, t)
            start = stop.fixed.start
            when = _write_place(looked, (shift_id, start, start), names, t)
            lines.append(Line("danger", t("hand.held_by", place=place, when=when), name))
    return lines


def write_stop(looked: Looked, row: Touched, names: Names, t: Wording) -> list[Line]:
    """Where a stop goes, and whether its location must be phoned."""
    place = names.location(row.location_id, t)
    old, new = _write_place(looked, row.old, names, t), _write_place(looked, row.new, names, t)
    if row.new is None:
        text = t("hand.leaves", place=place, old=old)
    elif row.old is None:
        text = t("hand.comes", place=place, new=new)
    elif row.old[0] == row.new[0] and not row.later:
        people = t.count("residents", row.people)
        text = t("hand.same", place=place, new=new, people=people)
    elif row.old[0] == row.new[0]:
        kind = "later" if row.later > 0 else "earlier"
        minutes = -(-abs(row.later) // MINUTE)
        text = t.count(f"hand.{kind}", minutes, place=place, new=new)
    else:
        text = t("hand.goes", place=place, old=old, new=new)
    lines = [Line("" if row.is_meant else "warn", text, row.visit_id)]
    if row.must_call:
        lines.append(Line("warn", t("hand.call", place=place), row.visit_id))
        if row.of:  # people of a visit that is split or joined: not everybody there
            lines.append(Line("warn", t.count("hand.call.people", row.people), row.visit_id))
    return lines


def _write_place(
    looked: Looked, place: tuple[str, int, int] | None, names: Names, t: Wording
) -> str:
    if place is None:
        return ""
    moment = looked.calendar.to_moment(place[1])
    when = f"{moments.short_day(to_local_date(moment), t)} {moments.clock_time(moment)}"
    return t("hand.slot", when=when, team=names.team(looked, place[0]))


def _write_minutes(kind: str, seconds: int, t: Wording) -> list[Line]:
    minutes = -(-abs(seconds) // MINUTE)
    if not minutes:
        return []
    return [Line("", t.count(f"hand.{kind}.{'more' if seconds > 0 else 'less'}", minutes))]


def write_breach(row: Breach, names: Names, t: Wording) -> Line:
    """A rule that breaks; where it is about how work is shared, with the team."""
    line = write_rule(row, t)
    team = names.find_team(row.where) if row.rule in SHARED else None
    return replace(line, text=f"{team}: {line.text}") if team else line


def write_rule(row: Breach, t: Wording) -> Line:
    """A rule that breaks, with the amount; hard ones forbid, others ask for a reason."""
    key = f"rule.{row.rule}"
    text = t(key) if key in read_words() else t.why(str(row.rule))
    if row.amount and row.unit is not None:
        amount = -(-row.amount // MINUTE) if row.unit is Unit.SECONDS else row.amount
        unit = "minutes" if row.unit is Unit.SECONDS else row.unit.value
        text = t("hand.amount", what=text.rstrip("."), amount=t.count(f"hand.unit.{unit}", amount))
    else:
        text = text.rstrip(".") + "."
    return Line("danger" if row.is_hard else "warn", text)


def write_refused(refused: CannotHold | Stale | WantsReason, t: Wording) -> list[Line]:
    """Why nothing was stored: the rules, or who changed what meanwhile."""
    if not isinstance(refused, Stale):
        title = "hand.wants_reason" if isinstance(refused, WantsReason) else "hand.refused"
        return [Line("danger", t(title)), *(write_rule(row, t) for row in refused.breaches)]
    lines = [Line("danger", t("hand.stale"))]
    for row in refused.changes:
        key = f"decided.{row.kind}"
        what = t(key) if key in read_words() else t("hand.stale.plan")
        by = row.actor or (t("decided.unknown") if row.at else t("hand.stale.planner"))
        lines.append(Line("warn", t("hand.stale.line", what=what, who=by)))
    return lines
