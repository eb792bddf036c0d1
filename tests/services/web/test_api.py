"""Systems over HTTPS: identity first, events in their own name only, and one answer per event."""

import json
from typing import Any
from uuid import UUID

import pytest

from events.envelope import Sender
from infra.identity import new_id
from infra.postgres.aliases import keep_alias
from services.accept.offering import offer_all
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, NOW, PRODUCT

pytestmark = pytest.mark.postgres

SINGLE = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}


def an_event(site: Site, practice: UUID | None = None, **changed: object) -> dict[str, Any]:
    own = site.home.practices[0]
    return {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": f"urn:nld:prikploeg:practice:{own}",
        "type": "patient.registered.v1",
        "partitionkey": HOME,
        "data": {
            "person_id": str(new_id()),
            "campaign_id": str(CAMPAIGN),
            "location_id": str(site.home.locations[0]),
            "practice_id": str(practice or own),
            "birth_year": 1940,
        },
        **changed,
    }


async def offer(site: Site, body: object, headers: dict[str, str] = SINGLE, role: str = "practice"):
    async with site.client(site.who(role), cookie=False) as client:
        return await client.post("/api/v1/events", content=json.dumps(body), headers=headers)


async def numbers(site: Site) -> int:
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        found: int = await tx.fetchval("SELECT n FROM region_seq WHERE region = $1", HOME)
    return found


async def test_an_event_is_accepted_once_and_a_second_time_is_a_duplicate(site: Site):
    event = an_event(site)

    first, again = await offer(site, event), await offer(site, event)

    assert first.status_code == 202
    assert first.json()["outcomes"][0]["status"] == "accepted"
    assert again.json()["outcomes"][0]["status"] == "duplicate"
    assert again.json()["outcomes"][0]["seq"] == first.json()["outcomes"][0]["seq"]


async def test_the_same_identifier_with_another_body_is_a_conflict(site: Site):
    event = an_event(site)
    await offer(site, event)
    event["data"]["birth_year"] = 1941

    answer = await offer(site, event)

    assert answer.status_code == 409
    assert answer.json()["outcomes"][0]["reason"] == "id_reused"


async def test_a_practice_does_not_speak_for_another(site: Site):
    before = await numbers(site)

    answer = await offer(site, an_event(site, site.home.practices[1]))

    assert answer.status_code == 403
    assert await numbers(site) == before


async def test_one_event_of_another_practice_stops_the_whole_batch(site: Site):
    before = await numbers(site)

    answer = await offer(site, [an_event(site), an_event(site, site.home.practices[1])], BATCH)

    assert answer.status_code == 403
    assert await numbers(site) == before


async def test_what_a_practice_says_of_another_s_patient_is_kept(site: Site):
    given = {
        "campaign_id": str(CAMPAIGN),
        "location_id": str(site.home.locations[0]),
        "dose_no": 1,
        "product_id": PRODUCT,
        "given_on": "2021-02-01",
    }
    own = site.home.patients[site.home.practices[0]][7]
    foreign = site.home.patients[site.home.practices[1]][0]

    mine = await offer(
        site, an_event(site, type="dose.given_elsewhere.v1", data={**given, "person_id": str(own)})
    )
    theirs = await offer(
        site,
        an_event(site, type="dose.given_elsewhere.v1", data={**given, "person_id": str(foreign)}),
    )

    assert mine.json()["outcomes"][0]["status"] == "accepted"
    assert theirs.json()["outcomes"][0]["status"] == "accepted"


async def test_a_practice_may_speak_under_an_alias_of_its_own_source_only(site: Site):
    own, foreign = (f"urn:nld:prikploeg:practice:{one}" for one in site.home.practices[:2])
    mine, theirs = "urn:nld:kvknr:09220932.his", "urn:nld:kvknr:09220933.his"
    event = an_event(site, source=mine)
    before = await offer(site, event)
    door = await site.fresh.open("acceptor", 1)
    async with door.transaction() as tx:
        await keep_alias(tx, mine, own, NOW)
        await keep_alias(tx, theirs, foreign, NOW)

    after, again = await offer(site, event), await offer(site, {**event, "source": own})
    in_anothers_name = await offer(site, an_event(site, source=theirs))

    assert before.json()["outcomes"][0]["reason"] == "source_not_allowed"
    assert after.json()["outcomes"][0]["status"] == "accepted"
    assert again.json()["outcomes"][0]["status"] == "duplicate"
    assert in_anothers_name.json()["outcomes"][0]["reason"] == "source_not_allowed"


