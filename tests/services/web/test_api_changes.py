"""Events over HTTPS after a number: in order, of the own region, of kinds that leave, for planners only."""

from dataclasses import replace
from typing import Any

import pytest

from events.catalogue import CATALOGUE
from events.type_names import TypeNames
from services.web.app import build
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME

pytestmark = pytest.mark.postgres


async def ask(site: Site, region: str = HOME, **query: int) -> dict[str, Any]:
    async with site.client(site.who("planner", region), cookie=False) as client:
        answer = await client.get("/api/v1/changes", params=query)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def written(site: Site, region: str) -> list[str]:
    door = await site.fresh.open("acceptor", 1)
    lines = await rows(door, "SELECT id, type FROM ledger WHERE region = $1 ORDER BY seq", region)
    return [one for one, kind in lines if CATALOGUE[kind].outward is not None]


@pytest.mark.parametrize("region", [HOME, ABROAD])
async def test_a_planner_gets_what_leaves_of_the_own_region_in_order(site: Site, region: str):
    found = await ask(site, region)

    assert [event["id"] for event in found["events"]] == await written(site, region)
    assert {event["partitionkey"] for event in found["events"]} == {region}
    assert found["events"]


async def test_asking_on_from_next_gives_each_event_once(site: Site):
    ids, after = [], 0
    for _ in range(100):
        found = await ask(site, after=after, limit=2)
        ids += [event["id"] for event in found["events"]]
        if found["next"] == after:
            break
        after = found["next"]

    assert ids == await written(site, HOME)


async def test_at_the_end_there_is_nothing_and_next_stands_still(site: Site):
    end = (await ask(site))["next"]

    found = await ask(site, after=end)

    assert (found["next"], found["events"]) == (end, [])


@pytest.mark.parametrize("query", [{"after": -1}, {"limit": 0}, {"limit": 501}])
async def test_a_question_that_makes_no_sense_is_refused(site: Site, query: dict[str, int]):
    async with site.client(site.who("planner"), cookie=False) as client:
        answer = await client.get("/api/v1/changes", params=query)

    (name,) = query
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert (error["in"], error["location"]) == ("query", {"name": name})


async def test_types_are_told_under_full_names_where_the_setting_says_so(site: Site):
    full = build(replace(site.parts, type_names=TypeNames.FULL))

    told = await ask(replace(site, app=full))

    types = {event["type"] for event in told["events"]}
    assert types
    assert all(one.startswith("nl.prikploeg.") for one in types)


async def test_the_view_shows_nothing_to_others(site: Site):
    for role in ("practice", "crisis"):
        async with site.parts.reader.reading(site.who(role)) as tx:
            assert await tx.fetch("SELECT * FROM outward_ledger") == []
