"""Ruin and recreate: short strings leave a few routes near one client, and everybody out is tried again."""

from itertools import pairwise
from random import Random

import pytest
from typing_extensions import override

from scheduling.routing.engines.sisr.engine import (
    RuinAndRecreate,
    SisrEngine,
    _measure_progress,
)
from scheduling.routing.engines.sisr.routes import RouteTable, Snapshot
from scheduling.routing.evaluate import evaluate
from scheduling.routing.params import SisrParams
from scheduling.routing.problem import Effort, RoutingProblem, list_unassigned
from tests.scheduling.routing.engines.draws import a_draw
from tests.scheduling.routing.small import a_client, a_line, a_vehicle

MUCH = 60.0  # seconds: the rounds end first
PARAMS = SisrParams()


class Watched(RouteTable):
    """A table that notes which strings leave their route, and who is tried again."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.strings: list[tuple[int, list[int], int]] = []
        self.tried: list[int] = []
        self.costs: list[int] = []
        super().__init__(problem, ((),) * len(problem.vehicles))

    @override
    def snapshot(self) -> Snapshot:
        self.costs.append(self.cost)
        return super().snapshot()

    @override
    def remove(self, v: int, places: list[int]) -> None:
        self.strings.append((v, places, len(self.lists[v])))
        super().remove(v, places)

    @override
    def insert_cheapest(self, c: int, blinks: int) -> bool:
        assert c in self.unassigned
        self.tried.append(c)
        return super().insert_cheapest(c, blinks)


def a_row_of_clients(count: int = 16, **changes) -> RoutingProblem:
    """Clients along a line, no time lost at a door, three vehicles that may carry six each."""
    clients = (a_client(k % 8 + 1, vehicles=3, service=(0,), prize=1_000) for k in range(count))
    return a_line(*clients, vehicles=(a_vehicle(capacity=(6,)),) * 3, **changes)


def test_filling_leaves_out_only_who_fits_nowhere():
    problem = a_row_of_clients(20)
    search = RuinAndRecreate(RouteTable(problem, ((),) * 3), Random(1), PARAMS)

    search.fill()

    assert len(list_unassigned(problem, search.best)) == 2
    assert search.best_cost == evaluate(problem, search.best)


def test_a_ruined_string_is_a_row_of_neighbours_but_for_one_piece_that_may_stay():
    table = Watched(a_row_of_clients())
    search = RuinAndRecreate(table, Random(2), PARAMS)
    search.fill()
    for _ in range(60):
        search._ruin()
        search._recreate()

    spans = [places[-1] - places[0] + 1 for _, places, _ in table.strings]
    holes = [sum(b - a > 1 for a, b in pairwise(places)) for _, places, _ in table.strings]
    assert len(table.strings) > 60
    assert set(holes) == {0, 1}
    assert all(places[0] >= 0 and places[-1] < length for _, places, length in table.strings)
    assert all(len(places) <= PARAMS.longest_string for _, places, _ in table.strings)
    assert max(spans) > 1


def test_a_ruin_takes_one_string_from_each_route_that_it_touches():
    table = Watched(a_row_of_clients())
    search = RuinAndRecreate(table, Random(3), PARAMS)
    search.fill()
    routes_touched = set()
    for _ in range(40):
        table.strings.clear()
        search._ruin()

        touched = [v for v, _, _ in table.strings]
        assert len(touched) == len(set(touched))
        assert len(table.unassigned) == sum(len(places) for _, places, _ in table.strings)
        routes_touched.add(len(touched))
        search._recreate()

    assert max(routes_touched) > 1


def test_who_is_out_of_a_ruined_plan_is_tried_once_each():
    table = Watched(a_row_of_clients())
    search = RuinAndRecreate(table, Random(4), PARAMS)
    search.fill()
    search._ruin()
    out = sorted(table.unassigned)
    table.tried.clear()

    search._recreate()

    assert sorted(table.tried) == out != []


def test_a_ruin_of_a_plan_without_routes_does_nothing():
    table = Watched(a_row_of_clients())

    RuinAndRecreate(table, Random(5), PARAMS)._ruin()

    assert table.strings == []


def test_a_client_in_the_middle_can_be_cut_with_either_neighbour():
    cuts = set()
    for seed in range(40):
        table = Watched(a_line(*(a_client(1, service=(0,)) for _ in range(3))))
        search = RuinAndRecreate(table, Random(seed), PARAMS)
        search.fill()
        search._remove_string(0, table.lists[0][1], 2)
        cuts.add(tuple(table.strings[-1][1]))

    assert cuts == {(1,), (0, 1), (1, 2), (0, 2)}  # at last the client itself stays


@pytest.mark.parametrize("seed", range(4))
def test_the_best_is_never_worse_than_the_start_and_costs_what_the_judge_says(seed: int):
    problem = a_draw(seed, pauses=False, paid=0)
    search = RuinAndRecreate(RouteTable(problem, ((),) * 4), Random(seed), PARAMS)
    search.fill()
    first = search.best_cost

    search.run(Effort(MUCH, work=1))

    assert search.best_cost < first
    assert search.best_cost == evaluate(problem, search.best)


def steps_up(cooled: float) -> list[int]:
    """By how much the plan becomes dearer from one round to the next, where it does; costs of some hundreds."""
    table = Watched(a_draw(1, pauses=False, paid=0))
    search = RuinAndRecreate(table, Random(1), PARAMS)
    search.fill()
    search.run(Effort(MUCH, work=1, cooled=cooled))
    return [then - now for now, then in pairwise(table.costs) if then > now]


def test_a_hot_search_goes_on_from_plans_that_are_worse_and_a_cold_one_hardly():
    hot, cold = steps_up(cooled=0.0), steps_up(cooled=0.999)

    assert len(hot) > 2
    assert max(hot) > 300
    assert max(cold, default=0) < 50


@pytest.mark.parametrize(("work", "rounds"), [(0, 0), (1, 100), (3, 300)])
def test_the_work_is_counted_in_hundreds_of_rounds(work: int, rounds: int):
    progress = list(_measure_progress(Effort(MUCH, work=work), PARAMS))

    assert len(progress) == rounds
    assert progress == [k / rounds for k in range(rounds)]


def test_without_seconds_left_the_search_ends_at_the_next_look_at_the_clock():
    assert len(list(_measure_progress(Effort(0.0), PARAMS))) == 16
    assert len(list(_measure_progress(Effort(0.0, work=9), PARAMS))) == 16


def test_when_nobody_may_be_called_on_all_vehicles_stay_at_home():
    closed = a_client(1, windows=((), ()), prize=5)
    problem = a_line(closed, closed, vehicles=(a_vehicle(), a_vehicle()))

    assert SisrEngine().solve(problem, None, Effort(MUCH, work=1), 0) == ((), ())


def test_a_client_on_whom_nobody_may_call_keeps_no_vehicle_from_the_others():
    closed, open_now = a_client(1, windows=((),), prize=5), a_client(1, prize=900)
    problem = a_line(closed, open_now)

    assert SisrEngine().solve(problem, None, Effort(MUCH, work=1), 0) == ((1,),)


def test_routes_to_start_with_are_kept_when_no_round_is_left():
    problem = a_row_of_clients(3)
    start = ((2, 0), (1,), ())

    assert SisrEngine().solve(problem, start, Effort(MUCH, work=0), 0) == start


def test_without_vehicles_there_is_nothing_to_solve():
    assert SisrEngine().can(a_row_of_clients())
    assert not SisrEngine().can(RoutingProblem((), (), ((0,),), ((0,),)))