async def test_a_record_under_an_alias_that_was_not_known_yet_is_accepted_when_offered_again(
    site: Site,
):
    mine = "urn:nld:kvknr:09220932.his"
    await offer(site, an_event(site, source=mine))
    door = await site.fresh.open("acceptor", 1)
    async with door.transaction() as tx:
        await keep_alias(tx, mine, f"urn:nld:prikploeg:practice:{site.home.practices[0]}", NOW)

    done = await offer_all(
        door, site.fresh.keys().for_quarantine(), "https", None, offered_by="test", now=NOW
    )

    assert (done.accepted, done.refused) == (1, 0)


async def test_a_request_without_end_is_refused_before_it_fills_the_memory(site: Site):
    sent = 0

    async def endless():
        nonlocal sent
        while sent < 64:
            sent += 1
            yield b"[" * 1_048_576

    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post("/api/v1/events", content=endless(), headers=BATCH)

    assert answer.status_code == 413


async def test_events_of_a_batch_are_judged_one_by_one(site: Site):
    bad = an_event(site, type="team.formed.v1")
    wrong = an_event(site)
    wrong["data"]["birth_year"] = 1066

    answer = await offer(site, [an_event(site), bad, wrong, "nonsense"], BATCH)

    outcomes = answer.json()["outcomes"]
    assert answer.status_code == 202
    assert [outcome["status"] for outcome in outcomes] == [
        "accepted",
        "rejected",
        "rejected",
        "rejected",
    ]
    assert outcomes[1]["reason"] == "type_not_allowed"
    assert outcomes[2] == {
        "status": "rejected",
        "reason": "invalid_payload",
        "fields": ["birth_year"],
    }


async def test_an_event_in_the_name_of_another_source_or_region_is_refused(site: Site):
    elsewhere = await offer(site, an_event(site, source="urn:nld:prikploeg:practice:other"))
    abroad = await offer(site, an_event(site, partitionkey="GG0111"))

    assert elsewhere.json()["outcomes"][0]["reason"] == "source_not_allowed"
    assert abroad.json()["outcomes"][0]["reason"] == "region_not_allowed"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a":1}', b"[" + b"1," * 1000 + b"1]"])
async def test_what_can_not_be_taken_apart_is_a_bad_request(site: Site, body: bytes):
    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post("/api/v1/events", content=body, headers=BATCH)

    assert answer.status_code == 400


async def test_another_content_type_is_refused(site: Site):
    answer = await offer(site, an_event(site), {"content-type": "text/plain"})

    assert answer.status_code == 415


async def test_persons_get_the_same_identifier_every_time_and_bad_ones_name_fields_only(site: Site):
    good = {
        "bsn": "999990044",
        "given_name": "Joop",
        "family_name": "Bos",
        "birth_date": "1931-05-06",
        "postcode": "3511AB",
    }
    bad = {**good, "bsn": "123456789", "postcode": "x"}
    async with site.client(site.who("practice"), cookie=False) as client:
        first = await client.post("/api/v1/persons", json={"persons": [good]})
        again = await client.post("/api/v1/persons", json={"persons": [bad, good]})

    assert first.status_code == 200
    assert again.status_code == 422
    assert again.json()["person_ids"] == [None, *first.json()["person_ids"]]
    assert again.json()["errors"] == [{"index": 0, "fields": ["bsn", "postcode"]}]
    assert "123456789" not in again.text


async def test_an_invalid_request_never_repeats_what_was_sent(site: Site):
    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post("/api/v1/persons", json={"persons": "111222333"})

    assert answer.status_code == 400
    assert "111222333" not in answer.text
    assert answer.json()["errors"][0]["location"] == {"pointer": "/persons"}


async def test_a_planner_reads_the_plan_by_pseudonym(site: Site):
    async with site.client(site.who("planner"), cookie=False) as client:
        answer = (await client.get("/api/v1/plan?day=2021-02-17")).json()

    assert answer["plan"] == str(site.home.plan)
    assert answer["days"] == {"2021-02-17": 1}
    assert answer["visits"][0]["people"] == 6


async def test_a_planner_may_not_speak_as_a_practice(site: Site):
    answer = await offer(site, an_event(site), role="planner")

    assert answer.json()["outcomes"][0]["reason"] == "type_not_allowed"
    assert Sender.HAP.value == "hap"


async def test_the_description_of_the_api_names_every_path(site: Site):
    async with site.client() as client:
        answer = await client.get("/openapi.json", follow_redirects=True)

    assert {"/events", "/persons", "/patients", "/plan", "/changes"} <= set(answer.json()["paths"])
    assert answer.headers["access-control-allow-origin"] == "*"
