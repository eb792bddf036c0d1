"""Who is who, from what practices say to what each of them reads: never two people silently, never one."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from infra.postgres.database import Who
from infra.postgres.snapshot.load import load_snapshot
from scheduling.problem import Consent
from services.planner.problem.posed import to_problem
from services.web.pages.questions import is_overdue, list_holidays
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME, NOW
from tests.services.web.test_registering import GOOD, send, shown

pytestmark = pytest.mark.postgres
STRANGER = {"given_name": "Nep", "family_name": "Onzin", "day": "1", "month": "1", "year": "1939"}


@dataclass
class Sent:
    """A registration by form, as the sender's page shows it."""

    person: UUID
    page: str


async def registered(site: Site, number: int = 0, **changed: str) -> Sent:
    who = site.who("practice", number=number)
    answer = await send(site, who, **changed)
    assert answer.status_code == 303, answer.text
    page = await shown(site, answer.headers["location"], who)
    reference = answer.headers["location"].rpartition("-")[2]
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        person = await tx.fetchval(
            "SELECT person FROM registrations WHERE registered_seq = $1", int(reference)
        )
    return Sent(person, page)


async def consents(site: Site) -> dict[UUID, Consent]:
    """What the planner may count on, of everybody who needs a dose."""
    planner = await site.fresh.open("planner", 1)
    problem = to_problem(await load_snapshot(planner, HOME, NOW)).problem
    return {UUID(need.person_id): need.consent for need in problem.needs}


async def post(site: Site, who: Who, address: str, **values: str):
    async with site.client(who) as client:
        return await client.post(address, data={**values, "proof": site.proof(who)})


async def patient(site: Site, person: UUID, number: int = 0):
    async with site.client(site.who("practice", number=number)) as client:
        return await client.get(f"/api/v1/patients/{person}")


async def test_a_bsn_with_nonsense_beside_it_opens_nothing_and_stops_nobody(site: Site):
    real = await registered(site)
    typed = await registered(site, 1, **STRANGER)

    asked = await shown(site, f"/praktijk?patient={typed.person}", site.who("practice", number=1))
    theirs, behind = await patient(site, typed.person, 1), await patient(site, real.person, 1)
    assert typed.person != real.person
    assert "Nep Onzin is aangemeld, met een vraag" in typed.page
    assert "Controleer BSN en geboortedatum" in typed.page
    assert theirs.json()["name"] == "Nep Onzin"
    assert theirs.json()["registrations"][0]["state"] == "question"
    assert behind.status_code == 404
    assert not re.search(
        r"Greet|de Wit|14-03|De Singel|maart 1938", typed.page + theirs.text + asked
    )
    assert "Verbeter en verstuur" in asked
    assert 'value="Onzin"' in asked
    known = await consents(site)
    assert known[typed.person] is Consent.QUESTIONED
    assert known[real.person] is Consent.GIVEN


async def test_a_likeness_without_bsn_waits_and_the_first_is_planned_once(site: Site):
    real = await registered(site)
    typed = await registered(site, 1, bsn="", given_name="G.", family_name="Wit")

    known = await consents(site)
    assert typed.person != real.person
    assert known[typed.person] is Consent.QUESTIONED
    assert known[real.person] is Consent.GIVEN


async def test_the_same_person_of_two_practices_is_one_and_each_reads_its_own_words(site: Site):
    first = await registered(site, phone="0301111111")
    second = await registered(site, 1, phone="0302222222", house_number="99")
    async with site.client(site.who("practice")) as client:
        own = (await client.get(f"/praktijk?patient={first.person}")).text

    assert first.person == second.person
    assert "3511AB 12" in own
    assert "99" not in re.findall(r"3511AB (\d+)", own)


