"""Registering one patient by form: identity first, then what it says; nothing half, and nothing typed is lost."""

import re

import pytest

from infra.errors import Unavailable
from infra.postgres.database import Who
from tests.services.web.conftest import Site

pytestmark = pytest.mark.postgres

GOOD = {
    "bsn": "999990160",
    "given_name": "Greet",
    "family_name": "de Wit",
    "day": "14",
    "month": "3",
    "year": "1938",
    "postcode": "3511 ab",
    "house_number": "12",
    "location": "Eemzicht GG2514, Amersfoort (3511)",
    "indication": "age_80",
    "answer": "self",
    "giver": "",
    "form": "oral",
    "register": "yes",
}


async def send(site: Site, who: Who | None = None, **changed: str):
    who = who or site.who("practice")
    async with site.client(who) as client:
        return await client.post(
            "/praktijk/aanmelden", data={**GOOD, **changed, "proof": site.proof(who)}
        )


async def ledger(site: Site) -> list[tuple[str, str]]:
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        rows = await tx.fetch(
            "SELECT type, body::text FROM ledger WHERE source LIKE '%:web' ORDER BY region, seq"
        )
    return [(row[0], row[1]) for row in rows]


async def test_a_patient_is_registered_and_gets_a_reference(site: Site):
    answer = await send(site)

    said = await ledger(site)
    assert answer.status_code == 303
    assert re.fullmatch(r"/praktijk\?referentie=GG2514-\d+", answer.headers["location"])
    assert [kind for kind, _ in said] == [
        "patient.registered.v1",
        "consent.recorded.v1",
        "consent.recorded.v1",
    ]
    async with site.client(site.who("practice")) as client:
        page = (await client.get(answer.headers["location"])).text
    assert "Greet de Wit is aangemeld" in page
    assert "G.d.W." in page


async def test_no_name_number_or_address_reaches_the_ledger(site: Site):
    await send(site)

    text = " ".join(body for _, body in await ledger(site))
    for secret in ("999990160", "Greet", "Wit", "3511", "1938-03-14"):
        assert secret not in text


async def test_without_an_answer_asked_yet_only_the_registration_is_said(site: Site):
    await send(site, answer="not_asked")

    assert [kind for kind, _ in await ledger(site)] == ["patient.registered.v1"]


async def test_a_refusal_says_nothing_about_the_register(site: Site):
    await send(site, answer="refused")

    said = await ledger(site)
    assert len(said) == 2
    assert '"refused"' in said[1][1]


async def test_two_practices_that_register_one_person_give_one_person(site: Site):
    await send(site)
    await send(
        site, site.who("practice", number=1), given_name="greet", family_name="De Wit", phone=""
    )

    people = set(
        re.findall(r'"person_id": ?"([^"]+)"', " ".join(body for _, body in await ledger(site)))
    )
    assert len(people) == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("bsn", "123456789", "Dit BSN klopt niet"),
        ("bsn", "12345678", "Dit BSN klopt niet"),
        ("given_name", " ", "Vul de voornaam in"),
        ("day", "31", "Deze geboortedatum bestaat niet"),
        ("year", "2031", "Deze geboortedatum bestaat niet"),
        ("postcode", "12 AB", "Deze postcode klopt niet"),
        ("location", "Nergens", "Kies een instelling uit de lijst"),
        ("answer", "", "Kies een antwoord bij toestemming"),
        ("indication", "wealth", "Kies waarom de patiënt in aanmerking komt"),
    ],
)
async def test_a_mistake_is_named_and_everything_typed_stays(
    site: Site, field: str, value: str, message: str
):
    month = {"month": "2"} if field == "day" else {}

    answer = await send(site, **{field: value, **month})

    assert answer.status_code == 422
    assert "Er is 1 fout. Er is nog niets opgeslagen." in answer.text
    assert message in answer.text
    assert 'value="de Wit"' in answer.text
    assert await ledger(site) == []


