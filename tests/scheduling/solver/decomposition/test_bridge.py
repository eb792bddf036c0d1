"""A part of a plan goes to an engine and comes back as a plan that keeps every rule."""

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.objective import values
from scheduling.pins import release_pins
from scheduling.plan import Plan
from scheduling.problem import Problem, Published
from scheduling.rules import check
from scheduling.solver.decomposition.bridge import Bridge, Restrictions
from scheduling.solver.model.draft import Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts, construct
from scheduling.solver.operators.repair import repair_routes
from scheduling.solver.phases.start import take_everything
from scheduling.visits.grouping import group
from tests.scheduling.builders import a_lot, a_pause, a_problem, a_region, a_shift, at, needs
from tests.scheduling.strange import a_strange_problem

TWO = a_problem(needs=(*needs(10, "L1"), *needs(10, "L2")))
STRANGE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def a_draft(problem: Problem) -> tuple[IndexedProblem, InsertionCosts, Draft]:
    indexed = IndexedProblem(problem, group(problem))
    insertions = InsertionCosts(indexed)
    return indexed, insertions, construct(indexed, insertions)


def routes(draft: Draft) -> list[tuple[int, ...]]:
    return [draft.visits(s) for s in range(len(draft.indexed.shifts))]


def broken_rules(problem: Problem, draft: Draft) -> set[str]:
    """Rules that the routes break; coverage is not asked, reasons are found later."""
    made = to_routes(draft)
    plan = Plan(
        problem.region, problem.as_of, problem.horizon_start, made, (), values(problem, made)
    )
    return {row.rule for row in check(problem, plan)} - {"coverage"}


@STRANGE
@given(st.integers(0, 10**9))
def test_there_and_back_is_the_same_plan(seed: int):
    indexed, insertions, draft = a_draft(release_pins(a_strange_problem(seed))[0])
    bridge = Bridge(indexed, draft, take_everything(indexed, draft), Restrictions())

    again = repair_routes(draft, insertions, bridge.to_shifts(bridge.routes()))

    assert again is not None
    published = {v for v in bridge.visits if draft.where[v] in bridge.shifts}
    assert all(again.where[v] == draft.where[v] for v in published)
    assert sum(map(len, routes(again))) >= sum(map(len, routes(draft)))


@STRANGE
@given(st.integers(0, 10**9))
def test_routes_drawn_by_chance_are_repaired_and_break_no_rule(seed: int):
    problem = release_pins(a_strange_problem(seed))[0]
    indexed, insertions, draft = a_draft(problem)
    sub_problem = take_everything(indexed, draft)
    random = Random(seed)
    drawn: dict[int, tuple[int, ...]] = dict.fromkeys(sub_problem.shifts, ())
    for v in random.sample(sub_problem.visits, len(sub_problem.visits)):
        if sub_problem.shifts and v not in indexed.is_pinned:
            s = random.choice(sub_problem.shifts)
            drawn[s] = (*drawn[s], v)

    made = repair_routes(draft, insertions, drawn)

    assert made is not None
    assert broken_rules(problem, made) == set()


def test_what_a_team_can_not_reach_in_time_is_put_elsewhere():
    problem = replace(TWO, shifts=(a_shift(end=at(0, 10.5)), a_shift("S2", end=at(0, 10.5))))
    _, insertions, draft = a_draft(problem)

    made = repair_routes(draft, insertions, {0: (0, 1), 1: ()})

    assert made is not None
    assert sorted(map(len, routes(made))) == [1, 1]


def test_what_the_depot_lacks_is_not_taken():
    problem = replace(TWO, stock=(a_lot(10),))
    _, insertions, draft = a_draft(problem)

    made = repair_routes(draft, insertions, {0: (0, 1)})

    assert made is not None
    assert len(made.visits(0)) == 1


def test_an_engine_that_knows_no_pause_gets_a_shorter_shift():
    indexed, _, draft = a_draft(replace(TWO, shifts=(a_shift(pause=a_pause()),)))
    sub_problem = take_everything(indexed, draft)

    said = Bridge(indexed, draft, sub_problem, Restrictions()).problem.vehicles[0]
    left_out = Bridge(
        indexed, draft, sub_problem, Restrictions(with_breaks=False)
    ).problem.vehicles[0]

    assert said.pause is not None
    assert (left_out.pause, left_out.latest) == (None, said.latest - said.pause.seconds)


def test_people_who_were_told_keep_their_team_and_hour_unless_it_is_freed():
    problem = replace(TWO, shifts=(a_shift(), a_shift("S2")))
    indexed, _, draft = a_draft(problem)
    plan = [
        (indexed.visits[v].id, r.shift_id, s.start)
        for r in to_routes(draft)
        for v, s in zip(draft.visits(indexed.shift_index[r.shift_id]), r.stops, strict=True)
    ]
    indexed, _, draft = a_draft(replace(problem, published=tuple(Published(*row) for row in plan)))
    sub_problem = take_everything(indexed, draft)

    held = Bridge(indexed, draft, sub_problem, Restrictions()).problem.clients
    free = Bridge(indexed, draft, sub_problem, Restrictions(keep_published=False)).problem.clients

    assert [sum(map(bool, client.windows)) for client in held] == [1, 1]
    assert [sum(map(bool, client.windows)) for client in free] == [2, 2]


def test_while_stock_is_held_a_visit_keeps_its_depot_and_day():
    indexed, _, draft = a_draft(a_region(4, locations=25, teams=4))
    bridge = Bridge(indexed, draft, take_everything(indexed, draft), Restrictions(keep_supply=True))

    for v, client in zip(bridge.visits, bridge.problem.clients, strict=True):
        may = {s for s, windows in zip(bridge.shifts, client.windows, strict=True) if windows}
        shelves = {(indexed.shifts[s].depot_id, indexed.day[s]) for s in may}
        now = indexed.shifts[draft.where[v]]

        assert shelves == {(now.depot_id, now.day)} or not indexed.min_load[v]