async def test_what_a_practice_mends_is_the_other_person_from_then_on(site: Site):
    real = await registered(site)
    typed = await registered(site, 1, year="1939", answer="refused")
    mended = {**GOOD, "answer": ""}

    answer = await post(
        site,
        site.who("practice", number=1),
        f"/praktijk/vragen/{typed.person}/verbeteren",
        **mended,
    )

    assert answer.headers["location"] == f"/praktijk?patient={real.person}#wie"
    assert (await patient(site, typed.person, 1)).status_code == 404
    told = (await patient(site, real.person, 1)).json()
    assert (told["name"], told["birth_date"]) == ("Greet de Wit", "1938-03-14")
    known = await consents(site)
    assert typed.person not in known
    assert known[real.person] is Consent.CONFLICTING  # the first said yes, the second no


async def test_a_number_that_is_mended_leaves_two_people(site: Site):
    real = await registered(site)
    typed = await registered(site, 1, **STRANGER)

    answer = await post(
        site,
        site.who("practice", number=1),
        f"/praktijk/vragen/{typed.person}/verbeteren",
        **{**GOOD, **STRANGER, "bsn": "999990184"},
    )

    assert answer.headers["location"] == f"/praktijk?patient={typed.person}#wie"
    known = await consents(site)
    assert (known[typed.person], known[real.person]) == (Consent.GIVEN, Consent.GIVEN)


async def test_what_contradicts_still_stays_a_question_and_a_mistake_stays_typed(site: Site):
    await registered(site)
    typed = await registered(site, 1, **STRANGER)
    address = f"/praktijk/vragen/{typed.person}/verbeteren"
    who = site.who("practice", number=1)

    still = await post(site, who, address, **{**GOOD, **STRANGER, "house_number": "5"})
    wrong = await post(site, who, address, **{**GOOD, **STRANGER, "bsn": "123456789"})

    assert still.headers["location"] == f"/praktijk?patient={typed.person}#wie"
    assert (await consents(site))[typed.person] is Consent.QUESTIONED
    assert wrong.status_code == 422
    assert 'value="123456789"' in wrong.text
    assert "Dit BSN klopt niet" in wrong.text


async def test_a_mistake_that_is_taken_back_is_gone_for_page_and_api(site: Site):
    await registered(site)
    typed = await registered(site, 1, **STRANGER)
    who = site.who("practice", number=1)

    await post(site, who, f"/praktijk/vragen/{typed.person}/intrekken")

    async with site.client(who) as client:
        page = await client.get(f"/praktijk?patient={typed.person}")
    assert page.status_code == 404
    assert (await patient(site, typed.person, 1)).status_code == 404
    assert typed.person not in await consents(site)


async def test_a_practice_answers_its_own_questions_only(site: Site):
    await registered(site)
    typed = await registered(site, 1, **STRANGER)

    for what in ("verbeteren", "intrekken"):
        answer = await post(
            site, site.who("practice"), f"/praktijk/vragen/{typed.person}/{what}", **GOOD
        )
        assert answer.status_code == 404


async def test_after_two_working_days_the_planner_hears_of_it_without_a_name(site: Site):
    real = await registered(site)
    typed = await registered(site, 1, **STRANGER)
    planner = site.who("planner")
    fresh = await shown(site, "/planning", planner)
    site.clock.at = NOW + timedelta(days=3)  # Saturday: Thursday and Friday are over

    page = await shown(site, "/planning", planner)

    pseudonym = str(typed.person)[:8]
    assert pseudonym not in fresh
    assert f"Wie is pseudoniem {pseudonym}?" in page
    assert "Praktijk Hoog Land" in page
    assert not re.search(r"Greet|de Wit|Nep|Onzin|1938|1939", page)
    await post(site, planner, f"/planning/vragen/{typed.person}", antwoord="zelfde")
    assert (await patient(site, typed.person, 1)).status_code == 404
    assert (await patient(site, real.person, 1)).status_code == 200
    assert pseudonym not in await shown(site, "/planning", planner)
    again = await registered(site, 1, **STRANGER)
    assert again.person == real.person


