"""Who may see what: every route for every role and for a foreign organisation, and what the database itself refuses."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.routing import APIRoute

from infra.clock import SystemClock
from infra.postgres.database import Who
from infra.tokens import mint, read
from services.web.api import build as api
from services.web.api.versions import ROOT
from services.web.app import ROUTERS
from tests.services.web.conftest import KEY, Site
from tests.services.web.roles import MATRIX
from tests.services.web.seed import ABROAD, HOME

pytestmark = pytest.mark.postgres

OPEN = {"/status", "/healthz", "/readyz", "/metrics", "/", "/aanmelden", "/aanmelden/code", "/afmelden", "/aanmelden/provider", "/aanmelden/terug", "/afmelden/provider",
        "/docs", "/openapi.json", "/api/v1/openapi.json"}  # fmt: skip
STATE = [
    "registrations",
    "consents",
    "assessments",
    "doses",
    "absences",
    "shifts",
    "certificates",
    "orders",
    "deliveries",
    "stock_movements",
    "stock_counts",
    "lots",
    "stock_adjustments",
    "waste_corrections",
    "container_corrections",
    "stock_shown",
    "lots_shown",
    "received_shown",
    "counts_shown",
    "leftovers_shown",
    "deliveries_shown",
    "corrections_shown",
    "dose_corrections",
    "dose_slips",
    "dose_conflicts",
    "crisis_requests",
    "cancellations",
    "put_off",
    "plan_findings",
    "visits",
    "presences",
    "appointments",
    "pins",
    "plans",
    "planned",
    "plan_unassigned",
    "persons",
]
PUBLIC = ["organisations", "policies", "locations", "teams", "campaigns", "products"]
REGIONAL = ["totals_area", "totals_days", "totals_planned_days"]


def routes() -> list[tuple[str, str]]:
    """Address and method of every route, of the API too."""
    places = [("", router) for router in ROUTERS] + [(ROOT, router) for router in api.ROUTERS]
    return [
        (place + route.path, next(iter(route.methods)))
        for place, router in places
        for route in router.routes
        if isinstance(route, APIRoute)
    ]


def test_every_route_is_open_by_name_or_stands_in_the_matrix():
    found = {address for address, _ in routes()}

    assert found == OPEN | set(MATRIX)


@pytest.mark.parametrize("role", ["planner", "practice", "crisis", "stranger", None])
async def test_a_route_refuses_every_role_that_the_matrix_does_not_name(
    site: Site, role: str | None
):
    for address, method in routes():
        if address in OPEN or (role is not None and role in MATRIX[address]):
            continue
        path = address.format(
            plan=site.home.plan,
            person_id=UUID(int=1),
            person=UUID(int=1),
            number=1,
            visit=UUID(int=2),
            edit=UUID(int=5),
            location=UUID(int=1),
            session=UUID(int=1),
            extra_stop=UUID(int=1),
            shift=UUID(int=6),
            scenario=UUID(int=1),
            search=UUID(int=1),
            message=UUID(int=1),
            upload=UUID(int=1),
            glass=UUID(int=1),
            alert=UUID(int=1),
        )
        async with site.client(site.who(role) if role else None) as client:
            answer = await client.request(method, path)

        expected = {403} if role in ("planner", "practice", "crisis") else {401, 303}
        assert answer.status_code in expected, (address, role, answer.status_code)


async def test_a_program_registers_persons_and_asks_what_is_known_by_token_and_does_nothing_else(
    site: Site,
):
    program = Who("system", HOME, None, "import")
    for address, method in routes():
        if address in OPEN or address.startswith(("/api/v1/persons", "/api/v1/known")):
            continue
        path = address.format(
            plan=site.home.plan,
            person_id=UUID(int=1),
            person=UUID(int=1),
            number=1,
            visit=UUID(int=2),
            edit=UUID(int=5),
            location=UUID(int=1),
            session=UUID(int=1),
            extra_stop=UUID(int=1),
            shift=UUID(int=6),
            scenario=UUID(int=1),
            search=UUID(int=1),
            message=UUID(int=1),
            upload=UUID(int=1),
            glass=UUID(int=1),
            alert=UUID(int=1),
        )
        for cookie in (True, False):
            async with site.client(program, cookie=cookie) as client:
                answer = await client.request(method, path)

            assert answer.status_code in ({401, 303} if cookie else {403}), (path, cookie)


async def test_another_practice_s_patient_does_not_exist(site: Site):
    foreign = site.home.patients[site.home.practices[1]][0]
    own = site.home.patients[site.home.practices[0]][0]

    async with site.client(site.who("practice"), cookie=False) as client:
        theirs = await client.get(f"/api/v1/patients/{foreign}")
        ours = await client.get(f"/api/v1/patients/{own}")
        listed = (await client.get("/api/v1/patients")).json()["patients"]

    assert theirs.status_code == 404
    assert ours.json()["name"] == "Anna van Testa"
    assert str(foreign) not in {row["person_id"] for row in listed}
    assert len(listed) == 8


async def test_another_practice_s_patient_does_not_open_on_the_page(site: Site):
    foreign = site.home.patients[site.home.practices[1]][0]

    async with site.client(site.who("practice")) as client:
        page = await client.get(f"/praktijk?patient={foreign}")

    assert page.status_code == 404
    assert "van Testi" not in page.text


@pytest.mark.parametrize("role", ["planner", "practice", "crisis", "stranger", ""])
async def test_without_any_filter_a_reader_sees_no_row_of_another_region(site: Site, role: str):
    who = site.who(role, ABROAD)

    async with site.parts.reader.reading(who) as tx:
        for table in STATE:
            if table == "persons":
                continue
            seen = await tx.fetchval(f"SELECT count(*) FROM {table} WHERE region = '{HOME}'")
            assert seen == 0, table
        for table in (*PUBLIC, *REGIONAL):
            seen = await tx.fetchval(f"SELECT count(*) FROM {table} WHERE region = '{HOME}'")
            assert seen == 0, table


async def test_without_any_filter_a_practice_sees_only_its_own_people(site: Site):
    own = set(site.home.patients[site.home.practices[0]])

    async with site.parts.reader.reading(site.who("practice")) as tx:
        for table in (
            "registrations",
            "consents",
            "appointments",
            "presences",
            "plan_unassigned",
            "person_statements",
        ):
            seen = {row[0] for row in await tx.fetch(f"SELECT person FROM {table}")}
            assert seen <= own, table
            assert seen, table
        others = await tx.fetchval("SELECT count(*) FROM shifts") + await tx.fetchval(
            "SELECT count(*) FROM stock_movements"
        )

    assert others == 0


@pytest.mark.parametrize("role", ["planner", "crisis", "stranger", ""])
async def test_nobody_but_a_practice_reads_the_vault(site: Site, role: str):
    async with site.parts.reader.reading(site.who(role)) as tx:
        seen = await tx.fetchval("SELECT count(*) FROM persons")
        said = await tx.fetchval("SELECT count(*) FROM person_statements")

    assert (seen, said) == (0, 0)


async def test_the_crisis_team_sees_no_row_of_a_person(site: Site):
    async with site.parts.reader.reading(site.who("crisis")) as tx:
        for table in (
            "registrations",
            "consents",
            "doses",
            "visits",
            "appointments",
            "presences",
            "plan_unassigned",
        ):
            assert await tx.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_a_reader_can_not_write_or_see_people_behind_the_totals(site: Site):
    for statement in (
        "DELETE FROM registrations",
        "UPDATE plans SET stale = true",
        "INSERT INTO plans (region, plan) VALUES ('GG2514', gen_random_uuid())",
        "SELECT * FROM people_now",
        "SELECT * FROM ledger",
    ):
        with pytest.raises(Exception, match="permission denied"):
            async with site.parts.reader.reading(site.who("planner")) as tx:
                await tx.execute(statement)


async def test_a_planner_of_another_region_gets_an_empty_day_of_his_own(site: Site):
    async with site.client(site.who("planner", ABROAD)) as client:
        page = (await client.get("/planning?dag=2021-02-17")).text
        plan = (await client.get("/api/v1/plan?day=2021-02-17")).json()

    assert "GG2514" not in page
    assert [visit["location"] for visit in plan["visits"]] == ["Lindeplein GG0111"]


async def test_a_form_from_another_site_is_refused(site: Site):
    async with site.client(site.who("planner")) as client:
        answer = await client.post(
            f"/planning/voorstel/{site.home.plan}/goedkeuren",
            headers={"origin": "http://evil.test"},
        )

    assert answer.status_code == 403


async def test_a_form_without_its_proof_is_refused(site: Site):
    async with site.client(site.who("practice")) as client:
        answer = await client.post(
            "/praktijk/aanmelden", data={"bsn": "111222333", "proof": "0" * 32}
        )

    assert answer.status_code == 403
    assert "verlopen" in answer.text


def test_a_token_is_read_back_as_the_same_person():
    who = Who("practice", HOME, UUID(int=7), "somebody")

    assert read(KEY, mint(KEY, who)) == who


def test_a_token_of_another_key_an_altered_one_and_an_old_one_are_nobody():
    who = Who("planner", HOME, None, "somebody")
    now = SystemClock().now()
    token = mint(KEY, who)

    assert read(b"another key", token) is None
    assert read(KEY, token[:-2] + ("aa" if token[-2:] != "aa" else "bb")) is None
    assert read(KEY, mint(KEY, who, now=now.replace(year=now.year - 1))) is None
    assert read(KEY, "") is None


async def test_a_demo_user_can_be_chosen_and_lands_on_the_own_page(site: Site):
    async with site.client() as client:
        page = (await client.get("/aanmelden")).text
        answer = await client.post(
            "/aanmelden",
            data={"role": "practice", "region": HOME, "organisation": str(site.home.practices[1])},
            headers={"origin": "http://site.test"},
        )

    assert "Praktijk Hoog Land" in page
    assert answer.status_code == 303
    assert answer.headers["location"] == "/praktijk"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


@pytest.mark.parametrize(
    ("role", "organisation"),
    [("system", ""), ("practice", str(UUID(int=9))), ("planner", "x"), ("", "")],
)
async def test_a_demo_user_that_does_not_exist_is_refused(site: Site, role: str, organisation: str):
    async with site.client() as client:
        answer = await client.post(
            "/aanmelden",
            data={"role": role, "region": HOME, "organisation": organisation},
            headers={"origin": "http://site.test"},
        )

    assert answer.status_code in (403, 422)
    assert "set-cookie" not in answer.headers


async def test_the_choice_of_demo_users_does_not_exist_outside_the_embedded_default(site: Site):
    site.app.state.parts = replace(site.parts, embedded=False)

    async with site.client() as client:
        choice = await client.get("/aanmelden")
        chosen = await client.post("/aanmelden", data={"role": "crisis", "region": HOME})

    assert choice.status_code == 200
    assert "Typ de code die u van uw beheerder kreeg" in choice.text
    assert "De Singel" not in choice.text
    assert chosen.status_code == 404


async def test_after_signing_in_one_is_not_sent_to_another_site(site: Site):
    async with site.client() as client:
        answer = await client.post(
            "/aanmelden",
            data={"role": "crisis", "region": HOME, "naar": "//evil.test/regio"},
            headers={"origin": "http://site.test"},
        )

    assert answer.headers["location"] == "/regio"


def test_only_one_module_of_the_web_can_write():
    root = Path(__file__).resolve().parents[3] / "services" / "web"
    writers = re.compile(
        r"services\.accept\.group|infra\.postgres\.acceptor|import .*\bidentify\b|dsn\(\"acceptor"
    )

    found = {path.name for path in root.rglob("*.py") if writers.search(path.read_text())}

    assert found == {"writing.py", "app.py"}  # app opens the pools and hands them to writing


async def test_every_answer_carries_the_headers_that_keep_a_page_safe(site: Site):
    async with site.client(site.who("planner")) as client:
        for path in ("/planning", "/status", "/nergens", "/static/base.css"):
            headers = (await client.get(path)).headers

            assert "default-src 'self'" in headers["content-security-policy"], path
            assert "unsafe" not in headers["content-security-policy"], path
            assert headers["x-content-type-options"] == "nosniff", path
