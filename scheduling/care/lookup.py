"""Looks up rows of a problem by id, and the day of a moment."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol, TypeVar

from scheduling.plan import Plan, Route, Stop
from scheduling.problem import Need, Problem, Shift

NeedKey = tuple[str, str, int]  # person, campaign, dose number


class HasId(Protocol):
    """A row of the problem that has an id."""

    @property
    def id(self) -> str:
        """The id of the row."""
        ...


Row = TypeVar("Row", bound=HasId)


def by_id(rows: Iterable[Row]) -> dict[str, Row]:
    """Indexes rows by id."""
    return {row.id: row for row in rows}


def key_of(need: Need) -> NeedKey:
    """The key of a need: person, campaign and dose number."""
    return (need.person_id, need.campaign_id, need.dose_no)


# Rules that are judged hundreds of times in a repair ask for the same needs each time.
_INDEXED: Final[deque[tuple[tuple[Need, ...], Mapping[NeedKey, Need]]]] = deque(maxlen=4)


def needs_by_key(problem: Problem) -> Mapping[NeedKey, Need]:
    """Indexes the needs of a problem by their key."""
    for needs, indexed in tuple(_INDEXED):
        if needs is problem.needs:
            return indexed
    found = {key_of(need): need for need in problem.needs}
    _INDEXED.append((problem.needs, found))
    return found


def day_of(problem: Problem, second: int) -> int:
    """Day of a moment (seconds since the start of the horizon): negative before it, `problem.days` or more after it."""
    if second >= problem.day_starts[-1]:
        return problem.days + (second - problem.day_starts[-1]) // 86400
    if second < problem.day_starts[0]:
        return (second - problem.day_starts[0]) // 86400
    return bisect_right(problem.day_starts, second) - 1


def routes_with_shifts(problem: Problem, plan: Plan) -> Iterator[tuple[Shift, Route]]:
    """Every route with its shift; routes of unknown shifts are left to the rule `coverage`."""
    shifts = by_id(problem.shifts)
    for route in plan.routes:
        if route.shift_id in shifts:
            yield shifts[route.shift_id], route


def planned_doses(plan: Plan) -> Iterator[tuple[Stop, NeedKey]]:
    """Every dose that a plan gives, with its stop."""
    for route in plan.routes:
        for stop in route.stops:
            for person, dose in stop.visit.needs:
                yield stop, (person, stop.visit.campaign_id or "", dose)


def stops_with_shifts(problem: Problem, plan: Plan) -> Iterator[tuple[Shift, Route, Stop]]:
    """Every stop with its shift and route."""
    for shift, route in routes_with_shifts(problem, plan):
        for stop in route.stops:
            yield shift, route, stop
