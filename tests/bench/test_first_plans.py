"""A region without a plan: how soon a warm process has a sound one, and how soon it says that there is nothing to plan.

Run by `make bench`; SCENES are regions with their seeds. The problem is posed from the demo's facts, by way of the door.
"""

import asyncio
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.envelope import Record, System
from events.local_time import to_moment
from infra.kafka.producer import Outgoing
from infra.postgres.database import Database
from infra.postgres.snapshot.load import load_snapshot
from scheduling.care.lookup import key_of
from scheduling.plan import Plan
from scheduling.problem import Fixed, Problem
from scheduling.solve import Limits
from services.accept.accept import accept
from services.accept.submission import Submission
from services.commands.connecting import exercise_systems
from services.demo.scenario import BEGINS, Scenario
from services.planner.child import is_awake, solve_apart, start_solver
from services.planner.problem.posed import to_problem
from services.simulator.feed import feed
from tests.bench.measuring import CLOCK, show
from tests.bench.test_replanning import SCENES, count_served
from tests.conftest import Fresh
from tests.services.importing.builders import SmallVault

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(1800)]
FIRST_SECONDS, NOTHING_SECONDS = 1.5, 1.0
SECONDS = 8.0


@dataclass(frozen=True)
class Offered:
    """Sends to the door what is meant for Kafka."""

    door: Database
    systems: dict[str, System]
    now: datetime

    async def send_all(self, records: list[Outgoing]) -> None:
        said = [
            Submission((Record(self.systems[one.topic], one.value, dict(one.headers)),))
            for one in records
        ]
        await accept(self.door, said, self.now)


async def pose(fresh: Fresh, scenario: Scenario, folder: Path) -> Problem:
    """The problem of a region that was just fed."""
    now = to_moment(scenario.start, BEGINS).astimezone(UTC)
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    systems = {one.topic: one for one in exercise_systems(scenario.region)}
    await feed(folder, scenario.make(), Offered(door, systems, now), SmallVault())
    return to_problem(await load_snapshot(reading, scenario.region, now)).problem


def pinned(problem: Problem, plan: Plan) -> Problem:
    """The problem of those whom a plan serves, with every stop pinned."""
    stops = [(route.shift_id, stop) for route in plan.routes for stop in route.stops]
    fixed = tuple(
        Fixed(
            visit_id=stop.visit.id,
            shift_id=shift,
            start=stop.start,
            person_ids=frozenset(person for person, _ in stop.visit.needs),
            why="pinned",
            location_id=stop.visit.location_id,
            campaign_id=stop.visit.campaign_id,
            product_id=stop.visit.product_id,
            service_seconds=stop.departure - stop.start,
        )
        for shift, stop in stops
    )
    served = {
        (person, stop.visit.campaign_id, dose) for _, stop in stops for person, dose in stop.visit.needs
    }  # fmt: skip
    needs = tuple(need for need in problem.needs if key_of(need) in served)
    return replace(problem, fixed=fixed, needs=needs)


@pytest.mark.parametrize("scene", SCENES)
async def test_a_first_plan(scene: str, fresh: Fresh, tmp_path: Path, capsys):
    region, seed = scene.split(":")
    problem = await pose(fresh, Scenario(region=region, seed=int(seed)), tmp_path)
    with start_solver() as solver:
        await asyncio.wrap_future(solver.submit(is_awake))

        async def solve(one: Problem, seconds: float) -> tuple[Plan, float]:
            began = CLOCK.monotonic()
            plan = await asyncio.wrap_future(solver.submit(solve_apart, one, Limits(seconds), 0))
            return plan, CLOCK.monotonic() - began

        first, took = await solve(problem, 0.0)
        whole, _ = await solve(problem, SECONDS)
        _, still = await solve(pinned(problem, whole), SECONDS)
        _, empty = await solve(replace(problem, needs=()), SECONDS)
    visits = sum(len(route.stops) for route in first.routes)
    show(
        capsys,
        f"{scene}: {len(problem.needs)} needs, {len(problem.shifts)} shifts",
        [
            ("first plan, checked, with reasons", f"{took:.2f} s, {visits} visits, {count_served(first)} people; sound after {first.first_sound_seconds:.2f} s"),
            (f"after {SECONDS:.0f} s", f"{count_served(whole)} people"),
            ("everything pinned", f"{still:.2f} s"),
            ("nobody to plan for", f"{empty:.2f} s"),
        ],
    )  # fmt: skip
    if os.environ.get("SPEED_BARS"):
        assert took <= FIRST_SECONDS
        assert max(still, empty) <= NOTHING_SECONDS
