"""What the supply of a region lets a plan promise, from the events that say it to the plan."""

import pytest

from events.supply import LotQuarantined
from infra.postgres.snapshot.load import load_snapshot
from scheduling.problem import Problem
from scheduling.solve import Limits, solve
from services.planner.problem.posed import to_problem
from tests.builders import REGION, SmallRegion, say
from tests.facts import (
    NOW,
    a_campaign,
    a_delivery,
    a_product,
    a_promise,
    an_announcement,
)

pytestmark = pytest.mark.postgres
QUICK = Limits(seconds=20, rounds=1)
# Enough for the first doses of two locations in whole containers, and for nothing else.
FIRST_DOSES = a_delivery(doses=20)


async def problem_of(fresh, *supply) -> Problem:
    """A small region in which second doses are reserved, with this supply."""
    door, small = await fresh.open("acceptor"), SmallRegion()
    catalogue = [a_product(), a_campaign(reserve_next_dose=True)]
    await say(door, *small.places(), *catalogue, *small.crews(), *small.patients(), *supply)
    snapshot = await load_snapshot(await fresh.open("planner"), REGION, NOW)
    return to_problem(snapshot).problem


def served(problem: Problem) -> tuple[int, set[str]]:
    """People with a visit, and why the others have none."""
    plan = solve(problem, QUICK)
    people = sum(len(stop.visit.needs) for route in plan.routes for stop in route.stops)
    return people, {reason.value for one in plan.unassigned for reason in one.reasons}


async def test_an_announced_delivery_secures_no_second_dose(fresh):
    problem = await problem_of(fresh, FIRST_DOSES, an_announcement())

    people, reasons = served(problem)
    assert people == 4  # half of what is there is kept for their second doses
    assert "next_dose_not_secured" in reasons


async def test_a_confirmed_delivery_secures_second_doses(fresh):
    problem = await problem_of(fresh, FIRST_DOSES, an_announcement(), a_promise())

    assert served(problem) == (8, set())


async def test_a_delivery_that_was_received_secures_second_doses(fresh):
    problem = await problem_of(fresh, FIRST_DOSES, a_delivery("second", doses=20, lot="LOT2"))

    assert served(problem) == (8, set())


async def test_a_delivery_that_was_really_smaller_secures_less(fresh):
    more = a_delivery("second", doses=20, lot="LOT2")

    problem = await problem_of(fresh, FIRST_DOSES, more, more.model_copy(update={"doses": 10}))

    assert served(problem)[0] == 4


async def test_nobody_is_planned_with_doses_in_quarantine(fresh):
    quarantined = LotQuarantined(product_id="moderna", lot="LOT1")

    problem = await problem_of(fresh, a_delivery(doses=200), quarantined)

    assert served(problem) == (0, {"no_stock"})
