"""A place that no road reaches, from the institution's own words by a real road engine to the planner's page."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from events.envelope import Sender
from events.identifiers import Point
from events.practice import ConsentStatus
from infra.clock import SystemClock
from infra.postgres.heartbeats import Process, beat
from infra.settings import Run
from infra.travel.choice import roads_of
from scheduling.solve import Limits
from services.planner.round import Planning, plan_once
from services.planner.travel import Travelling
from tests.infra.travel.engines import BESIDE, VILLAGES, engine
from tests.services.web.conftest import (  # noqa: F401  # fixtures
    Site,
    two_regions,
    unplanned,
)
from tests.services.web.seed import HOME, NOW, a_location
from tests.services.web.test_few_people import register

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
NAMES = ("Lindeplein", "Eemzicht", "Hoog Land")


async def plan_by_road(site: Site, url: str) -> None:
    """One round of the planner with this engine, and its heartbeat."""
    reading, door = await site.fresh.open("planner"), await site.fresh.open("acceptor")
    run = Run(travel_provider="osrm", travel_url=url)
    async with roads_of(run) as roads:
        with ThreadPoolExecutor(1) as solver:
            planning = Planning(
                reading, door, site.fresh.dsn("planner"), solver, Limits(5, rounds=1), travelling=Travelling(roads),
            )  # fmt: skip
            assert await plan_once(planning, HOME, site.clock.at) is not None
    now = SystemClock().now()
    async with reading.transaction() as tx:
        process = Process("planner", 0, os.getpid(), now)
        await beat(tx, process, now, dict(planning.travelling.state()))


async def read_planning(site: Site) -> str:
    async with site.client(site.who("planner")) as client:
        return (await client.get("/planning")).text


async def test_a_place_in_a_lake_is_named_to_the_planner_until_the_institution_moves_it(
    unplanned: Site,  # noqa: F811
    tmp_path: Path,
):
    site = unplanned
    site.clock.at = NOW + timedelta(days=1)
    points = [*VILLAGES[28:30], BESIDE]
    places = [
        a_location(f"{name} {HOME}").model_copy(update={"point": Point(lat=lat, lon=lon), "point_confirmed": True})
        for name, (lat, lon) in zip(NAMES, points, strict=True)
    ]  # fmt: skip
    await site.say(Sender.INSTITUTION, *places)

    for place in range(3):
        await register(site, place, 2, ConsentStatus.GIVEN)

    async with engine("osrm", tmp_path) as url:
        await plan_by_road(site, url)
        page = await read_planning(site)
        lake = places[2].model_copy(update={"point": places[0].point})
        await site.say(Sender.INSTITUTION, lake)
        await plan_by_road(site, url)
        after = await read_planning(site)

    # The post of these tests lies 6 km beyond the last village: half of the places are off this map.
    assert "2 plekken staan niet op de wegenkaart" in page
    assert f"Hoog Land {HOME}, 1 post. De routeserver kent daar geen weg in de buurt." in page
    assert "1 plek staat niet op de wegenkaart" in after
    assert "1 post. De routeserver kent" in after
    assert f"Hoog Land {HOME}, 1 post" not in after
