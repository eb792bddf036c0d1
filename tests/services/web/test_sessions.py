"""A session is over when it ends: for every copy of its cookie, for its forms and for its open streams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from infra import tokens
from infra.clock import SystemClock
from infra.errors import Unavailable
from infra.identity import new_id
from infra.postgres import sessions
from infra.postgres.database import Database, Who
from infra.postgres.listening import follow_ends
from services.web import claims, hub
from services.web.app import build
from tests.services.web.conftest import KEY, Site, cookie_of, session_of
from tests.services.web.seed import ABROAD, HOME
from tests.services.web.test_api_problems import Away
from tests.services.web.test_limits import Served, serving_on

pytestmark = pytest.mark.postgres
ORIGIN = {"origin": "http://site.test"}
COOKIE = "prikploeg_session"


def a_browser(site: Site, cookie: str = "") -> httpx2.AsyncClient:
    """A browser that holds a cookie, whoever got it."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=site.app),
        base_url="http://site.test",
        headers=ORIGIN,
        cookies={COOKIE: cookie} if cookie else {},
    )


async def choose(site: Site, practice: int = 0) -> str:
    """Sign in as a demo user; the cookie."""
    fields = {
        "role": "practice",
        "region": HOME,
        "organisation": str(site.home.practices[practice]),
    }
    async with a_browser(site) as browser:
        answer = await browser.post("/aanmelden", data=fields)
        return str(answer.cookies[COOKIE])


async def is_in(site: Site, cookie: str) -> bool:
    async with a_browser(site, cookie) as browser:
        return (await browser.get("/praktijk")).status_code == 200


@pytest.fixture
async def door(site: Site) -> Database:
    return await site.fresh.open("acceptor", 1)


async def test_a_copied_cookie_is_dead_once_its_owner_signed_out(site: Site):
    cookie = await choose(site)
    assert await is_in(site, cookie)

    async with a_browser(site, cookie) as browser:
        out = await browser.post("/afmelden")

    assert out.headers["location"] == "/aanmelden"
    assert not await is_in(site, cookie)
    async with a_browser(site, cookie) as browser:
        page = await browser.get("/praktijk")
        api = await browser.get("/api/v1/patients")
        start = await browser.get("/")
    assert page.headers["location"] == "/aanmelden?naar=/praktijk"
    assert api.status_code == 401
    assert start.headers["location"] == "/aanmelden"


async def test_signing_out_ends_the_own_session_only(site: Site):
    here, there, other = await choose(site), await choose(site), await choose(site, 1)

    async with a_browser(site, here) as browser:
        await browser.post("/afmelden")

    assert [await is_in(site, one) for one in (here, there, other)] == [False, True, True]


async def test_a_cookie_that_nobody_opened_or_without_a_session_is_nobody(site: Site):
    who = site.who("practice")

    assert not await is_in(site, tokens.mint(KEY, who, session=new_id()))
    assert not await is_in(site, tokens.mint(KEY, who))


async def test_the_session_of_one_person_does_not_carry_another(site: Site):
    await site.begin(site.who("practice"))
    other = site.who("practice", number=1)

    assert not await is_in(site, tokens.mint(KEY, other, session=session_of(site.who("practice"))))


async def test_a_session_whose_day_is_over_is_over_whatever_its_cookie_says(
    site: Site, door: Database
):
    who, session, now = site.who("practice"), new_id(), SystemClock().now()
    async with door.transaction() as tx:
        before = now - timedelta(hours=9)
        await sessions.open_session(tx, session, who, before, now - timedelta(seconds=1))

    assert not await is_in(site, tokens.mint(KEY, who, session=session))


async def test_withdrawn_rights_end_every_session_token_and_code_of_that_subject(
    site: Site, door: Database
):
    who, other = site.who("practice"), site.who("practice", number=1)
    now = SystemClock().now()
    token = tokens.mint(KEY, who)
    async with door.transaction() as tx:
        await sessions.keep_code(tx, "AAAA-BBBB-CCCC-DDDD", who, now + timedelta(hours=1))
    async with site.client(who, cookie=False) as program, site.client(who) as browser:
        before = [(await one.get("/api/v1/patients")).status_code for one in (program, browser)]

        async with door.transaction() as tx:
            ended = await sessions.withdraw(tx, who.subject, "cli:test", SystemClock().now())

        after = [(await one.get("/api/v1/patients")).status_code for one in (program, browser)]
    async with site.client(other, cookie=False) as program:
        theirs = (await program.get("/api/v1/patients")).status_code
    later = tokens.mint(KEY, who, now=SystemClock().now() + timedelta(seconds=2))
    headers = {"authorization": f"Bearer {later}"}
    async with a_browser(site) as anew:
        again = (await anew.get("/api/v1/patients", headers=headers)).status_code
        by_code = await anew.post("/aanmelden/code", data={"code": "AAAA-BBBB-CCCC-DDDD"})

    assert (before, after, ended) == ([200, 200], [401, 401], 1)
    assert (theirs, again, by_code.status_code) == (200, 200, 403)
    assert tokens.read(KEY, token) == who  # the signature alone would still be good


