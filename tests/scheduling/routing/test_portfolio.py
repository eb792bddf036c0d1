"""Which engine a worker is given, by the length of the routes and by what each engine gained."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.routing.engines import SISR
from scheduling.routing.params import DEFAULT
from scheduling.routing.portfolio import PARTS, Portfolio
from scheduling.routing.problem import Routes

SHORT: Routes = ((1, 2, 3), (4, 5), ())
LONG: Routes = (tuple(range(30)), tuple(range(30, 60)), ())
ALONE = (PARTS,)


def a_portfolio(*engines: str, explore_rate: float = 0.0) -> Portfolio:
    return Portfolio(engines, replace(DEFAULT.portfolio, explore_rate=explore_rate))


def test_whatever_the_routes_pyvrp_works_where_it_can_be_told_the_problem():
    for routes in (SHORT, LONG):
        assert a_portfolio(PARTS, "pyvrp").draw(routes, 2, Random(0)) == ["pyvrp", "pyvrp"]


def test_without_any_library_our_own_engine_works():
    assert a_portfolio().draw(LONG, 2, Random(0)) == [SISR, SISR]


@pytest.mark.parametrize(("routes", "first", "second"), [(SHORT, SISR, PARTS), (LONG, PARTS, SISR)])
def test_long_routes_go_to_guided_local_search_first_and_the_other_is_tried_beside_it(
    routes: Routes, first: str, second: str
):
    assert a_portfolio(*ALONE).draw(routes, 2, Random(0)) == [first, second]
    assert a_portfolio(*ALONE).draw(routes, 3, Random(0)) == [first, second, first]


@pytest.mark.parametrize("routes", [SHORT, LONG])
def test_one_worker_tries_one_engine_after_the_other(routes: Routes):
    portfolio = a_portfolio(*ALONE)
    (first,) = portfolio.draw(routes, 1, Random(0))
    portfolio.note(first, 1000, 900)

    (second,) = portfolio.draw(routes, 1, Random(0))

    assert {first, second} == {SISR, PARTS}


@pytest.mark.parametrize("best", [SISR, PARTS])
@pytest.mark.parametrize("routes", [SHORT, LONG])
def test_then_the_engine_that_gained_more_is_given_to_every_worker(routes: Routes, best: str):
    portfolio = a_portfolio(*ALONE)
    for name in (SISR, PARTS):
        portfolio.note(name, 1000, 900 if name == best else 990)

    assert portfolio.draw(routes, 2, Random(0)) == [best, best]


def test_an_engine_that_gains_nothing_any_more_gives_way():
    portfolio = a_portfolio(*ALONE)
    portfolio.note(PARTS, 1000, 800)
    portfolio.note(SISR, 1000, 950)
    for _ in range(5):
        portfolio.note(PARTS, 800, 800)

    assert portfolio.draw(LONG, 1, Random(0)) == [SISR]


def test_the_engine_that_gains_less_is_tried_now_and_then():
    portfolio = a_portfolio(*ALONE, explore_rate=0.3)
    portfolio.note(PARTS, 1000, 900)
    portfolio.note(SISR, 1000, 990)
    random = Random(0)

    drawn = [portfolio.draw(LONG, 1, random)[0] for _ in range(1000)]

    assert 250 < drawn.count(SISR) < 350


@pytest.mark.parametrize(
    ("asked", "able", "asks"),
    [
        (("ortools", "vroom"), ("ortools",), True),
        (("ortools", "pyvrp", "vroom"), ("ortools", "pyvrp"), False),
        (("ortools", "pyvrp", "vroom"), ("ortools",), True),
        (("ortools",), ("ortools",), False),
    ],
)
def test_a_first_plan_of_vroom_is_asked_for_where_pyvrp_does_not_work(
    asked: tuple[str, ...], able: tuple[str, ...], asks: bool
):
    assert a_portfolio(*able).asks_vroom(asked) is asks