async def test_a_representative_must_be_named(site: Site):
    answer = await send(site, answer="other")

    assert answer.status_code == 422
    assert "Kies wie de vertegenwoordiger is" in answer.text


async def test_what_is_typed_can_not_become_html(site: Site):
    answer = await send(site, bsn='"><script>alert(1)</script>')

    assert "<script>alert" not in answer.text


async def test_when_the_store_is_away_the_page_says_what_was_not_saved(site: Site):
    async def away(*_: object) -> list[object]:
        raise Unavailable("Postgres: gone")

    site.parts.writing.submit = away

    answer = await send(site)

    assert answer.status_code == 503
    assert "De aanmelding van deze patiënt is niet opgeslagen." in answer.text
    assert 'value="Greet"' in answer.text


async def test_when_all_of_postgres_is_away_the_form_still_comes_back(site: Site):
    await site.parts.reader.close()

    answer = await send(site)

    assert answer.status_code == 503
    assert "niet opgeslagen" in answer.text
    assert 'value="Greet"' in answer.text


async def test_needs_and_representative_are_said(site: Site):
    who = site.who("practice")
    async with site.client(who) as client:
        await client.post(
            "/praktijk/aanmelden",
            data={
                **GOOD,
                "answer": "other",
                "giver": "mentor",
                "needs": ["language", "nonsense"],
                "proof": site.proof(who),
            },
        )

    said = dict(await ledger(site))
    assert '"language"' in said["patient.registered.v1"]
    assert "nonsense" not in said["patient.registered.v1"]
    assert '"mentor"' in said["consent.recorded.v1"]


async def shown(site: Site, address: str, who: Who | None = None) -> str:
    async with site.client(who or site.who("practice")) as client:
        return (await client.get(address)).text


async def test_a_confirmation_is_what_was_stored_and_nothing_from_the_address(site: Site):
    page = await shown(site, "/praktijk?referentie=GG2514-1")
    strange = await shown(site, "/praktijk?referentie=Bel+nu+0900-1234")
    answer = await send(site)
    others = await shown(site, answer.headers["location"], site.who("practice", number=1))

    assert 'id="bevestiging"' not in page + strange + others


async def test_an_own_patient_who_is_sent_again_was_known(site: Site):
    await send(site)
    answer = await send(site, phone="0301234567")

    assert "Greet de Wit was al uw patiënt" in await shown(site, answer.headers["location"])


async def test_another_practice_s_patient_is_new_to_whom_sends_them(site: Site):
    await send(site)
    other = site.who("practice", number=1)
    answer = await send(site, other)

    assert "Greet de Wit is aangemeld" in await shown(site, answer.headers["location"], other)


async def test_a_new_form_has_nothing_ticked(site: Site):
    page = await shown(site, "/praktijk")

    assert " checked" not in page


async def test_what_was_not_ticked_is_not_said(site: Site):
    who = site.who("practice")
    unticked = {name: value for name, value in GOOD.items() if name != "register"}
    async with site.client(who) as client:
        await client.post("/praktijk/aanmelden", data={**unticked, "proof": site.proof(who)})

    assert [kind for kind, _ in await ledger(site)] == [
        "patient.registered.v1",
        "consent.recorded.v1",
    ]


@pytest.mark.parametrize(
    ("year", "indication", "fits"),
    [
        ("2002", "age_80", False),
        ("1942", "age_80", False),
        ("1941", "age_80", True),  # becomes 80 in the year in which the campaign opens
        ("1932", "age_90", False),
        ("1931", "age_90", True),
        ("2002", "medical", True),
    ],
)
async def test_a_reason_that_is_an_age_fits_the_year_of_birth(
    site: Site, year: str, indication: str, fits: bool
):
    answer = await send(site, year=year, indication=indication)

    assert answer.status_code == (303 if fits else 422)
    assert ("Deze reden past niet bij de geboortedatum" in answer.text) is not fits
