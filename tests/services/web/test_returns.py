"""A practice gets doses back on its page and by the API without typing; the planner sees what is missing."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from events.envelope import Sender
from events.visits import DoseAdministered
from infra.postgres.courier import returns
from services.courier.desk import Desk
from services.courier.returns import lay_ready, make_returns
from services.returns.texts import guard
from tests.services.accept.looking import rows
from tests.services.courier.receiver import a_desk
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, NOW, PRODUCT, an_id
from tests.services.web.test_questions import post

pytestmark = pytest.mark.postgres
PAGE = "/praktijk/terugmelding"


@asynccontextmanager
async def courier(site: Site) -> AsyncIterator[Desk]:
    async with a_desk(site.fresh, clock=site.clock) as desk:
        yield desk


async def a_dose(site: Site, number: int = 0, nth: int = 0) -> UUID:
    """A dose of a patient of a practice, told to that practice."""
    person = site.home.patients[site.home.practices[number]][nth]
    dose = DoseAdministered(
        visit_id=an_id(HOME, "visit"),
        person_id=person,
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[0],
        dose_no=1,
        product_id=PRODUCT,
        lot="LOT7",
        depot_id=site.home.post,
        team_id=an_id(HOME, "team"),
        given_at=NOW - timedelta(minutes=20),
    )
    await site.say(Sender.TEAM, dose)
    await run(site)
    return person


async def run(site: Site) -> None:
    async with courier(site) as desk:
        await make_returns(desk)
        await lay_ready(desk)
        async with desk.store.transaction() as tx:
            await returns.count(tx, [HOME], site.clock.at)


async def get(site: Site, role: str, path: str, number: int = 0) -> httpx2.Response:
    async with site.client(site.who(role, number=number)) as client:
        return await client.get(path)


async def messages(site: Site, number: int = 0) -> list[dict[str, Any]]:
    async with site.client(site.who("practice", number=number), cookie=False) as client:
        found: list[dict[str, Any]] = (await client.get("/api/v1/returns")).json()["returns"]
        return found


async def answer(
    site: Site, message: str, said: str, role: str = "practice", number: int = 0, **more: str
) -> Any:
    async with site.client(site.who(role, number=number), cookie=False) as client:
        given = {"answers": [{"message": message, "answer": said, **more}]}
        return (await client.post("/api/v1/returns/answers", json=given)).json()


async def test_a_practice_reads_on_its_page_what_lies_ready_and_takes_it_all_in_at_once(site: Site):
    await a_dose(site)
    page = (await get(site, "practice", PAGE)).text

    done = await post(site, site.who("practice"), PAGE, bericht="alle", antwoord="verwerkt")

    assert "Anna van Testa" in page
    assert "LOT7" in page
    assert done.status_code == 303
    assert [one["state"] for one in await messages(site)] == ["acknowledged"]


async def test_a_file_for_the_own_system_has_every_field_that_was_typed_over_before(site: Site):
    await a_dose(site)

    file = (await get(site, "practice", f"{PAGE}/bestand?vorm=csv")).text

    (row,) = csv.DictReader(io.StringIO(file.removeprefix("\ufeff")), delimiter=";")
    assert row["Achternaam"] == "van Testa"
    assert row["BSN"] == "111222333"
    assert row["Batchnummer"] == "LOT7"
    assert (row["Datum"], row["Tijd"]) == ("17-02-2021", "10:10")
    assert (row["ICPC"], row["Soort"]) == ("R44", "nieuw")


async def test_a_text_for_the_locum_message_names_nobody(site: Site):
    await a_dose(site)

    text = (await get(site, "practice", f"{PAGE}/bestand?vorm=tekst")).text

    assert "batch LOT7, dosis 1" in text
    assert "17-02-2021 10:10 uur" in text
    assert "Testa" not in text
    assert "111222333" not in text


async def test_the_api_gives_a_bundle_with_the_person_as_the_practice_knows_them(site: Site):
    await a_dose(site)
    (one,) = await messages(site)

    async with site.client(site.who("practice"), cookie=False) as client:
        answered = await client.get(f"/api/v1/returns/{one['message']}")

    kinds = {
        part["resource"]["resourceType"]: part["resource"] for part in answered.json()["entry"]
    }
    assert answered.headers["content-type"].startswith("application/fhir+json")
    assert kinds["Patient"]["name"][0]["family"] == "van Testa"
    assert kinds["Immunization"]["identifier"][0]["value"] == one["dose"]


async def test_opening_a_message_leaves_a_line_in_the_access_log(site: Site):
    person = await a_dose(site)
    (one,) = await messages(site)
    async with site.client(site.who("practice"), cookie=False) as client:
        await client.get(f"/api/v1/returns/{one['message']}?form=csv")

    owner = await site.fresh.open("owner", 1)
    logged = await rows(
        owner,
        "SELECT action, why, route FROM access_log WHERE person = $1 AND action = 'read'",
        person,
    )
    assert logged == [("read", "return record", "GET /api/v1/returns/{message}")]


async def test_another_practice_sees_and_answers_nothing_of_it(site: Site):
    await a_dose(site)
    (one,) = await messages(site)

    async with site.client(site.who("practice", number=1), cookie=False) as client:
        opened = await client.get(f"/api/v1/returns/{one['message']}")
    said = await answer(site, one["message"], "acknowledged", number=1)

    assert await messages(site, 1) == []
    assert opened.status_code == 404
    assert said == {"answered": [], "passed_over": [one["message"]]}
    assert (await messages(site))[0]["state"] == "sent"


async def test_a_rejected_message_waits_until_somebody_asks_for_it_again(site: Site):
    await a_dose(site)
    (one,) = await messages(site)

    await answer(site, one["message"], "rejected", reason="unknown_person")
    (rejected,) = await messages(site)
    planner = await get(site, "planner", "/planning/terugmelding")
    await answer(site, one["message"], "again", role="planner")
    await run(site)
    again = await messages(site)

    assert (rejected["state"], rejected["why"]) == ("rejected", "unknown_person")
    assert "Geen patiënt van ons" in planner.text
    assert sorted(row["state"] for row in again) == ["corrected", "sent"]


async def test_a_planner_may_not_say_that_it_is_in_a_record(site: Site):
    await a_dose(site)
    (one,) = await messages(site)

    said = await answer(site, one["message"], "acknowledged", role="planner")

    assert said["answered"] == []


async def test_the_same_answer_twice_is_stored_once(site: Site):
    await a_dose(site)
    (one,) = await messages(site)

    first = await answer(site, one["message"], "acknowledged")
    second = await answer(site, one["message"], "acknowledged")

    door = await site.fresh.open("acceptor")
    said = await rows(
        door, "SELECT count(*) FROM ledger WHERE type = 'return_record.acknowledged.v1'"
    )
    assert (first["answered"], second["answered"]) == ([one["message"]], [])
    assert said == [(1,)]


async def test_given_minus_registered_is_a_number_for_the_planner(site: Site):
    await a_dose(site)
    before = await get(site, "planner", "/planning/terugmelding")
    (one,) = await messages(site)
    await answer(site, one["message"], "acknowledged")
    await run(site)

    after = await get(site, "planner", "/planning/terugmelding")
    async with site.client(site.who("planner"), cookie=False) as client:
        counts = (await client.get("/api/v1/returns/counts")).json()

    assert '<dd id="verschil">1</dd>' in before.text
    assert '<dd id="verschil">0</dd>' in after.text
    assert (counts["given"], counts["registered"], counts["gap"]) == (1, 1, 0)
    assert counts["counts"][0]["anonymous"] == 1


def test_what_a_spreadsheet_would_work_out_is_text():
    assert guard("=1+1") == "'=1+1"
    assert guard("van Testa") == "van Testa"
