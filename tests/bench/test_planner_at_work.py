"""A planner at work in a region of 300 visits and 60 shifts: changes, places and fits through broker, database and web process.

Run by `make bench`, or in parts: CHECKS, PLACES and FITS_ASKED are how many are drawn, DESKS how many planners work at
once (each looks at a change or a place, thinks a second, and looks at the next for DESK_SECONDS). With SPEED_BARS=1 the bars
become tests.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from services.demo.scenario import Scenario
from tests.bench import happenings
from tests.bench.desk_work import Desk, Watch, a_heartbeat, a_person, in_words, read_desk
from tests.bench.measuring import percentile, show
from tests.bench.replanning import CLOCK, World, a_world, load
from tests.conftest import Fresh

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(1800)]
REGION_AT_WORK = Scenario(institutions=420, residents=5200, teams=9)
CHECKS = int(os.environ.get("CHECKS", "200"))
PLACES = int(os.environ.get("PLACES", "60"))
FITS_ASKED = int(os.environ.get("FITS_ASKED", "12"))
DESKS = [int(one) for one in os.environ.get("DESKS", "3 10").split()]
DESK_SECONDS = float(os.environ.get("DESK_SECONDS", "20"))
THINK_SECONDS = 1.0
CHECK_SECONDS, PLACE_SECONDS, FIT_SECONDS, ALL_SECONDS = 0.3, 1.0, 3.0, 60.0
PATIENCE = 150.0
BEAT_SECONDS = 0.1  # by which nothing may hold the loop of the web process, in 95 of 100
Rows = list[tuple[str, str]]


async def test_a_planner_at_work(fresh: Fresh, kafka, tmp_path: Path, capsys):
    random, watch, rows = Random(1), Watch(), Rows()
    async with a_world(fresh, kafka, tmp_path, REGION_AT_WORK) as world:
        await load(world, REGION_AT_WORK, tmp_path)
        desk = await read_desk(world)
        rows.append(("visits and shifts", f"{desk.visits} and {len(desk.shifts)}"))
        beats: list[float] = []
        async with a_person(world, watch, "anna") as anna:
            async with a_heartbeat(world) as beats:
                await anna.ask(
                    "first check of a plan", "plan/checks", {"edit": desk.draw_edit(random)[1]}
                )
                for _ in range(CHECKS):
                    await anna.check(desk, random)
                for _ in range(PLACES):
                    await anna.find_place(desk, random)
                for _ in range(PLACES // 3):
                    visit = random.choice(desk.stops).visit
                    await anna.ask("alternatives", f"plan/visits/{visit}/alternatives")
            rows += [*watch.rows("one planner: "), ("one planner: heartbeat", in_words(beats))]
            fits = await ask_fits(world, random, watch, rows)
            whole = await search_region(world, desk, random, rows)
        crowds = [await crowd(world, desk, random, count, rows) for count in DESKS]
        busy = await during_an_event(world, desk, random, rows)

    show(capsys, "A planner at work, over HTTP: seconds", rows)
    if os.environ.get("SPEED_BARS"):
        for one in (watch, *crowds, busy):
            assert percentile(one.all_of("check", "closing"), 0.95) <= CHECK_SECONDS
            assert max(one.all_of("place")) <= PLACE_SECONDS
        assert percentile(fits, 0.95) <= FIT_SECONDS
        assert whole <= ALL_SECONDS
        assert percentile(beats, 0.95) <= BEAT_SECONDS


async def ask_fits(world: World, random: Random, watch: Watch, rows: Rows) -> Sequence[float]:
    """What would help each location that is left out, one after the other."""
    own = Watch()
    async with a_person(world, own, "fit") as one, a_heartbeat(world) as beats:
        found = await one.ask("list", "plan/unassigned")
        places = [
            (row["location"], group["reason"])
            for group in found["groups"]
            for row in group["locations"]
            if row["location"]
        ]
        random.shuffle(places)
        asked = 0
        for location, reason in places:
            found = await one.ask("why", f"plan/unassigned/{location}/reasons")
            group = next(row for row in found["groups"] if row["reason"] == reason)
            if not group["decided_elsewhere"] and asked < FITS_ASKED:
                name = "fit" if asked else "first fit"
                await one.ask(name, "plan/fits", {"location": location, "reason": reason})
                asked += 1
            if asked == FITS_ASKED:
                break
    rows += [("groups without a visit", str(len(places))), *own.rows("one planner: ")]
    rows.append(("heartbeat during fits", in_words(beats)))
    watch.codes |= own.codes
    return own.all_of("fit")


async def search_region(world: World, desk: Desk, random: Random, rows: Rows) -> float:
    """Seconds until everybody who is left out has a suggestion or none, while a planner works on."""
    watch, found = Watch(), {"state": "waiting"}
    async with a_person(world, watch, "all") as one, a_heartbeat(world) as beats:
        began = CLOCK.monotonic()
        found = await one.ask("begin", "plan/fits/region", {})
        work = asyncio.create_task(one.work(desk, random, 20.0, THINK_SECONDS))
        while found["state"] in ("waiting", "running") and CLOCK.monotonic() < began + PATIENCE:
            found = await one.ask("look", f"plan/fits/region/{found['id']}?wait=5")
        seconds = CLOCK.monotonic() - began
        await work
    helped = sum(row["suggestion"] is not None for row in found["results"])
    said = f"{seconds:.1f} s, {found['state']}, {found['done']} of {found['groups']} groups, {helped} helped"
    rows += [("whole region", said), *watch.rows("while the region is searched: ")]
    rows.append(("while the region is searched: heartbeat", in_words(beats)))
    return seconds


async def crowd(world: World, desk: Desk, random: Random, count: int, rows: Rows) -> Watch:
    """So many planners at once."""
    watch = Watch()
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(a_person(world, watch, f"p{n}")) for n in range(count)
        ]
        async with a_heartbeat(world) as beats:
            await asyncio.gather(
                *(
                    one.work(desk, Random(random.random()), DESK_SECONDS, THINK_SECONDS)
                    for one in people
                )
            )
    rows += [*watch.rows(f"{count} planners: "), (f"{count} planners: heartbeat", in_words(beats))]
    return watch


async def during_an_event(world: World, desk: Desk, random: Random, rows: Rows) -> Watch:
    """While a team falls ill: the plan changes under the hand, and the newest record is another one."""
    watch = Watch()
    event = await happenings.sick_team(world, random)
    async with a_person(world, watch, "anna") as anna, a_heartbeat(world) as beats:
        work = asyncio.create_task(anna.work(desk, random, 12.0, 0.3))
        await asyncio.sleep(1.0)
        await world.happen(event)
        await work
    rows += [*watch.rows("during an event: "), ("during an event: heartbeat", in_words(beats))]
    return watch
