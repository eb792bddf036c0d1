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
    supply = sorted([s.last_day, s.first_day, s.doses] for s in have if s.doses > 0)
    demand = sorted([d.last_day, d.first_day, d.doses] for d in wanted if d.doses > 0)
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
