"""Nobody asks more than the service can bear, and nobody finds somebody's BSN or postcode by trying; over HTTP."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from infra.clock import SystemClock
from infra.postgres.heartbeats import Process, beat
from services.web.bounds import Bounds, Rate
from services.web.guesses import MOST_GUESSED
from services.web.pace import MOST_KNOWN, Pace, network_of
from services.web.refusing import Refused
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME
from tests.services.web.test_limits import FORM, serving_on
from tests.services.web.test_registering import GOOD

pytestmark = pytest.mark.postgres
FEW = Bounds(known=Rate(5, 0.01), strangers=Rate(3, 0.01))
AAFJE = {"given_name": "Aafje", "family_name": "Zes", "day": "3", "month": "4", "year": "1931"}
BSNS = [f"{number:08d}" for number in range(10_000_000, 10_000_000 + 400)]


def a_person(**more: str) -> dict[str, str]:
    said = {"given_name": "Aafje", "family_name": "Zes", "birth_date": "1931-04-03"}
    return said | {"postcode": "3511AB"} | more


def good_bsns(count: int) -> list[str]:
    """Numbers that pass the check of eleven."""
    found = []
    for stem in BSNS:
        rest = sum(int(digit) * (9 - place) for place, digit in enumerate(stem)) % 11
        if rest < 10:
            found.append(f"{stem}{rest}")
    return found[:count]


async def send(client: httpx2.AsyncClient, *persons: dict[str, str]) -> httpx2.Response:
    return await client.post("/api/v1/persons", json={"persons": list(persons)})


async def alarms_of(site: Site) -> list[dict[str, Any]]:
    site.parts.kept_status.clear()
    async with site.client() as client:
        found: list[dict[str, Any]] = (await client.get("/status")).json()["alarms"]
        return found


async def test_a_sender_that_asks_too_much_is_told_when_to_come_back_and_others_go_on(site, caplog):
    caplog.set_level(logging.WARNING)
    mine, theirs = site.who("practice"), site.who("practice", number=1)
    async with serving_on(site, replace(site.parts, bounds=FEW)) as served:
        async with served.client(mine) as client, served.client(mine) as again:
            answers = [await send(client, a_person()) for _ in range(5)]
            late = [await send(again, a_person()), await send(again, a_person())]
            alive = await again.get("/healthz")
            page = await again.get("/praktijk")
        async with served.client(theirs) as client:
            other = await send(client, a_person())

    assert [one.status_code for one in answers] == [200] * 5
    assert [one.status_code for one in late] == [429] * 2
    assert int(late[0].headers["retry-after"]) > 0
    said = late[0].json()
    assert said["type"].endswith(":too_many")
    assert late[1].json()["code"] == said["code"]
    assert [getattr(one, "code", "") for one in caplog.records].count(said["code"]) == 1
    assert (alive.status_code, other.status_code) == (200, 200)
    assert page.status_code == 429
    assert "U vraagt te veel in korte tijd" in page.text
    assert said["code"] in page.text


async def test_whoever_tries_codes_is_stopped_after_a_houseful_and_others_sign_in(site: Site):
    bounds = replace(FEW, strangers=Rate(1_000, 1), signing=Rate(4, 0.01))
    site.app.state.parts = parts = replace(site.parts, embedded=False, bounds=bounds)
    async with serving_on(site, parts) as served:
        origin = {"origin": f"http://127.0.0.1:{served.port}"}
        async with served.client() as client:
            tries = [
                await client.post("/aanmelden/code", data={"code": f"AAAA-{n}"}, headers=origin)
                for n in range(6)
            ]
            page = await client.get("/aanmelden")
            ordered = await client.post("/afmelden/provider", data={"logout_token": "x"})
        async with served.client(site.who("practice")) as client:
            signed_in = await client.get("/praktijk")
            by_session = await client.post("/aanmelden/code", data={"code": "A"}, headers=origin)

    assert [one.status_code for one in tries] == [403] * 4 + [429] * 2
    assert page.status_code == 200
    assert ordered.status_code == 404  # there is no provider; it was not counted
    assert signed_in.status_code == 200
    assert by_session.status_code == 429  # who has a session tries no more than anybody else


async def test_an_address_that_asks_too_much_before_it_signs_in_holds_up_nobody_who_has(site):
    async with serving_on(site, replace(site.parts, bounds=FEW)) as served:
        async with served.client() as client:
            codes = [
                (await client.post("/aanmelden/code", content=b"code=x", headers=FORM)).status_code
                for _ in range(4)
            ]
            wrong = await client.get("/api/v1/plan", headers={"authorization": "Bearer guessed"})
            style = await client.get("/static/nothing.css")
        async with served.client(site.who("practice")) as client:
            known = await send(client, a_person())

    assert 429 not in codes[:3]
    assert (codes[3], wrong.status_code) == (429, 429)
    assert style.status_code == 404
    assert known.status_code == 200


def send_many(pace: Pace, now: float) -> None:
    for _ in range(9_000):
        pace.count("practice", now)


def test_the_usual_bounds_let_a_practice_system_send_thousands_one_by_one():
    bounds = Bounds()
    pace, now = Pace(bounds.known), 0.0
    for _ in range(9_000):  # three requests for each of 3,000 patients, at 20 patients a second
        pace.count("practice", now)
        now += 1 / 60

    with pytest.raises(Refused):
        send_many(pace, now)


def test_senders_that_are_many_are_forgotten_and_one_network_of_a_subscriber_is_one_sender():
    pace = Pace(Rate(1, 0.001))
    for number in range(3 * MOST_KNOWN):
        pace.count(number, 0.0)

    assert len(pace._known) == MOST_KNOWN
    assert network_of("2001:db8:1:2::7") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:3::7") != network_of("2001:db8:1:2::7")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")


@pytest.mark.parametrize("tries", ["bsn", "postcode"])
async def test_whoever_tries_numbers_or_postcodes_on_one_person_is_refused_and_it_is_an_alarm(
    site: Site, caplog, tries: str
):
    caplog.set_level(logging.WARNING)
    values = good_bsns(12) if tries == "bsn" else [f"35{n}AB" for n in range(11, 23)]
    persons = [a_person(**{tries: value}) for value in values]
    async with site.client(site.who("practice"), cookie=False) as client:
        usual = [await send(client, one) for one in persons[:MOST_GUESSED]]
        quiet = await alarms_of(site)
        guessed = await send(client, persons[MOST_GUESSED])
        batch = await send(client, *(a_person(given_name="Bert", **{tries: v}) for v in values))
        known = await send(client, persons[0], a_person(given_name="Cor"))
    async with site.client(site.who("practice", number=1), cookie=False) as client:
        other = await send(client, persons[-1])

    assert [one.status_code for one in usual] == [200] * MOST_GUESSED, usual[-1].text
    assert quiet == []
    assert [guessed.status_code, batch.status_code] == [429] * 2
    assert guessed.json()["type"].endswith(":guessing")
    assert int(guessed.headers["retry-after"]) > 3_600
    assert guessed.json()["code"] in [getattr(one, "code", "") for one in caplog.records]
    assert not [value for value in values if value in guessed.text + caplog.text]
    assert known.status_code == 200  # what was said before is no guess
    assert other.status_code == 200
    assert await alarms_of(site) == [{"kind": "guessing", "region": HOME}]


async def test_what_another_web_process_noticed_is_an_alarm_here_too(site: Site):
    acceptor, now = await site.fresh.open("acceptor", 1), SystemClock().now()
    async with acceptor.transaction() as tx:
        await beat(tx, Process("web", 3, 1, now), now, {"guessing": [ABROAD]})

    assert await alarms_of(site) == [{"kind": "guessing", "region": ABROAD}]


async def test_the_form_of_a_practice_counts_with_its_system_and_the_next_day_begins_anew(
    site: Site,
):
    who = site.who("practice")
    async with site.client(who, cookie=False) as client:
        for value in good_bsns(MOST_GUESSED):
            assert (await send(client, a_person(bsn=value))).status_code == 200
    form = {**GOOD, "proof": site.proof(who), **AAFJE, "bsn": good_bsns(12)[-1]}

    async with site.client(who) as client:
        guessed = await client.post("/praktijk/aanmelden", data=form)
    site.parts.guesses.begin(site.parts.clock.now().date() + timedelta(days=1))
    async with site.client(who) as client:
        next_day = await client.post("/praktijk/aanmelden", data=form)

    assert guessed.status_code == 429
    assert "Te veel verschillende gegevens voor één persoon" in guessed.text
    assert next_day.status_code == 303, next_day.text
