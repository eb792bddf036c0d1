"""The rules between routes as rows of the set packing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scheduling.care.stock import lines_by_depot
from scheduling.solver.master.pool import CareColumn
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.stock import Shelf

Terms = list[tuple[int, int]]  # column index and coefficient


@dataclass(frozen=True, slots=True)
class Row:
    """The sum of the coefficients of the chosen columns is at most `most`, and at least `least` when given."""

    terms: Terms
    most: int
    least: int | None = None


class Rows:
    """The rows over some columns; what they let through is refused when the routes enter the draft."""

    def __init__(self, draft: Draft, columns: Sequence[CareColumn]) -> None:
        self.indexed, self.draft, self.columns = draft.indexed, draft, columns
        indexed = draft.indexed
        self._of_shift: list[list[int]] = [[] for _ in indexed.shifts]
        self._of_visit: list[list[int]] = [[] for _ in range(indexed.size)]
        for c, column in enumerate(columns):
            self._of_shift[column.shift].append(c)
            for v in column.visits:
                self._of_visit[v].append(c)

    def all(self) -> list[Row]:
        """Every row that some choice could break."""
        rows = [*self.once(), *self.rest(), *self.outbreak(), *self.clashes()]
        rows += [*self.dose_interval(), *self.stock(), *self.reservation()]
        # rows that no choice can break would only slow the solvers down
        return [
            row for row in rows if row.least or sum(k for _, k in row.terms if k > 0) > row.most
        ]

    def once(self) -> Iterator[Row]:
        """A shift has one route and a visit one stop; fixed stops stay."""
        indexed = self.indexed
        kept = {row.shift for row in indexed.pinned}
        for s, of_shift in enumerate(self._of_shift):
            yield Row([(c, 1) for c in of_shift], 1, 1 if s in kept else None)
        for v, of_visit in enumerate(self._of_visit):
            yield Row([(c, 1) for c in of_visit], 1, 1 if v in indexed.is_pinned else None)

    def rest(self) -> Iterator[Row]:
        """Of two shifts of a team without rest in between one is used."""
        for s, conflicts in enumerate(self.indexed.conflicts):
            for t in conflicts:
                if s < t:
                    yield Row([(c, 1) for c in self._of_shift[s] + self._of_shift[t]], 1)

    def outbreak(self) -> Iterator[Row]:
        """After a location with an outbreak the team makes no visit that day."""
        for s, later in enumerate(self.indexed.later_that_day):
            ends = [
                c
                for c in self._of_shift[s]
                if self.indexed.must_be_last[self.columns[c].visits[-1]]
            ]
            for t in later if ends else ():
                yield Row([(c, 1) for c in ends + self._of_shift[t]], 1)

    def clashes(self) -> Iterator[Row]:
        """No resident is visited in two shifts at the same time."""
        shifts = self.indexed.shifts
        for v, others in enumerate(self.indexed.clashes):
            for u in others:
                for s in sorted({self.columns[c].shift for c in self._of_visit[v]}):
                    here = [c for c in self._of_visit[v] if self.columns[c].shift == s]
                    there = [
                        c
                        for c in self._of_visit[u]
                        if (t := self.columns[c].shift) != s
                        and shifts[t].start < shifts[s].end
                        and shifts[s].start < shifts[t].end
                    ]
                    if u > v and there:
                        yield Row([(c, 1) for c in here + there], 1)

    def dose_interval(self) -> Iterator[Row]:
        """A next dose on some day needs its previous dose on a day that fits."""
        day = self.indexed.day
        for follow in self.indexed.follows:
            after: dict[int, Terms] = {}
            for c in self._of_visit[follow.after]:
                after.setdefault(day[self.columns[c].shift], []).append((c, 1))
            for last, terms in sorted(after.items()):
                before = range(last - follow.max_days, last - follow.min_days + 1)
                fits = [
                    (c, -1)
                    for c in self._of_visit[follow.before]
                    if day[self.columns[c].shift] in before
                ]
                yield Row(terms + fits, 0)

    def stock(self) -> Iterator[Row]:
        """From one day to another a depot gives no more of a product than the lots that can be used in between hold.

        Necessary, not exact: days with a gap between them are not looked at together. The draft refuses
        what that lets through.
        """
        days = self.indexed.problem.days
        for shelf, lines in lines_by_depot(self.indexed.problem).items():
            loads = self._list_loads(shelf)
            begins = {0, *(line.last_day + 1 for line in lines)}
            ends = {days - 1, *(line.first_day - 1 for line in lines)}
            for first in sorted(day for day in begins if day < days):
                for last in sorted(day for day in ends if day >= first):
                    available = sum(
                        line.doses
                        for line in lines
                        if line.first_day <= last and line.last_day >= first
                    )
                    yield self._at_most(
                        [(c, load) for c, load, day in loads if first <= day <= last], available
                    )
        for shelf in self._list_empty_shelves():
            yield self._at_most([(c, load) for c, load, _ in self._list_loads(shelf)], 0)

    def _list_empty_shelves(self) -> list[Shelf]:
        """Depots that have no lot of a product which their shifts may inject."""
        lines = lines_by_depot(self.indexed.problem)
        depots = sorted({shift.depot_id for shift in self.indexed.shifts})
        return [
            (depot, product.id)
            for depot in depots
            for product in self.indexed.problem.products
            if (depot, product.id) not in lines
        ]

    def _list_loads(self, shelf: Shelf) -> list[tuple[int, int, int]]:
        """Column, doses and day of every route that takes from a shelf."""
        depot, product = shelf
        shifts = self.indexed.shifts
        return [
            (c, load, shifts[column.shift].day)
            for c, column in enumerate(self.columns)
            if shifts[column.shift].depot_id == depot
            for name, load in column.loads
            if name == product
        ]

    def reservation(self) -> Iterator[Row]:
        """Doses taken and next doses reserved are together no more than all lots hold."""
        indexed, stockroom = self.indexed, self.draft.stockroom
        promised = {v: span.doses for v in range(indexed.size) if (span := stockroom.promise(v, 0))}
        for product in indexed.problem.products:
            mine = {v: n for v, n in promised.items() if indexed.product[v] == product}
            if not mine:
                continue
            available = sum(
                line.doses for line in indexed.problem.stock if line.product_id == product.id
            )
            available -= indexed.problem.reserved.get(product.id, 0)
            taken = [
                (
                    c,
                    dict(column.loads).get(product.id, 0)
                    + sum(mine.get(v, 0) for v in column.visits),
                )
                for c, column in enumerate(self.columns)
            ]
            yield self._at_most([(c, doses) for c, doses in taken if doses], available)

    def _at_most(self, terms: Terms, available: int) -> Row:
        """A bound that the present plan keeps too: fixed stops may have taken more than there is."""
        now = sum(
            k
            for c, k in terms
            if self.draft.visits(self.columns[c].shift) == self.columns[c].visits
        )
        return Row(terms, max(available, now))
