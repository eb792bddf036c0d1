import importlib.util

import pytest

from scheduling.routing import engines
from scheduling.routing.engines import (
    SISR,
    UnknownEngine,
    choose_engines,
    list_installed,
    load_engine,
)
from scheduling.routing.engines.ortools_search import search_parameters
from scheduling.routing.evaluate import evaluate
from scheduling.routing.params import DEFAULT
from scheduling.routing.problem import Effort
from tests.scheduling.routing.engines.draws import a_draw

LITTLE = Effort(seconds=20, work=1)


@pytest.mark.parametrize("name", [*list_installed(), SISR])
@pytest.mark.parametrize("seed", range(6))
def test_an_engine_keeps_every_rule_of_a_problem_drawn_at_random(name: str, seed: int):
    problem = a_draw(seed, pauses=name != "pyvrp")

    routes = load_engine(name).solve(problem, None, LITTLE, seed)

    assert routes is not None
    assert any(routes)
    assert evaluate(problem, routes) is not None


@pytest.mark.parametrize("name", ["ortools", "pyvrp", SISR])
@pytest.mark.parametrize("seed", range(4))
def test_an_engine_gives_nothing_worse_than_the_start_it_is_given(name: str, seed: int):
    problem = a_draw(seed, pauses=False)
    start = load_engine("vroom").solve(problem, None, LITTLE, seed)

    routes = load_engine(name).solve(problem, start, LITTLE, seed)

    assert start is not None
    assert routes is not None
    before, after = evaluate(problem, start), evaluate(problem, routes)
    assert before is not None
    assert after is not None
    assert after < before


@pytest.mark.parametrize("name", ["ortools", "pyvrp", SISR])
def test_the_same_work_gives_the_same_routes(name: str):
    problem = a_draw(3, pauses=False)

    first, second = (load_engine(name).solve(problem, None, LITTLE, 7) for _ in range(2))

    assert first == second


def test_vroom_gives_routes_of_the_same_cost_but_at_times_mirrored():
    problem = a_draw(3, pauses=False)

    first, second = (load_engine("vroom").solve(problem, None, LITTLE, 7) for _ in range(2))

    assert {frozenset(route) for route in first} == {frozenset(route) for route in second}
    assert evaluate(problem, first) == evaluate(problem, second)


def test_a_problem_with_a_pause_is_nothing_for_pyvrp():
    assert load_engine("pyvrp").can(a_draw(0, pauses=False))
    assert not load_engine("pyvrp").can(a_draw(0, pauses=True))
    assert load_engine("ortools").can(a_draw(0, pauses=True))


def test_an_engine_that_does_not_exist_is_refused():
    with pytest.raises(UnknownEngine, match="tabu"):
        choose_engines(("ortools", "tabu"))


def test_without_the_others_there_is_or_tools(monkeypatch: pytest.MonkeyPatch):
    here = importlib.util.find_spec
    monkeypatch.setattr(engines, "find_spec", lambda name: name == "ortools" and here(name))
    list_installed.cache_clear()

    names = list_installed()
    list_installed.cache_clear()

    assert names == ("ortools",)


def test_ortools_has_no_clock_but_the_limit_of_its_search():
    parameters = search_parameters(DEFAULT.engines.ortools, 300.0, beyond_optimum=False)

    assert parameters.time_limit.ToSeconds() == 300
    assert parameters.lns_time_limit.ToSeconds() == 300
