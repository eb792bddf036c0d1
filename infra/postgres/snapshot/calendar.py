"""Converts between moments and days in Amsterdam and seconds since the start of the horizon."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache

from events.identifiers import Opening
from events.local_time import AMSTERDAM, to_local_date, to_moment
from events.location import OpenOn
from scheduling.problem import TimeWindow
from scheduling.validation.bounds import LONG, YEARS


@cache  # asked for by every hour of every location
def find_midnight(day: date) -> datetime:
    """The moment at which a day begins in Amsterdam, in UTC."""
    return to_moment(day, time()).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A planning horizon: its first day and its length in days."""

    start: date
    days: int

    @classmethod
    def of(cls, now: datetime, days: int) -> "Calendar":
        """Makes the horizon that begins on the day of `now` in Amsterdam."""
        return cls(to_local_date(now), days)

    @property
    def midnight(self) -> datetime:
        """The moment at which the horizon begins."""
        return find_midnight(self.start)

    @property
    def end(self) -> datetime:
        """The moment at which the horizon ends."""
        return self.to_moment(self.day_starts()[-1])

    def to_second(self, moment: datetime) -> int:
        """Converts to whole seconds since the start of the horizon, negative before it; clipped at ten years."""
        return clip(int((moment - self.midnight).total_seconds()), LONG)

    def to_moment(self, second: int) -> datetime:
        """Converts seconds since the start of the horizon back to a moment in UTC."""
        return self.midnight + timedelta(seconds=second)

    def to_day(self, wanted: date) -> int:
        """Counts days since the start of the horizon, negative before it; clipped at ten years."""
        return clip((wanted - self.start).days, YEARS)

    def to_date(self, day: int) -> date:
        """The date of a day of the horizon."""
        return self.start + timedelta(days=day)

    def to_local_second(self, day: int, at: time) -> int:
        """Converts a time of day in Amsterdam to seconds since the start of the horizon.

        When the clock changes, a time that occurs twice means its first occurrence, and a skipped time the next one
        that exists.
        """
        return self.to_second(find_moment(self.start + timedelta(days=day), at))

    def day_starts(self) -> tuple[int, ...]:
        """Lists when each day begins and when the last one ends, in seconds; 23, 24 or 25 hours apart."""
        return tuple(self.to_local_second(day, time()) for day in range(self.days + 1))

    def windows(
        self,
        opening: tuple[Opening, ...],
        closed_on: frozenset[date],
        open_on: tuple[OpenOn, ...] = (),
    ) -> tuple[TimeWindow, ...]:
        """Lists the opening windows of a location over the horizon, in order; hours that the clock skips make none.

        `open_on` are hours of single days, closed ones too; with what is usual then they make one window.
        """
        found: list[TimeWindow] = []
        for day in range(self.days):
            on = self.start + timedelta(days=day)
            if on in closed_on:
                continue
            found += [
                TimeWindow(
                    self.to_local_second(day, hours.begins), self.to_local_second(day, hours.ends)
                )
                for hours in sorted(opening, key=lambda o: o.begins)
                if hours.weekday == on.weekday()
            ]
        for extra in open_on:
            day = (extra.day - self.start).days
            if 0 <= day < self.days:
                begins, ends = (self.to_local_second(day, at) for at in (extra.begins, extra.ends))
                found.append(TimeWindow(begins, ends))
        real = [window for window in found if window.earliest < window.latest]
        return _join(real) if open_on else tuple(real)


def _join(windows: list[TimeWindow]) -> tuple[TimeWindow, ...]:
    """The same hours, those that touch as one window."""
    found: list[TimeWindow] = []
    for window in sorted(windows, key=lambda one: one.earliest):
        if found and window.earliest <= found[-1].latest:
            found[-1] = TimeWindow(found[-1].earliest, max(found[-1].latest, window.latest))
        else:
            found.append(window)
    return tuple(found)


@lru_cache(4096)  # hundreds of places open at the same few hours
def find_moment(day: date, at: time) -> datetime:
    """The moment of a time of day in Amsterdam that exists."""
    moment = to_moment(day, at).astimezone(UTC)
    if moment.astimezone(AMSTERDAM).time() != at:  # skipped; clocks change on the hour
        moment = moment.replace(minute=0, second=0, microsecond=0)
    return moment


def clip(number: int, most: int) -> int:
    """Clips a number to what a problem may hold, so that a date in the next century stops no plan."""
    return max(-most, min(number, most))
