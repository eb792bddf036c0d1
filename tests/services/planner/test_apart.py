"""What the planner does when the solver fails: says so, waits with that region, and goes on with the others."""

import multiprocessing
import os
import signal
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from infra.postgres.snapshot.load import Due
from scheduling.solve import InvalidProblem, Limits
from services.planner.apart import AGAIN_SECONDS, FailedRegions, NoPlan, Refused, RenewedPool
from services.planner.attempt import try_to_plan
from services.planner.round import Planning, plan_once
from tests.builders import REGION, SmallRegion, say
from tests.facts import NOW

FIRST, SECOND = Due("GG2514", (5, 1)), Due("GG2514", (6, 1))


class Poisoned(Executor):
    """A solver that refuses every problem."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        found: Future[Any] = Future()
        found.set_exception(InvalidProblem(("shifts[0].end: below 0",)))
        return found


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def a_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


@pytest.mark.postgres
async def test_a_problem_that_can_not_be_solved_ends_no_planner_and_leaves_the_region_due(fresh):
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    await say(door, *SmallRegion().all())
    planning = Planning(reading, door, fresh.dsn("planner"), Poisoned(), Limits(5, 1))

    with pytest.raises(NoPlan) as caught:
        await plan_once(planning, REGION, NOW)
    made = await try_to_plan(planning, Due(REGION, (1, 1)), NOW)

    assert isinstance(caught.value.__cause__, InvalidProblem)
    assert not made


def test_a_region_that_failed_waits_for_newer_facts_or_for_a_while():
    failed = FailedRegions()
    failed.note(FIRST, 10.0)

    assert failed.regions == ["GG2514"]
    assert failed.waits(FIRST, 11.0)
    assert not failed.waits(SECOND, 11.0)
    assert not failed.waits(FIRST, 10.0 + AGAIN_SECONDS)
    failed.forget("GG2514")
    assert failed.regions == []
    assert not failed.waits(FIRST, 11.0)


def test_a_refused_plan_is_tried_again_only_after_new_facts_or_on_another_day():
    failed, today = FailedRegions(), replace(FIRST, day=date(2021, 2, 15))
    failed.note(today, 10.0, Refused("refused_by_store", ("one_live_appointment",)))

    assert failed.waits(today, 10_000.0)
    assert not failed.waits(replace(SECOND, day=today.day), 11.0)
    assert not failed.waits(replace(FIRST, day=date(2021, 2, 16)), 11.0)
    assert failed.state() == {
        "ok": False,
        "failed": [],
        "refused": {"GG2514": {"reason": "refused_by_store", "fields": ["one_live_appointment"]}},
    }
    failed.forget("GG2514")
    assert failed.state() == {"ok": True, "failed": [], "refused": {}}


@pytest.mark.slow
def test_a_solver_that_is_killed_is_followed_by_another():
    with RenewedPool(a_pool) as solver:
        with pytest.raises(BrokenExecutor):
            solver.submit(die).result()

        assert solver.submit(max, 1, 2).result() == 2
