"""What a practice reads of whom it did not register, of whom another region took over; and what the planner is told."""

from datetime import timedelta
from uuid import UUID

import pytest

from events.codec import encode, to_event
from events.envelope import Record, Sender, System
from events.identifiers import Payload
from events.organisations import PolicyChanged
from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    PatientRegistered,
    PatientWithdrawn,
    WithdrawalReason,
)
from infra.identity import new_id
from services.accept.submission import Status, Submission
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, CAMPAIGN, HOME, NOW

pytestmark = pytest.mark.postgres


def about(person: UUID, practice: UUID, location: UUID) -> dict[str, UUID]:
    return {
        "person_id": person,
        "campaign_id": CAMPAIGN,
        "location_id": location,
        "practice_id": practice,
    }


async def say_as(
    site: Site, practice: UUID, payload: Payload, region: str = HOME, minutes: int = 0
):
    """Say it under the source of the practice, as its system does on Kafka, accepted so many minutes after NOW."""
    source = f"urn:nld:prikploeg:practice:{practice}"
    system = System("in.practice.his.v1", Sender.PRACTICE, (source,), frozenset({HOME, ABROAD}))
    event = to_event(str(new_id()), source, NOW + timedelta(minutes=minutes - 60), region, payload)
    value, headers = encode(event.envelope, event.body)
    site.clock.at = NOW + timedelta(minutes=minutes)
    (outcome,) = await site.say.group.submit(Submission((Record(system, value, dict(headers)),)))
    assert outcome.status is Status.ACCEPTED, outcome


async def page_of(site: Site, role: str, path: str, region: str = HOME, number: int = 0) -> str:
    async with site.client(site.who(role, region, number)) as client:
        return (await client.get(path)).text


async def test_what_is_said_of_another_s_patient_changes_nothing_and_is_shown_as_waiting(
    site: Site,
):
    own, stranger = site.home.practices[:2]
    patient, place = site.home.patients[own][0], site.home.locations[0]
    facts = about(patient, stranger, place)

    await say_as(site, stranger, ConsentRecorded(**facts, status=ConsentStatus.REFUSED))

    mine = await page_of(site, "practice", "/praktijk")
    theirs = await page_of(site, "practice", "/praktijk", number=1)
    planner = await page_of(site, "planner", "/planning")
    assert "Wacht op uw aanmelding" not in mine
    assert "Wacht op uw aanmelding" in theirs
    assert "Antwoord op toestemming" in theirs
    assert "Anna" not in theirs
    assert "Over 1 persoon wacht een bericht op een aanmelding" in planner
    async with site.client(site.who("practice"), cookie=False) as client:
        read = (await client.get(f"/api/v1/patients/{patient}")).json()
    assert read["registrations"][0]["state"] == "planned"


async def test_once_registered_it_counts_and_waits_no_more(site: Site):
    own, second = site.home.practices[:2]
    patient, place = site.home.patients[own][0], site.home.locations[0]
    facts = about(patient, second, place)
    await say_as(site, second, ConsentRecorded(**facts, status=ConsentStatus.REFUSED))

    await say_as(site, second, PatientRegistered(**facts, birth_year=1930))

    assert "Wacht op uw aanmelding" not in await page_of(site, "practice", "/praktijk", number=1)
    async with site.client(site.who("practice"), cookie=False) as client:
        read = (await client.get(f"/api/v1/patients/{patient}")).json()
    assert read["registrations"][0]["state"] == "blocked"  # the answers contradict each other


async def test_after_a_withdrawal_page_list_api_and_vault_show_nothing(site: Site):
    own = site.home.practices[0]
    patient, place = site.home.patients[own][0], site.home.locations[0]
    withdrawn = PatientWithdrawn(**about(patient, own, place), reason=WithdrawalReason.MISTAKE)

    await say_as(site, own, withdrawn, minutes=120)

    async with site.client(site.who("practice"), cookie=False) as client:
        one = await client.get(f"/api/v1/patients/{patient}")
        listed = (await client.get("/api/v1/patients")).json()["patients"]
    page = await page_of(site, "practice", f"/praktijk?patient={patient}")
    assert one.status_code == 404
    assert str(patient) not in {row["person_id"] for row in listed}
    assert "van Testa" not in page
    async with site.parts.reader.reading(site.who("practice")) as tx:
        for table in ("persons", "person_statements", "consents", "appointments", "doses"):
            seen = await tx.fetchval(f"SELECT count(*) FROM {table} WHERE person = $1", patient)
            assert seen == 0, table


