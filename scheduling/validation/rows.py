"""Refuses a problem that contradicts itself, row by row, before any search."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Self

from typing_extensions import override

from scheduling.care.lookup import NeedKey, by_id, day_of, key_of
from scheduling.problem import Fixed, Problem
from scheduling.validation.bounds import beyond
from scheduling.validation.kinds import strange


class InvalidProblem(Exception):
    """The rows of a problem contradict each other; our mistake, not the region's."""

    def __init__(self, rows: tuple[str, ...]) -> None:
        super().__init__("; ".join(rows[:20]))
        self.rows = rows

    @override
    def __reduce__(self) -> tuple[type[Self], tuple[tuple[str, ...]]]:
        """Pickles with its rows, so that it crosses a process boundary whole."""
        return type(self), (self.rows,)


def validate(problem: Problem) -> None:
    """Raises InvalidProblem naming every row at fault. A poor problem (no shift, no stock) is valid."""
    for tests in (KINDS, HORIZON, TESTS):  # each relies on those before it
        rows = tuple(row for test in tests for row in test(problem))
        if rows:
            raise InvalidProblem(rows)


def _days(problem: Problem) -> Iterator[str]:
    if len(problem.day_starts) < 2:
        yield "horizon: no day"
    if any(b <= a for a, b in pairwise(problem.day_starts)):
        yield "horizon: days do not follow each other"


def _ids(problem: Problem) -> Iterator[str]:
    for name, ids in (
        ("location", [row.id for row in problem.locations]),
        ("depot", [row.id for row in problem.depots]),
        ("product", [row.id for row in problem.products]),
        ("campaign", [row.id for row in problem.campaigns]),
        ("shift", [row.id for row in problem.shifts]),
        ("crisis visit", [row.id for row in problem.crisis_visits]),
        ("fixed stop", [row.visit_id for row in problem.fixed]),
    ):
        for value, times in Counter(ids).items():
            if times > 1:
                yield f"{name} {value}: {times} rows"
    first: dict[NeedKey, int] = {}
    for k, need in enumerate(problem.needs):
        if first.setdefault(key_of(need), k) != k:
            yield f"needs[{k}]: the same dose as needs[{first[key_of(need)]}]"


def _shifts(problem: Problem) -> Iterator[str]:
    depots = by_id(problem.depots)
    for shift in problem.shifts:
        if shift.depot_id not in depots:
            yield f"shift {shift.id}: unknown depot {shift.depot_id}"
        if shift.end <= shift.start:
            yield f"shift {shift.id}: ends before it starts"
        elif day_of(problem, shift.start) != shift.day:
            yield f"shift {shift.id}: does not start on day {shift.day}"


def _travel(problem: Problem) -> Iterator[str]:
    places = [row.place for row in problem.locations] + [row.place for row in problem.depots]
    size = max(places, default=-1) + 1
    for name, matrix in (("seconds", problem.travel.seconds), ("metres", problem.travel.metres)):
        if len(matrix) < size or any(len(row) < size for row in matrix):
            yield f"travel {name}: fewer than {size} places"
        elif any(value < 0 for row in matrix for value in row):
            yield f"travel {name}: a hole in the matrix"
    if min(places, default=0) < 0:
        yield "travel: a place below 0"


def _products(problem: Problem) -> Iterator[str]:
    products, depots = by_id(problem.products), by_id(problem.depots)
    for product in problem.products:
        if product.doses_per_container < 1:
            yield f"product {product.id}: containers without doses"
    for line in problem.stock:
        if line.product_id not in products:
            yield f"stock {line.lot}: unknown product {line.product_id}"
        if line.depot_id not in depots:
            yield f"stock {line.lot}: unknown depot {line.depot_id}"
        if line.doses < 0:
            yield f"stock {line.lot}: fewer than 0 doses"


def _needs(problem: Problem) -> Iterator[str]:
    campaigns, products = by_id(problem.campaigns), by_id(problem.products)
    for k, need in enumerate(problem.needs):
        name = f"needs[{k}]"  # not by person: what is wrong is told to anybody
        if need.campaign_id not in campaigns:
            yield f"{name}: unknown campaign"
        if not need.products or any(product not in products for product in need.products):
            yield f"{name}: unknown product"
        if need.since_dose is not None and need.since_dose >= need.dose_no:
            yield f"{name}: follows dose {need.since_dose}"
    locations = by_id(problem.locations)
    for crisis in problem.crisis_visits:
        if crisis.location_id not in locations:
            yield f"crisis visit {crisis.id}: unknown location"


def _fixed(problem: Problem) -> Iterator[str]:
    shifts, locations = by_id(problem.shifts), by_id(problem.locations)
    teams: dict[str, list[Fixed]] = {}
    for row in problem.fixed:
        if row.shift_id not in shifts:
            yield f"fixed stop {row.visit_id}: unknown shift {row.shift_id}"
        else:
            teams.setdefault(shifts[row.shift_id].team_id, []).append(row)
        if row.location_id not in locations:
            yield f"fixed stop {row.visit_id}: unknown location"
        if row.service_seconds < 0:
            yield f"fixed stop {row.visit_id}: ends before it starts"
        yield from _fixed_call(problem, row)
    for rows in teams.values():
        rows.sort(key=lambda row: (row.start, row.visit_id))
        for one, other in pairwise(rows):
            pinned = "pinned" in (one.why, other.why)
            if pinned and other.start < one.start + one.service_seconds:
                yield f"fixed stops {one.visit_id} and {other.visit_id}: one team at once"


def _fixed_call(problem: Problem, row: Fixed) -> Iterator[str]:
    """A pinned or frozen stop has a campaign and a product, both known, or neither (a crisis visit)."""
    name = f"fixed stop {row.visit_id}"
    if row.why not in ("pinned", "frozen"):
        yield f"{name}: neither pinned nor frozen"
    if row.campaign_id is not None and row.campaign_id not in by_id(problem.campaigns):
        yield f"{name}: unknown campaign"
    if row.product_id is not None and row.product_id not in by_id(problem.products):
        yield f"{name}: unknown product"
    if (row.campaign_id is None) != (row.product_id is None):
        yield f"{name}: a campaign and a product go together"


def _calls(problem: Problem) -> Iterator[str]:
    """A crisis visit and a pinned or frozen stop of the same id are the same visit."""
    crises = by_id(problem.crisis_visits)
    for row in problem.fixed:
        crisis = crises.get(row.visit_id)
        if crisis and (row.campaign_id, row.location_id) != (None, crisis.location_id):
            yield f"fixed stop {row.visit_id}: another visit than the crisis visit of that name"


Test = Callable[[Problem], Iterator[str]]
KINDS: tuple[Test, ...] = (strange,)
HORIZON: tuple[Test, ...] = (_days,)
TESTS: tuple[Test, ...] = (
    _ids,
    _shifts,
    _travel,
    _products,
    _needs,
    _fixed,
    _calls,
    beyond,
)
