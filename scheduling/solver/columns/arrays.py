"""An indexed problem in numpy arrays, as pricing reads it: what each shift may visit, when, and what that takes.

`gain[v, s]` is in points of unserved weight; times are seconds since the start of the horizon.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.care.wishes import seconds_of
from scheduling.solver.column_params import ColumnParams
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEVER = 1 << 40


@dataclass(frozen=True, slots=True)
class ShiftArrays:
    """The visits that one shift may make, by their place in `visits`; windows by number, then visit."""

    visits: Ints
    opens: Ints
    closes: Ints
    service: Ints
    pinned: tuple[int, ...]  # visits of the problem, in order


class ColumnArrays:
    """The problem as arrays; after it is made nothing in it changes."""

    def __init__(self, indexed: IndexedProblem, params: ColumnParams, point_seconds: int) -> None:
        self.indexed, self.params = indexed, params
        self.travel: Ints = np.array(indexed.travel, dtype=np.int64)
        self.place: Ints = np.array(indexed.place, dtype=np.int64)
        self.must_be_last: Bools = np.array(indexed.must_be_last, dtype=bool)
        self.products = [row.id for row in indexed.problem.products]
        self._count_doses()
        self.pinned_of = _list_pinned(indexed)
        self.shifts = [self._shift_arrays(s) for s in range(len(indexed.shifts))]
        self.gain = self._compute_gain(point_seconds)

    def _count_doses(self) -> None:
        """Doses of each visit, by product; no product has the number after the last."""
        indexed, none = self.indexed, len(self.products)
        number = {name: p for p, name in enumerate(self.products)}
        self.product: Ints = np.array(
            [number[row.id] if row else none for row in indexed.product], dtype=np.int64
        )
        self.doses: Ints = np.array([visit.doses for visit in indexed.visits], dtype=np.int64)
        travels = [row is not None and row.open_may_travel for row in indexed.product]
        self.travels: Bools = np.array(travels, dtype=bool)
        # doses of a container that travels depend on the route: pricing counts them as it goes
        self.load: Ints = np.where(self.travels, 0, np.array(indexed.load, dtype=np.int64))

    def _shift_arrays(self, s: int) -> ShiftArrays:
        indexed = self.indexed
        made = [v for v in range(indexed.size) if indexed.windows[v][s]]
        most = max((len(indexed.windows[v][s]) for v in made), default=1)
        opens = np.full((most, len(made)), NEVER, dtype=np.int64)
        closes = np.full((most, len(made)), -NEVER, dtype=np.int64)
        for k, v in enumerate(made):
            for w, window in enumerate(indexed.windows[v][s]):
                opens[w, k], closes[w, k] = window
        return ShiftArrays(
            visits=np.array(made, dtype=np.int64),
            opens=opens,
            closes=closes,
            service=np.array([indexed.service[v][s] for v in made], dtype=np.int64),
            pinned=self.pinned_of[s],
        )

    def _compute_gain(self, point_seconds: int) -> Floats:
        """What each visit is worth in each shift: people first, then late doses, waste, wishes and phone calls."""
        indexed, params = self.indexed, self.params
        wasted = np.where(self.travels, 0, np.array(indexed.load) - self.doses)
        worth = np.array(indexed.weight) + params.late_points * np.array(indexed.late)
        worth = worth - params.wasted_points * wasted
        gain: Floats = np.repeat(worth[:, None], len(indexed.shifts), axis=1).astype(float)
        for v, by_shift in indexed.unmet.items():
            gain[v] -= [seconds_of(indexed.problem, row) / point_seconds for row in by_shift]
        for v, s in indexed.published_shift.items():
            gain[v] -= params.moved_points
            if s >= 0:
                gain[v, s] += params.moved_points
        return gain

    def may_open(self, s: int) -> bool:
        """Whether columns can be made for a shift: it has not ended, and its pinned stops can be driven."""
        indexed = self.indexed
        if indexed.opens[s] >= indexed.shifts[s].end or not len(self.shifts[s].visits):
            return False
        pinned = self.pinned_of[s]
        schedule = best_schedule(indexed, s, pinned) if pinned else None
        return not pinned or (schedule is not None and schedule.departure >= indexed.opens[s])


def _list_pinned(indexed: IndexedProblem) -> list[tuple[int, ...]]:
    found: list[list[int]] = [[] for _ in indexed.shifts]
    for row in indexed.pinned:
        found[row.shift].append(row.visit)
    return [tuple(row) for row in found]
