"""Repair by columns: some shifts are planned anew, all others are held; never worse, and equal work gives equal plans."""

from dataclasses import replace
from random import Random
from time import monotonic

from hypothesis import given
from hypothesis import strategies as st

from scheduling.explain import unassigned
from scheduling.plan import Plan, Reason
from scheduling.rules import check_added
from scheduling.solver.budget import Budget
from scheduling.solver.columns.repair import is_better, repair_by_columns
from scheduling.solver.model.draft import Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import DEFAULT
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import a_lot, a_pin, a_problem, a_shift, at, needs
from tests.scheduling.solver.model.test_draft import a_draft_after_ruins
from tests.scheduling.solver.small import a_case, a_draft, visit_at


def enough() -> Budget:
    return Budget(monotonic() + 1_000, None)


def routes_of(draft: Draft) -> list[tuple[int, ...]]:
    return [draft.visits(s) for s in range(len(draft.routes))]


@examples(short=15, long=150)
@given(st.integers(0, 10**9))
def test_a_repair_keeps_every_rule_and_is_never_worse(seed: int):
    _, draft = a_draft_after_ruins(seed)
    before, random = draft.copy(), Random(seed)
    shifts = [s for s in range(len(draft.routes)) if random.random() < 0.6]

    changed = repair_by_columns(draft, shifts, range(draft.indexed.size), enough(), random)

    assert changed == is_better(draft, before, DEFAULT)
    assert changed or routes_of(draft) == routes_of(before)
    held = [s for s in range(len(draft.routes)) if s not in shifts]
    assert all(draft.visits(s) == before.visits(s) for s in held)
    again = before.copy()
    repair_by_columns(again, shifts, range(draft.indexed.size), enough(), Random(seed))
    other = before.copy()
    repair_by_columns(other, shifts, range(draft.indexed.size), enough(), Random(seed))
    assert routes_of(again) == routes_of(other)


def short_of_doses() -> IndexedProblem:
    """Ten people here, twenty there, twenty doses: who came first took what the others need."""
    return a_case(a_problem(needs=(*needs(10, "L1"), *needs(20, "L2")), stock=(a_lot(20),)))


def test_the_visit_that_serves_more_replaces_the_one_that_took_its_doses():
    indexed = short_of_doses()
    small, large = visit_at(indexed, "L1"), visit_at(indexed, "L2")
    draft = a_draft(indexed, (small,))

    assert repair_by_columns(draft, [0], [large], enough(), Random(1))

    assert draft.visits(0) == (large,)


def test_only_the_visits_that_are_named_enter():
    indexed = short_of_doses()
    small = visit_at(indexed, "L1")
    draft = a_draft(indexed, (small,))

    assert not repair_by_columns(draft, [0], [], enough(), Random(1))

    assert draft.visits(0) == (small,)


def test_a_pinned_stop_stays_where_it_is():
    problem = short_of_doses().problem
    small = next(visit for visit in group(problem) if visit.location_id == "L1")
    problem = replace(
        problem, fixed=(a_pin(small.id, at(0, 11), [person for person, _ in small.needs]),)
    )
    indexed = a_case(problem)
    draft = Draft(indexed)

    repair_by_columns(draft, [0], range(indexed.size), enough(), Random(1))

    assert draft.visits(0) == (indexed.index[small.id],)


def test_a_dose_before_a_next_dose_in_a_held_shift_stays():
    problem = a_problem(
        needs=(*needs(10), *needs(10, dose_no=2, since_dose=1), *needs(30, "L2")),
        campaigns=(replace(a_problem().campaigns[0], min_days=1, max_days=2),),
        shifts=(a_shift("S0", 0), a_shift("S1", 1)),
        stock=(a_lot(30),),
    )
    indexed = a_case(problem)
    (follow,) = indexed.follows
    draft = a_draft(indexed, (follow.before,), (follow.after,))

    repair_by_columns(draft, [0], range(indexed.size), enough(), Random(1))

    assert draft.visits(0) == (follow.before,)
    assert check_added(problem, _as_plan(draft)) == ()


def _as_plan(draft: Draft) -> Plan:
    problem, routes = draft.indexed.problem, to_routes(draft)
    reasons = {visit.id: (Reason.BETTER_USE,) for visit in draft.indexed.visits}
    return Plan(
        region=problem.region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=routes,
        unassigned=unassigned(problem, draft.indexed.visits, routes, reasons, {}),
        values=draft.values(),
    )
