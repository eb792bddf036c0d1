"""The rules that couple routes, as linear rows over columns: stock, reserved next doses, rest, weeks, series, outbreaks.

Necessary, not exact: the draft refuses what they let through. A row is a sum over terms; each term
counts for the columns of some shifts their use, visits, doses of a product, or an outbreak at the end.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from scheduling.care.crews import DAYS, seconds_of
from scheduling.care.stock import END_OF_TIME, lines_by_depot
from scheduling.problem import StockLine
from scheduling.solver.columns.arrays import ColumnArrays
from scheduling.solver.model.stock import Stockroom


@dataclass(frozen=True, slots=True)
class Term:
    """What the columns of these shifts add to a row."""

    shifts: frozenset[int]
    use: float = 0.0
    visits: Mapping[int, float] = field(default_factory=dict)
    product: int = -1  # whose doses count, one each
    close: float = 0.0  # of a route that ends at an outbreak


@dataclass(frozen=True, slots=True)
class CouplingRow:
    """The sum of its terms over the chosen columns is at most `most`; beyond it at a price in points, if any."""

    terms: tuple[Term, ...]
    most: float
    beyond: float | None = None


def list_rows(arrays: ColumnArrays) -> list[CouplingRow]:
    """Every row that some choice of columns could break."""
    kinds = (_rest, _weeks, _outbreaks, _clashes, _series, _stock, _promises, _fairness)
    return [row for kind in kinds for row in kind(arrays)]


def _rest(arrays: ColumnArrays) -> Iterator[CouplingRow]:
    """Of two shifts of a crew without rest in between one is used."""
    for s, conflicts in enumerate(arrays.indexed.conflicts):
        for t in conflicts:
            if s < t:
                yield CouplingRow((Term(frozenset((s, t)), use=1),), 1)


def _weeks(arrays: ColumnArrays) -> Iterator[CouplingRow]:
    """Nobody is on duty for longer than the maximum in any seven days."""
    indexed, problem = arrays.indexed, arrays.indexed.problem
    most = problem.max_week_seconds
    if most is None:
        return
    seen: set[tuple[tuple[int, ...], int]] = set()
    for mine, standing in {duty for duties in indexed.duties for duty in duties}:
        for first in range(1 - DAYS, problem.days):
            within = tuple(s for s in mine if first <= indexed.day[s] < first + DAYS)
            worked = sum(
                seconds_of(problem, shift)
                for shift in standing
                if first <= shift.day < first + DAYS
            )
            hours = {s: seconds_of(problem, indexed.shifts[s]) for s in within}
            if (within, worked) in seen or sum(hours.values()) + worked <= most:
                continue
            seen.add((within, worked))
            terms = tuple(Term(frozenset((s,)), use=hours[s] / max(1, most)) for s in within)
            yield CouplingRow(terms, max(0.0, (most - worked) / max(1, most)))


def _outbreaks(arrays: ColumnArrays) -> Iterator[CouplingRow]:
    """After a location with an outbreak the crew makes no visit that day."""
    if not arrays.must_be_last.any():
        return
    for s, later in enumerate(arrays.indexed.later_that_day):
        for t in later:
            yield CouplingRow((Term(frozenset((s,)), close=1), Term(frozenset((t,)), use=1)), 1)


def _clashes(arrays: ColumnArrays) -> Iterator[CouplingRow]:
    """No resident is visited in two shifts at the same time."""
    shifts, indexed = arrays.indexed.shifts, arrays.indexed
    for v, others in enumerate(indexed.clashes):
        for u in sorted(others):
            for s in indexed.possible_shifts[v] if u > v else ():
                there = frozenset(
                    t
                    for t in indexed.possible_shifts[u]
                    if t != s
                    and shifts[t].start < shifts[s].end
                    and shifts[s].start < shifts[t].end
                )
                if there:
                    terms = (Term(frozenset((s,)), visits={v: 1}), Term(there, visits={u: 1}))
                    yield CouplingRow(terms, 1)


def _series(arrays: ColumnArrays) -> Iterator[CouplingRow]:
    """A next dose on some day needs its previous dose on a day that fits."""
    indexed = arrays.indexed
    for follow in indexed.follows:
        for day in sorted({indexed.day[s] for s in indexed.possible_shifts[follow.after]}):
            before = range(day - follow.max_days, day - follow.min_days + 1)
            after = frozenset(
                s for s in indexed.possible_shifts[follow.after] if indexed.day[s] == day
            )
            fits = frozenset(
                s for s in indexed.possible_shifts[follow.before] if indexed.day[s] in before
            )
            terms = (Term(after, visits={follow.after: 1}), Term(fits, visits={follow.before: -1}))
            yield CouplingRow(terms, 0)


def _stock(arrays: ColumnArrays) -> Iterator[CouplingRow]:
    """From one day to another a depot gives no more of a product than the lots that can be used in between hold."""
    indexed = arrays.indexed
    by_shelf = lines_by_depot(indexed.problem)
    for depot in sorted({shift.depot_id for shift in indexed.shifts}):
        for p, product in enumerate(arrays.products):
            lines = by_shelf.get((depot, product), [])
            tightest: dict[frozenset[int], int] = {}
            for days, doses in _intervals(lines, indexed.problem.days):
                shifts = frozenset(
                    s
                    for s, shift in enumerate(indexed.shifts)
                    if shift.depot_id == depot and shift.day in days
                )
                tightest[shifts] = min(doses, tightest.get(shifts, doses))
            for shifts, doses in tightest.items():
                if shifts and _can_take(arrays, shifts, p) > doses:
                    yield CouplingRow((Term(shifts, product=p),), doses)


def _intervals(lines: Sequence[StockLine], days: int) -> Iterator[tuple[range, int]]:
    """Intervals of days with the doses of the lots that overlap them; between these no other binds."""
    begins = {0, *(line.last_day + 1 for line in lines)}
    ends = {days - 1, *(line.first_day - 1 for line in lines)}
    for first in sorted(day for day in begins if 0 <= day < days):
        for last in sorted(day for day in ends if first <= day < days):
            doses = sum(
                line.doses for line in lines if line.first_day <= last and line.last_day >= first
            )
            yield range(first, last + 1), doses


def _can_take(arrays: ColumnArrays, shifts: frozenset[int], p: int) -> int:
    """The most doses of a product that these shifts could take together."""
    indexed = arrays.indexed
    return sum(
        indexed.load[v]
        for v in range(indexed.size)
        if arrays.product[v] == p and not shifts.isdisjoint(indexed.possible_shifts[v])
    )


def _promises(arrays: ColumnArrays) -> Iterator[CouplingRow]:
    """Of any lots that can be used in between two days: what can come from nowhere else is no more than they hold.

    Hall's condition for doses taken and next doses reserved together (`reservation` of the rules).
    """
    indexed = arrays.indexed
    stockroom = Stockroom(indexed)
    for p, product in enumerate(arrays.products):
        spans: dict[tuple[int, int], dict[int, float]] = defaultdict(dict)
        for v in np.flatnonzero(arrays.product == p).tolist():
            span = stockroom.promise(v, 0)
            if span is not None:
                spans[span.first_day, span.last_day][v] = span.doses
        lots = [row for row in indexed.problem.stock if row.product_id == product]
        if not spans:
            continue
        begins = sorted({row.first_day for row in lots} | {0})
        ends = sorted({row.last_day for row in lots} | {END_OF_TIME})
        seen: set[frozenset[int]] = set()
        for first in begins:
            for last in (day for day in ends if day >= first):
                inside = frozenset(
                    k
                    for k, row in enumerate(lots)
                    if row.confirmed and row.first_day <= last and row.last_day >= first
                )
                if inside not in seen:
                    seen.add(inside)
                    yield from _secured(arrays, p, lots, inside, spans)


def _secured(
    arrays: ColumnArrays,
    p: int,
    lots: Sequence[StockLine],
    inside: frozenset[int],
    spans: Mapping[tuple[int, int], Mapping[int, float]],
) -> Iterator[CouplingRow]:
    indexed, problem = arrays.indexed, arrays.indexed.problem
    outside = [row for k, row in enumerate(lots) if k not in inside]
    terms: list[Term] = []
    could = 0.0
    taking = frozenset(
        s
        for s, shift in enumerate(indexed.shifts)
        if not any(
            row.depot_id == shift.depot_id and row.first_day <= shift.day <= row.last_day
            for row in outside
        )
    )
    if taking:
        terms.append(Term(taking, product=p))
        could += _can_take(arrays, taking, p)
    confirmed = [row for row in outside if row.confirmed]
    for (first, last), visits in spans.items():
        owing = frozenset(
            s
            for s, day in enumerate(indexed.day)
            if not any(
                row.first_day <= day + last and row.last_day >= day + first for row in confirmed
            )
        )
        if owing:
            terms.append(Term(owing, visits=visits))
            could += sum(visits.values())
    doses = sum(lots[k].doses for k in inside)
    owed = problem.reserved.get(arrays.products[p], 0)
    if not any(row.last_day >= problem.days for row in confirmed):
        doses -= owed
    if could > doses:
        # less than is owed already: then nothing more is promised, but what is taken is not judged
        held = terms if doses >= 0 else [term for term in terms if term.visits]
        yield CouplingRow(tuple(held), max(0, doses))


def _fairness(arrays: ColumnArrays) -> Iterator[CouplingRow]:
    """No area lags behind the region by more than the policy allows, as shares of who may be planned."""
    indexed, problem = arrays.indexed, arrays.indexed.problem
    if problem.area_points is None:
        return
    area = {row.id: row.area for row in problem.locations}
    people = [len(visit.needs) for visit in indexed.visits]
    total = max(1, sum(people))
    of_area: dict[str, int] = defaultdict(int)
    for v, visit in enumerate(indexed.visits):
        of_area[area[visit.location_id]] += people[v]
    everywhere = frozenset(range(len(indexed.shifts)))
    for name, mine in sorted(of_area.items()):
        if mine:
            counts = {
                v: people[v] / total - (people[v] / mine if area[visit.location_id] == name else 0)
                for v, visit in enumerate(indexed.visits)
            }
            worth = sum(indexed.weight) / total * mine
            yield CouplingRow((Term(everywhere, visits=counts),), problem.area_points / 100, worth)
