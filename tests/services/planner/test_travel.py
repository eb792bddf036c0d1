"""A plan by road: asked before the solver, kept once, used again, and made without the server when it is away."""

import logging
import zlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from events.identifiers import Point
from infra.postgres.campaign_view import read_record
from infra.postgres.database import Database
from infra.settings import Run
from infra.travel.choice import roads_of
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules import check
from scheduling.solve import Limits
from services.planner.record import RECORD, from_record
from services.planner.round import Planning, plan_once
from services.planner.travel import Travelling
from tests.builders import REGION, SmallRegion, say
from tests.conftest import Fresh
from tests.facts import NOW, a_location, uid
from tests.infra.travel.routing_server import HANG, RoutingServer, drive, serving
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres
QUICK = Limits(seconds=20, rounds=1)
WILG, EIK = (52.10, 5.10), (52.06, 5.16)


@pytest.fixture(scope="module")
def solver() -> Iterator[Executor]:
    """Solves in this process."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@asynccontextmanager
async def planner(fresh: Fresh, solver: Executor, server: RoutingServer) -> AsyncIterator[Planning]:
    url = f"{server.url}?seconds=0.5"
    async with roads_of(Run(travel_provider="osrm", travel_url=url)) as roads:
        yield Planning(
            await fresh.open("planner"),
            await fresh.open("acceptor"),
            fresh.dsn("planner"),
            solver,
            QUICK,
            travelling=Travelling(roads),
        )


@pytest.fixture(autouse=True)
async def door(fresh: Fresh) -> Database:
    opened = await fresh.open("acceptor")
    await say(opened, *SmallRegion().all())
    return opened


async def newest(planning: Planning) -> tuple[Problem, Plan]:
    """The newest plan, computed again from its record."""
    async with planning.reading.transaction() as tx:
        plan_hash = await tx.fetchval("SELECT hash FROM plans ORDER BY proposed_seq DESC LIMIT 1")
        return from_record(*await read_record(tx, plan_hash))


def seconds_between(problem: Problem, a: str, b: str) -> int:
    places = {row.id: row.place for row in problem.locations}
    return problem.travel.seconds[places[str(uid(a))]][places[str(uid(b))]]


async def test_a_plan_is_made_with_what_the_server_says_and_can_be_computed_again(fresh, solver):
    async with serving() as server, planner(fresh, solver, server) as planning:
        await plan_once(planning, REGION, NOW)
        problem, plan = await newest(planning)

    assert abs(seconds_between(problem, "eik", "wilg") - drive(EIK, WILG)[0]) <= 1
    assert abs(seconds_between(problem, "wilg", "eik") - drive(WILG, EIK)[0]) <= 1
    assert check(problem, plan) == ()
    assert problem.travel.version.startswith("osrm/driving~2000:")
    assert planning.travelling.state() == {"travel_estimated": {}, "travel_off_map": {}}


async def test_one_matrix_is_kept_for_plans_that_travel_alike(fresh, door, solver):
    async with serving() as server, planner(fresh, solver, server) as planning:
        await plan_once(planning, REGION, NOW)
        await say(door, a_location("wilg", residents=13))
        await plan_once(planning, REGION, NOW.replace(hour=6))

    kept = await rows(
        door, "SELECT region, source, data, places, guessed, used_at FROM travel_matrices"
    )
    assert kept == [
        (REGION, "osrm/driving~2000", "2021-02-01T00:00:00Z", 3, 0, NOW.replace(hour=6))
    ]
    assert len(await rows(door, "SELECT hash FROM plan_records WHERE travel IS NOT NULL")) == 2
    assert server.pairs == 9


async def test_a_planner_that_starts_again_asks_for_new_places_only(fresh, door, solver):
    async with serving() as server:
        async with planner(fresh, solver, server) as planning:
            await plan_once(planning, REGION, NOW)
        await say(door, a_location("beuk", point=Point(lat=52.2, lon=5.0)))
        server.shapes.clear()
        async with planner(fresh, solver, server) as planning:
            await plan_once(planning, REGION, NOW)
            problem, _ = await newest(planning)

    assert server.pairs == 4 + 3
    assert len(problem.travel.seconds) == 4


async def test_without_the_server_a_plan_is_made_with_the_estimate_and_an_alarm(
    fresh, solver, caplog: pytest.LogCaptureFixture
):
    async with serving(always=HANG) as server, planner(fresh, solver, server) as planning:
        with caplog.at_level(logging.WARNING):
            await plan_once(planning, REGION, NOW)
        problem, plan = await newest(planning)

    assert sum(len(route.stops) for route in plan.routes) == 2
    assert check(problem, plan) == ()
    assert planning.travelling.state() == {
        "travel_estimated": {REGION: 6},
        "travel_off_map": {},
    }
    assert "6 of 9 pairs are estimated, osrm/driving~2000: no answer in time" in caplog.text


async def test_a_server_that_did_not_answer_is_left_alone_for_a_while(fresh, solver):
    async with serving(always=503) as server, planner(fresh, solver, server) as planning:
        await plan_once(planning, REGION, NOW)
        asked = len(server.requests)
        await plan_once(planning, REGION, NOW)

    assert len(server.requests) == asked
    assert planning.travelling.missing == {REGION: 6}


async def test_a_place_that_no_road_reaches_is_named_by_its_id_and_visited(
    fresh, solver, caplog: pytest.LogCaptureFixture
):
    async with serving(apart={EIK}) as server, planner(fresh, solver, server) as planning:
        await plan_once(planning, REGION, NOW)
        _, plan = await newest(planning)

    assert f"no road to {uid('eik')}" in caplog.text
    assert planning.travelling.state()["travel_off_map"] == {REGION: [str(uid("eik"))]}
    assert {stop.visit.location_id for route in plan.routes for stop in route.stops} == {
        str(uid("eik")),
        str(uid("wilg")),
    }


async def test_a_record_from_before_holds_its_travel_itself(fresh, solver):
    async with serving() as server, planner(fresh, solver, server) as planning:
        await plan_once(planning, REGION, NOW)
        problem, plan = await newest(planning)

    older = zlib.compress(RECORD.dump_json((problem, plan)))

    assert from_record(older, None) == (problem, plan)


async def test_a_kept_matrix_that_can_not_be_read_is_asked_again(fresh, door, solver):
    async with serving() as server, planner(fresh, solver, server) as planning:
        await plan_once(planning, REGION, NOW)
        async with door.transaction() as tx:
            await tx.execute("UPDATE travel_matrices SET matrix = 'broken'")
        planning.travelling.newest.clear()
        await plan_once(planning, REGION, NOW)

    assert server.pairs == 18
    assert planning.travelling.missing == {REGION: 0}
