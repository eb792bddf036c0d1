"""A scenario is answered as a fact would be: what stands is not touched, what may stay stays, next doses go last."""

from copy import deepcopy
from dataclasses import replace
from random import Random

import pytest

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules import check_added
from scheduling.scenarios.answering import answer_now, answer_scenario
from scheduling.scenarios.changes import (
    Change,
    DosesChanged,
    LocationClosed,
    LongerShift,
    LotLost,
    TeamAway,
    TeamExtra,
)
from scheduling.solve import solve
from tests.effort import either
from tests.scheduling.builders import (
    HOUR,
    a_campaign,
    a_lot,
    a_need,
    a_problem,
    a_product,
    a_region,
    a_shift,
    needs,
    published,
)

AT_ONCE = Limits(0)


def standing(seed: int, *, told: bool = True) -> tuple[Problem, Plan]:
    """A small region whose plan is published."""
    problem = a_region(seed, locations=60, teams=2, supply=(2000, 3000, 0))
    plan = solve(problem, AT_ONCE, seed=seed)
    return replace(problem, published=published(plan, told=told)), plan


def some_changes(seed: int) -> list[Change]:
    return [
        TeamAway("T1", 0, 3),
        TeamExtra("T0", 2, 4),
        LongerShift("T0", 0, 13, HOUR),
        DosesChanged("D1", "moderna", -32, 0),
        DosesChanged("D2", "moderna", 32, 1),
        LotLost("lot 0"),
        LocationClosed(f"L{seed}", 0, 13),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_neither_the_problem_nor_its_plan_is_touched(seed: int):
    problem, plan = standing(seed)
    before = deepcopy((problem, plan))

    for one in some_changes(seed):
        found = answer_scenario(problem, [one], AT_ONCE)
        assert check_added(found.problem, found.plan) == ()

    assert (problem, plan) == before


@pytest.mark.parametrize("seed", range(3))
def test_who_is_not_hit_stays_to_the_second(seed: int):
    problem, plan = standing(seed)

    found = answer_scenario(problem, [TeamAway("T1", 0, 13)], AT_ONCE)

    teams = {row.id: row.team_id for row in problem.shifts}
    others = {
        (stop.visit.id, route.shift_id, stop.start, stop.visit.needs)
        for route in plan.routes
        if teams[route.shift_id] != "T1"
        for stop in route.stops
    }
    now = {
        (stop.visit.id, route.shift_id, stop.start, stop.visit.needs)
        for route in found.plan.routes
        for stop in route.stops
    }
    assert others
    assert others <= now


def test_nothing_changed_is_nobody_phoned_and_nobody_lost():
    problem, _ = standing(1)

    figures = answer_now(problem).figures

    assert (figures.calls, figures.dropped, figures.joined) == (0, (), ())


def test_who_loses_the_place_is_named_and_phoned_and_who_joins_is_named():
    problem, _ = standing(2)

    less = answer_scenario(problem, [TeamAway("T1", 0, 13)], AT_ONCE).figures
    more = answer_scenario(problem, [TeamExtra("T0", 0, 13)], AT_ONCE).figures
    now = answer_now(problem).figures

    assert less.dropped
    assert less.calls
    assert now.people_served - less.people_served == len(less.dropped) - len(less.joined)
    assert more.joined
    assert (more.calls, more.dropped) == (0, ())
    assert sum(count for _, count in more.people_by_priority) == more.people_served


def scarce(seed: int, *, size: int = 1) -> Problem:
    """Some locations of people with first and next doses, all told, just enough doses; containers of `size`."""
    random = Random(seed)
    people = tuple(
        a_need(
            f"P{k:02}",
            random.choice(("L1", "L2")),
            dose_no=random.choice((1, 1, 2)),
            priority=random.choice((20, 50, 50, 80)),
        )
        for k in range(40)
    )
    problem = a_problem(
        needs=people,
        campaigns=(a_campaign(),),
        products=(a_product(doses_per_container=size),),
        shifts=(a_shift("S1", 1), a_shift("S2", 2)),
        stock=(a_lot(60),),
    )
    plan = solve(problem, AT_ONCE, seed=seed)
    lot = a_lot(sum(len(s.visit.needs) for route in plan.routes for s in route.stops))
    return replace(problem, published=published(plan), stock=(lot,))


@pytest.mark.parametrize("seed", range(either(short=6, long=60)))
@pytest.mark.parametrize("missing", [3, 10, 25, 32])
def test_when_doses_fall_short_next_doses_go_first_then_the_higher_priorities(
    seed: int, missing: int
):
    problem = scarce(seed)
    rank = {
        (n.person_id, n.campaign_id, n.dose_no): (n.dose_no > 1, n.priority) for n in problem.needs
    }

    found = answer_scenario(problem, [DosesChanged("D1", "moderna", -missing, 0)], AT_ONCE)

    lost = {rank[key] for key in found.figures.dropped}
    kept = {rank[key] for key in rank if key not in found.figures.dropped}
    assert len(found.figures.dropped) == missing
    assert max(lost) <= min(kept)


def test_a_next_dose_goes_before_a_first_one_of_a_higher_priority_at_another_location():
    problem = a_problem(
        needs=(*needs(10, "L1", dose_no=2, priority=10), *needs(10, "L2", priority=90)),
        stock=(a_lot(20),),
    )
    problem = replace(problem, published=published(solve(problem, AT_ONCE)))

    figures = answer_scenario(problem, [DosesChanged("D1", "moderna", -10, 0)], AT_ONCE).figures

    assert {person[:2] for person, _, _ in figures.dropped} == {"L2"}
    assert (figures.next_doses, figures.next_doses_dropped) == (10, 0)
