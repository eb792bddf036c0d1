"""Sessions of people who signed in at a provider: how they go on, and everything that ends them. A real Keycloak orders it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from infra import tokens
from infra.clock import SystemClock
from infra.postgres import sessions
from infra.postgres.provider_sessions import find_tied
from services.web.access import COOKIE
from tests.keycloak.realms import WEB, query_of, sign_in
from tests.keycloak.running import Running
from tests.services.web.conftest import KEY, Site
from tests.services.web.signing_in import Provided, Visit, provided_site
from tests.services.web.test_limits import serving_on

pytestmark = pytest.mark.postgres


@pytest.fixture
async def provided(site: Site, keycloak: Running) -> AsyncIterator[Provided]:
    """Our pages, where Keycloak can reach them with its orders."""
    async with (
        provided_site(site, keycloak, check_seconds=1) as made,
        serving_on(site, site.parts) as served,
    ):
        place = f"http://127.0.0.1:{served.port}/afmelden/provider"
        await made.realm.change_client(WEB, **{"backchannel.logout.url": place})
        yield made


async def is_in(visit: Visit) -> bool:
    return (await visit.pages.get("/praktijk")).status_code == 200


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await so():
            await asyncio.sleep(0.05)


async def ended(visit: Visit) -> bool:
    return not await is_in(visit)


async def anja(provided: Provided) -> tuple[Visit, str]:
    person = await provided.realm.person("anja", ["practice"], ["singel"])
    visit = provided.visit("anja")
    assert (await visit.go()).status_code == 303
    assert await is_in(visit)
    return visit, person


async def test_who_signs_out_here_is_signed_out_at_the_provider_too(provided: Provided):
    visit, _ = await anja(provided)
    cookie = visit.pages.cookies[COOKIE]

    page = await visit.pages.post("/afmelden")
    place = page.text.split('content="0;url=')[1].split('"')[0].replace("&amp;", "&")
    goodbye = await visit.keycloak.get(place)
    visit.pages.cookies.set(COOKIE, cookie, domain="127.0.0.1")
    question = (await visit.pages.get("/aanmelden/provider")).headers["location"]
    asked = await visit.keycloak.get(question)

    assert page.status_code == 200
    assert "U bent afgemeld" in page.text
    assert goodbye.headers["location"].startswith("http://127.0.0.1:8080/aanmelden")
    assert not await is_in(visit)  # a copy of the cookie neither
    assert asked.status_code == 200  # it asks for a name again


async def test_an_order_of_the_provider_ends_the_session_at_once_and_no_other(provided: Provided):
    visit, person = await anja(provided)
    await provided.realm.person("bea", ["practice"], ["hoogland"])
    other = provided.visit("bea")
    await other.go()

    done = await provided.realm.admin.post(f"/{provided.realm.name}/users/{person}/logout")
    await until(lambda: ended(visit))

    assert done.status_code == 204
    assert await is_in(other)


async def test_an_order_counts_once_and_only_as_the_provider_signed_it(
    provided: Provided, monkeypatch: pytest.MonkeyPatch
):
    visit, person = await anja(provided)
    heard: list[str] = []
    read = provided.seats.provider.read_logout_token

    async def hear(_: object, token: str) -> dict[str, object]:
        heard.append(token)
        return await read(token)

    monkeypatch.setattr(type(provided.seats.provider), "read_logout_token", hear)
    await provided.realm.admin.post(f"/{provided.realm.name}/users/{person}/logout")
    await until(lambda: ended(visit))
    (order,) = heard
    head, body, signature = order.split(".")
    given = await provided.visit("anja").leave()  # an answer with a code: no order
    assert (await visit.go()).status_code == 303

    answers = [
        (await visit.pages.post("/afmelden/provider", data=fields)).status_code
        for fields in (
            {"logout_token": order},
            {"logout_token": f"{head}.{body}.{signature[:-6]}AAAAAA"},
            {"logout_token": query_of(given)["code"]},
            {"logout_token": ""},
            {},
        )
    ]

    assert answers == [400] * 5
    assert await is_in(visit)


async def test_an_id_token_is_no_order(provided: Provided, site: Site):
    visit, _ = await anja(provided)
    secret = await sealed_of(site, visit)

    answer = await visit.pages.post("/afmelden/provider", data={"logout_token": secret["id_token"]})

    assert answer.status_code == 400
    assert await is_in(visit)


async def test_a_disabled_person_is_out_when_the_provider_is_asked_next(provided: Provided):
    visit, person = await anja(provided)
    await provided.due()
    assert await is_in(visit)

    await provided.realm.change(person, enabled=False)
    before = await is_in(visit)
    await provided.due()

    assert before
    assert not await is_in(visit)


@pytest.mark.parametrize("what", ["organisation", "role"])
async def test_who_loses_what_they_act_as_is_out_and_others_stay(provided: Provided, what: str):
    visit, person = await anja(provided)
    await provided.realm.person("bea", ["practice"], ["singel"])
    other = provided.visit("bea")
    await other.go()

    if what == "role":
        await provided.realm.lose(person, "practice")
    else:
        await provided.realm.leave(person, "singel")
    await provided.due()

    assert not await is_in(visit)
    assert await is_in(other)


async def test_a_session_goes_on_through_many_questions_to_the_provider(provided: Provided):
    visit, _ = await anja(provided)

    for _ in range(3):  # each answer brings the token for the next, and the one before is dead
        await provided.due()

    assert await is_in(visit)


async def test_two_processes_never_spend_the_same_refresh_token(provided: Provided):
    visit, _ = await anja(provided)
    await asyncio.sleep(1.1)

    asked = await asyncio.gather(*(provided.seats.check_due() for _ in range(4)))
    await provided.due()

    assert sum(asked) == 1
    assert await is_in(visit)


async def test_while_the_provider_is_away_who_is_signed_in_stays(
    provided: Provided, monkeypatch: pytest.MonkeyPatch
):
    visit, _ = await anja(provided)
    settings = provided.seats.provider.settings.model_copy(
        update={"issuer": "http://127.0.0.1:9/realms/away"}
    )
    provider = type(provided.seats.provider).of(settings)
    monkeypatch.setattr(provided.seats, "provider", provider)

    await provided.due()
    question = await visit.pages.get("/aanmelden/provider")
    page = await provided.visit("bea").pages.get("/aanmelden")

    assert await is_in(visit)
    assert (question.status_code, page.status_code) == (503, 200)
    await provider.asking.close()


async def test_a_second_tab_s_sign_in_leaves_what_stands_open_in_the_first_good(
    provided: Provided,
):
    first, _ = await anja(provided)
    page = await first.pages.get("/praktijk")
    proof = page.text.split('name="proof" value="')[1].split('"')[0]
    second = provided.visit("anja", beside=first)

    question = (await second.pages.get("/aanmelden/provider")).headers["location"]
    back = await second.return_by(
        await sign_in(second.keycloak, f"{question}&prompt=login", "anja")
    )
    form = await first.pages.post("/praktijk/aanmelden", data={"proof": proof, "bsn": "111222333"})
    await provided.due()

    assert back.status_code == 303
    assert (
        form.status_code == 422
    )  # read, and more is wanted: the proof of the first tab still counts
    assert await is_in(first)


async def test_somebody_else_in_the_same_browser_ends_the_session_of_the_one_before(
    provided: Provided,
):
    visit, _ = await anja(provided)
    cookie = visit.pages.cookies[COOKIE]
    await provided.realm.person("bea", ["practice"], ["hoogland"])
    other = provided.visit("bea")
    other.pages.cookies.set(COOKIE, cookie, domain="127.0.0.1")

    await other.go()
    page = await other.pages.get("/praktijk")

    assert "Praktijk Hoog Land" in page.text
    assert not await is_in(visit)


async def test_an_administrator_s_withdrawal_ends_what_the_provider_let_in(
    provided: Provided, site: Site
):
    visit, _ = await anja(provided)
    claim = tokens.read_claim(KEY, visit.pages.cookies[COOKIE])
    assert claim is not None
    door = await site.fresh.open("acceptor", 1)

    async with door.transaction() as tx:
        await sessions.withdraw(tx, claim.who.subject, "cli:test", SystemClock().now())
    await provided.due()

    assert not await is_in(visit)


async def test_what_the_provider_gave_lies_sealed_and_bound_to_its_session(
    provided: Provided, site: Site
):
    visit, _ = await anja(provided)
    secret = await sealed_of(site, visit)

    owner = await site.fresh.open("acceptor", 1)
    async with owner.transaction() as tx:
        stored = await tx.fetchval("SELECT string_agg(p::text, ' ') FROM provider_sessions p")

    assert secret["refresh_token"].count(".") == 2
    assert secret["refresh_token"] not in stored
    assert "anja" not in stored
    for cookie in visit.pages.cookies.values():
        assert secret["refresh_token"] not in cookie


async def test_a_session_lasts_a_working_day_and_no_longer(provided: Provided):
    visit, _ = await anja(provided)
    claim = tokens.read_claim(KEY, visit.pages.cookies[COOKIE])
    assert claim is not None

    late = claim.issued + tokens.WORKING_DAY + timedelta(seconds=1)

    assert tokens.read_claim(KEY, visit.pages.cookies[COOKIE], now=late) is None


async def sealed_of(site: Site, visit: Visit) -> dict[str, str]:
    """What lies sealed of this session."""
    claim = tokens.read_claim(KEY, visit.pages.cookies[COOKIE])
    assert claim is not None
    assert claim.session is not None
    door = await site.fresh.open("acceptor", 1)
    async with door.transaction() as tx:
        tied = await find_tied(tx, claim.session, SystemClock().now())
    assert tied is not None
    return json.loads(site.parts.keys.open(tied.sealed, claim.session.bytes))
