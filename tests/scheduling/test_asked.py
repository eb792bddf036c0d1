"""What was asked of published visits is kept by whoever plans next: at once after an event, and by a search for the better."""

from dataclasses import replace
from random import Random

from scheduling.care.lookup import day_of
from scheduling.improve import improve
from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Asked, Problem
from scheduling.rules import check_added
from scheduling.solve import repair, solve
from tests.scheduling.builders import a_region
from tests.scheduling.steering.test_effect import published


def places(plan: Plan) -> dict[str, tuple[str, int]]:
    return {s.visit.id: (route.shift_id, s.start) for route in plan.routes for s in route.stops}


def a_published_region() -> tuple[Problem, Plan]:
    problem = replace(
        a_region(6, locations=50, teams=4), crisis_visits=(), notice_seconds=0, needs=()
    )
    whole = a_region(6, locations=50, teams=4)
    problem = replace(problem, needs=whole.needs[::2])  # room enough to move
    plan = solve(problem, Limits(0))
    return replace(problem, published=tuple(published(plan, told=False))), plan


def test_a_visit_goes_into_the_window_that_was_asked_and_keeps_its_name():
    problem, plan = a_published_region()
    random, kept = Random(3), 0
    for name, (_, start) in random.sample(sorted(places(plan).items()), 12):
        day = day_of(problem, start) + random.choice((-1, 1, 2))
        if not 0 <= day < problem.days - 1:
            continue
        row = Asked(name, None, problem.day_starts[day], problem.day_starts[day + 1] - 1)
        answered = repair(replace(problem, asked=(row,)), Limits(0))
        now = places(answered)

        assert check_added(replace(problem, asked=(row,)), answered) == ()
        if name in now:
            kept += 1
            assert day_of(problem, now[name][1]) == day
        others = {other for other in now if other != name and other in places(plan)}
        assert {other: now[other] for other in others} == {
            other: places(plan)[other] for other in others
        }
    assert kept >= 3


def test_a_team_and_a_moment_that_are_held_stand_through_a_search_for_the_better():
    problem, plan = a_published_region()
    names = sorted(places(plan))[::5]
    held = tuple(
        Asked(name, places(plan)[name][0]) if k % 2 else _moment(name, places(plan)[name][1])
        for k, name in enumerate(names)
    )
    asked = replace(problem, asked=held)

    better = solve(asked, Limits(2, rounds=3), previous=plan)

    now = places(better)
    assert check_added(asked, better) == ()
    for k, name in enumerate(names):
        assert name in now
        assert now[name][0 if k % 2 else 1] == places(plan)[name][0 if k % 2 else 1]


def _moment(name: str, start: int) -> Asked:
    return Asked(name, None, start, start)


def test_an_offer_for_the_better_keeps_what_was_asked():
    problem, plan = a_published_region()
    name, (shift_id, start) = sorted(places(plan).items())[0]
    asked = replace(problem, asked=(Asked(name, shift_id, start, start),))

    offer = improve(asked, Limits(2, rounds=3))

    assert offer is None or places(offer.plan).get(name) == (shift_id, start)
