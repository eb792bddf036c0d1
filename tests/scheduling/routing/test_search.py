from dataclasses import replace
from random import Random
from time import monotonic

import pytest

from scheduling.routing.decompose import VehicleNeighbours, extract
from scheduling.routing.engines import SISR
from scheduling.routing.evaluate import evaluate
from scheduling.routing.portfolio import PARTS
from scheduling.routing.problem import Effort, Routes, list_unassigned
from scheduling.routing.processes import Workers
from scheduling.routing.search import Rounds, SearchSettings, search_routes
from scheduling.solve import Routed, UnknownEngine, solve_routing
from tests.scheduling.routing.engines.draws import a_draw

pytestmark = pytest.mark.slow  # whole searches
ROUNDS = Effort(seconds=120, work=2)


def routed(seed: int, engines: tuple[str, ...] | None, workers: int = 1) -> Routed:
    return solve_routing(a_draw(seed, 20, 5), ROUNDS, seed=seed, engines=engines, workers=workers)


@pytest.mark.parametrize("engines", [("ortools",), None])
def test_routes_keep_every_rule_and_cost_what_is_said(engines: tuple[str, ...] | None):
    found = routed(1, engines)

    assert found.cost == evaluate(a_draw(1, 20, 5), found.routes)
    assert found.cost is not None
    assert 0 < found.first_seconds <= found.seconds


@pytest.mark.slow
def test_seed_work_and_workers_alone_decide_the_routes():
    first, second = (routed(3, ("ortools",), workers=2) for _ in range(2))

    assert first.routes == second.routes


def test_who_sees_better_routes_sees_each_of_them_once():
    costs: list[int] = []

    def on_better(_: float, cost: int, routes: Routes) -> None:
        assert evaluate(a_draw(2, 20, 5), routes) == cost
        costs.append(cost)

    found = search_routes(
        a_draw(2, 20, 5), ROUNDS, SearchSettings(("ortools",), on_better=on_better)
    )

    assert costs == sorted(set(costs), reverse=True)
    assert costs[-1] == found.cost


def test_who_must_be_served_but_can_not_be_is_left_out():
    problem = a_draw(4, 12, 2)
    closed = replace(problem.clients[0], prize=None, windows=((), ()))
    required = replace(problem.clients[1], prize=None)
    problem = replace(problem, clients=(closed, required, *problem.clients[2:]))

    found = solve_routing(problem, ROUNDS, engines=("ortools",), workers=1)

    assert found.cost is None
    assert 0 in list_unassigned(problem, found.routes)
    assert 1 not in list_unassigned(problem, found.routes)


def test_a_search_that_is_stopped_has_its_first_routes():
    found = solve_routing(a_draw(1, 20, 5), Effort(seconds=60), workers=1, stop=lambda: True)

    assert found.rounds == 0
    assert any(found.routes)


def test_an_engine_that_does_not_exist_is_refused():
    with pytest.raises(UnknownEngine):
        solve_routing(a_draw(1), ROUNDS, engines=("simplex",))


@pytest.mark.slow
def test_a_portion_comes_back_as_it_went():
    problem = a_draw(5, 30, 6)
    routes = solve_routing(problem, ROUNDS, engines=("ortools",), workers=1).routes
    vehicles = [v for v, route in enumerate(routes) if route][:2]

    part = extract(problem, routes, vehicles)

    assert evaluate(part.problem, part.start) is not None
    assert part.merge_into(routes, part.start) == routes


@pytest.mark.slow
def test_portions_for_several_workers_share_no_vehicle():
    problem = a_draw(6, 40, 8)
    routes = solve_routing(problem, ROUNDS, engines=("ortools",), workers=1).routes

    groups = VehicleNeighbours(problem).draw_groups(routes, [12] * 2, Random(1))

    assert len(groups) == 2
    assert not set(groups[0]) & set(groups[1])


def test_where_pyvrp_does_not_work_our_own_engine_has_one_long_run_first_then_both_are_tried():
    problem = a_draw(1, 20, 5)  # with breaks, which PyVRP cannot be told
    with Workers(2) as workers:
        rounds = Rounds(
            problem, SearchSettings(("ortools", "pyvrp"), 2), workers, monotonic() + 600
        )
        rounds.begin(monotonic(), ROUNDS)

        assert rounds._draw_engines() == [SISR, SISR]
        assert rounds._round_effort(SISR, Effort(100), in_parts=False) == Effort(60, None, 0.0)
        rounds.run_round(ROUNDS)
        assert sorted(rounds._draw_engines()) == sorted([SISR, PARTS])
        assert rounds._round_effort(SISR, Effort(100), in_parts=False).seconds < 30


@pytest.mark.parametrize(
    ("workers", "first"), [(1, ["pyvrp"]), (2, ["pyvrp", SISR]), (3, ["pyvrp", "pyvrp", SISR])]
)
def test_where_pyvrp_works_it_has_every_round_and_our_own_engine_one_worker_in_the_first(
    workers: int, first: list[str]
):
    problem = a_draw(1, 20, 5, pauses=False)
    with Workers(workers) as pool:
        rounds = Rounds(
            problem, SearchSettings(("ortools", "pyvrp"), workers), pool, monotonic() + 600
        )
        rounds.begin(monotonic(), ROUNDS)

        assert rounds._draw_engines() == first
        efforts = [rounds._round_effort(name, Effort(100), in_parts=False) for name in first]
        assert {effort.seconds for effort in efforts} == {30 if workers > 1 else 4}
        rounds.run_round(ROUNDS)
        assert (
            rounds._worker_routes() == [rounds.best] * workers
        )  # nobody goes on from worse routes
        assert rounds._draw_engines() == ["pyvrp"] * workers
