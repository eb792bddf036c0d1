"""A draft written down as routes with their moments."""

from scheduling.pins import pause_between
from scheduling.plan import Route, Stop
from scheduling.solver.case import Case
from scheduling.solver.draft import Draft
from scheduling.solver.timing import NO_LEG, Timing


def routes_of(draft: Draft) -> tuple[Route, ...]:
    """The routes with stops, by day and shift."""
    return tuple(route_of(draft.case, timing) for timing in draft.routes if timing)


def route_of(case: Case, timing: Timing) -> Route:
    """One route with arrival, start and departure of every stop, and the pause of the crew."""
    s = timing.shift
    shift = case.shifts[s]
    stops: list[Stop] = []
    pause_start: int | None = None
    ready = timing.departure
    for k, v in enumerate(timing.sequence):
        start, arrival = timing.starts[k], ready + timing.drive(case, k)
        pause = timing.pause_on(case, k)
        if pause is not None:
            pause_start = _pause(case, timing, k, ready)
            if ready < pause_start + pause.seconds and pause_start < arrival:
                arrival += pause.seconds
        departure = start + case.service[v][s]
        stops.append(Stop(case.visits[v], min(arrival, start), start, departure))
        ready = max(departure, case.opens[s])
    last = len(timing.sequence)
    if shift.pause is not None and timing.pause_leg == last:
        pause_start = max(ready, shift.pause.earliest)
    if shift.pause is not None and timing.pause_leg == last + 1:
        pause_start = max(timing.back, shift.pause.earliest)
    if shift.pause is not None and timing.pause_leg == NO_LEG:  # fixed stops that no leg suits
        pause_start = pause_between(shift, shift.pause, stops, (timing.departure, timing.back))
    return Route(shift.id, tuple(stops), timing.departure, timing.back, pause_start)


def _pause(case: Case, timing: Timing, leg: int, ready: int) -> int:
    """The pause begins as early as it may: before the departure from the depot if it can end there."""
    pause = case.shifts[timing.shift].pause
    assert pause is not None
    if leg == 0:
        first = max(case.opens[timing.shift], pause.earliest)
        if first + pause.seconds <= timing.departure:
            return first
    return max(ready, pause.earliest)
