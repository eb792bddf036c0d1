"""The whole plan by columns: first plans within half a second, then the plan of a relaxation and a dive."""

from scheduling.solver.budget import Budget
from scheduling.solver.columns.coupling import Remaining
from scheduling.solver.columns.generate import Generation
from scheduling.solver.columns.pricing import Column
from scheduling.solver.columns.repair import apply_columns, couple, list_columns
from scheduling.solver.model.draft import Draft
from scheduling.solver.params import SearchParams


class WholePlan:
    """Columns for every shift of a problem beside its pinned stops; what was found for one plan serves the next."""

    def __init__(self, draft: Draft, params: SearchParams) -> None:
        indexed = draft.indexed
        self._draft, self._params = draft, params.columns
        self._remaining = Remaining(couple(indexed, params), draft, range(len(indexed.shifts)))
        self._generation = Generation(self._remaining, params.columns.dive)

    def take_in_turn(self) -> list[Draft]:
        """Plans in which one shift after the other takes the best that is left, from the first day on and from the last.

        Where lots come later, those who choose first take another share of them. The work is always the same.
        """
        for _ in range(self._params.first_steps):
            self._generation.step()
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
