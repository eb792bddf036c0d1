"""A plan is driven many times: what is late on drawn days is counted, and slack before closing time keeps it small."""

from dataclasses import replace

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Break, CrisisVisit, Problem, TimeWindow
from scheduling.robustness import replay
from scheduling.robustness_params import ReplayParams
from scheduling.rules import check
from scheduling.solve import solve
from tests.scheduling.builders import a_location, a_need, a_problem, a_shift, a_travel, at, needs

CLOSES = 14.25  # hour of the day; six visits of 50 minutes, ten minutes apart, begin until 14:00


def a_day(**changes) -> Problem:
    """Six locations that all close at the same hour, and one team whose shift has just room for them."""
    places = [f"L{k}" for k in range(1, 7)]
    rows = tuple(
        a_location(name, k, time_windows=(TimeWindow(at(0, 9), at(0, CLOSES)),))
        for k, name in enumerate(places, 1)
    )
    people = tuple(need for name in places for need in needs(9, name))
    shift = a_shift(start=at(0, 8), end=at(0, 18))
    usual = a_problem(locations=rows, needs=people, shifts=(shift,), travel=a_travel(7))
    return replace(usual, **changes)


def solved(problem: Problem) -> Plan:
    return solve(problem, Limits(seconds=20, rounds=1))


def served(plan: Plan) -> int:
    return sum(len(stop.visit.needs) for route in plan.routes for stop in route.stops)


def test_on_a_day_as_planned_every_stop_is_on_time():
    problem = a_day()
    found = replay(problem, solved(problem), ReplayParams(service=(1, 1), travel=(1, 1)))
    assert (found.inside, found.containers_late, found.back_late) == (1, 0, 0)


def test_the_same_plan_is_replayed_to_the_same_answer():
    problem = a_day()
    plan = solved(problem)
    assert replay(problem, plan) == replay(problem, plan)


def test_a_plan_without_stops_is_late_nowhere():
    problem = a_day(needs=())
    found = replay(problem, solved(problem))
    assert (found.stops, found.inside, found.containers_late, found.back_late) == (0, 1, 0, 0)


def test_visits_that_take_twice_as_long_make_the_last_stop_late_and_the_team_come_home_late():
    problem = a_day()
    plan = solved(problem)
    twice = replay(problem, plan, ReplayParams(service=(2, 2), travel=(1, 1)))
    last = max(stop.start for stop in plan.routes[0].stops)
    assert last <= at(0, CLOSES)
    assert twice.inside < 1
    assert twice.back_late == 1


def test_a_vial_that_lives_as_long_as_its_visit_is_late_once_the_visit_takes_longer():
    problem = a_day()
    product = problem.products[0]
    plan = solved(problem)
    pace = ReplayParams(service=(1.2, 1.2), travel=(1, 1))
    assert replay(problem, plan, pace).containers_late == 0
    short = replace(product, open_seconds=1620)  # nine people with six seats: 27 minutes
    tight = replace(problem, products=(short, *problem.products[1:]))
    assert check(tight, plan) == ()
    assert replay(tight, plan, pace).containers_late == len(plan.routes[0].stops)


def test_the_break_of_the_crew_counts_in_the_replay():
    pause = Break(at(0, 11), at(0, 12), 15 * 60)
    problem = a_day(shifts=(a_shift(start=at(0, 8), end=at(0, 18), pause=pause),))
    plan = solved(problem)
    route = plan.routes[0]
    assert route.pause_start is not None
    tight = replace(problem, shifts=(replace(problem.shifts[0], end=route.back),))
    as_planned = ReplayParams(draws=1, service=(1, 1), travel=(1, 1))
    assert replay(tight, plan, as_planned).back_late == 0
    # A break that is longer than planned by a second brings the team home a second late, when nowhere is waiting.
    longer = replace(pause, seconds=pause.seconds + 1)
    later = replace(tight, shifts=(replace(tight.shifts[0], pause=longer),))
    assert replay(later, plan, as_planned).back_late == 1


def test_a_crisis_visit_is_late_after_its_own_last_moment():
    visit = CrisisVisit("crisis", "L6", at(0, 9), at(0, 9.5), 3600, frozenset(), 90)
    problem = a_day(crisis_visits=(visit,), needs=tuple(a_need(f"P{k}", "L1") for k in range(9)))
    plan = solved(problem)
    slow = replay(problem, plan, ReplayParams(service=(1, 1), travel=(40, 40)))
    assert slow.inside < 1


def test_slack_keeps_stops_on_time_and_shuts_nobody_out():
    without = a_day()
    with_slack = a_day(slack_minutes=8)
    before, after = solved(without), solved(with_slack)
    assert check(with_slack, after) == ()
    assert replay(with_slack, after).inside >= 0.95
    assert replay(without, before).inside < replay(with_slack, after).inside
    assert served(after) >= served(before) - 9  # one visit


def test_a_location_that_opens_for_a_quarter_late_in_the_day_is_still_visited_with_slack():
    late = a_location("L1", 1, time_windows=(TimeWindow(at(0, 15), at(0, 15.25)),))
    shift = a_shift(end=at(0, 18))
    problem = a_problem(locations=(late,), needs=needs(3), shifts=(shift,), slack_minutes=60)
    assert served(solved(problem)) == 3
