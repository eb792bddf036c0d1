"""The routes seen by a search, each with its exact values; the dominated and the oldest go."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scheduling.care.wishes import seconds_of
from scheduling.objective import is_moved
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import Case
from scheduling.solver.model.schedule import RouteSchedule
from scheduling.solver.model.stock import Loads, doses_in, loads_of
from scheduling.solver.operators import acceptance

MOST = 12_000  # routes that a pool holds
Key = tuple[int, frozenset[int]]  # shift and visits


@dataclass(frozen=True, slots=True)
class Column:
    """One route with what it brings, takes and costs; `cost` in seconds of work."""

    shift: int
    visits: tuple[int, ...]
    loads: Loads
    waste: int
    cost: int

    @property
    def key(self) -> Key:
        """Routes with the same key stand for each other."""
        return self.shift, frozenset(self.visits)


def column_of(case: Case, schedule: RouteSchedule) -> Column:
    """A route with its values, as `Draft.values` and `acceptance.cost_of` count them."""
    s, loads = schedule.shift, loads_of(case, schedule)
    waste = doses_in(loads) - sum(case.visits[v].doses for v in schedule.sequence)
    wishes = sum(
        seconds_of(case.problem, case.unmet[v][s]) for v in schedule.sequence if v in case.unmet
    )
    cost = (
        acceptance.WASTED * waste
        + acceptance.MOVED * _moved(case, schedule)
        + schedule.return_time
        - schedule.departure
        + wishes
        + schedule.metres // acceptance.METRES_PER_SECOND
    )
    return Column(s, schedule.sequence, loads, waste, cost)


def _moved(case: Case, schedule: RouteSchedule) -> int:
    shift_id = case.shifts[schedule.shift].id
    return sum(
        is_moved(case.published[v], shift_id, start)
        for v, start in zip(schedule.sequence, schedule.starts, strict=True)
        if v in case.published
    )


class Pool:
    """The cheapest route for each set of visits in each shift, the last seen at the end."""

    def __init__(self, case: Case, most: int = MOST) -> None:
        self.case = case
        self._most = most
        self._columns: dict[Key, Column] = {}
        self._seen: set[tuple[int, tuple[int, ...]]] = set()

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns.values())

    def see(self, draft: Draft, before: Draft | None = None) -> None:
        """Remember the routes of a draft, but for those that `before` has too."""
        for s, schedule in enumerate(draft.routes):
            if schedule is not None and (before is None or before.routes[s] is not schedule):
                self.add(schedule)

    def add(self, schedule: RouteSchedule) -> Column | None:
        """Remember a route; None when it, or a cheaper one for the same visits, was known."""
        name = (schedule.shift, schedule.sequence)
        if name in self._seen or not schedule.feasible:
            return None
        if len(self._columns) >= self._most:
            self.keep(list(self)[self._most // 2 :])
        self._seen.add(name)
        column = column_of(self.case, schedule)
        known = self._columns.get(column.key)
        if known is not None and known.cost <= column.cost:
            return None
        self._columns.pop(column.key, None)
        self._columns[column.key] = column
        return column

    def keep(self, columns: Iterable[Column]) -> None:
        """Forget all but these."""
        self._columns = {column.key: column for column in columns}
        self._seen = {(column.shift, column.visits) for column in self._columns.values()}
