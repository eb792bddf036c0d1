"""A draft written down as routes with their moments."""

from scheduling.plan import Route, Stop
from scheduling.solver.case import Case
from scheduling.solver.draft import Draft
from scheduling.solver.timing import PAUSE, Timing


def routes_of(draft: Draft) -> tuple[Route, ...]:
    """The routes with stops, by day and shift."""
    return tuple(route_of(draft.case, timing) for timing in draft.routes if timing)


def route_of(case: Case, timing: Timing) -> Route:
    """One route with arrival, start and departure of every stop."""
    s = timing.shift
    shift = case.shifts[s]
    stops: list[Stop] = []
    pause_start: int | None = None
    ready, here = timing.departure, case.home[s]
    for k, v in enumerate(timing.sequence):
        start = timing.starts[k]
        if v == PAUSE:
            assert shift.pause is not None
            pause_start = start
            ready = max(ready, start + shift.pause.seconds) if stops else ready
            continue
        place = case.place[v]
        arrival = min(start, max(ready, case.opens[s]) + case.travel[here][place])
        if not stops:
            arrival = start
        departure = start + case.service[v][s]
        stops.append(Stop(case.visits[v], arrival, start, departure))
        ready, here = departure, place
    if timing.pauses_after and shift.pause is not None:
        pause_start = max(timing.back, shift.pause.earliest)
    return Route(shift.id, tuple(stops), timing.departure, timing.back, pause_start)
