"""The open status: right numbers, no small ones, ages; and what readiness says of each part."""

import os
import re
from datetime import timedelta

import pytest

from infra.clock import SystemClock
from infra.postgres.heartbeats import SILENT, Process, beat
from services.commands.health import healthy
from services.web.kept_status import KeptStatus
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME, propose

pytestmark = pytest.mark.postgres


async def home_of(site: Site) -> dict:
    site.parts.kept_status.clear()
    async with site.client() as client:
        said = (await client.get("/status")).json()
    return next(region for region in said["regions"] if region["region"] == HOME)


async def test_anybody_can_read_the_numbers_of_a_region(site: Site):
    home = await home_of(site)

    campaign = home["campaigns"][0]
    assert home["name"] == "GGD Regio Utrecht"
    assert campaign["name"] == "COVID-19 kleine instellingen"
    assert campaign["registered"] == campaign["planned"] + campaign["open"] + campaign["given"]
    assert campaign["registered"] == sum(campaign["answers"].values()) > 0
    assert campaign["given"] == 0
    assert campaign["unassigned"]["people"] == sum(campaign["unassigned"]["reasons"].values())
    assert home["stock"][0]["usable"] == 120
    assert home["plan"]["id"] == str(site.home.plan)
    assert home["plan"]["age_seconds"] == 0


async def plan_said(site: Site) -> str:
    async with site.client() as client:
        regions = (await client.get("/status")).json()["regions"]
    found: str = next(one for one in regions if one["region"] == HOME)["plan"]["id"]
    return found


def hold(site: Site) -> KeptStatus:
    """Let what was said be young for long."""
    (kept,) = site.parts.kept_status
    kept.at += 60
    return kept


async def test_a_plan_that_was_just_published_is_said_at_once(site: Site):
    before = await plan_said(site)
    hold(site)
    await propose(site.say, site.home, HOME, served=3, number=2)
    unheard = await plan_said(site)

    site.parts.hub.tell(HOME, 1_000_000)

    assert unheard == before
    assert await plan_said(site) != before


async def test_facts_that_make_no_plan_do_not_compute_the_status_anew(site: Site):
    await plan_said(site)
    kept = hold(site)

    site.parts.hub.tell(HOME, 1_000_000)
    await plan_said(site)

    assert site.parts.kept_status == [kept]
    assert site.parts.kept_status[0] is kept


async def test_the_numbers_of_a_plan_tell_nobody_but_its_planner_of_people(site: Site):
    await propose(site.say, site.home, HOME, served=3, number=2)

    counts = (await home_of(site))["plan"]["counts"]
    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text

    hidden = ("people", "unserved", "visits", "bound_people_more", "bound_weight")
    assert not {name for name in counts if name.startswith(hidden)}
    assert "Bewoners zonder bezoek</dt><dd>12" in page


async def test_status_says_in_words_what_could_still_be_gained(site: Site):
    await propose(site.say, site.home, HOME, served=3, number=2)

    gap = (await home_of(site))["plan"]["gap"]

    assert gap["nl"].startswith("Er zouden hooguit nog 50 mensen meer bediend kunnen worden.")
    assert gap["nl"].endswith("Dat is berekend zonder routes: in het echt is het minder.")
    assert gap["en"].startswith("At most 50 more people could be served.")


async def test_status_says_nothing_about_a_person_or_a_place(site: Site):
    async with site.client() as client:
        text = (await client.get("/status")).text

    for secret in (
        "Lindeplein",
        "De Singel",
        "van Test",
        str(site.home.patients[site.home.practices[0]][0]),
    ):
        assert secret not in text


async def test_readiness_names_every_part(site: Site):
    now = SystemClock().now()
    intake = await site.fresh.open("acceptor", 1)
    async with intake.transaction() as tx:
        await beat(tx, Process("intake", 0, os.getpid(), now), now, {"lag": 0})

    async with site.client() as client:
        answer = await client.get("/readyz")

    assert answer.status_code == 200
    found = answer.json()
    assert found["database"] == "ok"
    assert found["migrations"] == "ok"
    assert found["processes"] == {
        "intake": "ok",
        "planner": "silent",
        "relay": "silent",
        "courier": "silent",
    }
    assert found["assets"] in ("ok", "missing")


async def test_without_a_database_the_process_lives_but_is_not_ready(site: Site):
    await site.parts.reader.close()

    async with site.client() as client:
        alive, ready, status = [
            await client.get(path) for path in ("/healthz", "/readyz", "/status")
        ]

    assert alive.status_code == 200
    assert ready.status_code == 503
    assert status.status_code == 503
    assert status.headers["retry-after"] == "5"


async def test_metrics_speak_prometheus(site: Site):
    async with site.client() as client:
        await client.get("/status")
        text = (await client.get("/metrics")).text

    assert "prikploeg_people{campaign=" in text
    assert 'prikploeg_requests_total{route="/status",status="200"} 1.0' in text
    assert 'prikploeg_stock_doses{product="spikevax",region="GG2514"} 120.0' in text


async def test_travel_that_the_routing_server_did_not_say_is_an_alarm(site: Site):
    now = SystemClock().now()
    planner = await site.fresh.open("planner", 1)
    async with planner.transaction() as tx:
        state = {"lag": 0, "travel_estimated": {HOME: 132, "GG0111": 5}}
        await beat(tx, Process("planner", 0, os.getpid(), now), now, state)

    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text
        await client.get("/status")
        metrics = (await client.get("/metrics")).text

    assert "Reistijd geschat voor 132 ritten" in page
    assert f'prikploeg_travel_estimated{{region="{HOME}"}} 132.0' in metrics


@pytest.mark.parametrize(
    ("ago", "works"), [(timedelta(0), True), (SILENT + timedelta(seconds=1), False)]
)
async def test_every_reader_of_a_heartbeat_draws_the_same_line(
    site: Site, ago: timedelta, works: bool
):
    at = SystemClock().now() - ago
    relay = await site.fresh.open("relay", 1)
    async with relay.transaction() as tx:
        await beat(tx, Process("relay", 0, os.getpid(), at), at, {})

    async with site.client(site.who("planner")) as client:
        status = (await client.get("/status")).json()
        ready = (await client.get("/readyz")).json()
        planning = (await client.get("/planning")).text
        region = (await client.get("/regio")).text

    shown = re.search(r"<dt>Doorgeven van berichten</dt><dd[^>]*>(.*?)</dd>", region)
    assert shown is not None
    assert [
        await healthy(site.fresh.settings(), "relay"),
        next(one["alive"] for one in status["processes"] if one["process"] == "relay"),
        ready["processes"]["relay"] == "ok",
        "Proces relay geeft geen teken" not in planning,
        "Proces relay geeft geen teken" not in region,
        shown[1] == "werkt",
    ] == [works] * 6
