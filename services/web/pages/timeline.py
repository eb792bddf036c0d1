"""Lays out the teams of a day as bars on an axis, with the labels that fit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from events.local_time import AMSTERDAM
from infra.postgres.pages.planner import ShiftRow, VisitRow
from services.web.moments import clock_time
from services.web.pages.teams import Look
from services.web.wording import Wording

State = Literal["", "is-done", "is-busy", "is-late"]
WIDTH: Final = 1216  # pixels of the axis at its narrowest: what fits there fits everywhere
LETTER: Final = 6.1
ARTICLES: Final = ("De ", "Het ", "'t ")
LATE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One visit on the line of its team; `x` and `width` are percentages of the axis."""

    visit: UUID
    number: int
    sign: str  # "✓ 1", "⚑ 3" or "3"
    label: str  # what fits after the sign
    title: str
    state: State
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """One team: its shift, bars and the driving between them, in percentages of the axis."""

    team: UUID
    look: Look
    visits: int
    doses: int
    late: int
    late_minutes: int
    absent: bool
    off: tuple[tuple[float, float], ...]
    drives: tuple[tuple[float, float], ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All teams of a day on one axis of whole hours."""

    hours: tuple[tuple[int, float], ...] = ()
    lines: tuple[Line, ...] = ()
    now: float | None = None
    states: dict[UUID, State] = field(default_factory=dict)


def lay_out(
    shifts: Sequence[ShiftRow],
    visits: Sequence[VisitRow],
    looks: dict[UUID, Look],
    now: datetime,
    wording: Wording,
) -> Timeline:
    """The timeline of one day; empty when nobody works."""
    moments = [m for s in shifts for m in (s.starts_at, s.ends_at)]
    moments += [m for v in visits for m in (v.starts_at, v.ends_at)]
    if not moments:
        return Timeline()
    first = floor_hour(min(moments).astimezone(UTC))
    hours = max(1, -(-int((max(moments) - first).total_seconds()) // 3600))
    axis = Axis(first, hours)
    lines = [
        lay_line(shift, [v for v in visits if v.team == shift.team], looks, axis, now, wording)
        for shift in shifts
    ]
    marks = [(first + timedelta(hours=h)).astimezone(AMSTERDAM) for h in range(hours)]
    return Timeline(
        hours=tuple((mark.hour, 100 * h / hours) for h, mark in enumerate(marks)),
        lines=tuple(lines),
        now=axis.place(now) if 0 <= axis.place(now) <= 100 else None,
        states={bar.visit: bar.state for line in lines for bar in line.bars},
    )


@dataclass(frozen=True, slots=True)
class Axis:
    """Whole hours from a first moment."""

    first: datetime
    hours: int

    def place(self, moment: datetime) -> float:
        """Percentage of the axis."""
        return 100 * (moment - self.first).total_seconds() / (self.hours * 3600)


def lay_line(
    shift: ShiftRow,
    visits: Sequence[VisitRow],
    looks: dict[UUID, Look],
    axis: Axis,
    now: datetime,
    wording: Wording,
) -> Line:
    """One team's line, its visits in order of time."""
    look = looks.get(shift.team) or Look(shift.name, "stad")
    bars = [lay_bar(n, visit, axis, now, wording) for n, visit in enumerate(visits, 1)]
    edges = [axis.place(shift.starts_at)]
    for visit in visits:
        edges += [axis.place(visit.starts_at), axis.place(visit.ends_at)]
    drives = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if b > a]
    late = [
        measure_lateness(visit, now) for visit in visits if judge_state(visit, now) == "is-late"
    ]
    start, end = axis.place(shift.starts_at), axis.place(shift.ends_at)
    return Line(
        team=shift.team,
        look=look,
        visits=len(visits),
        doses=sum(visit.people for visit in visits),
        late=len(late),
        late_minutes=round(max(late, default=timedelta()).total_seconds() / 60),
        absent=shift.absent,
        off=tuple((a, b - a) for a, b in ((0.0, start), (end, 100.0)) if b > a),
        drives=tuple(drives),
        bars=tuple(bars),
    )


def lay_bar(number: int, visit: VisitRow, axis: Axis, now: datetime, wording: Wording) -> Bar:
    """One visit's bar with the longest label that fits: name and doses, name, or the number alone."""
    x = axis.place(visit.starts_at)
    width = axis.place(visit.ends_at) - x
    state = judge_state(visit, now)
    sign = f"{'✓ ' if state == 'is-done' else '⚑ ' if visit.pinned else ''}{number}"
    name = visit.location or wording("place.unknown")
    room = width / 100 * WIDTH - 12 - (18 if state == "is-late" else 0) - LETTER * (len(sign) + 1)
    label = next(
        (text for text in list_labels(name, visit.people) if len(text) * LETTER <= room), ""
    )
    times = wording("bar.times", start=clock_time(visit.starts_at), end=clock_time(visit.ends_at))
    said = wording(f"bar.{state[3:]}") if state else ""
    details = [name if name not in label else "", times, said]
    shown = f"{sign} {label}".strip()
    title = ", ".join([shown, *(part for part in details if part)])
    return Bar(visit.visit, number, sign, label, title, state, x, width)


def list_labels(name: str, people: int) -> list[str]:
    """List the labels that a bar may carry, the longest first; none is cut inside a word."""
    short = name.partition(" ")[2] if name.startswith(ARTICLES) else name
    with_people = [f"{name} {people}", f"{short} {people}"] if people else []
    return [*with_people, name, short, ""]


def judge_state(visit: VisitRow, now: datetime) -> State:
    """Judge the state of a visit: done, busy, late, or empty."""
    if visit.completed_at is not None:
        return "is-done"
    if visit.started_at is not None:
        return "is-busy"
    return "is-late" if measure_lateness(visit, now) > LATE else ""


def measure_lateness(visit: VisitRow, now: datetime) -> timedelta:
    """Measure how late a visit is that should have begun; zero for visits of other days."""
    if now - visit.starts_at > timedelta(hours=18):
        return timedelta()
    return max(timedelta(), now - visit.starts_at)


def floor_hour(moment: datetime) -> datetime:
    """The whole hour before."""
    return moment.replace(minute=0, second=0, microsecond=0)
