"""When the stops of a day are expected, from what a team did so far: late or early, in any order, and what is at risk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

Drive = Callable[[str | None, str | None], timedelta]  # between two stops; None: the depot
NOTHING: Final = timedelta()


@dataclass(frozen=True, slots=True)
class UnderWayParams:
    """What is worth telling, and when silence says nothing any more."""

    # A home notices a quarter of an hour; five minutes lie within what a roundabout costs.
    worth_telling: timedelta = timedelta(minutes=5)
    # Who should have begun and said nothing for so long may have forgotten the telephone as well as the road: no times are
    # derived from silence.
    silence: timedelta = timedelta(minutes=30)


DEFAULT: Final = UnderWayParams()


@dataclass(frozen=True, slots=True)
class RoadStop:
    """A published stop of today, and what its team registered there; `closes_at` is the last moment to begin."""

    id: str
    starts_at: datetime
    ends_at: datetime
    begun_at: datetime | None = None
    completed_at: datetime | None = None
    closes_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the team has still to begin."""
        return self.begun_at is None and self.completed_at is None


@dataclass(frozen=True, slots=True)
class DelayReport:
    """What a team said of its own lateness (or earliness, below zero): minutes, and when."""

    minutes: int
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class TeamDay:
    """A team's stops of one day, by published beginning; `ends_at` is the end of its shift."""

    stops: tuple[RoadStop, ...]
    ends_at: datetime
    report: DelayReport | None = None
    pause: timedelta = NOTHING


class Risk(StrEnum):
    """What does not hold any more when nobody decides: a closed list."""

    AFTER_CLOSING = "after_closing"  # the team comes when the location no longer receives
    AFTER_SHIFT = "after_shift"  # the team is back after its shift


@dataclass(frozen=True, slots=True)
class Expected:
    """A stop that has still to begin, when it is expected, and what is at risk."""

    id: str
    planned_at: datetime
    expected_at: datetime
    risks: tuple[Risk, ...] = ()

    @property
    def minutes(self) -> int:
        """Later than published; below zero earlier."""
        return round((self.expected_at - self.planned_at).total_seconds() / 60)


def expect(
    day: TeamDay, drive: Drive, now: datetime, params: UnderWayParams = DEFAULT
) -> tuple[Expected, ...]:
    """The stops that have still to begin, in the order of their plan; nothing where nothing is known but silence.

    The order in which a team works is its own: what it passed over stays expected, behind where it is now. Waiting in the
    plan takes up a delay, the drive and one pause do not.
    """
    left = [stop for stop in day.stops if stop.is_open]
    place, free_at = _find_place(day, drive, now)
    pause = NOTHING if _had_pause(day, drive) else day.pause
    moved = _find_moved(day)
    found: list[Expected] = []
    for stop in left:
        road = drive(place, stop.id)
        rest = pause if _has_room(day, stop, drive, pause) else NOTHING
        arrives = free_at + road + rest
        begins = max(arrives, stop.starts_at + min(moved, NOTHING))
        if not found:
            begins = max(begins, stop.starts_at + moved) if moved else begins
            if now - begins > params.silence:
                return ()
            begins = max(begins, now)
        pause -= rest
        place, free_at = stop.id, begins + (stop.ends_at - stop.starts_at)
        found.append(Expected(stop.id, stop.starts_at, begins, tuple(_list_risks(stop, begins))))
    if found and free_at + drive(place, None) > max(day.ends_at, _find_planned_back(day, drive)):
        found[-1] = _at_risk(found[-1], Risk.AFTER_SHIFT)
    return tuple(found)


def is_news(row: Expected, params: UnderWayParams = DEFAULT) -> bool:
    """Whether an expectation differs from what was published by so much that people want to know."""
    return bool(row.risks) or abs(row.expected_at - row.planned_at) >= params.worth_telling


def _find_place(day: TeamDay, drive: Drive, now: datetime) -> tuple[str | None, datetime]:
    """Where the team is or was last, and when it is free there; without a sign on its way to the first stop as planned."""
    busy = [stop for stop in day.stops if stop.begun_at and stop.completed_at is None]
    if busy:
        stop = max(busy, key=lambda row: row.begun_at or row.starts_at)
        begun = stop.begun_at or stop.starts_at
        return stop.id, max(begun + (stop.ends_at - stop.starts_at), now)
    done = [(stop.completed_at, stop) for stop in day.stops if stop.completed_at]
    if done:
        at, stop = max(done, key=lambda pair: pair[0])
        return stop.id, at
    first = day.stops[0]
    return None, first.starts_at - drive(None, first.id)


def _find_moved(day: TeamDay) -> timedelta:
    """How much the team said it is late, as long as it registered nothing since."""
    if day.report is None:
        return NOTHING
    signs = [at for stop in day.stops for at in (stop.begun_at, stop.completed_at) if at]
    if signs and max(signs) > day.report.noted_at:
        return NOTHING
    return timedelta(minutes=day.report.minutes)


def _waits(day: TeamDay, drive: Drive) -> Iterator[tuple[RoadStop, timedelta]]:
    """Each stop after the first with the time before it that the plan does not drive."""
    for before, stop in zip(day.stops, day.stops[1:], strict=False):
        yield stop, stop.starts_at - before.ends_at - drive(before.id, stop.id)


def _find_planned_back(day: TeamDay, drive: Drive) -> datetime:
    """When the team is back by its plan; where that is after its shift by our own roads, that is no news of today."""
    last = day.stops[-1]
    return last.ends_at + drive(last.id, None)


def _had_pause(day: TeamDay, drive: Drive) -> bool:
    """Whether the plan had room for the pause before a stop that is made."""
    return any(not stop.is_open and wait >= day.pause for stop, wait in _waits(day, drive))


def _has_room(day: TeamDay, stop: RoadStop, drive: Drive, pause: timedelta) -> bool:
    """Whether the plan lets the team pause before this stop."""
    return pause > NOTHING and any(
        wait >= pause for one, wait in _waits(day, drive) if one.id == stop.id
    )


def _list_risks(stop: RoadStop, begins: datetime) -> Iterator[Risk]:
    if stop.closes_at is not None and begins > stop.closes_at >= stop.starts_at:
        yield Risk.AFTER_CLOSING


def _at_risk(row: Expected, risk: Risk) -> Expected:
    return Expected(row.id, row.planned_at, row.expected_at, (*row.risks, risk))
