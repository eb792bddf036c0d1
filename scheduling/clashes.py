"""Wishes that cannot hold beside opening hours, the hours of the teams or pins, each with all that stands in the way of it.

Judged without a search and never too strictly: what is named here cannot be kept by any plan.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from scheduling.care.lookup import by_id
from scheduling.plan import PinFault
from scheduling.problem import Asked, Fixed, Location, Problem, Published, Shift, TimeWindow

CLOSED: Final = "time_windows"  # the location is closed all of that time
NO_SHIFT: Final = (
    "no_shift"  # no team works then, or none long enough to come, vaccinate and go home
)
PINNED: Final = "all_pinned"  # every team that works then is held elsewhere by pins
NEVER: Final = 1 << 40


def find_clashes(problem: Problem) -> tuple[PinFault, ...]:
    """What was asked of published visits and no plan can keep; a shift that is gone is said where pins are read."""
    published = {row.visit_id: row for row in problem.published}
    found = (
        find_clash(problem, row, published[row.visit_id])
        for row in problem.asked
        if row.visit_id in published
    )
    return tuple(fault for fault in found if fault)


def find_clash(problem: Problem, row: Asked, stop: Published) -> PinFault | None:
    """Why one visit can never be as was asked: the rule, and the fewest pins without any of which it could."""
    windows = list(_list_windows(problem, row, stop))
    if not windows:
        return _to_fault(row, stop, CLOSED, "closed in all of the time that was asked")
    shifts = [one for one in problem.shifts if row.shift_id in (None, one.id)]
    if row.shift_id is not None and not shifts:
        return None
    pins = [one for one in problem.fixed if one.visit_id != stop.visit_id]
    if not _has_room(problem, stop, windows, shifts, ()):
        return _to_fault(row, stop, NO_SHIFT, "no team works in the time that was asked")
    if _has_room(problem, stop, windows, shifts, pins):
        return None
    needed = list(pins)
    for pin in pins:
        fewer = [one for one in needed if one is not pin]
        if not _has_room(problem, stop, windows, shifts, fewer):
            needed = fewer
    fault = _to_fault(row, stop, PINNED, "every team that works then is held elsewhere")
    beside = sorted(one.visit_id for one in needed if one.why == "pinned")
    return replace(fault, beside=tuple(beside))


def _list_windows(problem: Problem, row: Asked, stop: Published) -> Iterator[TimeWindow]:
    """When the visit may begin by what was asked, and by its location or its crisis; seconds since the start of the horizon."""
    crisis = by_id(problem.crisis_visits).get(stop.visit_id)
    location = by_id(problem.locations).get(stop.location_id or "")
    if crisis is not None:
        usual: Sequence[TimeWindow] = (TimeWindow(crisis.first_second, crisis.last_second),)
    elif location is not None and location.known:
        usual = location.time_windows
    else:  # nobody knows its hours: another rule says so
        usual = (TimeWindow(-NEVER, NEVER),)
    first = -NEVER if row.earliest is None else row.earliest
    last = NEVER if row.latest is None else row.latest
    for window in usual:
        earliest, latest = max(first, window.earliest), min(last, window.latest)
        if earliest <= latest:
            yield TimeWindow(earliest, latest)


def _has_room(
    problem: Problem,
    stop: Published,
    windows: Sequence[TimeWindow],
    shifts: Iterable[Shift],
    pins: Sequence[Fixed],
) -> bool:
    """Whether some team could come in a window, beside these stops alone; breaks are left out of account."""
    locations = by_id(problem.locations)
    there = locations.get(stop.location_id or "")
    return there is None or any(
        _fits(problem, (stop, there, windows), shift, pins) for shift in shifts
    )


def _fits(
    problem: Problem,
    wanted: tuple[Published, Location, Sequence[TimeWindow]],
    shift: Shift,
    pins: Sequence[Fixed],
) -> bool:
    stop, there, windows = wanted
    seconds, places = problem.travel.seconds, by_id(problem.locations)
    home = by_id(problem.depots)[shift.depot_id].place
    mine = sorted((one for one in pins if one.shift_id == shift.id), key=lambda one: one.start)
    here = [home, *(places[one.location_id].place for one in mine), home]
    leaves = [shift.start, *(one.start + one.service_seconds for one in mine)]
    begins = [*(one.start for one in mine), shift.end]
    for k, (leave, begin) in enumerate(zip(leaves, begins, strict=True)):
        first = max(problem.now, leave + seconds[here[k]][there.place])
        last = begin - seconds[there.place][here[k + 1]] - stop.service_seconds
        if any(max(first, one.earliest) <= min(last, one.latest) for one in windows):
            return True
    return False


def _to_fault(row: Asked, stop: Published, rule: str, detail: str) -> PinFault:
    return PinFault(stop.visit_id, rule, detail, row.shift_id or stop.shift_id, stop.start)
