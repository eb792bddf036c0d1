"""One table of what is said of a person, tried at every door: the form, the import, the API and the events."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from events.canonical import to_canonical
from events.codec import encode, read_ledger, to_event
from events.envelope import Record, Sender, System
from events.errors import Refusal
from events.identifiers import NATIONAL, Payload
from events.local_time import to_local_date
from events.location import LocationRegistered
from events.supply import ProductCatalogued
from events.teams import TeamFormed
from infra.identity import new_id
from services.accept.submission import Submission
from services.importing.run import check
from tests.services.importing.builders import a_file
from tests.services.web.conftest import Site
from tests.services.web.seed import APPROVAL, CAMPAIGN, HOME, NOW, a_location, an_id, propose
from tests.services.web.test_registering import GOOD, send

pytestmark = pytest.mark.postgres
LONG = "A" * 81
CLOUD = {"content-type": "application/cloudevents+json"}
# field, what somebody writes, whether it is taken
TABLE = [
    ("bsn", "999990160", True), ("bsn", "999.990.160", True), ("bsn", "999990 160", True), ("bsn", "", True),
    ("bsn", "10464554", True), ("bsn", "999990161", False), ("bsn", "104645", False), ("bsn", "000123", False),
    ("bsn", "100006", False), ("bsn", "1000007", False),  # both pass the eleven-test, with zeros before them
    ("bsn", "9999901600", False), ("bsn", "000000000", False), ("bsn", "abcdefghi", False), ("bsn", "\u0661\u0662\u0663456782", False),
    ("given_name", "G.", True), ("given_name", "Ren\u00e9e", True), ("given_name", "-", True), ("given_name", LONG[1:], True),
    ("given_name", LONG, False), ("given_name", "", False), ("given_name", "Gr\u0007eet", False), ("given_name", "Gr\ufffdet", False),
    ("family_name", "van 't Hoff", True), ("family_name", LONG[1:], True), ("family_name", LONG, False),
    ("family_name", "", False), ("family_name", "12345", False), ("family_name", "-", False),
    ("postcode", "3511AB", True), ("postcode", "3511 ab", True), ("postcode", "3511  AB", True), ("postcode", "0511AB", False),
    ("postcode", "3511SA", False), ("postcode", "3511", False), ("postcode", "3511ABC", False), ("postcode", "", False),
    ("house_number", "12 bis", True), ("house_number", "1" * 20, True), ("house_number", "1" * 21, False),
    ("phone", "+31 30 123 4567", True), ("phone", "0" * 21, False), ("phone", "030\u0000123", False),
    ("birth_date", "1938-03-14", True), ("birth_date", "1938-00-00", True), ("birth_date", "1938-03-00", True),
    ("birth_date", "1900-01-01", True), ("birth_date", "1899-12-31", False), ("birth_date", "2022-01-01", False),
    ("birth_date", "2099-00-00", False), ("birth_date", "2099-02-15", False), ("birth_date", "0000-00-00", False),
    ("birth_date", "1938-02-30", False), ("birth_date", "1938-13-01", False), ("birth_date", "1938-00-03", False),
]  # fmt: skip
PERSON = {
    "bsn": "", "given_name": "Greet", "family_name": "de Wit", "birth_date": "1938-03-14", "postcode": "3511AB", "house_number": "",
    "phone": "",
}  # fmt: skip
Taken = set[str]  # the fields that a door names; empty: it takes the person
Door = Callable[[Site, Path, str, str], Awaitable[Taken]]


async def form(site: Site, _: Path, field: str, text: str) -> Taken:
    said = {"bsn": "", "indication": "medical", field: text}
    if field == "birth_date":
        said |= dict(zip(("year", "month", "day"), said.pop(field).split("-"), strict=True))
    answer = await send(site, **said)
    assert answer.status_code in {303, 422}
    links = {name: "day" if name == "birth_date" else name for name in PERSON}
    return {name for name, link in links.items() if f'<li><a href="#{link}">' in answer.text}


async def imported(_: Site, folder: Path, field: str, text: str) -> Taken:
    row = PERSON | {field: text, "practice": "P", "campaign": "C", "institution": "I"}
    file = a_file(folder, "registrations.csv", ";".join(row), ";".join(row.values()))
    report = check([file], HOME, today=to_local_date(NOW))
    assert report.rows_rejected == bool(report.problems)
    return {name for one in report.problems for name in one.fields}


async def api(site: Site, _: Path, field: str, text: str) -> Taken:
    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post("/api/v1/persons", json={"persons": [PERSON | {field: text}]})
    assert answer.status_code in {200, 422}
    return {name for one in answer.json().get("errors", ()) for name in one["fields"]}


async def event(site: Site, _: Path, field: str, text: str) -> Taken:
    own = site.home.practices[0]
    born = text if field == "birth_date" else PERSON["birth_date"]
    data = {
        "person_id": str(site.home.patients[own][0]),
        "campaign_id": str(CAMPAIGN),
        "location_id": str(site.home.locations[0]),
        "practice_id": str(own),
        "birth_year": int(born[:4]),
        field: text,  # dropped: an event has no room for it
    }
    said = {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": f"urn:nld:prikploeg:practice:{own}",
        "type": "nl.prikploeg.patient.registered.v1",
        "partitionkey": HOME,
        "data": data,
    }
    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post("/api/v1/events", json=said, headers=CLOUD)
    (outcome,) = answer.json()["outcomes"]
    return {"birth_date" if name == "birth_year" else name for name in outcome.get("fields", ())}


@pytest.mark.parametrize("door", [form, imported, api], ids=lambda door: door.__name__)
async def test_every_door_takes_and_refuses_the_same(site: Site, tmp_path: Path, door: Door):
    wrong = [
        (field, text, named)
        for field, text, taken in TABLE
        if (named := await door(site, tmp_path, field, text)) != (set() if taken else {field})
    ]

    assert wrong == []


async def test_an_event_is_judged_by_the_year_which_is_all_that_it_says(site: Site, tmp_path: Path):
    """Names, numbers and addresses have no place in an event: they are dropped before anything is stored."""
    for field, text, taken in TABLE:
        year = int(text[:4]) if field == "birth_date" else 1938
        impossible = field == "birth_date" and not taken and year != 1938

        named = await event(site, tmp_path, field, text)

        assert named == ({"birth_date"} if impossible else set()), (field, text)
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        kept = await tx.fetchval("SELECT string_agg(body::text, ' ') FROM ledger")
    assert not any(word in kept for word in ("van 't Hoff", "9999901600", "3511ABC", "12 bis"))


@pytest.mark.parametrize(
    ("born", "shown"),
    [
        ({"day": "0", "month": "0"}, "1938, dag en maand onbekend"),
        ({"day": "00", "month": "3"}, "maart 1938, dag onbekend"),
    ],
)
async def test_an_unknown_day_of_birth_is_shown_as_unknown_and_filled_in_as_such(
    site: Site, born: dict[str, str], shown: str
):
    who = site.who("practice")
    answer = await send(site, who, **born)
    async with site.client(who) as client:
        own = {
            one["person_id"] for one in (await client.get("/api/v1/patients")).json()["patients"]
        }
        new = own - {str(one) for one in site.home.patients[site.home.practices[0]]}
        (person,) = new
        page = await client.get(f"/praktijk?patient={person}")
        told = (await client.get(f"/api/v1/patients/{person}")).json()

    assert answer.status_code == 303
    assert shown in page.text
    assert told["birth_date"] == ("1938" if born["month"] == "0" else "1938-03")
    assert told["registrations"][0]["birth_year"] == 1938


async def test_a_day_that_was_skipped_is_no_unknown_day(site: Site):
    answer = await send(site, day="")

    assert answer.status_code == 422
    assert 'id="birth_date-fout"' in answer.text
    assert GOOD["year"] in answer.text


LOST = "Ren\ufffde"


async def test_a_text_that_lost_a_letter_is_taken_by_no_door_and_its_field_is_named(
    site: Site, tmp_path: Path
):
    place = a_location(LOST)
    approval = APPROVAL.model_copy(update={"approved_by": LOST})
    product = ProductCatalogued(
        product_id="other", name="Ander", doses_per_container=10, open_minutes=360, transport_minutes=720,
        fridge_days=30, approval=approval,
    )  # fmt: skip
    team = TeamFormed(team_id=an_id("own"), organisation_id=site.home.post, name=LOST)

    assert await send_record(site, Sender.INSTITUTION, place) == (
        Refusal.INVALID_PAYLOAD,
        ("name",),
    )
    assert await send_record(site, Sender.GGD, product, NATIONAL) == (
        Refusal.INVALID_PAYLOAD,
        ("approval.approved_by",),
    )
    async with site.client(site.who("planner"), cookie=False) as client:
        answer = await client.post("/api/v1/events", json=by_http(site, team), headers=CLOUD)
    assert [one["fields"] for one in answer.json()["outcomes"]] == [["name"]]
    await propose(site.say, site.home, HOME, served=3, number=2)
    who = site.who("planner")
    async with site.client(who) as client:
        page = await client.post(
            f"/planning/voorstel/{site.home.plan}/afwijzen",
            data={"proof": site.proof(who), "reden": LOST},
        )
    assert (page.status_code, "reden" in page.text) == (422, True)
    file = a_file(tmp_path, "teams.csv", "team;post;naam", f"T;O;{LOST}")
    report = check([file], HOME, today=to_local_date(NOW))
    assert [one.row for one in report.problems if "tekencodering" in one.message], report.problems
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        kept = await tx.fetchval("SELECT count(*) FROM ledger WHERE body::text LIKE '%\ufffd%'")
    assert kept == 0


def test_a_text_that_was_stored_before_stays_readable():
    body = to_canonical(a_location(LOST))

    said = read_ledger("location.registered.v1", body)

    assert isinstance(said, LocationRegistered)
    assert said.name == LOST


async def send_record(
    site: Site, sender: Sender, payload: Payload, region: str = HOME
) -> tuple[Refusal | None, tuple[str, ...]]:
    """What becomes of a record of Kafka."""
    source = f"urn:nld:prikploeg:{sender.value}:test"
    system = System("test", sender, (source,), frozenset({HOME, NATIONAL}))
    event = to_event(str(new_id()), source, NOW, region, payload)
    value, headers = encode(event.envelope, event.body)
    record = Record(system, value, dict(headers))
    (outcome,) = await site.say.group.submit(Submission((record,)))
    return outcome.reason, outcome.fields


def by_http(site: Site, payload: Payload) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": f"urn:nld:prikploeg:hap:{site.home.post}",
        "type": "nl.prikploeg.team.formed.v1",
        "partitionkey": HOME,
        "data": payload.model_dump(mode="json"),
    }
