"""How many doses leave the stock: whole containers."""

from scheduling.care.doses import in_containers, loaded, wasted
from tests.scheduling.builders import (
    HOUR,
    a_problem,
    a_product,
    a_route,
    a_visit,
    at,
    needs,
)

PROBLEM = a_problem(needs=(*needs(13, "L1"), *needs(4, "L2")))
STOPS = a_route(
    PROBLEM, "S1", (a_visit(PROBLEM, "L1"), at(0, 9)), (a_visit(PROBLEM, "L2"), at(0, 14))
).stops


def test_a_container_is_opened_for_its_first_dose():
    assert [in_containers(a_product(), n) for n in (0, 1, 10, 11)] == [0, 10, 10, 20]


def test_what_is_left_in_it_stays_where_it_was_opened():
    assert loaded(a_product(), STOPS) == 30
    assert wasted(a_product(), STOPS) == 13


def test_or_goes_on_to_the_next_stop_while_it_lives():
    lives = a_product(open_may_travel=True, open_seconds=STOPS[1].departure - STOPS[0].start)
    dies = a_product(open_may_travel=True, open_seconds=lives.open_seconds - 1)

    assert (loaded(lives, STOPS), wasted(lives, STOPS)) == (20, 3)
    assert (loaded(dies, STOPS), wasted(dies, STOPS)) == (30, 13)
    assert loaded(a_product("other"), STOPS) == 0
    assert lives.open_seconds > 5 * HOUR
