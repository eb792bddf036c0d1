"""The whole plan by columns: first plans within half a second, then the plan of a relaxation and a dive."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scheduling.solver.budget import Budget
from scheduling.solver.columns.arrays import Floats
from scheduling.solver.columns.coupling import Duals, Remaining
from scheduling.solver.columns.generate import Generation
from scheduling.solver.columns.pricing import Column
from scheduling.solver.columns.repair import apply_columns, couple, list_columns
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import SearchParams


@dataclass(frozen=True, slots=True)
class KnownPrices:
    """What visits and coupling rows are worth, found before the visits were cut."""

    visits: Floats
    rows: Floats
    most: tuple[float, ...]  # of each row, to know it by


@dataclass(frozen=True, slots=True)
class DosePrice:
    """What a dose for a visit is worth in points: at the cheapest depot, and at half of the depots at most."""

    least: float
    median: float


class WholePlan:
    """Columns for every shift of a problem beside its pinned stops; what was found for one plan serves the next."""

    def __init__(
        self, draft: Draft, params: SearchParams, known: KnownPrices | None = None
    ) -> None:
        indexed = draft.indexed
        self._draft = draft
        self._remaining = Remaining(couple(indexed, params), draft, range(len(indexed.shifts)))
        self._generation = Generation(self._remaining, params.columns.dive)
        if known is not None:
            self._begin_with(known)

    def _begin_with(self, known: KnownPrices) -> None:
        """Prices to begin with; those of rows only where they are the same rows, as doses in parts take no others."""
        own = self._generation.duals
        is_same = known.most == tuple(row.most for row in self._remaining.coupling.rows)
        rows = known.rows.copy() if is_same else own.rows
        self._generation.begin_at(Duals(known.visits, own.shifts, rows))

    def warm(self, steps: int, budget: Budget | None = None) -> None:
        """Subgradient steps up to so many in all, while there is time, so that prices say what is short."""
        while self._generation.steps < steps and (budget is None or budget.seconds):
            self._generation.step()

    def price_doses(self) -> list[DosePrice]:
        """What a dose is worth in points, by visit: by the dearest day of each depot that could serve it."""
        arrays = self._remaining.arrays
        dose, indexed = self._remaining.prices(self._generation.center).dose, arrays.indexed
        found: list[DosePrice] = []
        for v, possible in enumerate(indexed.possible_shifts):
            by_depot: dict[str, float] = {}
            for s in possible:
                depot, price = indexed.shifts[s].depot_id, float(dose[s, arrays.product[v]])
                by_depot[depot] = max(price, by_depot.get(depot, 0.0))
            ranked = sorted(by_depot.values()) or [0.0]
            found.append(DosePrice(ranked[0], ranked[(len(ranked) - 1) // 2]))
        return found

    def share_prices(self, cut: IndexedProblem, parents: Sequence[int]) -> KnownPrices:
        """The prices found, for the same problem with other visits: each part has its share of its parent's."""
        center, weight = self._generation.center, self._draft.indexed.weight
        shares = [
            center.visits[v] * cut.weight[part] / max(1, weight[v])
            for part, v in enumerate(parents)
        ]
        most = tuple(row.most for row in self._remaining.coupling.rows)
        return KnownPrices(np.array(shares), center.rows, most)

    def take_in_turn(self) -> list[Draft]:
        """Plans in which one shift after the other takes the best that is left, from the first day on and from the last.

        Where lots come later, those who choose first take another share of them. The work is always the same.
        """
        forth = sorted(self._remaining.shifts)  # shifts are indexed by day
        return [self._apply(self._generation.take_in_turn(turns)) for turns in (forth, forth[::-1])]

    def dive(self, draft: Draft, budget: Budget) -> Draft:
        """The plan of a relaxation and a dive, the routes of another plan among its columns."""
        arrays, shifts = self._remaining.arrays, self._remaining.shifts
        self._generation.add(list_columns(arrays, draft, shifts))
        return apply_columns(self._draft, self._remaining, self._generation.run(budget))

    def _apply(self, columns: list[Column]) -> Draft:
        draft = apply_columns(self._draft, self._remaining, columns)
        # with what was inserted
        self._generation.add(list_columns(self._remaining.arrays, draft, self._remaining.shifts))
        return draft
