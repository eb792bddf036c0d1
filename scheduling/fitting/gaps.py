"""Where in a route that stands one more visit could be, and by how many seconds it does not fit.

Every stop keeps its moment; only the break of the crew may lie elsewhere. Gap k leads to stop k, the last one back to
the depot. All moments are seconds since the start of the horizon.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scheduling.fitting.held import Standing
from scheduling.plan import Route, Stop, Visit
from scheduling.problem import Break, Fixed, Shift, TimeWindow
from scheduling.standing import route_of

NEVER: Final = 1 << 40  # a moment after all others
ALWAYS: Final = (TimeWindow(-NEVER, NEVER),)


@dataclass(frozen=True, slots=True)
class Gap:
    """The time between two stops of a route, or between a stop and the depot."""

    position: int
    ready: int  # when the crew could leave the place before
    due: int  # when it must be at the place after
    before: int  # places, as rows of the travel matrix
    after: int
    pause: Break | None  # of the crew, where no other gap has room for it


@dataclass(frozen=True, slots=True)
class Trial:
    """A visit in a gap: its start, and by how much it does not fit there."""

    gap: Gap
    start: int
    late: int = 0  # seconds that the crew would be late at the place after; 0 where it fits
    early: int = 0  # or seconds that it would have to begin its shift earlier
    outside: int = 0  # seconds between the start and the nearest opening window


def list_gaps(standing: Standing, shift: Shift) -> list[Gap]:
    """The gaps of a shift, in order; a shift without a route is one gap."""
    route = standing.routes.get(shift.id)
    stops: Sequence[Stop] = route.stops if route else ()
    home, now = standing.homes[shift.depot_id], standing.problem.now
    places = [home, *(standing.locations[s.visit.location_id].place for s in stops), home]
    leaves = [shift.start, *(stop.departure for stop in stops)]
    begins = [*(stop.start for stop in stops), find_end(standing, shift)]
    gaps = [
        Gap(k, max(leave, now), begin, places[k], places[k + 1], shift.pause)
        for k, (leave, begin) in enumerate(zip(leaves, begins, strict=True))
    ]
    rooms = [has_room(standing, gap) for gap in gaps]
    return [
        replace(gap, pause=None) if any(rooms[:k] + rooms[k + 1 :]) else gap
        for k, gap in enumerate(gaps)
    ]


def find_end(standing: Standing, shift: Shift) -> int:
    """When the crew must be back: at the end of the shift, or after the longest duty that the region allows."""
    most = standing.problem.max_duty_seconds
    return shift.end if most is None else min(shift.end, shift.start + most)


def has_room(standing: Standing, gap: Gap) -> bool:
    """Whether the break fits in a gap, beside the drive; always without a break."""
    if gap.pause is None:
        return True
    start = max(gap.ready, gap.pause.earliest)
    drive = standing.problem.travel.seconds[gap.before][gap.after]
    free = gap.due - gap.ready - drive
    return (
        start <= gap.pause.latest
        and free >= gap.pause.seconds
        and start + gap.pause.seconds <= gap.due
    )


def find_windows(standing: Standing, visit: Visit, shift: Shift) -> tuple[TimeWindow, ...]:
    """When the visit may begin, around the hours of a shift."""
    windows = standing.locations[visit.location_id].time_windows
    for crisis in standing.problem.crisis_visits:
        if crisis.id == visit.id:
            windows = (TimeWindow(crisis.first_second, crisis.last_second),)
    days = standing.problem.day_starts
    begin, end = days[shift.day], max(shift.end, days[shift.day + 1])
    return tuple(one for one in windows if one.latest >= begin and one.earliest <= end)


def list_trials(
    standing: Standing, visit: Visit, shift: Shift, seconds: int, gap: Gap
) -> Iterator[Trial]:
    """The ways to put a visit of so many seconds into a gap: where it fits, else with the least that it lacks.

    Each way lacks one thing: time before the next stop or the end, a shift that begins earlier, or an open door.
    """
    windows = find_windows(standing, visit, shift)
    found = _find_earliest(standing, visit, gap, seconds, windows)
    if found is not None:
        yield found
        if not found.late:
            return
        if gap.position == 0 and (sooner := _find_sooner(standing, visit, gap, seconds, windows)):
            yield sooner
    anyhow = _find_earliest(standing, visit, gap, seconds, ALWAYS)
    if anyhow is not None and not anyhow.late:
        yield _come_outside(standing, visit, gap, seconds, windows, anyhow)
    elif anyhow is not None and found is None:
        yield replace(anyhow, outside=_distance(anyhow.start, windows))


def _find_earliest(
    standing: Standing, visit: Visit, gap: Gap, seconds: int, windows: Iterable[TimeWindow]
) -> Trial | None:
    """The earliest start within these windows, with the break before or after it; None when all have closed."""
    there, onward = _drives(standing, visit, gap)
    best: Trial | None = None
    for before, after in _list_breaks(gap.pause):
        arrival = _arrive(gap.ready, there, before)
        start = _open_from(windows, arrival)
        back = NEVER if start is None else _arrive(start + seconds, onward, after)
        if start is not None and back < NEVER:
            trial = Trial(gap, start, max(0, back - gap.due))
            if best is None or (trial.late, trial.start) < (best.late, best.start):
                best = trial
    return best


def _find_sooner(
    standing: Standing, visit: Visit, gap: Gap, seconds: int, windows: Iterable[TimeWindow]
) -> Trial | None:
    """The latest start from which the first stop is reached in time, when the shift begins as much earlier as it must."""
    there, onward = _drives(standing, visit, gap)
    pause = gap.pause.seconds if gap.pause else 0
    latest = gap.due - onward - seconds - pause
    starts = [min(one.latest, latest) for one in windows if one.earliest <= latest]
    if not starts:
        return None
    early = gap.ready + there - max(starts)
    may = gap.pause is None or gap.pause.earliest >= max(starts) + seconds
    return Trial(gap, max(starts), early=early) if early > 0 and may else None


def _come_outside(
    standing: Standing,
    visit: Visit,
    gap: Gap,
    seconds: int,
    windows: Iterable[TimeWindow],
    earliest: Trial,
) -> Trial:
    """The start nearest to an opening window at which the crew has time."""
    _, onward = _drives(standing, visit, gap)
    pause = gap.pause.seconds if gap.pause else 0
    latest = max(earliest.start, gap.due - onward - seconds - pause)
    starts = [max(earliest.start, min(one.earliest, latest)) for one in windows]
    start = min(starts, key=lambda one: _distance(one, windows), default=earliest.start)
    late = _find_earliest(standing, visit, gap, seconds, (TimeWindow(start, start),))
    if late is None or late.late:
        start = earliest.start
    return Trial(gap, start, outside=_distance(start, windows))


def _distance(start: int, windows: Iterable[TimeWindow]) -> int:
    """Seconds from a start to the nearest window; NEVER where there is none."""
    return min((max(one.earliest - start, start - one.latest, 0) for one in windows), default=NEVER)


def _drives(standing: Standing, visit: Visit, gap: Gap) -> tuple[int, int]:
    travel = standing.problem.travel.seconds
    place = standing.locations[visit.location_id].place
    return travel[gap.before][place], travel[place][gap.after]


def _list_breaks(pause: Break | None) -> list[tuple[Break | None, Break | None]]:
    return [(None, None)] if pause is None else [(pause, None), (None, pause)]


def _arrive(ready: int, drive: int, pause: Break | None) -> int:
    """The earliest arrival with the break on the way; NEVER when that would begin too late."""
    if pause is None:
        return ready + drive
    if ready > pause.latest:
        return NEVER
    return max(ready + drive, pause.earliest) + pause.seconds


def _open_from(windows: Iterable[TimeWindow], arrival: int) -> int | None:
    starts = [max(arrival, one.earliest) for one in windows if arrival <= one.latest]
    return min(starts, default=None) if arrival < NEVER else None


def to_route(standing: Standing, shift: Shift, visit: Visit, seconds: int, trial: Trial) -> Route:
    """The route of a shift with the visit in it as tried, every other stop at its moment."""
    route = standing.routes.get(shift.id)
    rows = [(_to_row(stop, shift), stop.visit) for stop in route.stops] if route else []
    made = Stop(visit, trial.start, trial.start, trial.start + seconds)
    rows.insert(trial.gap.position, (_to_row(made, shift), visit))
    return route_of(standing.problem, shift, rows)


def _to_row(stop: Stop, shift: Shift) -> Fixed:
    visit = stop.visit
    return Fixed(
        visit_id=visit.id,
        shift_id=shift.id,
        start=stop.start,
        person_ids=frozenset(),
        why="published",
        location_id=visit.location_id,
        campaign_id=visit.campaign_id,
        product_id=visit.product_id,
        service_seconds=stop.departure - stop.start,
    )
