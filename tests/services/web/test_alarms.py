"""A plan of ours that the door refuses is an alarm with its cause, and is not tried again before something changes."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime

import pytest

from infra.clock import SystemClock
from infra.postgres.heartbeats import Process, beat
from infra.postgres.snapshot.load import Due, find_due_regions
from scheduling.solve import Limits
from services.planner.apart import FailedRegions, Refused
from services.planner.attempt import try_to_plan
from services.planner.round import Planning
from tests.builders import SmallRegion, say
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME

pytestmark = pytest.mark.postgres


async def tell(site: Site, failed: FailedRegions) -> None:
    """Write the heartbeat of a planner with these failures."""
    planner, now = await site.fresh.open("planner", 1), SystemClock().now()
    async with planner.transaction() as tx:
        await beat(tx, Process("planner", 0, os.getpid(), now), now, failed.state())


async def refuse_every_plan(site: Site) -> None:
    """Let the store refuse a plan, as it does when facts contradict each other."""
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        await tx.execute(
            "ALTER TABLE plans ADD CONSTRAINT one_live_appointment CHECK (false) NOT VALID"
        )


async def test_a_plan_that_is_refused_is_an_alarm_on_page_status_and_readiness(site: Site):
    door, reading = await site.fresh.open("acceptor"), await site.fresh.open("planner")
    await say(door, *SmallRegion(people=3).all())
    await refuse_every_plan(site)
    failed, now = FailedRegions(), datetime(2021, 2, 17, 6, tzinfo=UTC)
    async with reading.transaction() as tx:
        due = next(one for one in await find_due_regions(tx, now) if one.region == HOME)

    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as solver:
        planning = Planning(reading, door, site.fresh.dsn("planner"), solver, Limits(5, rounds=1))
        made = await try_to_plan(planning, due, now, failed)
    await tell(site, failed)

    assert not made
    assert failed.waits(due, 1e9)
    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text
        status = (await client.get("/status")).json()
        ready = (await client.get("/readyz")).json()
    assert "Het nieuwe plan van uw regio is niet opgeslagen" in page
    assert "Iemand in het plan heeft al een afspraak voor deze dosis." in page
    assert "De afzender kan het herstellen" not in page
    why = {"reason": "refused_by_store", "fields": ["one_live_appointment"]}
    assert status["alarms"] == [{"kind": "plan_refused", "region": HOME, "why": why}]
    assert ready["processes"]["planner"] == "alarm"
    async with site.client(site.who("planner", ABROAD)) as client:
        assert "is niet opgeslagen" not in (await client.get("/planning")).text


async def test_a_region_that_no_plan_can_be_made_for_is_an_alarm_too(site: Site):
    failed = FailedRegions()
    failed.note(Due(HOME, (1, 1)), 1.0)
    await tell(site, failed)

    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text
        status = (await client.get("/status")).json()

    assert "De planner kan geen plan maken voor uw regio" in page
    assert status["alarms"] == [{"kind": "no_plan", "region": HOME}]


async def test_an_unknown_cause_is_told_in_words_too(site: Site):
    failed = FailedRegions()
    failed.note(Due(HOME, (1, 1)), 1.0, Refused("invalid_payload", ("counts.visits",)))
    await tell(site, failed)

    async with site.client(site.who("planner")) as client:
        assert "Het plan past niet bij wat al bekend is." in (await client.get("/planning")).text
