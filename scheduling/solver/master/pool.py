"""The route pool: routes that the search has seen, with exact values; dominated and oldest routes are dropped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scheduling.care.wishes import seconds_of
from scheduling.objective import is_moved
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import RouteSchedule
from scheduling.solver.model.stock import Loads, compute_loads, count_doses
from scheduling.solver.params import DEFAULT, CostWeights, SearchParams

Key = tuple[int, frozenset[int]]  # shift and visits


@dataclass(frozen=True, slots=True)
class CareColumn:
    """One route: its visits, the doses it takes and wastes, and its `cost` in seconds of work."""

    shift: int
    visits: tuple[int, ...]
    loads: Loads
    waste: int
    cost: int

    @property
    def key(self) -> Key:
        """Of routes with the same key the cheapest is kept."""
        return self.shift, frozenset(self.visits)


def to_column(indexed: IndexedProblem, schedule: RouteSchedule, weights: CostWeights) -> CareColumn:
    """A route with its values, counted as `Draft.values` and `weighted_cost` count them."""
    s, loads = schedule.shift, compute_loads(indexed, schedule)
    waste = count_doses(loads) - sum(indexed.visits[v].doses for v in schedule.sequence)
    wishes = sum(
        seconds_of(indexed.problem, indexed.unmet[v][s])
        for v in schedule.sequence
        if v in indexed.unmet
    )
    cost = (
        weights.wasted * waste
        + weights.moved * _count_moved(indexed, schedule)
        + schedule.return_time
        - schedule.departure
        + wishes
        + schedule.metres // weights.metres_per_work_second
    )
    return CareColumn(s, schedule.sequence, loads, waste, cost)


def _count_moved(indexed: IndexedProblem, schedule: RouteSchedule) -> int:
    shift_id = indexed.shifts[schedule.shift].id
    return sum(
        is_moved(indexed.published[v], shift_id, start)
        for v, start in zip(schedule.sequence, schedule.starts, strict=True)
        if v in indexed.published
    )


class CareRoutePool:
    """The cheapest route for each set of visits in each shift, the last seen at the end."""

    def __init__(self, indexed: IndexedProblem, params: SearchParams = DEFAULT) -> None:
        self.indexed = indexed
        self.params = params
        self._most = params.master.pool_routes
        self._columns: dict[Key, CareColumn] = {}
        self._seen: set[tuple[int, tuple[int, ...]]] = set()

    def __len__(self) -> int:
        return len(self._columns)

    def __iter__(self) -> Iterator[CareColumn]:
        return iter(self._columns.values())

    def see(self, draft: Draft, before: Draft | None = None) -> None:
        """Remember the routes of a draft, except those that `before` has too."""
        for s, schedule in enumerate(draft.routes):
            if schedule is not None and (before is None or before.routes[s] is not schedule):
                self.add(schedule)

    def add(self, schedule: RouteSchedule) -> CareColumn | None:
        """Remember a route; None when it, or a cheaper one for the same visits, is known."""
        name = (schedule.shift, schedule.sequence)
        if name in self._seen or not schedule.feasible:
            return None
        # half at once: to forget one by one would build the index anew for each
        if len(self._columns) >= self._most:
            self.keep(list(self)[self._most // 2 :])
        self._seen.add(name)
        column = to_column(self.indexed, schedule, self.params.weights)
        known = self._columns.get(column.key)
        if known is not None and known.cost <= column.cost:
            return None
        self._columns.pop(column.key, None)
        self._columns[column.key] = column
        return column

    def keep(self, columns: Iterable[CareColumn]) -> None:
        """Forget all routes but these."""
        self._columns = {column.key: column for column in columns}
        self._seen = {(column.shift, column.visits) for column in self._columns.values()}
