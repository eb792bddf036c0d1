"""The routes by which somebody says what became of a return record, for the test of every write."""

from collections.abc import Awaitable, Callable

import httpx2

from infra.postgres.database import Who
from tests.services.web.conftest import Site
from tests.services.web.test_questions import post
from tests.services.web.test_returns import a_dose, answer, messages

Act = Callable[[], Awaitable[tuple[Who, httpx2.Response]]]


async def taking_in(site: Site) -> Act:
    await a_dose(site)
    who = site.who("practice")

    async def act() -> tuple[Who, httpx2.Response]:
        fields = {"bericht": "alle", "antwoord": "verwerkt"}
        return who, await post(site, who, "/praktijk/terugmelding", **fields)

    return act


async def rejected(site: Site) -> str:
    await a_dose(site)
    (one,) = await messages(site)
    await answer(site, one["message"], "rejected")
    return str(one["message"])


async def asking_again(site: Site) -> Act:
    message, who = await rejected(site), site.who("planner")

    async def act() -> tuple[Who, httpx2.Response]:
        return who, await post(site, who, "/planning/terugmelding", bericht=message)

    return act


async def by_api(site: Site) -> Act:
    message, who = await rejected(site), site.who("practice")

    async def act() -> tuple[Who, httpx2.Response]:
        async with site.client(who, cookie=False) as client:
            said = {"answers": [{"message": message, "answer": "acknowledged"}]}
            return who, await client.post("/api/v1/returns/answers", json=said)

    return act


WRITES: dict[str, Callable[[Site], Awaitable[Act]]] = {
    "/praktijk/terugmelding": taking_in,
    "/planning/terugmelding": asking_again,
    "/api/v1/returns/answers": by_api,
}
