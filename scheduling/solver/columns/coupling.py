"""What is left to decide: open shifts, free visits, and what the rows still allow beside what is held."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np

from scheduling.solver.columns.arrays import ColumnArrays, Floats, Ints
from scheduling.solver.columns.pricing import Column, Prices
from scheduling.solver.columns.rows import CouplingRow, Term, list_rows
from scheduling.solver.model.draft import NOWHERE, Draft

ANY = 1 << 30


@dataclass(frozen=True, slots=True)
class Duals:
    """Prices of visits, of shifts and of the coupling rows, in points."""

    visits: Floats
    shifts: Floats
    rows: Floats


class Coupling:
    """The coupling rows of one problem, by shift."""

    def __init__(self, arrays: ColumnArrays) -> None:
        self.arrays = arrays
        self.rows: list[CouplingRow] = list_rows(arrays)
        self._of_shift: list[list[tuple[int, Term]]] = [[] for _ in arrays.indexed.shifts]
        for r, row in enumerate(self.rows):
            for term in row.terms:
                for s in sorted(term.shifts):
                    self._of_shift[s].append((r, term))
        self._pinned = [self._count(s, row) for s, row in enumerate(arrays.pinned_of)]

    def terms_of(self, s: int) -> list[tuple[int, Term]]:
        """The terms that count for a shift, with the numbers of their rows."""
        return self._of_shift[s]

    def coefficients(self, column: Column) -> dict[int, float]:
        """What a column adds to each row beside the pinned stops of its shift."""
        found = self._add(column.shift, column.visits, column.loads)
        for r, k in self._pinned[column.shift].items():
            found[r] = found.get(r, 0.0) - k
        return {r: k for r, k in found.items() if k}

    def pinned(self, s: int) -> Mapping[int, float]:
        """What the pinned stops of a shift add to each row."""
        return self._pinned[s]

    def of_route(self, draft: Draft, s: int) -> dict[int, float]:
        """What the route of a draft adds to each row."""
        taken = dict(draft.loads[s])
        loads = tuple(taken.get(name, 0) for name in self.arrays.products)
        return self._add(s, draft.visits(s), loads)

    def _count(self, s: int, visits: tuple[int, ...]) -> dict[int, float]:
        indexed = self.arrays.indexed
        loads = [0] * len(self.arrays.products)
        for v in visits:
            if self.arrays.product[v] < len(loads):
                loads[self.arrays.product[v]] += indexed.load[v]
        return self._add(s, visits, tuple(loads)) if visits else {}

    def _add(self, s: int, visits: tuple[int, ...], loads: tuple[int, ...]) -> dict[int, float]:
        found: dict[int, float] = {}
        if not visits:
            return found
        closes = bool(self.arrays.must_be_last[visits[-1]])
        for r, term in self._of_shift[s]:
            k = term.use + (term.close if closes else 0.0)
            if term.visits:
                k += sum(term.visits.get(v, 0.0) for v in visits)
            if term.product >= 0:
                k += loads[term.product]
            if k:
                found[r] = found.get(r, 0.0) + k
        return found


class Remaining:
    """The part of a problem that columns are made for; it shrinks while a dive fixes columns."""

    def __init__(self, coupling: Coupling, draft: Draft, shifts: Iterable[int]) -> None:
        self.coupling, self.arrays = coupling, coupling.arrays
        indexed = self.arrays.indexed
        self.shifts = {s for s in shifts if self.arrays.may_open(s)}
        self.shifts -= _list_needed(draft, self.shifts)
        self.most: Floats = np.array([row.most for row in coupling.rows], dtype=float)
        held: dict[int, float] = {}
        for s in range(len(indexed.shifts)):
            mine = coupling.pinned(s) if s in self.shifts else coupling.of_route(draft, s)
            for r, k in mine.items():
                held[r] = held.get(r, 0.0) + k
        for r, k in held.items():
            self.most[r] -= k
        # what is pinned may have taken more than there is
        bounded = [r for r, k in held.items() if k > 0]
        self.most[bounded] = np.maximum(self.most[bounded], 0.0)
        self.free: set[int] = {
            v
            for v in range(indexed.size)
            if v not in indexed.is_pinned
            and (draft.where[v] == NOWHERE or draft.where[v] in self.shifts)
        }

    def copy(self) -> "Remaining":
        """The same, to shrink independently."""
        twin = copy(self)
        twin.most, twin.shifts, twin.free = self.most.copy(), set(self.shifts), set(self.free)
        return twin

    def fix(self, column: Column) -> None:
        """Take a column: its shift and visits are decided, and what it takes is gone."""
        self.shifts.discard(column.shift)
        self.free.difference_update(column.visits)
        for r, k in self.coupling.coefficients(column).items():
            self.most[r] -= k

    def takes(self, column: Column) -> bool:
        """Whether a column can still be chosen."""
        if column.shift not in self.shifts:
            return False
        pinned = self.arrays.pinned_of[column.shift]
        if not all(v in self.free or v in pinned for v in column.visits):
            return False
        rows, most = self.coupling.rows, self.most
        return all(
            k <= max(0.0, most[r]) + 1e-6 or rows[r].beyond is not None or self._is_linked(r)
            for r, k in self.coupling.coefficients(column).items()
            if k > 0
        )

    def _is_linked(self, r: int) -> bool:
        """Whether other columns can make room in a row, as the dose before does for the dose after it."""
        return any(k < 0 for term in self.coupling.rows[r].terms for k in term.visits.values())

    def prices(self, duals: Duals) -> Prices:
        """What the duals make of visits, doses and shifts."""
        arrays, coupling = self.arrays, self.coupling
        worth = arrays.gain - duals.visits[:, None]
        blocked = np.ones(len(worth), dtype=bool)
        blocked[sorted(self.free)] = False
        count = len(arrays.indexed.shifts)
        dose = np.zeros((count, len(arrays.products) + 1))
        shift, close = -duals.shifts.copy(), np.zeros(count)
        for r in np.flatnonzero(np.abs(duals.rows) > 1e-9).tolist():
            y = float(duals.rows[r])
            for term in coupling.rows[r].terms:
                of = sorted(term.shifts)
                shift[of] -= y * term.use
                close[of] += y * term.close
                if term.visits:
                    made = np.fromiter(term.visits, dtype=np.int64)
                    k = np.fromiter(term.visits.values(), dtype=float)
                    worth[made[:, None], of] -= y * k[:, None]
                if term.product >= 0:
                    dose[of, term.product] += y
        for p in range(len(arrays.products)):
            mine = np.flatnonzero((arrays.product == p) & (arrays.load > 0))
            worth[mine] -= arrays.load[mine, None] * dose[None, :, p]
        worth[blocked] = -1.0
        return Prices(worth, dose, shift, close, self._doses_left())

    def _doses_left(self) -> Ints:
        """Doses that each shift can still take of each product beside its pinned stops."""
        arrays = self.arrays
        left = np.full((len(arrays.indexed.shifts), len(arrays.products)), ANY, dtype=np.int64)
        for row, most in zip(self.coupling.rows, self.most, strict=True):
            for term in row.terms:
                if term.product >= 0:
                    of = sorted(term.shifts)
                    left[of, term.product] = np.minimum(left[of, term.product], max(0, int(most)))
        for s, pinned in enumerate(arrays.pinned_of):
            for v in pinned:
                if arrays.product[v] < len(arrays.products):
                    left[s, arrays.product[v]] += arrays.indexed.load[v]
        return left


def _list_needed(draft: Draft, shifts: set[int]) -> set[int]:
    """Shifts that give a dose on which a next dose in a held shift depends."""
    where = draft.where
    return {
        where[follow.before]
        for follow in draft.indexed.follows
        if where[follow.after] != NOWHERE
        and where[follow.after] not in shifts
        and where[follow.before] in shifts
    }
