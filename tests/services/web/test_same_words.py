"""The same words of another practice, words that a practice confirms, and words that its system mends."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from events.practice import (
    ConsentRecorded,
    ConsentStatus,
    Indication,
    PatientRegistered,
    PatientWithdrawn,
    WithdrawalReason,
)
from infra.postgres.database import Who
from scheduling.problem import Consent
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, CAMPAIGN, HOME, NOW
from tests.services.web.test_questions import STRANGER, consents, patient, post, registered
from tests.services.web.test_registering import GOOD, shown
from tests.services.web.test_who_acted import an_event, offer

pytestmark = pytest.mark.postgres
PERSON = {
    "bsn": GOOD["bsn"],
    "given_name": "Greet",
    "family_name": "de Wit",
    "birth_date": "1938-03-14",
    "postcode": "3511AB",
}


async def store(site: Site, who: Who, **changed: object) -> UUID:
    """The id that the vault gives a system for somebody."""
    async with site.client(who, cookie=False) as client:
        answer = await client.post("/api/v1/persons", json={"persons": [{**PERSON, **changed}]})
    assert list(answer.json()) == ["person_ids", "said_before"], answer.text
    return UUID(answer.json()["person_ids"][0])


async def tell(site: Site, who: Who, person: UUID, status: ConsentStatus) -> None:
    """A registration and an answer, as the system of a practice sends them."""
    about = {
        "person_id": person,
        "campaign_id": CAMPAIGN,
        "location_id": site.home.locations[0],
        "practice_id": who.organisation,
    }
    for payload in (
        PatientRegistered(**about, birth_year=1938, indication=Indication.AGE_80),
        ConsentRecorded(**about, status=status),
    ):
        source = f"urn:nld:prikploeg:practice:{who.organisation}"
        assert (await offer(site, who, an_event(payload, source))).status_code == 202


async def live(site: Site, person: UUID) -> list[tuple[object, ...]]:
    door = await site.fresh.open("acceptor")
    return await rows(door, "SELECT practice FROM registrations WHERE person = $1 AND live", person)


async def open_questions(site: Site) -> list[tuple[object, ...]]:
    door = await site.fresh.open("identifier")
    asked = "SELECT person, organisation FROM person_questions WHERE answered_at IS NULL"
    return await rows(door, asked)


@pytest.mark.parametrize("known", [GOOD["bsn"], ""])
async def test_the_same_whole_words_and_address_without_bsn_are_one_person_to_two_practices(
    site: Site, known: str
):
    real = await registered(site, bsn=known)
    typed = await registered(site, 1, bsn="")

    assert typed.person == real.person
    assert await open_questions(site) == []
    assert len(await live(site, real.person)) == 2
    for number in (0, 1):
        page = await shown(site, "/praktijk", site.who("practice", number=number))
        assert "G.d.W." in page


@pytest.mark.parametrize(
    ("first", "changed"),
    [({}, {"house_number": "14"}), ({}, {"given_name": "G."}), ({"given_name": "G."}, {"given_name": "G."}),
     ({}, {"family_name": "Wit"}), ({"bsn": ""}, {"bsn": GOOD["bsn"]})],
)  # fmt: skip
async def test_words_that_are_not_whole_or_not_the_same_stay_a_question(
    site: Site, first: dict[str, str], changed: dict[str, str]
):
    real = await registered(site, **first)
    typed = await registered(site, 1, **({"bsn": ""} | changed))

    assert typed.person != real.person
    assert await open_questions(site) == [(typed.person, site.home.practices[1])]


@pytest.mark.parametrize("known", [GOOD["bsn"], ""])
async def test_the_same_words_without_bsn_of_another_practice_are_a_question(
    site: Site, known: str
):
    real = await registered(site, bsn=known)
    typed = await registered(site, 1, bsn="", house_number="14")

    again = await registered(site, 1, bsn="", house_number="14")
    mine = await shown(site, f"/praktijk?patient={real.person}", site.who("practice"))
    theirs = await shown(site, f"/praktijk?patient={typed.person}", site.who("practice", number=1))
    assert again.person == typed.person != real.person
    assert "Controleer BSN en geboortedatum" in theirs
    assert "Controleer BSN en geboortedatum" not in mine
    assert GOOD["bsn"] not in theirs
    settled = await consents(site)
    assert (settled[real.person], settled[typed.person]) == (Consent.GIVEN, Consent.QUESTIONED)
    assert await open_questions(site) == [(typed.person, site.home.practices[1])]
    await post(site, site.who("planner"), f"/planning/vragen/{typed.person}", antwoord="zelfde")
    assert await live(site, typed.person) == []
    assert len(await live(site, real.person)) == 2
    assert (await registered(site, 1, bsn="", house_number="14")).person == real.person


async def test_the_answer_about_the_same_words_is_an_id_like_any_other(site: Site):
    real = await registered(site)
    who = site.who("practice", number=1)

    same = await store(site, who, bsn=None)
    new = await store(site, who, bsn=None, given_name="Nieuw", birth_date="1940-01-01")

    assert len({real.person, same, new}) == 3
    assert (await patient(site, same, 1)).status_code == 404  # not registered: nothing to read


async def test_twice_in_one_request_and_once_more_is_one_person_and_one_question(site: Site):
    await registered(site)
    who = site.who("practice", number=1)
    two = [{**PERSON, "bsn": None}, {**PERSON, "bsn": None, "phone": "0301112222"}]

    found = []
    for _ in range(2):
        async with site.client(who, cookie=False) as client:
            answer = await client.post("/api/v1/persons", json={"persons": two})
        found += answer.json()["person_ids"]

    assert len(set(found)) == 1
    assert len(await open_questions(site)) == 1


async def test_a_planner_of_another_region_says_the_same_and_is_asked_at_once(site: Site):
    planners = [
        replace(site.who("planner", region), organisation=None) for region in (HOME, ABROAD)
    ]
    body = {"persons": [{**PERSON, "bsn": None}], "reason": "belde zelf naar de huisartsenpost"}
    found = []
    for who in (*planners, *planners):
        async with site.client(who, cookie=False) as client:
            answer = await client.post("/api/v1/persons", json=body)
        found.append(answer.json()["person_ids"][0])

    assert found[0] == found[2] != found[1] == found[3]
    page = await shown(site, "/planning", planners[1])
    assert f"Wie is pseudoniem {found[1][:8]}?" in page


async def test_a_practice_that_looked_says_that_it_is_right_and_the_planner_hears_at_once(
    site: Site,
):
    real = await registered(site)
    typed = await registered(site, 1, **STRANGER)
    who, planner = site.who("practice", number=1), site.who("planner")
    pseudonym = str(typed.person)[:8]
    asked = await shown(site, f"/praktijk?patient={typed.person}", who)
    assert "Het klopt zoals het er staat" in asked
    assert pseudonym not in await shown(site, "/planning", planner)

    answer = await post(site, who, f"/praktijk/vragen/{typed.person}/klopt")

    assert answer.headers["location"] == f"/praktijk?patient={typed.person}#wie"
    mine = await shown(site, f"/praktijk?patient={typed.person}", who)
    page = await shown(site, "/planning", planner)
    assert "U zei dat het klopt zoals het er staat" in mine
    assert f"/praktijk/vragen/{typed.person}/klopt" not in mine
    assert "Praktijk Hoog Land zegt dat het klopt zoals het er staat" in page
    assert f"Wie is pseudoniem {pseudonym}?" in page
    assert not re.search(r"Greet|de Wit|Nep|Onzin|1938|1939", page)
    assert not re.search(r"Greet|de Wit|maart 1938", mine)
    assert (await consents(site))[typed.person] is Consent.QUESTIONED
    await post(site, planner, f"/planning/vragen/{typed.person}", antwoord="verschillend")
    known = await consents(site)
    assert (known[typed.person], known[real.person]) == (Consent.GIVEN, Consent.GIVEN)
    assert pseudonym not in await shown(site, "/planning", planner)


async def test_a_practice_confirms_its_own_words_only(site: Site):
    await registered(site)
    typed = await registered(site, 1, **STRANGER)

    answer = await post(site, site.who("practice"), f"/praktijk/vragen/{typed.person}/klopt")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"birth_date": "1939-03-14"}, {}),  # a slip of the pen beside the right number
        ({"given_name": "G.", "bsn": None}, {"given_name": "G."}),  # a likeness, then its number
        ({"bsn": None}, {}),  # the same words, then the number
    ],
)
async def test_what_a_system_mends_withdraws_the_first_registration_and_moves_the_answers(
    site: Site, wrong: dict[str, object], right: dict[str, object]
):
    real, who = await registered(site), site.who("practice", number=1)
    first = await store(site, who, **wrong)
    await tell(site, who, first, ConsentStatus.REFUSED)
    assert (await consents(site))[first] is Consent.QUESTIONED

    second = await store(site, who, **right)

    assert second == real.person != first
    assert await live(site, first) == []
    assert (site.home.practices[1],) in await live(site, real.person)
    assert (await patient(site, first, 1)).status_code == 404
    assert (await patient(site, real.person, 1)).json()["name"].endswith("de Wit")
    assert await open_questions(site) == []
    known = await consents(site)
    assert first not in known
    assert known[real.person] is Consent.CONFLICTING  # yes of the first practice, no of the second
    door = await site.fresh.open("acceptor")
    by = await rows(
        door, "SELECT DISTINCT actor, actor_org FROM ledger WHERE type = 'patient.withdrawn.v1'"
    )
    assert by == [(who.subject, who.organisation)]


async def test_another_number_beside_the_same_words_leaves_two_people_who_are_planned(site: Site):
    real, who = await registered(site), site.who("practice", number=1)
    nonsense = {"given_name": "Nep", "family_name": "Onzin"}
    first = await store(site, who, **nonsense)
    await tell(site, who, first, ConsentStatus.GIVEN)

    again = await store(site, who, **nonsense, bsn="999990184")

    assert again == first != real.person
    assert await open_questions(site) == []
    known = await consents(site)
    assert (known[first], known[real.person]) == (Consent.GIVEN, Consent.GIVEN)


async def test_a_file_with_two_people_sent_again_mends_nothing(site: Site):
    """The second got the number of the first: sent once more neither is taken for a mistake of the other."""
    who = site.who("practice", number=1)
    rows_of_file = ({}, {"birth_date": "1938-03-15", "given_name": "Greetje"})
    await registered(site)
    first, second = [await store(site, who, **row) for row in rows_of_file]

    again = [await store(site, who, **row) for row in rows_of_file]

    assert again == [first, second]


async def test_what_is_said_afterwards_about_the_first_id_is_never_planned(site: Site):
    """The system keeps the id that it got first, and registers it once more."""
    real, who = await registered(site), site.who("practice", number=1)
    first = await store(site, who, bsn=None)
    await tell(site, who, first, ConsentStatus.GIVEN)
    await store(site, who)

    site.clock.at = NOW + timedelta(minutes=5)
    await tell(site, who, first, ConsentStatus.GIVEN)

    known = await consents(site)
    assert known.get(first) in (None, Consent.QUESTIONED)
    assert known[real.person] is Consent.GIVEN


async def test_a_registration_that_a_system_takes_back_leaves_nothing_to_ask(site: Site):
    await registered(site)
    who, planner = site.who("practice", number=1), site.who("planner")
    first = await store(site, who, given_name="Nep", family_name="Onzin")
    await tell(site, who, first, ConsentStatus.GIVEN)
    site.clock.at = NOW + timedelta(days=5)
    assert str(first)[:8] in await shown(site, "/planning", planner)

    withdrawn = PatientWithdrawn(
        person_id=first,
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[0],
        practice_id=who.organisation,
        reason=WithdrawalReason.MISTAKE,
    )
    await offer(site, who, an_event(withdrawn, f"urn:nld:prikploeg:practice:{who.organisation}"))

    assert str(first)[:8] not in await shown(site, "/planning", planner)


async def test_an_import_mends_as_the_practice_it_speaks_for(site: Site):
    real, who = await registered(site), site.who("practice", number=1)
    machine = Who("system", HOME, None, "test:import")
    first = await store(site, machine, bsn=None, practice_id=str(who.organisation))
    await tell(site, who, first, ConsentStatus.GIVEN)

    second = await store(site, machine, practice_id=str(who.organisation))

    assert second == real.person
    assert await live(site, first) == []


async def test_a_program_of_ours_speaks_for_practices_of_its_own_region_only(site: Site):
    far, near = site.abroad.practices[0], site.home.practices[0]
    people = [{**PERSON, "practice_id": str(far)}, {**PERSON, "practice_id": str(near)}]
    async with site.client(Who("system", HOME, None, "test:import"), cookie=False) as client:
        answer = await client.post("/api/v1/persons", json={"persons": people})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"index": 0, "fields": ["practice_id"]}]
    assert [one is None for one in answer.json()["person_ids"]] == [True, False]
