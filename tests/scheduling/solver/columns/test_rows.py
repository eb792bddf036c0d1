"""Rows over columns: no plan that keeps the rules breaks one, and what breaks a rule between routes does."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.problem import Outbreak
from scheduling.solver.columns.arrays import ColumnArrays
from scheduling.solver.columns.coupling import Coupling, Remaining
from scheduling.solver.columns.pricing import Column
from scheduling.solver.columns.repair import to_column
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import DEFAULT
from tests.effort import examples
from tests.scheduling.builders import a_campaign, a_location, a_lot, a_shift, at
from tests.scheduling.solver.master.test_rows import CASES, a_pool, choices, plans, two_visits
from tests.scheduling.solver.model.test_draft import a_draft_after_ruins


def a_coupling(indexed: IndexedProblem) -> Coupling:
    return Coupling(ColumnArrays(indexed, DEFAULT.columns, DEFAULT.weights.unserved))


def keeps(coupling: Coupling, columns: Sequence[Column]) -> bool:
    """Whether these columns keep every row, beside nothing else."""
    left = Remaining(
        coupling, Draft(coupling.arrays.indexed), range(len(coupling.arrays.indexed.shifts))
    )
    most = left.most.copy()
    for column in columns:
        for r, k in coupling.coefficients(column).items():
            most[r] -= k
    hard = [row.beyond is None for row in coupling.rows]
    return bool((most[hard] >= -1e-6).all())


def to_columns(coupling: Coupling, routes: dict[int, tuple[int, ...]]) -> list[Column]:
    found = [to_column(coupling.arrays, s, visits) for s, visits in routes.items()]
    return [column for column in found if column is not None]


@pytest.mark.parametrize("name", CASES)
def test_exactly_the_choices_that_are_plans_keep_the_rows(name: str):
    indexed = CASES[name]()
    coupling, pool = a_coupling(indexed), a_pool(indexed)
    sound = plans(indexed, pool)

    for chosen in choices(pool):
        routes = {pool[c].shift: pool[c].visits for c in chosen}
        stops = [v for visits in routes.values() for v in visits]
        if len(stops) == len(set(stops)):
            assert keeps(coupling, to_columns(coupling, routes)) == (routes in sound), routes


@examples(short=25, long=250)
@given(st.integers(0, 10**9))
def test_a_plan_that_keeps_the_rules_breaks_no_row(seed: int):
    _, draft = a_draft_after_ruins(seed)
    if draft.indexed.pinned:
        return
    coupling = a_coupling(draft.indexed)
    routes = {s: draft.visits(s) for s in range(len(draft.routes)) if draft.routes[s]}

    assert keeps(coupling, to_columns(coupling, routes))


def one_each(indexed: IndexedProblem) -> list[Column]:
    """The first visit by the first shift, the second by the second."""
    return to_columns(a_coupling(indexed), {0: (0,), 1: (1,)})


def test_a_crew_is_not_on_duty_for_longer_than_a_week_allows():
    shifts = tuple(a_shift(f"S{k}", k, team_id="T") for k in (0, 1))
    enough = two_visits(shifts=shifts, max_week_seconds=18 * 3600)
    short = two_visits(shifts=shifts, max_week_seconds=17 * 3600)

    assert keeps(a_coupling(enough), one_each(enough))
    assert not keeps(a_coupling(short), one_each(short))


def test_a_standing_shift_counts_for_the_week():
    shifts = (a_shift("S0", 1, team_id="T"), a_shift("S1", 2))
    standing = (a_shift("S9", 0, team_id="T", end=at(0, 17)),)
    indexed = two_visits(shifts=shifts, standing_shifts=standing, max_week_seconds=17 * 3600)

    assert not keeps(a_coupling(indexed), one_each(indexed))


def test_after_an_outbreak_the_crew_is_not_used_again_that_day():
    def of(outbreak: Outbreak) -> IndexedProblem:
        return two_visits(
            locations=(a_location("L1", 1, outbreak=outbreak), a_location("L2", 2)),
            rest_seconds=0,
            shifts=(
                a_shift("S0", team_id="T", end=at(0, 12)),
                a_shift("S1", team_id="T", start=at(0, 12)),
            ),
        )

    assert keeps(a_coupling(of(Outbreak.NONE)), one_each(of(Outbreak.NONE)))
    assert not keeps(a_coupling(of(Outbreak.LAST)), one_each(of(Outbreak.LAST)))


@pytest.mark.parametrize(("last_day", "held"), [(27, False), (28, True)])
def test_a_next_dose_is_secured_by_a_lot_that_can_be_used_when_it_is_due(last_day: int, held: bool):
    lots = (a_lot(20, last_day=5), a_lot(20, lot="later", first_day=20, last_day=last_day))
    indexed = two_visits(campaigns=(a_campaign(reserve_next_dose=True),), stock=lots)

    assert keeps(a_coupling(indexed), one_each(indexed)) == held


def test_what_a_held_shift_takes_is_gone():
    indexed = two_visits(stock=(a_lot(10),))
    coupling, draft = a_coupling(indexed), Draft(indexed)
    assert draft.set_route(0, (0,))

    left = Remaining(coupling, draft, [1])

    (column,) = to_columns(coupling, {1: (1,)})
    assert not left.takes(column)
    assert 0 not in left.free
