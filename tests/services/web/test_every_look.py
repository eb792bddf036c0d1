"""Every route that shows a person leaves a line for that person in the access log: who, in which role, by which route, from where.

The routes are those of the application itself, asked by everybody who may use them after one fact of every kind was told.
What an answer shows is read from the answer: the number of a person, or the name. A new route that shows somebody and
does not log it fails here, whoever wrote it.
"""

import ast
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from infra.postgres.database import Who
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site, session_of
from tests.services.web.looks import find_shown, lines, names_of
from tests.services.web.one_of_each import OneOfEach
from tests.services.web.roles import MATRIX
from tests.services.web.routes import Route, list_addresses, list_routes
from tests.services.web.seed import HOME, an_id
from tests.services.web.test_doses import said_second_as_first
from tests.services.web.test_every_fact_is_seen import say
from tests.services.web.test_opening import described
from tests.services.web.test_questions import STRANGER, post, registered

pytestmark = pytest.mark.postgres
STREAMS = {"/events"}  # never ends, and says `changed` and no more: `test_hub`
QUERIES = {
    "/planning": ("dag=2021-02-17", f"dag=2021-02-17&bezoek={an_id(HOME, 'visit')}"),
    "/praktijk": ("", "patient={person}"),
    "/api/v1/plan": ("day=2021-02-17",),
    "/api/v1/changes": ("after=0",),
    "/planning/plek": (f"bezoek={an_id(HOME, 'visit')}",),
}


@dataclass
class Shown:
    """Whom the answers of one route showed to one reader."""

    who: Who
    route: Route
    persons: set[UUID] = field(default_factory=set)


async def told_everything(site: Site) -> set[UUID]:
    """One fact of each kind, a question about who somebody is, and doses that contradict each other; all persons."""
    one = OneOfEach(site, await site.fresh.open("acceptor", 1))
    await registered(site, 0)
    asked = await registered(site, 1, **STRANGER)
    await post(site, site.who("practice", number=1), f"/praktijk/vragen/{asked.person}/klopt")
    await said_second_as_first(site)
    for fact in one.all():
        await say(site, one, fact)
    owner = await site.fresh.open("owner", 1)
    found = await rows(owner, "SELECT person FROM persons UNION SELECT person FROM registrations")
    return {person for (person,) in found}


@pytest.mark.slow
async def test_every_page_and_answer_that_shows_a_person_left_a_line_for_each(site: Site):
    persons, names = await told_everything(site), names_of(site)
    foreign, planner = site.home.patients[site.home.practices[1]][2], site.who("planner")
    glass = await site.parts.seats.emergencies.open(planner, foreign, "bel de familie")  # fmt: skip
    seen: list[Shown] = []
    for route in list_routes(site):
        if route.method != "GET" or route.template in STREAMS or route.template not in MATRIX:
            continue
        for role in sorted(MATRIX[route.template] & {"planner", "practice", "crisis", "admin"}):
            who = site.who(role)
            found = Shown(who, route)
            for query in QUERIES.get(route.template, ("",)):
                path = route.path.replace(str(UUID(int=9)), str(glass))
                asked = query.format(person=site.home.patients[site.home.practices[0]][0])
                async with site.client(who) as client:
                    answer = await client.get(f"{path}?{asked}" if asked else path)
                if answer.status_code == 200:
                    found.persons |= find_shown(answer, persons, names)
            seen.append(found)

    log = {(person, who, route) for person, who, route, outcome in await lines(site) if outcome == "shown"}  # fmt: skip
    unlogged = {
        (one.route.template, one.who.role): len(missing)
        for one in seen
        if (missing := {p for p in one.persons if (p, one.who.subject, f"GET {one.route.template}") not in log})
    }  # fmt: skip
    showing = {one.route.template for one in seen if one.persons}
    assert unlogged == {}
    assert showing == {
        "/praktijk",
        "/praktijk/inzage/{person}",
        "/noodinzage/{glass}",
        "/beheer/inzage",
        "/api/v1/patients",
        "/api/v1/patients/{person_id}",
        "/api/v1/changes",
        "/planning",
        "/planning/doses",
    }, "the search finds something; a route that is new here and logged is added"


