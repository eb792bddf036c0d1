"""Which unassigned visit is inserted first."""

from collections.abc import Callable, Sequence

from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import DEFAULT, InsertionParams

Costs = Sequence[int]  # insertion costs in seconds, of each shift that could make the visit
RankOf = Callable[[int, Costs], tuple[float, ...]]


def rank_by_regret(indexed: IndexedProblem, params: InsertionParams = DEFAULT.insertion) -> RankOf:
    """First the visit that loses most when it has to take its second best shift."""

    def rank_of(v: int, costs: Costs) -> tuple[float, ...]:
        ranked = sorted(costs)
        second = ranked[1] if len(ranked) > 1 else ranked[0] + params.only_shift_regret
        return (indexed.insertion_class[v], ranked[0] - second, v)

    return rank_of


def rank_by_weight_per_dose(indexed: IndexedProblem) -> RankOf:
    """First the visit that serves the greatest weight for each dose that leaves the stock."""

    def rank_of(v: int, costs: Costs) -> tuple[float, ...]:
        return (*list_before_costs(indexed, v), min(costs), v)

    return rank_of


def list_before_costs(indexed: IndexedProblem, v: int) -> tuple[float, ...]:
    """What decides that rank before costs do, whatever the routes are."""
    return indexed.insertion_class[v], -indexed.weight[v] / max(1, indexed.load[v])