async def test_a_later_region_takes_over_and_both_sides_are_told_without_a_place(site: Site):
    own, far = site.home.practices[0], site.abroad.practices[0]
    patient = site.home.patients[own][0]

    registered = PatientRegistered(**about(patient, far, site.abroad.locations[0]), birth_year=1930)
    await say_as(site, far, registered, ABROAD, minutes=120)

    mine = await page_of(site, "practice", "/praktijk")
    theirs = await page_of(site, "practice", "/praktijk", ABROAD)
    assert "Overgenomen door een andere regio" in mine
    assert "Overgenomen van een andere regio" in theirs
    for page, region in ((mine, ABROAD), (theirs, HOME)):
        assert f"Lindeplein {region}" not in page
        assert region not in page
    planner = await page_of(site, "planner", "/planning")
    other = await page_of(site, "planner", "/planning", ABROAD)
    assert "1 persoon is overgenomen door een andere regio" in planner
    assert "1 persoon is overgenomen van een andere regio" in other


async def test_two_places_are_a_question_to_practices_and_planner(site: Site):
    own, second = site.home.practices[:2]
    patient = site.home.patients[own][0]
    registered = PatientRegistered(
        **about(patient, second, site.home.locations[1]), birth_year=1930
    )

    await say_as(site, second, registered, minutes=120)

    for number in (0, 1):
        page = await page_of(site, "practice", "/praktijk", number=number)
        assert "Een andere praktijk noemt een andere plaats" in page
    assert "1 persoon is op twee plaatsen aangemeld" in await page_of(site, "planner", "/planning")


async def test_a_practice_that_claims_many_patients_of_others_is_an_alarm_with_its_name(site: Site):
    own, second = site.home.practices[:2]
    people = site.home.patients[own]
    await site.say(Sender.OPERATOR, PolicyChanged(claims_alarm=5))
    for number, patient in enumerate(people[:6]):
        facts = about(patient, second, site.home.locations[0])
        await say_as(
            site, second, PatientRegistered(**facts, birth_year=1930), minutes=120 + number
        )

    page = await page_of(site, "planner", "/planning")
    async with site.client() as client:
        alarms = (await client.get("/status")).json()["alarms"]

    assert "Praktijk Hoog Land meldde in een dag 6 patiënten van andere praktijken aan" in page
    expected = {
        "kind": "bulk_claims",
        "region": HOME,
        "practice": "Praktijk Hoog Land",
        "at_least": 5,
    }
    assert alarms == [expected]
    assert not [one for one in people if str(one) in str(alarms)]


async def test_a_practice_with_many_open_questions_is_an_alarm_with_its_name(site: Site):
    await site.say(Sender.OPERATOR, PolicyChanged(claims_alarm=5))
    who = site.who("practice", number=1)
    names = ("Aafje", "Berend", "Cornelis", "Dirkje", "Evert", "Frouke")
    people = [
        {"given_name": name, "family_name": "Zes", "birth_date": "1931-04-03", "postcode": "3511AB"}
        for name in names
    ]
    async with site.client(site.who("practice"), cookie=False) as client:
        await client.post("/api/v1/persons", json={"persons": people})

    async def ask(count: int) -> list[dict[str, object]]:
        async with site.client(who, cookie=False) as client:
            answer = await client.post("/api/v1/persons", json={"persons": people[:count]})
            assert answer.status_code == 200, answer.text
        site.parts.kept_status.clear()
        async with site.client() as client:
            found: list[dict[str, object]] = (await client.get("/status")).json()["alarms"]
            return found

    usual, many = await ask(5), await ask(6)
    page = await page_of(site, "planner", "/planning")

    assert usual == []
    name = "Praktijk Hoog Land"
    assert many == [{"kind": "many_questions", "region": HOME, "practice": name, "at_least": 5}]
    assert f"{name} heeft 6 open vragen over wie iemand is" in page
    assert "heeft 6 open vragen" not in await page_of(site, "planner", "/planning", ABROAD)