@pytest.mark.parametrize("how", ["signed out", "withdrawn, by cookie", "withdrawn, by token"])
async def test_the_status_of_topics_is_for_who_still_has_the_right(
    site: Site, door: Database, how: str
):
    who = site.who("planner", HOME)
    async with site.client(who, cookie="token" not in how) as client:
        before = (await client.get("/status")).json()
        async with door.transaction() as tx:
            if how == "signed out":
                await sessions.end_session(tx, session_of(who), who.subject, SystemClock().now())
            else:
                await sessions.withdraw(tx, who.subject, "cli:test", SystemClock().now())
        after = await client.get("/status")

    assert "own" in before
    assert (after.status_code, "own" in after.json()) == (200, False)


async def test_requests_that_come_together_are_each_answered_for_their_own_session(site: Site):
    ended, stays, other = await choose(site), await choose(site), await choose(site, 1)
    async with a_browser(site, ended) as browser:
        await browser.post("/afmelden")
    asked = 8 * (ended, stays, other)

    found = await asyncio.gather(*(is_in(site, one) for one in asked))

    assert found == 8 * [False, True, True]


async def test_a_request_that_comes_while_a_question_is_out_is_not_answered_by_it(
    site: Site, door: Database, monkeypatch: pytest.MonkeyPatch
):
    claim = tokens.read_claim(KEY, await choose(site))
    assert claim is not None
    assert claim.session is not None
    held, go_on = asyncio.Event(), asyncio.Event()

    async def answer_late(*asked: Any) -> set[sessions.Claim]:
        found = await sessions.find_open(*asked)
        held.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(claims, "find_open", answer_late)
    before = asyncio.create_task(site.parts.claims.is_open(claim))
    await held.wait()
    async with door.transaction() as tx:
        await sessions.end_session(tx, claim.session, claim.who.subject, SystemClock().now())
    after = asyncio.create_task(site.parts.claims.is_open(claim))
    await asyncio.sleep(0)
    go_on.set()

    assert (await before, await after) == (True, False)


async def test_while_the_database_is_away_nobody_who_asks_waits_for_ever(site: Site):
    who, other = site.who("practice"), site.who("practice", number=1)
    asked = [sessions.Claim(one, SystemClock().now(), None) for one in (who, other)]
    away = claims.Claims(Away())  # type: ignore[arg-type]

    for _ in range(2):  # the second time too: the first answer leaves nothing behind
        async with asyncio.timeout(5):
            told = await asyncio.gather(*map(away.is_open, asked), return_exceptions=True)
        assert [type(one) for one in told] == [Unavailable, Unavailable]


async def test_a_form_of_another_session_of_the_same_person_is_refused(site: Site):
    who = site.who("practice")
    old = tokens.proof(KEY, who, new_id())
    fields = {"bsn": "111222333"}

    async with site.client(who) as browser:
        refused = await browser.post("/praktijk/aanmelden", data={**fields, "proof": old})
        taken = await browser.post("/praktijk/aanmelden", data={**fields, "proof": site.proof(who)})

    assert refused.status_code == 403
    assert "Dit formulier is verlopen" in refused.text
    assert taken.status_code == 422  # read, and more is wanted


@pytest.fixture
async def served(site: Site) -> AsyncIterator[Served]:
    following = asyncio.create_task(follow_ends(site.fresh.dsn("reader"), site.parts.hub.ask))
    async with serving_on(site, site.parts) as made:
        yield made
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def listen(served: Served, headers: dict[str, str], heard: list[str]) -> None:
    async with (
        served.client() as client,
        client.stream("GET", "/events", headers=headers) as stream,
    ):
        async for line in stream.aiter_lines():
            heard += [line.removeprefix("event: ")] if line.startswith("event: ") else []


async def until_heard(heard: list[str], kind: str) -> None:
    async with asyncio.timeout(20):
        while kind not in heard:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("how", ["signs out", "is withdrawn, by cookie", "is withdrawn, by token"])
async def test_an_open_stream_ends_with_its_session_at_once_and_others_go_on(
    served: Served, site: Site, door: Database, how: str
):
    who, other = site.who("practice"), site.who("practice", number=1)
    for one in (who, other):
        await site.begin(one)
    by_token = {"authorization": f"Bearer {tokens.mint(KEY, who)}"}
    own = by_token if "token" in how else {"cookie": f"{COOKIE}={cookie_of(who)}"}
    ours: list[str] = []
    theirs: list[str] = []
    listening = asyncio.create_task(listen(served, own, ours))
    beside = asyncio.create_task(listen(served, {"cookie": f"{COOKIE}={cookie_of(other)}"}, theirs))
    await until_heard(ours, "hello")
    await until_heard(theirs, "hello")

    async with asyncio.timeout(hub.TICK_SECONDS - 1):  # sooner than anything would be asked anyway
        if how == "signs out":
            async with a_browser(site, cookie_of(who)) as browser:
                await browser.post("/afmelden")
        else:
            async with door.transaction() as tx:
                await sessions.withdraw(tx, who.subject, "cli:test", SystemClock().now())
        await listening  # the server ended it

    assert ours == ["hello", "ended"]
    assert not beside.done()
    assert "ended" not in theirs
    beside.cancel()
    with suppress(asyncio.CancelledError):
        await beside