async def test_a_planner_who_says_two_people_has_both_planned(site: Site):
    real = await registered(site)
    typed = await registered(site, 1, bsn="", given_name="G.")

    await post(
        site, site.who("planner"), f"/planning/vragen/{typed.person}", antwoord="verschillend"
    )

    known = await consents(site)
    assert (known[typed.person], known[real.person]) == (Consent.GIVEN, Consent.GIVEN)


async def test_persons_have_one_answer_for_whoever_is_meant(site: Site):
    await registered(site)
    person = {
        "bsn": GOOD["bsn"],
        "given_name": "Greet",
        "family_name": "de Wit",
        "birth_date": "1938-03-14",
        "postcode": "3511AB",
    }
    people = [
        person,
        {**person, "given_name": "Nep", "family_name": "Onzin"},
        {**person, "bsn": None, "given_name": "Nieuw"},
    ]
    async with site.client(site.who("practice", number=1), cookie=False) as client:
        answers = [await client.post("/api/v1/persons", json={"persons": [one]}) for one in people]
        ids = [answer.json()["person_ids"][0] for answer in answers]
        asked = await client.post("/api/v1/persons/questions", json={"person_ids": ids})
    async with site.client(site.who("practice"), cookie=False) as client:
        others = await client.post("/api/v1/persons/questions", json={"person_ids": ids})

    assert [(answer.status_code, [*answer.json()]) for answer in answers] == [
        (200, ["person_ids", "said_before"])
    ] * 3
    # by this practice: whether others said so it does not hear
    assert [answer.json()["said_before"] for answer in answers] == [[False]] * 3
    assert len(set(ids)) == 3
    assert asked.json() == {"check_bsn_and_birth_date": [ids[1]]}
    assert others.json() == {"check_bsn_and_birth_date": []}


@pytest.mark.parametrize("field", ["as_of", "birth_date", "practice_id"])
async def test_what_cannot_be_true_is_refused_by_field(site: Site, field: str):
    late = {
        "as_of": (NOW + timedelta(days=2)).isoformat(),
        "birth_date": "2021-02-18",
        "practice_id": str(site.home.practices[1]),
    }
    person = {
        "given_name": "Jan",
        "family_name": "Bos",
        "birth_date": "1931-05-06",
        "postcode": "3511AB",
        field: late[field],
    }
    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post("/api/v1/persons", json={"persons": [person]})

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"index": 0, "fields": [field]}]


@pytest.mark.parametrize("bsn", ["100006", "24", "12345678"])
async def test_a_short_number_is_no_bsn(site: Site, bsn: str):
    assert (await send(site, bsn=bsn)).status_code == 422


def moment(day: int, month: int = 2, hour: int = 9) -> datetime:
    return datetime(2021, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opened", "now", "overdue"),
    [
        (moment(17), moment(19, hour=22), False),  # Wednesday; Thursday and Friday are its days
        (moment(17), moment(20, hour=6), True),
        (moment(19), moment(23, hour=22), False),  # Friday, over a weekend
        (moment(19), moment(24), True),
        (moment(20), moment(23, hour=22), False),  # Saturday
        (
            moment(1, 4),
            moment(7, 4, 9),
            True,
        ),  # Thursday before Easter: Good Friday counts, Easter Monday does not
        (moment(1, 4), moment(6, 4, 9), False),
        (moment(17, hour=23), moment(22, hour=22), False),  # past midnight in Amsterdam: Thursday
    ],
)
def test_two_working_days_are_those_of_a_dutch_practice(opened, now, overdue):
    assert is_overdue(opened, now) is overdue


def test_the_public_holidays_of_a_year():
    assert sorted(f"{day:%d-%m}" for day in list_holidays(2021)) == [
        "01-01", "04-04", "05-04", "13-05", "23-05", "24-05", "25-12", "26-12", "27-04",
    ]  # fmt: skip
    assert any(f"{day:%d-%m}" == "26-04" for day in list_holidays(2025))
