"""Who lost an appointment to an event, and gets another: the planner's two answers beside thirty seconds of search.

Run by `make bench`. All three searches hold the same promises. REGIONS names regions and seeds; STRIKES says how many
events each has, SECONDS how long the search beside them takes.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from scheduling.care.lookup import day_of
from scheduling.care.told import published_to_come
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.solve import Limits, repair, solve
from services.demo.scenario import Scenario
from services.planner.params import ANSWERS
from tests.bench.measuring import show
from tests.bench.runs import SECONDS
from tests.bench.test_old_way import demo_problem
from tests.conftest import Fresh
from tests.scheduling.builders import published

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(7200)]
REGIONS = os.environ.get("REGIONS", "GG0111:11 GG2707:12").split()
STRIKES = int(os.environ.get("STRIKES", "6"))
PUBLISHED_AFTER = 8.0  # seconds of search, as the demo's planner has
BAR = 0.95

Strike = Callable[[Problem, Random], Problem]


def withdraw_shift(problem: Problem, random: Random) -> Problem:
    """A team falls ill for a day."""
    gone = random.choice(sorted({row.shift_id for row in problem.published}))
    return replace(problem, shifts=tuple(row for row in problem.shifts if row.id != gone))


def shorten_shift(problem: Problem, random: Random) -> Problem:
    """A team has to be home three hours earlier."""
    hit = random.choice(sorted({row.shift_id for row in problem.published}))
    shifts = (
        replace(row, end=row.end - 3 * 3600) if row.id == hit else row for row in problem.shifts
    )
    return replace(problem, shifts=tuple(shifts))


def close_location(problem: Problem, random: Random) -> Problem:
    """A home lets nobody in on the days on which it is visited."""
    row = random.choice(sorted(problem.published, key=lambda row: row.visit_id))
    days = {
        day_of(problem, one.start)
        for one in problem.published
        if one.location_id == row.location_id
    }
    locations = (
        replace(
            place,
            time_windows=tuple(
                one for one in place.time_windows if day_of(problem, one.earliest) not in days
            ),
        )
        if place.id == row.location_id
        else place
        for place in problem.locations
    )
    return replace(problem, locations=tuple(locations))


KINDS: tuple[Strike, ...] = (withdraw_shift, shorten_shift, close_location)


@dataclass(frozen=True, slots=True)
class PutBack:
    """Of one event: who was hit, and how many of them each search serves."""

    name: str
    hit: int
    first: int
    second: int
    long: int


def lose(problem: Problem, random: Random, n: int) -> PutBack:
    strike = KINDS[n % len(KINDS)]
    struck = strike(problem, random)
    first = repair(struck, Limits(0.0), seed=1)
    lost = {dose for row in first.taken for dose in row.doses}
    second = repair(struck, Limits(ANSWERS.better_seconds), seed=1)
    best = max((first, second), key=lambda plan: -plan.values.unserved_weight)
    long = repair(struck, Limits(SECONDS), seed=1)
    counted = [len(lost & served(plan)) for plan in (first, best, long)]
    return PutBack(strike.__name__, len(lost), *counted)


def served(plan: Plan) -> set[tuple[str, int]]:
    return {dose for route in plan.routes for stop in route.stops for dose in stop.visit.needs}


def in_second(rows: list[PutBack]) -> float:
    """Of those whom the long search serves, the share that the planner's second answer serves."""
    return sum(row.second for row in rows) / max(1, sum(row.long for row in rows))


@pytest.mark.parametrize("which", REGIONS)
async def test_who_was_hit_is_put_back(fresh: Fresh, tmp_path: Path, capsys, which: str):
    region, seed = which.split(":")
    scenario, random = Scenario(region, int(seed)), Random(int(seed))
    problem = await demo_problem(fresh, tmp_path, scenario)
    plan = solve(problem, Limits(PUBLISHED_AFTER, workers=2), seed=1)
    standing = replace(problem, published=published(plan))
    assert list(published_to_come(standing))

    rows = [lose(standing, random, n) for n in range(STRIKES)]

    lines = [
        (
            row.name,
            f"hit {row.hit:3d}  first {row.first:3d}  second {row.second:3d}  {SECONDS:.0f} s {row.long:3d}",
        )
        for row in rows
    ]
    show(
        capsys, f"{region}, seed {seed}: people who lost an appointment, and who got another", lines
    )
    if os.environ.get("PLAN_BARS"):
        assert in_second(rows) >= BAR
