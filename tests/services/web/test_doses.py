"""What is reported of doses, as planner and practice read it: contradictions, what was said twice or corrected, conflicts."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest

from events.codec import encode, to_event
from events.envelope import Record, Sender, System
from events.identifiers import Payload
from events.practice import PatientWithdrawn, WithdrawalReason
from events.supply import LotQuarantined
from events.visits import DoseAdministered, DoseCorrected, DoseRetracted, RetractionReason
from infra.identity import new_id
from services.accept.submission import Status, Submission
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, CAMPAIGN, HOME, NOW, PRODUCT, an_id

pytestmark = pytest.mark.postgres
TEAM = "urn:nld:prikploeg:team:test"


def a_dose(site: Site, person: UUID, at: datetime, **changes: Any) -> DoseAdministered:
    usual = {
        "visit_id": new_id(),
        "person_id": person,
        "campaign_id": CAMPAIGN,
        "location_id": site.home.locations[0],
        "dose_no": 1,
        "product_id": PRODUCT,
        "lot": "FK8912",
        "depot_id": site.home.post,
        "team_id": an_id(HOME, "team"),
        "given_at": at,
    }
    return DoseAdministered(**usual | changes)


async def say(site: Site, event_id: str, payload: Payload) -> None:
    """A fact of the team under an id that a correction can name."""
    event = to_event(event_id, TEAM, None, HOME, payload)
    value, headers = encode(event.envelope, event.body)
    system = System("test", Sender.TEAM, (TEAM,), frozenset({HOME}))
    record = Record(system, value, dict(headers))
    (outcome,) = await site.say.group.submit(Submission((record,)))
    assert outcome.status is Status.ACCEPTED, outcome


def patient(site: Site) -> UUID:
    """Of the first practice, with consent, not planned."""
    return site.home.patients[site.home.practices[0]][6]


async def said_second_as_first(site: Site) -> UUID:
    person = patient(site)
    for n, day in enumerate(
        (datetime(2020, 12, 21, 10, tzinfo=UTC), datetime(2021, 1, 18, 10, tzinfo=UTC))
    ):
        await say(site, f"proef-{n}", a_dose(site, person, day, lot=f"OEFEN-{n}"))
    return person


async def page_of(site: Site, role: str, path: str) -> str:
    async with site.client(site.who(role)) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    return answer.text


async def decide(site: Site, number: int = 0, **fields: str) -> httpx2.Response:
    who = site.who("practice", number=number)
    async with site.client(who) as client:
        return await client.post("/praktijk/beslissing", data={**fields, "proof": site.proof(who)})


async def standing_of(site: Site, person: UUID) -> tuple[str, list[str]]:
    async with site.client(site.who("practice"), cookie=False) as client:
        told = (await client.get(f"/api/v1/patients/{person}")).json()["registrations"][0]
    return told["state"], [one for one in told["reasons"] if one.startswith("contradiction")]


async def test_two_first_doses_wait_for_a_clinician_and_both_pages_say_why(site: Site):
    person = await said_second_as_first(site)

    inbox = await page_of(site, "planner", "/planning")
    detail = await page_of(site, "planner", "/planning/doses")
    own = await page_of(site, "practice", f"/praktijk?patient={person}")

    assert "Bij 1 mens spreken gemelde doses elkaar tegen" in inbox
    why = "Dezelfde dosis is op twee dagen of van twee partijen gemeld"
    assert why in inbox
    assert why in detail
    assert "OEFEN-0" in detail
    assert "OEFEN-1" in detail
    assert why in own
    assert "Welke doses tellen?" in own
    assert await standing_of(site, person) == ("needs_doctor", ["contradiction.said_twice"])


async def test_a_clinician_decides_and_something_new_asks_again(site: Site):
    person = await said_second_as_first(site)
    about = {"person": str(person), "campaign": str(CAMPAIGN)}

    answer = await decide(site, counts="2", why="the card says both were given", **about)
    after = await page_of(site, "planner", "/planning")
    own = await page_of(site, "practice", f"/praktijk?patient={person}")
    await say(site, "proef-2", a_dose(site, person, datetime(2021, 1, 20, 10, tzinfo=UTC)))

    assert answer.status_code == 303
    assert "spreken gemelde doses elkaar tegen" not in after
    assert "Welke doses tellen?" not in own
    assert "Klaar" in own
    assert "Bij 1 mens spreken gemelde doses elkaar tegen" in await page_of(
        site, "planner", "/planning"
    )


async def test_a_decision_comes_by_the_interface_too(site: Site):
    person = await said_second_as_first(site)
    practice = site.home.practices[0]
    event = {
        "specversion": "1.0",
        "id": "decided",
        "source": f"urn:nld:prikploeg:practice:{practice}",
        "type": "decision.recorded.v1",
        "partitionkey": HOME,
        "data": {
            "decision_id": str(new_id()),
            "decision": "the first of the two does not count",
            "reason": "the needle was empty",
            "decided_at": NOW.isoformat(),
            "campaign_id": str(CAMPAIGN),
            "person_id": str(person),
            "practice_id": str(practice),
            "doses_counted": [1],
        },
    }

    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post(
            "/api/v1/events",
            content=json.dumps(event),
            headers={"content-type": "application/cloudevents+json"},
        )

    assert answer.status_code == 202, answer.text
    assert await standing_of(site, person) == ("partly", [])


async def test_nobody_decides_about_another_s_patient_or_without_a_reason(site: Site):
    person = await said_second_as_first(site)
    about = {"person": str(person), "campaign": str(CAMPAIGN)}

    foreign = await decide(site, number=1, counts="2", why="I think so", **about)
    empty = await decide(site, counts="2", why="", **about)

    assert foreign.status_code == 403
    assert empty.headers["location"].endswith("beslist=fout#wie")
    assert await standing_of(site, person) == ("needs_doctor", ["contradiction.said_twice"])


async def test_the_same_dose_said_twice_counts_once_and_is_shown(site: Site):
    person, at = patient(site), datetime(2021, 2, 17, 9, tzinfo=UTC)
    before = await stock(site)

    for name in ("proef-a", "proef-b"):
        await say(site, name, a_dose(site, person, at, visit_id=an_id("elsewhere")))

    page = await page_of(site, "planner", "/planning/doses")
    assert "Dubbel gemeld" in page
    assert "1 melding van een dosis is dubbel of verbeterd" in await page_of(
        site, "planner", "/planning"
    )
    assert before - await stock(site) == 1
    assert await standing_of(site, person) == ("partly", [])


async def stock(site: Site) -> int:
    async with site.client(site.who("planner"), cookie=False) as client:
        (line,) = (await client.get("/api/v1/stock")).json()["products"]
    doses: int = line["doses"]
    return doses


async def test_a_correction_moves_a_dose_to_the_right_person_and_the_first_record_stays_visible(
    site: Site,
):
    wrong, right = patient(site), site.home.patients[site.home.practices[1]][0]
    by = {"author_id": an_id("nurse"), "device_id": "tablet-7"}
    await say(site, "dose", a_dose(site, wrong, NOW, **by))
    correction = DoseCorrected(
        of_source=TEAM,
        of_id="dose",
        person_id=right,
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[1],
        dose_no=1,
        product_id=PRODUCT,
        given_at=NOW,
        why="read from the wrong line",
        corrected_by=an_id("doctor"),
    )

    await say(site, "correction", correction)

    page = await page_of(site, "planner", "/planning/doses")
    assert "Verbeterd" in page
    assert "read from the wrong line" in page
    assert "tablet-7" in page
    assert str(an_id("doctor"))[:8] in page
    assert await standing_of(site, wrong) == ("blocked", [])
    theirs = site.client(site.who("practice", number=1), cookie=False)
    async with theirs as client:
        told = (await client.get(f"/api/v1/patients/{right}")).json()["registrations"][0]
    assert told["doses"] == 1


async def test_a_retracted_dose_gives_the_stock_back_and_says_why(site: Site):
    person, before = patient(site), await stock(site)
    await say(site, "dose", a_dose(site, person, NOW))
    taken = await stock(site)

    await say(
        site,
        "retraction",
        DoseRetracted(
            of_source=TEAM,
            of_id="dose",
            person_id=person,
            campaign_id=CAMPAIGN,
            location_id=site.home.locations[0],
            reason=RetractionReason.NOT_GIVEN,
            why="the person fainted before it",
            corrected_by=an_id("doctor"),
        ),
    )

    assert (before - taken, before - await stock(site)) == (1, 0)
    assert "Toch niet gegeven" in await page_of(site, "planner", "/planning/doses")
    assert await standing_of(site, person) == ("blocked", [])


async def test_a_fact_that_no_longer_fits_is_kept_and_shown(site: Site):
    person = patient(site)
    await site.say(Sender.GGD, LotQuarantined(product_id=PRODUCT, lot="FK8912"))
    other = a_dose(
        site, person, NOW, visit_id=an_id(HOME, "visit"), team_id=an_id(HOME, "another team")
    )

    await say(site, "dose", other)

    page = await page_of(site, "planner", "/planning/doses")
    assert "Het bezoek was van een ander team" in page
    assert "De partij stond toen in quarantaine" in page
    assert "passen niet bij wat intussen is beslist" in await page_of(site, "planner", "/planning")


SHOWN = ("doses_shown", "answers_shown", "decisions_shown", "deaths_shown", "series_to_judge")


@pytest.mark.parametrize("role", ["planner", "practice", "crisis"])
async def test_nobody_of_another_region_sees_what_is_shown_of_a_series(site: Site, role: str):
    person = await said_second_as_first(site)
    reader = await site.reader()

    async with reader.reading(site.who(role, ABROAD)) as tx:
        seen = [
            await tx.fetchval(f"SELECT count(*) FROM {name} WHERE person = $1", person)
            for name in SHOWN
        ]

    assert seen == [0] * len(SHOWN)


async def test_withdrawing_somebody_never_lowers_what_was_given_and_the_totals_say_whom_they_count(
    site: Site,
):
    practice = site.home.practices[0]
    own = site.home.patients[practice]
    for n, person in enumerate(own[:5]):
        await say(site, f"dose-{n}", a_dose(site, person, NOW))
    before = await totals(site)

    withdrawn = PatientWithdrawn(
        person_id=own[0],
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[0],
        practice_id=practice,
        reason=WithdrawalReason.MOVED,
    )
    await site.say(Sender.PRACTICE, withdrawn)
    site.clock.ticks += 5  # the status is computed at most once a second

    after = await totals(site)
    assert before["given"] >= 5
    assert after["given"] - after["given_registered"] in (0, 5)  # one person, in fives
    assert "Wie na een dosis is afgemeld" in await page_of(site, "crisis", "/regio?toon=tabel")


async def totals(site: Site) -> dict[str, Any]:
    async with site.client() as client:
        told = (await client.get("/status")).json()
    assert "withdrawn after a dose" in told["whom_totals_count"]["en"]
    (region,) = [one for one in told["regions"] if one["region"] == HOME]
    found: dict[str, Any] = region["campaigns"][0]
    return found
