"""Make it fit for a whole region: searched in the background over HTTP, for one version of the plan, and gone with the process."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import time
from typing import Any
from uuid import UUID

import pytest

from events.identifiers import Opening
from infra.postgres.database import Who
from infra.postgres.plan_records import PackedRecord
from scheduling.fitting.fit import Fit, Price
from scheduling.fitting.targets import Target
from scheduling.plan import Reason
from services.web.api.problems import URN
from services.web.region_fits import Search, SearchState
from tests.builders import REGION
from tests.facts import NOW
from tests.services.planner.planning import plan_with
from tests.services.web.conftest import Site
from tests.services.web.fits import an_eik, plan_one_early_home
from tests.services.web.seed import ABROAD

pytestmark = pytest.mark.postgres
WIDER = Opening(weekday=1, begins=time(7), ends=time(8, 30))


@pytest.fixture(name="waiting")
async def wait_for_an_hour(unplanned: Site) -> AsyncIterator[Site]:
    """De Eik is open early in the morning only, before the team can be there."""
    await plan_one_early_home(unplanned)
    yield unplanned
    unplanned.parts.fitting.close()
    unplanned.parts.region_fits.close()


async def ask(site: Site, method: str, path: str = "", who: Who | None = None) -> Any:
    async with site.client(who or site.who("planner"), cookie=False) as client:
        return await client.request(method, f"/api/v1/plan/fits/region{path}", timeout=60)


async def search(site: Site) -> dict[str, Any]:
    """A search that was waited for, on a busy machine more than once."""
    answer = await ask(site, "POST", "?wait=25")
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    while found["state"] in ("waiting", "running"):
        found = (await ask(site, "GET", f"/{found['id']}?wait=25")).json()
    return found


def hold(site: Site) -> Callable[[], None]:
    """No search reads its plan before the answer is called."""
    go, load = asyncio.Event(), site.parts.writing.load_record

    async def wait(region: str, plan_hash: str) -> PackedRecord | None:
        await go.wait()
        return await load(region, plan_hash)

    site.parts.region_fits._load = wait
    return go.set


async def test_everybody_who_is_left_out_gets_the_question_that_helps(waiting: Site):
    found = await search(waiting)

    assert (found["state"], found["groups"], found["done"]) == ("ready", 1, 1)
    assert (found["people_helped"], found["newer_plan"], found["stops_changed"]) == (4, None, 0)
    (row,) = found["results"]
    assert (row["name"], row["reason"], row["people"]) == ("De Eik", "no_shift_in_window", 4)
    assert row["people_per_call"] == 4.0
    assert "Kan De Eik op dinsdag 16 februari" in row["suggestion"]["question"]["nl"]
    assert found["text"]["nl"] == "Klaar: 1 van 1 groepen bekeken."


async def test_the_answer_comes_at_once_and_says_how_far_the_search_is(waiting: Site):
    go = hold(waiting)

    began = (await ask(waiting, "POST")).json()
    again = (await ask(waiting, "POST")).json()

    assert (began["state"], began["done"], began["results"]) == ("running", 0, [])
    assert again["id"] == began["id"]  # who asks twice does not search twice
    go()
    assert (await search(waiting))["state"] == "ready"


async def test_when_people_go_by_another_plan_the_search_stops_and_offers_it(waiting: Site):
    go = hold(waiting)
    began = (await ask(waiting, "POST")).json()
    await plan_with(waiting.fresh, [an_eik(opening=(WIDER,), seats=7)])
    go()

    ended = (await ask(waiting, "GET", f"/{began['id']}?wait=25")).json()

    assert (ended["state"], ended["plan"], ended["results"]) == ("superseded", began["plan"], [])
    assert ended["newer_plan"] not in (None, ended["plan"])
    assert "er geldt nu een nieuwer plan" in ended["text"]["nl"]
    assert (await search(waiting))["plan"] == ended["newer_plan"]


async def test_what_was_found_for_an_older_plan_says_that_a_newer_one_holds(waiting: Site):
    found = await search(waiting)
    await plan_with(waiting.fresh, [an_eik(opening=(WIDER,), seats=7)])

    later = (await ask(waiting, "GET")).json()

    assert (later["id"], later["state"], later["plan"]) == (found["id"], "ready", found["plan"])
    assert later["newer_plan"] is not None
    assert "Er geldt nu een nieuwer plan" in later["text"]["nl"]


async def test_after_a_restart_whoever_looks_is_told_what_to_do(waiting: Site):
    found = await search(waiting)
    waiting.parts.region_fits.close()
    del waiting.parts.__dict__["region_fits"]  # as a process that was just started

    for path in ("", f"/{found['id']}"):
        answer = await ask(waiting, "GET", path)
        assert (answer.status_code, answer.json()["type"]) == (404, f"{URN}not_kept")
        assert "restarted" in answer.json()["detail"]
    async with waiting.client(waiting.who("planner")) as client:
        page = (await client.get(f"/planning/passend?zoek={found['id']}")).text
    assert "de server is opnieuw gestart" in page
    assert "Zoek voor iedereen" in page
    assert (await search(waiting))["people_helped"] == 4


async def test_what_was_supposed_before_a_restart_is_not_kept_and_says_so(waiting: Site):
    async with waiting.client(waiting.who("planner"), cookie=False) as client:
        answer = await client.get(f"/api/v1/plan/scenarios/{UUID(int=9)}")

    assert (answer.status_code, answer.json()["type"]) == (404, f"{URN}not_kept")
    assert "restarted" in answer.json()["detail"]
    assert "Ask it again" in answer.json()["detail"]


async def test_a_planner_stops_a_search_and_its_process_ends(waiting: Site):
    go = hold(waiting)
    began = (await ask(waiting, "POST")).json()

    gone = await ask(waiting, "DELETE", f"/{began['id']}")
    go()
    ended = (await ask(waiting, "GET", "?wait=5")).json()

    assert (gone.status_code, ended["state"]) == (204, "cancelled")
    assert not waiting.parts.region_fits._tasks


async def test_when_the_process_that_searches_is_lost_the_search_says_that_it_failed(
    waiting: Site, monkeypatch: pytest.MonkeyPatch
):
    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr("services.web.region_fits.open_plan", die)

    found = await search(waiting)

    assert (found["state"], found["done"]) == ("failed", 0)
    assert "Zoek opnieuw" in found["text"]["nl"]
    monkeypatch.undo()
    assert (await search(waiting))["state"] == "ready"


async def test_a_planner_of_another_region_sees_nothing_of_it(waiting: Site):
    found = await search(waiting)
    abroad = waiting.who("planner", ABROAD)

    assert (await ask(waiting, "GET", "", abroad)).status_code == 404
    assert (await ask(waiting, "GET", f"/{found['id']}", abroad)).status_code == 404
    assert (await ask(waiting, "DELETE", f"/{found['id']}", abroad)).status_code == 404
    for role in ("practice", "crisis"):
        assert (await ask(waiting, "POST", "", waiting.who(role))).status_code == 403


async def test_the_page_begins_a_search_and_lists_whom_to_phone(waiting: Site):
    async with waiting.client(waiting.who("planner")) as client:
        overview = (await client.get("/planning")).text
        empty = (await client.get("/planning/passend")).text
        proof = re.search(r'name="proof" value="(\w+)"', empty)
        assert proof is not None
        began = await client.post("/planning/passend", data={"proof": proof[1], "doe": "zoek"})
        await search(waiting)
        page = (await client.get(began.headers["location"])).text
        english = (await client.get("/planning/passend?lang=en")).text

    assert 'href="/planning/passend"' in overview
    assert "Na een herstart van de server is de uitkomst weg" in empty
    assert "Klaar: 1 van 1 groepen bekeken." in page
    assert "Kan De Eik op dinsdag 16 februari" in page
    assert "Per telefoontje komen er 4 bewoners bij." in page
    assert "Ready: looked at 1 of 1 groups." in english


def a_fit(people: int, calls: int, minutes: int = 15) -> Fit:
    return Fit((), (), people, 0, alone=False, price=Price(0, 0, 0, 0, calls), minutes=minutes)


def test_those_go_first_who_gain_the_most_people_for_each_call():
    of = {name: Target(name, Reason.NO_SHIFT_IN_WINDOW, (), ()) for name in "abcd"}
    crisis = Target("crisis", Reason.NO_SHIFT_IN_WINDOW, (), ("a visit",))
    nobody = Who("planner", REGION, None, "x")
    made = Search(UUID(int=1), nobody, UUID(int=2), "", None, NOW)  # type: ignore[arg-type]
    made.found = [
        (of["a"], a_fit(12, 4)),
        (of["b"], None),
        (of["c"], a_fit(8, 1)),
        (of["d"], a_fit(8, 1, minutes=5)),
        (crisis, replace(a_fit(0, 2))),
    ]

    ranked = [target.location_id for target, _ in made.list_ranked()]

    assert ranked == ["crisis", "d", "c", "a", "b"]
    assert made.state is SearchState.WAITING
