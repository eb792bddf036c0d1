"""A region whose plan a planner changes by hand: two teams tomorrow, one the days after, two homes with four people each."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from infra.postgres.database import Who
from tests.builders import say
from tests.facts import NOW, uid
from tests.services.planner.asking import answer, two_teams
from tests.services.planner.planning import plan_with
from tests.services.web.conftest import Site

TOMORROW, TODAY = "2021-02-16", "2021-02-15"


@pytest.fixture(name="planned")
async def plan_region(unplanned: Site) -> Site:
    """The region with its first plan published, the evening before the teams leave."""
    site = unplanned
    site.clock.at = NOW
    await say(await site.fresh.open("acceptor"), *two_teams())
    await plan_with(site.fresh)
    return site


async def replan(site: Site) -> None:
    """The planner answers what was said, as it does within a second."""
    await answer(site.fresh, site.clock.now())


async def post(site: Site, path: str, body: dict[str, Any], who: Who | None = None) -> Any:
    async with site.client(who or site.who("planner"), cookie=False) as client:
        return await client.post(f"/api/v1/plan/{path}", json=body)


async def get(site: Site, path: str) -> httpx2.Response:
    async with site.client(site.who("planner"), cookie=False) as client:
        found: httpx2.Response = await client.get(f"/api/v1/plan{path}")
    return found


async def visits_of(site: Site, day: str = TOMORROW) -> list[dict[str, Any]]:
    """The visits of a day, as a system of the post reads them."""
    found = (await get(site, f"?day={day}")).json()["visits"]
    return sorted(found, key=lambda row: row["starts_at"])


def shift(name: str) -> str:
    return str(uid(name))


def a_move(visit: str | UUID, **to: Any) -> dict[str, Any]:
    return {"edit": {"kind": "move", "visit": str(visit), "to": to}}


def text_of(answer: Any) -> str:
    return str(answer.json())
