"""A route read second by second, as slowly and plainly as can be; for small numbers of seconds.

Nothing of the product is used. Leg k leads to stop k, the last leg home. The crew has its break on one leg:
it begins at some second of its window when the crew is ready for that leg or later, before, during or after
the drive. Nobody waits longer than a closed door asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

Window = tuple[int, int]
NO_BREAK = -1


@dataclass(frozen=True)
class Way:
    """One order of stops: the drives (one more than stops), the stays, when each door is open."""

    drives: tuple[int, ...]
    stays: tuple[int, ...]
    windows: tuple[tuple[Window, ...], ...]
    earliest: int  # the crew leaves home no earlier
    latest: int  # and is back no later
    rest: tuple[int, int, int] | None = None  # first and last second to begin the break, its length

    @property
    def legs(self) -> range:
        """Where the break may be."""
        return range(len(self.drives)) if self.rest else range(NO_BREAK, NO_BREAK + 1)


def at_the_door(way: Way, k: int, ready: int, leg: int) -> int | None:
    """The first second at the end of leg k with the break behind the crew, if it is on that leg."""
    if way.rest is None or k != leg:
        return ready + way.drives[k]
    first, last, length = way.rest
    ends = [
        max(ready + way.drives[k], second) + length
        for second in range(first, last + 1)
        if second >= ready
    ]
    return min(ends, default=None)


def first_open(windows: Sequence[Window], arrival: int) -> int | None:
    """The first second from the arrival on at which the door is open."""
    seconds = [t for opens, closes in windows for t in range(opens, closes + 1) if t >= arrival]
    return min(seconds, default=None)


def finish(way: Way, k: int, ready: int, leg: int) -> tuple[list[int], int] | None:
    """The starts from stop k on and the return of a crew that is ready for leg k; None when it can not."""
    arrival = at_the_door(way, k, ready, leg)
    if arrival is None:
        return None
    if k == len(way.stays):
        return ([], arrival) if arrival <= way.latest else None
    return finish_from_door(way, k, arrival, leg)


def finish_from_door(way: Way, k: int, arrival: int, leg: int) -> tuple[list[int], int] | None:
    """The same for a crew that stands at the door of stop k, or of its home at the end."""
    if k == len(way.stays):
        return ([], arrival) if arrival <= way.latest else None
    start = first_open(way.windows[k], arrival)
    rest = None if start is None else finish(way, k + 1, start + way.stays[k], leg)
    return None if start is None or rest is None else ([start, *rest[0]], rest[1])


def earliest_ready(way: Way, leg: int) -> list[int]:
    """When a crew that never tarries is ready to leave home and each stop."""
    made = finish(way, 0, way.earliest, leg)
    assert made is not None
    return [way.earliest, *(start + stay for start, stay in zip(made[0], way.stays, strict=True))]


def latest_at_doors(way: Way, leg: int) -> list[int]:
    """The last second at each door, and at home, from which the crew can still finish."""
    return [
        max(t for t in range(way.latest + 1) if finish_from_door(way, k, t, leg))
        for k in range(len(way.drives))
    ]


def feasible_legs(way: Way) -> dict[int, int]:
    """Where the break may be, with the second of the return when nobody tarries."""
    made = {leg: finish(way, 0, way.earliest, leg) for leg in way.legs}
    return {leg: found[1] for leg, found in made.items() if found}


def departures(way: Way, leg: int) -> dict[int, int]:
    """Every second at which the crew can leave home, with its return."""
    made = {t: finish(way, 0, t, leg) for t in range(way.earliest, way.latest + 1)}
    return {t: found[1] for t, found in made.items() if found}


def shortest_day(way: Way) -> int | None:
    """The fewest seconds from leaving home to the return; a break at home before or after is not of them."""
    days = [back - t for leg in way.legs for t, back in departures(way, leg).items()]
    if way.rest is not None:
        first, last, length = way.rest
        for t, back in departures(replace(way, rest=None), NO_BREAK).items():
            begins = range(first, last + 1)
            before = any(way.earliest <= b and b + length <= t for b in begins)
            after = any(back <= b and b + length <= way.latest for b in begins)
            if before or after:
                days.append(back - t)
    return min(days, default=None)
