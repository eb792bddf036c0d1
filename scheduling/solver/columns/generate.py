"""Generates columns: duals warmed by a subgradient, rounds of the linear relaxation, then a dive to whole columns.

The dive (a restricted master heuristic with pricing inside) fixes a few columns at a time and prices the
undecided shifts again with the stock that is left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from time import monotonic

import numpy as np

from scheduling.solver.budget import Budget
from scheduling.solver.column_params import BeamParams, DiveParams
from scheduling.solver.columns.arrays import Floats
from scheduling.solver.columns.coupling import Duals, Remaining
from scheduling.solver.columns.lp import Relaxed, relax
from scheduling.solver.columns.pricing import Column, Key, ShiftPricing

TINY = 1e-6


@dataclass(frozen=True, slots=True)
class _Subgradient:
    """The Lagrangian value at some duals, by how much each row is exceeded there, and the columns found."""

    value: float
    visits: Floats
    rows: Floats
    found: list[list[Column]]


class Generation:
    """One generation of columns, and the choice among them."""

    def __init__(
        self,
        remaining: Remaining,
        effort: DiveParams,
        random: Random | None = None,
    ) -> None:
        self.remaining, self.effort = remaining, effort
        self._random = random
        self.arrays = remaining.arrays
        self.pool: dict[Key, Column] = {}
        self.least_value = np.inf  # of the Lagrangian relaxation, as far as the beam sees
        self._most = np.maximum(remaining.most, 0)
        self._is_free = np.zeros(self.arrays.indexed.size, dtype=bool)
        self._is_free[sorted(remaining.free)] = True
        self._is_hard = np.array(
            [row.beyond is None for row in remaining.coupling.rows], dtype=bool
        )
        self.duals = self.center = self._first_duals()
        self.steps = 0  # of the subgradient, so far

    def _first_duals(self) -> Duals:
        indexed = self.arrays.indexed
        # half of the weight, varied when asked so that another try finds other columns
        random = self._random
        low, usual, high = self.arrays.params.first_duals
        shares = [random.uniform(low, high) if random else usual for _ in indexed.weight]
        half = np.where(self._is_free, np.array(indexed.weight) * np.array(shares), 0.0)
        return Duals(
            half, np.zeros(len(indexed.shifts)), np.zeros(len(self.remaining.coupling.rows))
        )

    def run(self, budget: Budget) -> list[Column]:
        """The columns chosen, at most one for each shift."""
        while self.steps < self.effort.subgradient_steps and budget.seconds:
            self.step()
        self._solve_rounds(budget)
        return self._dive(budget)

    def begin_at(self, duals: Duals) -> None:
        """Begins with these duals instead of its own."""
        self.duals = self.center = duals

    def step(self) -> None:
        """One of Polyak's subgradient steps on the Lagrangian relaxation; every column found is kept."""
        found = self._price_all(self.duals, self.effort.warm_beam)
        self.duals = self._step_from(self.duals, found)
        self.steps += 1

    def take_in_turn(self, shifts: Iterable[int]) -> list[Column]:
        """One shift after the other takes its best column, under the best duals known, of what those before it left.

        A Lagrangian heuristic: as good as the duals are, at the price of one subgradient step.
        """
        remaining, chosen = self.remaining.copy(), list[Column]()
        for s in shifts:
            if s in remaining.shifts:
                prices = remaining.prices(self.center)
                found = ShiftPricing(self.arrays, s, prices, self.effort.beam).find(TINY)
                column = next((one for one in found if remaining.takes(one)), None)
                if column is not None:
                    remaining.fix(column)
                    chosen.append(column)
        self.add(chosen)
        return chosen

    def price(
        self, remaining: Remaining, duals: Duals, beam: BeamParams, least: float = TINY
    ) -> list[list[Column]]:
        """The best columns of every open shift under these duals; the pool keeps them."""
        prices = remaining.prices(duals)
        found = []
        for s in sorted(remaining.shifts):
            columns = ShiftPricing(self.arrays, s, prices, beam).find(least)
            found.append(columns)
            for column in columns:
                self._keep(column)
        return found

    def _keep(self, column: Column) -> bool:
        known = self.pool.get(column.key)
        if known is not None and known.gain >= column.gain - TINY:
            return False
        self.pool[column.key] = column
        return True

    def add(self, columns: Iterable[Column]) -> None:
        """Columns that are known already, such as the routes of a plan."""
        for column in columns:
            self._keep(column)

    def _price_all(self, duals: Duals, beam: BeamParams) -> "_Subgradient":
        """Price every open shift; the Lagrangian value is kept when it is the least so far."""
        remaining = self.remaining
        found = self.price(remaining, duals, beam)
        over_visits, over_rows = np.where(self._is_free, -1.0, 0.0), -self._most
        value = float(duals.visits[self._is_free].sum() + (duals.rows * self._most).sum())
        for columns in found:
            if columns:
                over_visits[list(columns[0].visits)] += 1
                value += self._reduced(columns[0], duals)
                for r, k in remaining.coupling.coefficients(columns[0]).items():
                    over_rows[r] += k
        if value < self.least_value:
            self.least_value, self.center = value, duals
        return _Subgradient(value, over_visits, over_rows, found)

    def _step_from(self, duals: Duals, step: "_Subgradient") -> Duals:
        # rows in doses are scaled down: a step in doses would be a hundred times one in visits
        scale = np.where(self._is_hard, 1.0 / np.maximum(1.0, np.abs(self._most)), 0.0)
        length = float((step.visits**2).sum() + (step.rows**2 * scale).sum())
        target = self.effort.target * self.least_value
        pace = max(0.0, step.value - target) / max(1.0, length)
        visits = np.where(self._is_free, np.maximum(0, duals.visits + pace * step.visits), 0)
        rows = np.maximum(0, duals.rows + pace * step.rows * scale)
        return Duals(visits, duals.shifts, rows)

    def _select(self, remaining: Remaining, duals: Duals, most: int) -> list[Column]:
        """The columns of the pool of largest reduced gain that can still be chosen."""
        columns = [column for column in self.pool.values() if remaining.takes(column)]
        if len(columns) <= most:
            return columns
        reduced = [self._reduced(column, duals) for column in columns]
        order = sorted(range(len(columns)), key=lambda c: (-reduced[c], c))
        return [columns[c] for c in sorted(order[:most])]

    def _best_of(self, columns: list[Column], relaxed: Relaxed, most: int) -> list[Column]:
        """The columns in use, and the others of largest reduced gain."""
        if len(columns) <= most:
            return columns
        reduced = [
            np.inf if share > TINY else self._reduced(column, relaxed.duals)
            for column, share in zip(columns, relaxed.shares, strict=True)
        ]
        order = sorted(range(len(columns)), key=lambda c: (-reduced[c], c))
        return [columns[c] for c in sorted(order[:most])]

    def _reduced(self, column: Column, duals: Duals) -> float:
        gain = column.gain - float(duals.visits[list(column.visits)].sum())
        gain -= float(duals.shifts[column.shift])
        for r, k in self.remaining.coupling.coefficients(column).items():
            gain -= float(duals.rows[r]) * k
        return gain

    def _solve_rounds(self, budget: Budget) -> None:
        """Column generation on the relaxation, the duals smoothed towards the best known ones (Wentges 1997).

        Ended by the clock while there is time for a whole dive: one without pricing is worth little.
        """
        columns = self._select(self.remaining, self.center, self.effort.columns)
        longest = 0.0
        for _ in range(self.effort.rounds):
            if budget.by_clock and budget.seconds < longest * self.effort.dive_rounds:
                return
            began = monotonic()
            relaxed = relax(self.remaining, columns) if budget.seconds else None
            if relaxed is None:
                return
            self.duals = relaxed.duals
            known = dict(self.pool)
            self._price_all(self._smooth(relaxed.duals), self.effort.beam)
            new = [column for key, column in self.pool.items() if known.get(key) is not column]
            if not new:
                return
            # few columns make wild duals, many a slow relaxation
            columns = self._best_of(columns, relaxed, self.effort.most_columns - len(new)) + new
            longest = max(longest, monotonic() - began)

    def _smooth(self, duals: Duals) -> Duals:
        a, center = self.effort.smoothing, self.center
        return Duals(
            a * center.visits + (1 - a) * duals.visits,
            np.zeros_like(duals.shifts),
            a * center.rows + (1 - a) * duals.rows,
        )

    def _dive(self, budget: Budget) -> list[Column]:
        remaining, chosen, duals = self.remaining.copy(), list[Column](), self.duals
        while remaining.shifts:
            columns = self._select(remaining, duals, self.effort.columns)
            relaxed = relax(remaining, columns)
            if relaxed is not None and budget.seconds:
                known = {column.key: column for column in columns}
                for found in self.price(remaining, relaxed.duals, self.effort.dive_beam):
                    known.update((column.key, self.pool[column.key]) for column in found)
                columns = list(known.values())
                relaxed = relax(remaining, columns)
            fixed = self._fix(remaining, columns, relaxed) if relaxed is not None else []
            if relaxed is None or not fixed:
                break
            chosen, duals = chosen + fixed, relaxed.duals
        return chosen

    def _fix(self, remaining: Remaining, columns: list[Column], relaxed: Relaxed) -> list[Column]:
        """Fix what is nearly whole, and at least some of the largest shares."""
        order = np.argsort(-relaxed.shares, kind="stable")
        fixed: list[Column] = []
        for c in order.tolist():
            share = float(relaxed.shares[c])
            if share < TINY or (
                share < self.effort.whole and len(fixed) >= self.effort.fixed_at_least
            ):
                break
            if remaining.takes(columns[c]):
                remaining.fix(columns[c])
                fixed.append(columns[c])
        return fixed
