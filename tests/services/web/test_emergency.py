"""Looking where one normally may not: a reason first, one person, for a while; it is logged, reviewed, and an alarm when nobody does."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest

from infra.clock import SystemClock
from infra.postgres.break_glass import note_traits, read_traits
from infra.postgres.database import Who
from services.commands.verifying import agree_on
from services.courier.watching import watch
from services.web.looks import to_traits
from tests.services.accept.looking import rows
from tests.services.commands.test_repairing import typed
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME, a_person

pytestmark = pytest.mark.postgres
WHY = "gevallen bij de ingang, huisarts wil de familie bellen"


def someone(site: Site) -> UUID:
    """Of the first practice."""
    return site.home.patients[site.home.practices[0]][0]


def asking(site: Site, role: str) -> Who:
    """Who normally sees no detail of that person."""
    return site.who(role, number=1) if role == "practice" else site.who(role)


async def send(site: Site, who: Who, address: str, **values: str) -> httpx2.Response:
    async with site.client(who) as client:
        return await client.post(address, data={**values, "proof": site.proof(who)})


async def get(site: Site, who: Who, address: str) -> httpx2.Response:
    async with site.client(who) as client:
        return await client.get(address)


async def opened(site: Site, who: Who, person: UUID | None = None) -> str:
    answer = await send(site, who, "/noodinzage", persoon=str(person or someone(site)), reden=WHY)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def as_owner(site: Site, *statements: str) -> None:
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        for statement in statements:
            await tx.execute(statement)


async def log(site: Site, columns: str) -> list[tuple[object, ...]]:
    owner = await site.fresh.open("owner", 1)
    return await rows(owner, f"SELECT {columns} FROM access_log WHERE glass IS NOT NULL")


@pytest.mark.parametrize("role", ["planner", "practice"])
async def test_a_reason_opens_name_and_address_of_one_person_and_is_logged(site: Site, role: str):
    who = asking(site, role)

    address = await opened(site, who)
    page = (await get(site, who, address)).text

    assert "Anna van Testa" in page
    assert "3511AB" in page
    assert "Dit is vastgelegd, met uw reden." in page
    assert await log(site, "person, who, role, why, route, outcome, glass") == [
        (someone(site), who.subject, role, WHY, "GET /noodinzage/{glass}", "shown", UUID(address.rpartition("/")[2]))
    ]  # fmt: skip


@pytest.mark.parametrize("reason", ["", "kort", "BSN 999990019 nagaan", "bel 0612345678 even"])
async def test_without_a_reason_that_says_something_nobody_is_opened(site: Site, reason: str):
    who = site.who("planner")

    answer = await send(site, who, "/noodinzage", persoon=str(someone(site)), reden=reason)

    assert answer.status_code == 422
    assert "Schrijf in minstens 10 tekens waarom" in answer.text
    assert await rows(await site.fresh.open("owner", 1), "SELECT glass FROM break_glass") == []


async def test_somebody_of_another_region_and_somebody_who_does_not_exist_are_the_same(site: Site):
    who, abroad = site.who("planner"), site.abroad.patients[site.abroad.practices[0]][0]

    answers = [
        await send(site, who, "/noodinzage", persoon=str(one), reden=WHY)
        for one in (abroad, UUID(int=3))
    ]

    texts = {
        answer.text.replace(str(abroad), "").replace(str(UUID(int=3)), "") for answer in answers
    }
    assert [answer.status_code for answer in answers] == [422, 422]
    assert len(texts) == 1
    assert "van Test" not in texts.pop()


@pytest.mark.parametrize("role", ["crisis", "admin", None])
async def test_no_other_role_opens_anybody(site: Site, role: str | None):
    async with site.client(site.who(role) if role else None) as client:
        answer = await client.post("/noodinzage", data={"persoon": str(someone(site)), "reden": WHY})  # fmt: skip

    assert answer.status_code == (401 if role is None else 403)


async def test_an_opening_is_of_whoever_made_it_alone(site: Site):
    address = await opened(site, site.who("planner"))
    others: Iterable[Who] = (
        asking(site, "practice"),
        site.who("planner", ABROAD),
        Who("planner", HOME, site.home.post, "another planner"),
        Who("planner", HOME, site.home.practices[0], site.who("planner").subject),
    )

    for who in others:
        answer = await get(site, who, address)
        assert answer.status_code == 404, who
        assert "van Testa" not in answer.text


async def test_an_opening_shows_that_person_and_opens_no_other_page(site: Site):
    who = asking(site, "practice")
    await get(site, who, await opened(site, who))

    listed = (await get(site, who, "/praktijk")).text
    own = await get(site, who, f"/api/v1/patients/{someone(site)}")

    assert "1930" in (await get(site, site.who("practice"), "/praktijk")).text
    assert str(someone(site)) not in listed
    assert own.status_code == 404


async def test_after_its_time_an_opening_shows_nothing(site: Site):
    who = site.who("planner")
    glass, now = UUID(int=77), SystemClock().now()
    door = await site.fresh.open("acceptor", 1)
    async with door.transaction() as tx:
        await tx.execute(
            "INSERT INTO break_glass VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            glass, someone(site), who.subject, who.role, who.region, who.organisation, WHY,
            now - timedelta(minutes=31), now - timedelta(minutes=1),
        )  # fmt: skip

    page = (await get(site, who, f"/noodinzage/{glass}")).text

    assert "Deze noodinzage is voorbij" in page
    assert "van Testa" not in page
    async with site.parts.reader.reading(who, glass=glass) as tx:
        assert await tx.fetch("SELECT person FROM person_statements") == []


async def test_an_administrator_reviews_an_opening_once_and_sees_no_name(site: Site):
    admin, planner = site.who("admin"), site.who("planner")
    glass = (await opened(site, planner)).rpartition("/")[2]

    inbox = (await get(site, admin, "/beheer/inzage")).text
    first, second = [
        await send(site, admin, f"/beheer/inzage/noodinzage/{glass}", oordeel="terecht", toelichting="gebeld met de post")
        for _ in range(2)
    ]  # fmt: skip
    after = (await get(site, admin, "/beheer/inzage")).text

    assert WHY in inbox
    assert planner.subject in inbox
    assert "van Testa" not in inbox
    assert (first.status_code, second.status_code) == (303, 403)
    assert WHY not in after
    kept = "SELECT what, id, region, reviewer, verdict, note FROM access_reviews"
    assert await rows(await site.fresh.open("owner", 1), kept) == [
        ("glass", UUID(glass), HOME, admin.subject, "terecht", "gebeld met de post")
    ]


async def test_an_administrator_of_another_region_sees_and_reviews_nothing_of_it(site: Site):
    glass, other = (
        (await opened(site, site.who("planner"))).rpartition("/")[2],
        site.who("admin", ABROAD),
    )

    inbox = (await get(site, other, "/beheer/inzage")).text
    answer = await send(site, other, f"/beheer/inzage/noodinzage/{glass}", oordeel="terecht", toelichting="x")  # fmt: skip

    assert WHY not in inbox
    assert answer.status_code == 403


@pytest.mark.parametrize(("hours", "alarms"), [(71, 0), (73, 1)])
async def test_an_opening_that_nobody_reviews_for_three_days_is_an_alarm(
    site: Site, hours: int, alarms: int
):
    await opened(site, site.who("planner"))
    await as_owner(
        site,
        "ALTER TABLE break_glass DISABLE TRIGGER only_added",
        f"UPDATE break_glass SET opened_at = now() - interval '{hours} hours'",
    )

    async with site.client() as client:
        status = (await client.get("/status")).json()
    page = (await get(site, site.who("admin"), "/beheer/inzage")).text

    wanted = [{"kind": "break_glass_unreviewed", "region": HOME, "count": 1}]
    assert status["alarms"] == wanted[:alarms]
    assert page.count("te lang") == alarms


async def test_looks_that_stand_out_reach_the_administrator_and_are_an_alarm_until_reviewed(
    site: Site,
):
    who, admin = site.who("practice"), site.who("admin")
    for person in site.home.patients[site.home.practices[0]][:4]:
        await get(site, who, f"/praktijk?patient={person}")
    courier = await site.fresh.open("courier", 1)
    await agree_on(site.fresh.settings(), HOME, {"bulk_persons": 3, "night_roles": ""})

    raised = [await watch(courier, 5), await watch(courier, 5)]
    inbox = (await get(site, admin, "/beheer/inzage")).text
    async with site.client() as client:
        status = (await client.get("/status")).json()

    assert raised == [1, 0]
    assert "Opende heel veel personen" in inbox
    assert "Personen: 4" in inbox
    assert who.subject in inbox
    assert status["alarms"] == [{"kind": "odd_access", "region": HOME, "count": 1}]
    ((alert, seconds),) = await rows(
        await site.fresh.open("owner", 1),
        "SELECT alert, extract(epoch FROM raised_at - last_at)::float FROM access_alerts",
    )
    assert float(str(seconds)) < 300
    await send(site, admin, f"/beheer/inzage/melding/{alert}", oordeel="terecht", toelichting="controle van de lijst")  # fmt: skip
    assert "Opende heel veel personen" not in (await get(site, admin, "/beheer/inzage")).text


@pytest.mark.parametrize(
    ("traits", "kinds"),
    [
        ({"family_name": "Testa"}, ["own_name"]),
        ({"family_name": "van TESTA"}, ["own_name"]),
        ({"family_name": "Jansen", "postcode": "3511 ab"}, ["neighbour"]),
        ({"postcode": "3511AB", "house_number": "0"}, ["neighbour"]),
        ({"family_name": "Jansen", "postcode": "3512AB"}, []),
        ({}, []),
    ],
)
async def test_who_opens_somebody_of_the_own_name_or_street_stands_out(
    site: Site, traits: dict[str, str], kinds: list[str]
):
    who, courier = site.who("practice"), await site.fresh.open("courier", 1)
    assert a_person(0).postcode == "3511AB"
    async with (await site.fresh.open("acceptor", 1)).transaction() as tx:
        await note_traits(tx, who.subject, to_traits(site.parts.keys, **traits), SystemClock().now())  # fmt: skip

    await get(site, who, f"/praktijk?patient={someone(site)}")
    await agree_on(site.fresh.settings(), HOME, {"night_roles": ""})
    await watch(courier, 5)

    found = await rows(await site.fresh.open("owner", 1), "SELECT kind FROM access_alerts")
    assert [kind for (kind,) in found] == kinds


async def test_what_is_known_of_a_reader_is_no_name_and_no_address(site: Site):
    traits = to_traits(site.parts.keys, "Hermelijn", "3511AB", "12")

    for kept in (traits.family_name, traits.postcode, traits.address):
        assert kept is not None
        assert len(kept) == 32
    assert len({traits.family_name, traits.postcode, traits.address}) == 3


async def test_the_command_notes_who_reads(site: Site):
    who, key = site.who("practice"), str(site.fresh.servers.folder.master_key)

    code, said = await typed(
        site.fresh, "access", "know", who.subject, "--family-name", "Testa", VAULT_MASTER_KEY_FILE=key
    )  # fmt: skip

    assert code == 0, said
    async with site.parts.reader.reading(who) as tx:
        assert await read_traits(tx) == to_traits(site.parts.keys, "Testa")
    async with site.parts.reader.reading(site.who("practice", number=1)) as tx:
        assert await read_traits(tx) is None


async def test_the_command_agrees_for_how_long_a_reason_opens_somebody_in_one_region(site: Site):
    code, said = await typed(site.fresh, "access", "policy", "--region", HOME, "--glass-minutes", "7")  # fmt: skip

    assert code == 0, said
    assert f"{HOME}: glass minutes 7, review hours 72, bulk persons 40" in said
    for region, minutes in ((HOME, 7), (ABROAD, 30)):
        page = (await get(site, site.who("planner", region), "/noodinzage")).text
        assert f"van één persoon {minutes} minuten lang" in page
    await opened(site, site.who("planner"))
    lasts = "SELECT extract(epoch FROM until - opened_at)::int FROM break_glass"
    assert await rows(await site.fresh.open("owner", 1), lasts) == [(420,)]
