"""The linear relaxation over columns, by GLOP; by CLP when GLOP fails.

Built anew each time: GLOP is often ABNORMAL after columns were added to a solved model, and needs as
many iterations as from nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.linear_solver import pywraplp

from scheduling.solver.columns.arrays import Floats
from scheduling.solver.columns.coupling import Duals, Remaining
from scheduling.solver.columns.pricing import Column


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The optimum of the relaxation: gain in points, the share of each column, and the duals."""

    gain: float
    shares: Floats
    duals: Duals


def relax(remaining: Remaining, columns: Sequence[Column]) -> Relaxed | None:
    """The relaxation over these columns; None when no solver finds an optimum."""
    for kind in ("GLOP", "CLP"):
        model = _Model(kind, remaining, columns)
        if model.solver.Solve() == pywraplp.Solver.OPTIMAL:
            return model.read()
    return None


class _Model:
    """One relaxation in one solver."""

    def __init__(self, kind: str, remaining: Remaining, columns: Sequence[Column]) -> None:
        self._indexed = remaining.arrays.indexed
        self.solver = solver = pywraplp.Solver.CreateSolver(kind)
        self._far, objective = solver.infinity(), solver.Objective()
        objective.SetMaximization()
        self._of_visit: dict[int, pywraplp.Constraint] = {}
        self._of_shift: dict[int, pywraplp.Constraint] = {}
        self._of_row = [
            solver.Constraint(-self._far, max(0.0, float(most))) for most in remaining.most
        ]
        for made, row in zip(self._of_row, remaining.coupling.rows, strict=True):
            if row.beyond is not None:
                more = solver.NumVar(0, self._far, "")
                made.SetCoefficient(more, -1)
                objective.SetCoefficient(more, -row.beyond)
        self._variables = [solver.NumVar(0, self._far, "") for _ in columns]
        for column, variable in zip(columns, self._variables, strict=True):
            objective.SetCoefficient(variable, column.gain)
            self._once(self._of_shift, column.shift).SetCoefficient(variable, 1)
            for v in column.visits:
                self._once(self._of_visit, v).SetCoefficient(variable, 1)
            for r, k in remaining.coupling.coefficients(column).items():
                self._of_row[r].SetCoefficient(variable, k)

    def _once(self, kind: dict[int, pywraplp.Constraint], k: int) -> pywraplp.Constraint:
        if k not in kind:
            kind[k] = self.solver.Constraint(-self._far, 1)
        return kind[k]

    def read(self) -> Relaxed:
        """The solution, duals cut at zero: what is below is rounding."""
        visits, shifts = np.zeros(self._indexed.size), np.zeros(len(self._indexed.shifts))
        for found, kind in ((visits, self._of_visit), (shifts, self._of_shift)):
            for k, row in kind.items():
                found[k] = max(0.0, row.dual_value())
        rows = np.array([max(0.0, row.dual_value()) for row in self._of_row], dtype=float)
        shares = np.array([one.solution_value() for one in self._variables], dtype=float)
        return Relaxed(self.solver.Objective().Value(), shares, Duals(visits, shifts, rows))
