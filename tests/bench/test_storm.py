"""A storm of facts while a plan is made: how long until a plan holds them all, and what the planner takes of memory.

Run by `make bench`. The facts come in STORM_SECONDS, a hundred at a time, after an event whose plan is being made better.
"""

import asyncio
import os
import statistics
from pathlib import Path
from random import Random

import psutil
import pytest

from infra.postgres.campaign_view import read_record
from scheduling.kept import check_kept
from scheduling.rules import check_added
from services.demo.scenario import Scenario
from services.planner.record import from_record
from tests.bench import happenings
from tests.bench.measuring import show
from tests.bench.replanning import CLOCK, LOOK_SECONDS, World, a_world, load
from tests.conftest import Fresh

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(1800)]
STORM = int(os.environ.get("STORM", "1000"))
STORM_SECONDS = 10.0
AT_ONCE = 20  # facts of ten people


def megabytes(world: World) -> float:
    """Of the planner and its children, pages that they share once."""
    process = psutil.Process(world.processes["planner"].process.pid)
    found = (process, *process.children(recursive=True))
    return sum(one.memory_full_info().pss for one in found) / 1024**2


async def find_broken(world: World, since: int) -> tuple[int, list[str]]:
    """How many plans were published after this line, and the rules that they break."""
    broken: list[str] = []
    async with world.door.transaction() as tx:
        rows = await tx.fetch(
            "SELECT hash FROM plans WHERE region = $1 AND published_seq > $2", world.region, since
        )
        for row in rows:
            problem, plan = from_record(*await read_record(tx, row["hash"]))
            broken += [one.rule for one in (*check_added(problem, plan), *check_kept(problem))]
    return len(rows), broken


async def newest(world: World, ids: list[str] | None = None) -> int:
    """The newest line of the ledger, or of these facts."""
    async with world.door.transaction() as tx:
        return int(
            await tx.fetchval(
                "SELECT max(seq) FROM ledger WHERE region = $1 AND ($2::text[] IS NULL OR id = ANY ($2))",
                world.region,
                ids,
            )
        )


async def test_a_storm_while_a_plan_is_made(fresh: Fresh, kafka, tmp_path: Path, capsys):
    scenario, random = Scenario(), Random(1)
    async with a_world(fresh, kafka, tmp_path, scenario) as world:
        await load(world, scenario, tmp_path)
        since, before, most = await newest(world), megabytes(world), 0.0
        world.seen.clear()
        told: list[tuple[float, str]] = []
        event = await happenings.sick_team(world, random)
        told += [(CLOCK.monotonic(), one) for one in await world.say(event.payloads)]
        began = CLOCK.monotonic()
        while len(told) < STORM:
            happening = await happenings.new_registrations(world, random)
            said = await world.say(happening.payloads[:AT_ONCE])
            told += [(CLOCK.monotonic(), one) for one in said]
            most = max(most, megabytes(world))
            while CLOCK.monotonic() < began + STORM_SECONDS * len(told) / STORM:
                await world.look()
                await asyncio.sleep(LOOK_SECONDS)
        last = told[-1][0]
        await world.wait_for([one for _, one in told])
        await world.rest()
        delays = await delays_of(world, told)
        plans, broken = await find_broken(world, since)
        whole = await newest(world, [one for _, one in told])
        first_whole = next(at for at, _, as_of in world.seen if as_of >= whole)

    show(
        capsys,
        f"{len(told)} facts in {STORM_SECONDS:.0f} s while a plan is made",
        [
            ("each fact until a plan holds it", f"median {statistics.median(delays):.2f} s, longest {max(delays):.2f} s"),
            ("the last fact until a plan holds all", f"{first_whole - last:.2f} s"),
            ("plans published, rules broken", f"{plans}, {len(broken)}"),
            ("planner and its children", f"{before:.0f} MB before, at most {most:.0f} MB"),
        ],
    )  # fmt: skip
    assert broken == []


async def delays_of(world: World, told: list[tuple[float, str]]) -> list[float]:
    """Of each fact the seconds until a plan that knows it was seen."""
    async with world.door.transaction() as tx:
        rows = await tx.fetch(
            "SELECT id, seq FROM ledger WHERE id = ANY ($1)", [one for _, one in told]
        )
    lines = {row["id"]: row["seq"] for row in rows}
    return [
        next(seen for seen, _, as_of in world.seen if as_of >= lines[one]) - at for at, one in told
    ]
