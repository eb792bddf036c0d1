"""What is found quickly is what is found slowly: rules asked of a few routes, and places found in one plan that fills up."""

from random import Random

from scheduling.steering.breaches import breaks_any, list_breaches
from scheduling.steering.filling import fill
from tests.scheduling.steering import slowly


def test_routes_that_a_change_does_not_concern_say_nothing_new():
    random, found, tried = Random(7), 0, 0
    for actual in slowly.draw_actual(random, 0, 24):
        problem = actual.problem
        for _ in range(3):
            before, lengths = slowly.draw_routes(random, actual)
            kept = {name: route for name, route in before.items() if random.random() < 0.6}
            after, _ = slowly.draw_routes(random, actual, kept)
            free = {row.visit_id for row in lengths if random.random() < 0.3}

            quick = list_breaches(problem, before, after, lengths, free)

            slow = slowly.list_new_faults(problem, before, after, lengths, free)
            assert {(row.rule, row.where, row.detail) for row in quick} == slow
            assert breaks_any(problem, before, after, lengths, free) == bool(slow)
            tried, found = tried + 1, found + len(slow)
    assert tried > 50
    assert found > 100


def test_visits_that_lost_their_team_get_the_places_that_are_found_one_by_one():
    random, placed, left = Random(3), 0, 0
    for actual in slowly.draw_actual(random, 0, 60):
        plan, fallen = slowly.draw_fallen(random, actual)

        quick = fill(plan, fallen, slowly.ALL)

        slow = slowly.fill_slowly(plan, fallen)
        assert [one.standing for one in quick] == [one.standing for one in slow]
        assert [one.routes for one in quick] == [one.routes for one in slow]
        assert [{*one.problem.published} for one in quick] == [
            {*one.problem.published} for one in slow
        ]
        placed, left = placed + len(quick) - 1, left + len(fallen) - len(quick) + 1
    assert placed > 20
    assert left > 20
