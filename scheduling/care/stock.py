"""Allocates lots to days, first expired first out; what is left secures the next doses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scheduling.problem import Problem, StockLine

END_OF_TIME = 10**6  # a day beyond every horizon: for doses with no last day


@dataclass(frozen=True, slots=True)
class Span:
    """Doses that are in stock, or needed, from one day to another, both included."""

    first_day: int
    last_day: int
    doses: int


def lines_by_depot(problem: Problem) -> dict[tuple[str, str], list[StockLine]]:
    """Stock lines by depot and product, earliest use-by first."""
    lines: dict[tuple[str, str], list[StockLine]] = {}
    for line in sorted(problem.stock, key=lambda line: (line.last_day, line.first_day, line.lot)):
        lines.setdefault((line.depot_id, line.product_id), []).append(line)
    return lines


def allocate(
    lines: Sequence[StockLine], by_day: Mapping[int, int]
) -> tuple[dict[int, int], list[int]]:
    """Serves each day from the usable lot that expires first. Returns the doses short by day and the doses left by line.

    Demand lies on single days, so this greedy order is optimal: a lot that expires later can replace the other on any
    later day, never the other way round.
    The lines must be sorted by use-by.
    """
    left = [line.doses for line in lines]
    short: dict[int, int] = {}
    for day in sorted(by_day):
        wanted = by_day[day]
        for i, line in enumerate(lines):
            if wanted and line.first_day <= day <= line.last_day:
                taken = min(wanted, left[i])
                left[i] -= taken
                wanted -= taken
        if wanted:
            short[day] = wanted
    return short, left


def unsecured(have: Iterable[Span], wanted: Iterable[Span]) -> int:
    """Doses of the demand that no supply with an overlapping span can cover.

    This is a maximum matching of intervals. Whichever demand or supply ends first is matched first, to the partner that
    ends first: all its partners contain that last day, so no other choice matches more.
    """
    supply, demand = _sum_alike(have), _sum_alike(wanted)
    missing = 0
    while demand:
        if supply and supply[0][0] < demand[0][0]:
            one, partners = supply[0], demand
        else:
            one, partners = demand[0], supply
        partner = next((p for p in partners if p[1] <= one[0]), None)
        if partner is None:
            missing += one[2] if one is demand[0] else 0
            (demand if one is demand[0] else supply).pop(0)
            continue
        taken = min(one[2], partner[2])
        one[2] -= taken
        partner[2] -= taken
        demand = [d for d in demand if d[2]]
        supply = [s for s in supply if s[2]]
    return missing


def _sum_alike(spans: Iterable[Span]) -> list[list[int]]:
    """Last day, first day and doses, by last day; doses of the same days are one: a hundred stops are on some ten days."""
    found: dict[tuple[int, int], int] = {}
    for one in spans:
        if one.doses > 0:
            days = (one.last_day, one.first_day)
            found[days] = found.get(days, 0) + one.doses
    return [[*days, doses] for days, doses in sorted(found.items())]