async def test_a_stream_asks_by_itself_when_no_notice_came(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hub, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(hub, "DOUBTED_AFTER", 3)
    holds = [True, False]

    async def still() -> bool:
        return holds.pop(0)

    stream = site.parts.hub.stream(HOME, None, hub.Pass("", still))
    kinds = [one.event async for one in stream]

    assert kinds == ["hello", "tick", "tick", "tick", "tick", "tick", "ended"]


async def test_while_the_database_is_away_a_form_comes_back_with_what_was_typed_and_nothing_else(
    site: Site,
):
    who = site.who("practice")
    await site.begin(who)
    away = replace(site, app=build(replace(site.parts, reader=Away())))  # type: ignore[arg-type]
    fields = {"family_name": "de Wit", "proof": site.proof(who)}

    async with a_browser(away, cookie_of(who)) as browser:
        form = await browser.post("/praktijk/aanmelden", data=fields)
        page = await browser.get("/praktijk")

    assert (form.status_code, page.status_code) == (503, 503)
    assert 'value="de Wit"' in form.text
    assert "van Testa" not in form.text


async def a_code(door: Database, who: Who, lifetime: timedelta = timedelta(hours=1)) -> str:
    code = tokens.make_code()
    async with door.transaction() as tx:
        await sessions.keep_code(tx, code, who, SystemClock().now() + lifetime)
    return code


async def test_a_code_signs_in_once_however_it_is_typed(site: Site, door: Database):
    site.app.state.parts = replace(site.parts, embedded=False)
    code = await a_code(door, site.who("practice"))

    async with a_browser(site) as browser:
        typed = code.lower().replace("-", " ")
        first = await browser.post("/aanmelden/code", data={"code": typed, "naar": "/praktijk?x"})
        inside = await browser.get("/praktijk")
    async with a_browser(site) as browser:
        second = await browser.post("/aanmelden/code", data={"code": code})

    assert first.headers["location"] == "/praktijk?x"
    assert "Praktijk De Singel" in inside.text
    assert "Oefengegevens" not in inside.text
    assert second.status_code == 403
    assert "Deze code werkt niet" in second.text
    assert code not in second.text
    assert "set-cookie" not in second.headers


async def test_a_code_that_is_too_old_or_comes_from_another_site_signs_nobody_in(
    site: Site, door: Database
):
    old = await a_code(door, site.who("practice"), timedelta(seconds=-1))
    good = await a_code(door, site.who("practice"))

    async with a_browser(site) as browser:
        late = await browser.post("/aanmelden/code", data={"code": old})
        foreign = await browser.post(
            "/aanmelden/code", data={"code": good}, headers={"origin": "http://evil.test"}
        )

    assert (late.status_code, foreign.status_code) == (403, 403)


async def test_the_administrator_sees_who_is_signed_in_ends_a_session_and_sees_nothing_else(
    site: Site,
):
    admin = Who("admin", HOME, None, "local:admin")
    practice, foreign = site.who("practice"), site.who("crisis", ABROAD)
    for one in (practice, foreign):
        await site.begin(one)

    async with site.client(admin) as browser:
        shown = (await browser.get("/beheer")).text
        path = f"/beheer/sessie/{session_of(practice)}/beeindigen"
        ended = await browser.post(path, data={"proof": site.proof(admin)})
        twice = await browser.post(path, data={"proof": site.proof(admin)})
        theirs = f"/beheer/sessie/{session_of(foreign)}/beeindigen"
        elsewhere = await browser.post(theirs, data={"proof": site.proof(admin)})
        others = [
            (await browser.get(path)).status_code
            for path in (
                "/praktijk",
                "/planning",
                "/regio",
                "/quarantaine",
                "/api/v1/patients",
                "/events",
            )
        ]

    assert practice.subject in shown
    assert foreign.subject not in shown
    assert (ended.status_code, twice.status_code, elsewhere.status_code) == (303, 403, 403)
    assert not await is_in(site, cookie_of(practice))
    assert set(others) == {403}


async def test_the_administrator_is_no_program(site: Site):
    token = tokens.mint(KEY, Who("admin", HOME, None, "local:admin"))

    async with a_browser(site) as client:
        answer = await client.get("/beheer", headers={"authorization": f"Bearer {token}"})

    assert answer.status_code == 303
