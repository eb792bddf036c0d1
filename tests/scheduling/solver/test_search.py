"""The search keeps to its engines, its seed, its limits and its processes."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from scheduling.plan import Plan
from scheduling.problem import Problem, Published
from scheduling.routing.processes import Workers
from scheduling.rules import check
from scheduling.solve import Limits, MissingEngine, UnknownEngine, list_installed, solve
from scheduling.solver.budget import Budget, SearchResources
from scheduling.solver.decomposition.clusters import cut_by_geography
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.params import DEFAULT, SearchParams
from scheduling.solver.phases.start import build_first_plan, take_everything
from scheduling.visits.grouping import group
from tests.scheduling.builders import a_region

pytestmark = pytest.mark.slow  # whole searches, and processes
ROOT = Path(__file__).resolve().parents[3]
SMALL = a_region(5, locations=40, teams=3)
LIVES_LONG = """
import sys, time
from scheduling.routing.processes import Workers
with Workers(2) as workers:
    print(*workers.pids, flush=True)
    time.sleep(60)
"""


def same(plan: Plan) -> Plan:
    """A plan without the clock's share in it, and without how many made it."""
    return replace(plan, seconds=0, first_sound_seconds=0, made=None)


@pytest.mark.parametrize("engines", [("ortools",), None])
def test_a_plan_is_sound_with_few_engines_and_with_all(engines: tuple[str, ...] | None):
    plan = solve(SMALL, Limits(60, rounds=2, engines=engines))

    assert check(SMALL, plan) == ()
    assert len(plan.engines) == len(engines or list_installed())
    assert plan.first_sound_seconds is not None
    assert plan.first_sound_seconds <= plan.seconds


@pytest.mark.slow
def test_two_processes_find_what_one_finds():
    one, two = (solve(SMALL, Limits(60, rounds=2, workers=n), seed=3) for n in (1, 2))

    assert same(one) == same(two)


@pytest.mark.slow
def test_more_rounds_are_never_worse():
    few, more = (solve(SMALL, Limits(60, rounds=n)) for n in (0, 4))

    assert more.values.as_tuple() <= few.values.as_tuple()


def test_an_engine_that_is_not_there_is_named():
    with pytest.raises((UnknownEngine, MissingEngine), match="horse"):
        solve(SMALL, Limits(1, engines=("horse",)))


def test_somebody_may_stop_the_search():
    began = monotonic()

    plan = solve(SMALL, Limits(60), stop=lambda: monotonic() > began + 1)

    assert check(SMALL, plan) == ()
    assert plan.seconds < 20


def test_pieces_of_a_large_region_share_nothing_and_leave_nothing_out():
    problem = a_region(1, locations=420, teams=6)
    indexed = IndexedProblem(problem, group(problem))
    whole = take_everything(indexed, Draft(indexed))

    sub_problems = cut_by_geography(indexed, whole, DEFAULT.clusters)

    assert len(sub_problems) == 2
    assert sorted(v for sub_problem in sub_problems for v in sub_problem.visits) == sorted(
        whole.visits
    )
    assert sorted(s for sub_problem in sub_problems for s in sub_problem.shifts) == sorted(
        whole.shifts
    )


def test_processes_end_when_the_search_is_killed():
    command = [sys.executable, "-c", LIVES_LONG]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        os.kill(parent.pid, signal.SIGKILL)

    until = monotonic() + 10
    while any(map(lives, pids)) and monotonic() < until:
        sleep(0.05)

    assert len(pids) == 2
    assert not any(map(lives, pids))


def lives(pid: int) -> bool:
    """Whether a process runs; one that nobody buried yet does not."""
    try:
        return "(python" in (stat := Path(f"/proc/{pid}/stat").read_text()) and ") Z" not in stat
    except FileNotFoundError:
        return False


class CountingWorkers(Workers):
    """Workers that know how many jobs they were given."""

    jobs = 0

    def run(self, jobs, stop=None):
        self.jobs += len(jobs)
        return super().run(jobs, stop)


def half_published(first: Plan) -> Problem:
    published = tuple(
        Published(stop.visit.id, route.shift_id, stop.start)
        for route in first.routes[:2]
        for stop in route.stops
    )
    return replace(SMALL, published=published)


FEW_ARE_MANY = replace(DEFAULT, start=replace(DEFAULT.start, many_new=5))


@pytest.mark.parametrize(("params", "asks"), [(FEW_ARE_MANY, True), (DEFAULT, False)])
def test_much_that_is_new_beside_a_known_plan_goes_to_an_engine_and_little_is_inserted(
    params: SearchParams, asks: bool
):
    problem = half_published(solve(SMALL, Limits(20, rounds=1)))
    indexed = IndexedProblem(problem, group(problem))
    workers = CountingWorkers(1)
    resources = SearchResources(("ortools",), workers, Random(0), params)
    insertions = InsertionCosts(indexed, params)

    build_first_plan(indexed, insertions, None, resources, Budget(monotonic() + 20, rounds=0))

    assert (workers.jobs > 0) == asks


def test_much_that_is_new_leaves_a_known_plan_where_it_was():
    first = solve(SMALL, Limits(20, rounds=1))

    plan = solve(half_published(first), Limits(20, rounds=0), params=FEW_ARE_MANY)

    assert plan.values.moved_stops == 0
    assert plan.values.unserved_weight <= first.values.unserved_weight
