"""What the planner is doing for a region stands in `/status` and on its page, in words of both languages."""

import os
from datetime import timedelta

import pytest

from infra.clock import SystemClock
from infra.postgres.heartbeats import SILENT, Process, beat
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME

pytestmark = pytest.mark.postgres
LOADING = "Er komen veel gegevens binnen. Het plan wacht tot dat klaar is, hoogstens 120 seconden."


async def tell(site: Site, doing: str | None, ago: timedelta = timedelta()) -> None:
    """Write the heartbeat of a planner that does this for the region at home."""
    planner, now = await site.fresh.open("planner", 1), SystemClock().now() - ago
    said = {HOME: {"doing": doing, "since": now.isoformat(), "at_most": 120}} if doing else {}
    async with planner.transaction() as tx:
        await beat(tx, Process("planner", 0, os.getpid(), now), now, {"regions": said})


async def said_of(site: Site, region: str = HOME) -> dict[str, object]:
    async with site.client() as client:
        regions = (await client.get("/status")).json()["regions"]
    found: dict[str, object] = next(one for one in regions if one["region"] == region)["planning"]
    return found


async def page_of(site: Site) -> str:
    async with site.client(site.who("planner")) as client:
        return (await client.get("/planning")).text


async def test_a_region_that_loads_says_so_and_how_long_its_plan_waits_at_most(site: Site):
    await tell(site, "loading")

    said = await said_of(site)

    assert said["doing"] == "loading"
    assert said["text"] == {
        "nl": LOADING,
        "en": "Many facts are coming in. The plan waits until that is over, 120 seconds at most.",
    }
    assert LOADING in await page_of(site)


@pytest.mark.parametrize("doing", ["first", "answering", "improving", "offering", None])
async def test_everything_that_planning_does_has_words(site: Site, doing: str | None):
    await tell(site, doing)

    said = await said_of(site)

    assert said["doing"] == (doing or "resting")
    assert isinstance(said["text"], dict)
    assert all(said["text"].values())


async def test_what_no_new_plan_will_end_is_not_left_standing_on_a_page(site: Site):
    await tell(site, "improving")

    page = await page_of(site)

    assert "De planning zoekt" not in page
    assert "De planning wacht op nieuwe gegevens" not in page


async def test_a_planner_that_gives_no_sign_is_said_to_be_silent(site: Site):
    await tell(site, "loading", SILENT + timedelta(seconds=1))

    assert (await said_of(site))["doing"] == "silent"
    assert "De planning geeft geen teken van leven." in await page_of(site)


async def test_the_region_next_door_hears_nothing_of_it(site: Site):
    await tell(site, "loading")

    assert (await said_of(site, ABROAD))["doing"] == "resting"
