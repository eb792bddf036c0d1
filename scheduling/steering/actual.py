"""The plan as people go by it now: the stops that stand, each at its moment, and the problem that they are judged by."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from scheduling.care.lookup import by_id
from scheduling.plan import Route, Visit
from scheduling.problem import Fixed, Problem, Published, Shift
from scheduling.promises import to_promises
from scheduling.steering.timetable import StandingStop, stand

Standing = Mapping[str, tuple[StandingStop, ...]]  # by shift, in order of start


@dataclass(frozen=True, slots=True)
class Actual:
    """The stops that a planner may still change, by shift. Frozen and begun ones are in no route: their doses are in the cars."""

    problem: Problem  # its `published` are these stops, none of them is fixed
    standing: Standing
    pinned: frozenset[str] = frozenset()  # visits that a planner holds where they stand
    frozen_shifts: frozenset[str] = frozenset()  # of the problem, begun or nearly so by now
    begun: frozenset[str] = frozenset()  # visits at which a team is or was
    shifts: Mapping[str, Shift] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)  # by shift, as it is driven now

    def find(self, visit_id: str) -> tuple[str, StandingStop] | None:
        """The shift and the stop of a visit; None when it is in no route."""
        for shift_id, stops in self.standing.items():
            for stop in stops:
                if stop.fixed.visit_id == visit_id:
                    return shift_id, stop
        return None

    def list_visits(self) -> list[Visit]:
        """Every visit that stands."""
        return [stop.visit for stops in self.standing.values() for stop in stops]


def to_actual(
    problem: Problem,
    published: Iterable[Published],
    pinned: Collection[str] = (),
    frozen_shifts: Collection[str] = (),
    begun: Collection[str] = (),
) -> Actual:
    """Builds the plan as it stands from its published stops; `frozen_shifts` were not yet when the problem was made."""
    rows = tuple(published)
    problem = replace(problem, published=rows, fixed=())
    shifts = by_id(problem.shifts)
    standing: dict[str, list[StandingStop]] = {}
    for promise in to_promises(problem, rows):
        if promise.fixed.shift_id in shifts:
            stops = standing.setdefault(promise.fixed.shift_id, [])
            stops.append(StandingStop(promise.fixed, promise.visit))
    ordered = {name: tuple(rows) for name, rows in standing.items()}  # promises come by start
    return Actual(
        problem,
        ordered,
        frozenset(pinned),
        frozenset(frozen_shifts),
        frozenset(begun),
        shifts,
        {name: stand(problem, shifts[name], stops) for name, stops in ordered.items()},
    )


def to_fixed_row(stop: StandingStop, shift_id: str, start: int, seconds: int) -> Fixed:
    """The same stop elsewhere."""
    return replace(stop.fixed, shift_id=shift_id, start=start, service_seconds=seconds)
