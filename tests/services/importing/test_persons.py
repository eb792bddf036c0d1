from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
import stamina
from aiohttp import web

from events.births import BirthDate
from infra.errors import Unavailable
from infra.person import Description, Person, SaidBy, Speaker
from services.importing.asking import Registered
from services.importing.persons import PersonsOverHttp, RefusedRequest

ID = UUID("00000000-0000-4000-8000-000000000007")
PRACTICE = UUID("00000000-0000-4000-8000-000000000008")
AAGJE = Description(
    Person("999990019", "Aagje", "van der Rietzoom", BirthDate(1931, 4, 3), "3581AB"),
    Speaker(SaidBy.PRACTICE, PRACTICE, "GG2514"),
)
Answer = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def a_service(answer: Answer) -> AsyncIterator[str]:
    """A small real server on a free port; its address."""
    app = web.Application()
    app.router.add_post("/api/v1/persons", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def no_long_waits() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


async def test_persons_go_out_as_the_api_asks_and_ids_come_back():
    heard = []

    async def answer(request: web.Request) -> web.Response:
        heard.append((request.headers["Authorization"], await request.json()))
        return web.json_response({"person_ids": [str(ID)], "said_before": [False]})

    async with a_service(answer) as url, PersonsOverHttp(url, "geheim") as identify:
        ids = await identify([AAGJE])

    assert ids == [Registered(ID, said_before=False)]
    ((token, body),) = heard
    assert token == "Bearer geheim"
    assert body["persons"][0]["birth_date"] == "1931-04-03"
    assert set(body["persons"][0]) == {
        "bsn", "given_name", "family_name", "birth_date", "postcode", "house_number", "phone", "practice_id", "as_of",
    }  # fmt: skip
    assert body["persons"][0]["practice_id"] == str(PRACTICE)


async def test_a_person_that_is_refused_has_no_id_and_the_others_have():
    async def answer(_: web.Request) -> web.Response:
        refused = {
            "person_ids": [str(ID), None],
            "said_before": [True, False],
            "errors": [{"index": 1, "fields": ["bsn"]}],
        }
        return web.json_response(refused, status=422)

    async with a_service(answer) as url, PersonsOverHttp(url, "t") as identify:
        ids = await identify([AAGJE, AAGJE])

    assert ids == [Registered(ID, said_before=True), None]


async def test_a_service_that_restarts_is_waited_for():
    tries = []

    async def answer(_: web.Request) -> web.Response:
        tries.append(1)
        if len(tries) < 3:
            return web.Response(status=503)
        return web.json_response({"person_ids": [str(ID)], "said_before": [False]})

    async with a_service(answer) as url, PersonsOverHttp(url, "t") as identify:
        ids = await identify([AAGJE])

    assert ids == [Registered(ID, said_before=False)]


async def test_a_service_that_stays_away_is_unavailable():
    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    async with a_service(answer) as url:
        gone = url

    async with PersonsOverHttp(gone, "t") as identify:
        with pytest.raises(Unavailable):
            await identify([AAGJE])


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_wrong_token_is_told_at_once_and_without_the_person(status):
    tries = []

    async def answer(_: web.Request) -> web.Response:
        tries.append(1)
        return web.Response(status=status)

    async with a_service(answer) as url, PersonsOverHttp(url, "t") as identify:
        with pytest.raises(RefusedRequest, match=str(status)) as error:
            await identify([AAGJE])

    assert len(tries) == 1
    assert "Rietzoom" not in str(error.value)