FOREIGN = [
    (role, route)
    for route in sorted(MATRIX)
    if "{person}" in route or "{person_id}" in route or route == "/praktijk"
    for role in ("practice", "planner", "crisis")
]


@pytest.mark.parametrize(("role", "route"), FOREIGN)
async def test_who_asks_for_somebody_else_s_patient_is_refused_and_leaves_a_line(
    site: Site, role: str, route: str
):
    who, foreign = site.who(role), site.abroad.patients[site.abroad.practices[0]][0]
    (method,) = next(one.methods for one in list_addresses() if one.path == route)
    address = route.format(person=foreign, person_id=foreign)
    address += f"?patient={foreign}" if route == "/praktijk" else ""
    async with site.client(who) as client:
        form = {"proof": site.proof(who), "antwoord": "verschillend"}
        answer = await client.request(method, address, data=form if method == "POST" else None)

    assert answer.status_code in (403, 404)
    refused = [line for line in await lines(site) if line[3] == "refused"]
    assert refused == [(foreign, who.subject, f"{method} {route}", "refused")]


async def test_a_refusal_that_names_nobody_leaves_no_line(site: Site):
    async with site.client(site.who("crisis")) as client:
        await client.get("/planning")
        await client.get("/api/v1/patients/no-person")
        await client.get("/nergens")

    assert await lines(site) == []


async def test_whoever_is_not_signed_in_leaves_no_line_in_anybody_s_name(site: Site):
    own = site.home.patients[site.home.practices[0]][0]
    async with site.client() as client:
        await client.get(f"/api/v1/patients/{own}")

    assert await lines(site) == []


async def test_a_line_says_who_in_which_role_why_how_and_from_where(site: Site):
    who, person = site.who("practice"), site.home.patients[site.home.practices[0]][0]
    async with site.client(who) as client:
        await client.get(f"/praktijk?patient={person}")

    owner = await site.fresh.open("owner", 1)
    columns = "who, role, organisation, region, action, why, route, outcome, origin, session"
    found = await rows(owner, f"SELECT {columns} FROM access_log WHERE person = $1 AND action = 'read'", person)  # fmt: skip
    assert found == [
        (who.subject, "practice", who.organisation, HOME, "read", "own patient", "GET /praktijk",
         "shown", "127.0.0.1", session_of(who))
    ]  # fmt: skip


async def test_a_page_that_renews_itself_leaves_one_line_in_ten_minutes_and_who_opens_it_one_each_time(
    site: Site,
):
    who, everybody = site.who("practice"), len(site.home.patients[site.home.practices[0]])

    async with site.client(who) as client:
        for count, headers, passed in (
            (1, {}, 0),
            (1, {"hx-request": "true"}, 0),
            (2, {}, 0),
            (2, {"hx-request": "true"}, 599),
            (3, {"hx-request": "true"}, 2),
        ):
            site.clock.ticks += passed
            await client.get("/praktijk", headers=headers)
            assert len(await lines(site)) == count * everybody, (count, headers)


async def test_a_program_that_calls_itself_a_page_was_logged_when_it_was_shown_that_first(
    site: Site,
):
    async with site.client(site.who("practice")) as client:
        await client.get("/praktijk", headers={"hx-request": "true"})

    assert len(await lines(site)) == len(site.home.patients[site.home.practices[0]])


async def test_what_a_practice_gets_of_a_person_it_describes_is_logged(site: Site):
    who = site.who("practice")
    async with site.client(who, cookie=False) as client:
        answer = await client.post("/api/v1/persons", json={"persons": [described()]})

    (person,) = answer.json()["person_ids"]
    assert await lines(site) == [(UUID(person), who.subject, "POST /api/v1/persons", "shown")]


def test_names_are_opened_where_it_is_logged_and_nowhere_else():
    root = Path(__file__).resolve().parents[3] / "services"
    opening = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and "open_persons" in {one.name for one in node.names}
    }

    assert opening == {"web/names.py", "web/looks.py"}
