"""Own, foreign, none: every route with an identifier, each method, as everybody who may use it and to whom the thing does not belong.

Whoever asks for what is another's gets the answer of what does not exist, letter for letter, and nothing is stored. The
routes are those of the application; a new one with an identifier fails here until something of its kind is made.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx2
import pytest

from events.envelope import Sender
from infra.postgres.database import Who
from infra.tokens import proof
from tests.services.accept.looking import rows
from tests.services.web.conftest import KEY, Site, session_of
from tests.services.web.roles import MATRIX
from tests.services.web.routes import list_addresses
from tests.services.web.seed import ABROAD, HOME, a_person, an_id
from tests.services.web.test_every_write import changing_by_hand
from tests.services.web.test_extra_stops import an_offer
from tests.services.web.test_questions import registered
from tests.services.web.test_who_acted import a_consent, an_event, offer
from tests.services.web.worst import good_of

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
NONE = UUID("00000000-0000-4000-8000-0000000000aa")
ID = re.compile(r"\{(\w+)\}")
# Kept in the memory of the process for whoever made it, found by nobody else: `test_scenarios`, `test_region_fits`.
IN_MEMORY = {"scenario", "search"}
APART = {"message", "upload"}  # foreign ones are tried beside their own tests
CHANGING = re.compile(r'(?:value|content|data-time)="[^"]*"|\b\d{1,2}:\d{2}\b|[0-9a-f]{8,}')
JSON = {
    "/api/v1/plans/{plan}/approve": {"reason": "goed zo"},
    "/api/v1/plans/{plan}/reject": {"reason": "te veel telefoontjes"},
    "/api/v1/plans/{plan}/restore": {"reason": "deze was beter"},
    "/api/v1/plan/scenarios/{scenario}/proposal": {"reason": "deze was beter"},
}


@dataclass(frozen=True)
class Cell:
    """One request: a route by a reader to whom its thing does not belong."""

    route: str
    method: str
    who: Who
    by_cookie: bool

    def __str__(self) -> str:
        return f"{self.method} {self.route} as {self.who.role} of {self.who.region}"


async def things(site: Site) -> dict[str, object]:
    """Something of each kind that a route names, all of the home region, persons of its first practice."""
    who, planner = site.who("practice"), site.who("planner")
    source = f"urn:nld:prikploeg:practice:{who.organisation}"
    await offer(site, who, an_event(a_consent(site), source, time="2021-02-19T09:30:00+00:00"))
    door, owner = await site.fresh.open("acceptor", 1), await site.fresh.open("owner", 1)
    ((number,),) = await rows(door, "SELECT number FROM quarantine")
    asked = an_offer(site)
    await site.say(Sender.SYSTEM, asked)
    at = site.clock.at
    act = await changing_by_hand(site)
    _, edited = await act()
    site.clock.at = at
    await registered(site)
    person = site.home.patients[site.home.practices[0]][0]
    glass = await site.parts.seats.emergencies.open(planner, person, "gevallen bij de ingang")
    async with owner.transaction() as tx:
        alert = await tx.fetchval(
            "INSERT INTO access_alerts (alert, kind, region, who, role, persons, first_at, last_at)"
            " VALUES (gen_random_uuid(), 'bulk', 'GG2514', 'x', 'practice', 41, now(), now()) RETURNING alert"
        )
    await site.begin(planner)
    return {
        "plan": site.home.plan,
        "person": person,
        "person_id": person,
        "number": number,
        "visit": an_id(HOME, "visit"),
        "edit": edited.json()["edit"],
        "extra_stop": asked.extra_stop_id,
        "shift": an_id(HOME, "shift"),
        "location": site.home.locations[0],
        "session": session_of(planner),
        "glass": glass,
        "alert": alert,
        "message": NONE,  # made by the courier: `test_returns`
        "upload": NONE,  # a list that was sent in: `test_uploads`
        "scenario": NONE,
        "search": NONE,
    }


def strangers(site: Site, role: str) -> list[Who]:
    """Everybody of a role to whom nothing of the home region, or of its first practice, belongs."""
    others = [site.who(role, ABROAD)]
    if role == "practice":
        others.append(site.who("practice", number=1))
    return others


def cells(site: Site) -> Iterator[Cell]:
    for one in list_addresses():
        if "{" not in one.path:
            continue
        for role in sorted(MATRIX[one.path] & {"planner", "practice", "crisis", "admin"}):
            for who in strangers(site, role):
                for method in one.methods:
                    yield Cell(one.path, method, who, by_cookie=not one.path.startswith("/api/"))


async def ask(site: Site, cell: Cell, ids: dict[str, object]) -> httpx2.Response:
    """The request of a cell about these things, as a page or a program of ours sends it."""
    address, more = cell.route.format(**ids), {}
    if cell.method != "GET" and cell.by_cookie:
        fields = {name: value.decode() for name, value in good_of(site).items()}
        more["data"] = fields | {"proof": proof(KEY, cell.who, session_of(cell.who))}
    elif cell.method not in ("GET", "DELETE"):
        more["json"] = JSON.get(cell.route, {})
    async with site.client(cell.who, cookie=cell.by_cookie) as client:
        return await client.request(cell.method, address, **more)


def told(answer: httpx2.Response, ids: dict[str, object]) -> tuple[int, str]:
    """What an answer says, without what was asked and what differs each time."""
    text = answer.text + answer.headers.get("location", "")
    for value in (str(one) for one in ids.values() if isinstance(one, UUID | str)):
        text = text.replace(value, "").replace(value[:8], "")
    return answer.status_code, CHANGING.sub("", text)


async def kept(site: Site) -> list[tuple[object, ...]]:
    """Everything that a route can store, but the line of a look."""
    owner = await site.fresh.open("owner", 1)
    counts = "(SELECT count(*) FROM {})"
    tables = ("ledger", "break_glass", "access_reviews", "person_questions", "person_statements")
    query = ", ".join(counts.format(table) for table in tables)
    open_sessions = "(SELECT count(*) FROM sessions WHERE ended_at IS NULL AND role <> 'x')"
    offered = "(SELECT count(*) FROM quarantine WHERE offered_again_at IS NOT NULL)"
    return await rows(owner, f"SELECT {query}, {open_sessions}, {offered}")


async def test_what_is_another_s_is_answered_as_what_does_not_exist_and_nothing_is_stored(
    site: Site,
):
    ids, asked = await things(site), list(cells(site))
    absent = {name: 999_999 if name == "number" else NONE for name in ids}
    for cell in asked:
        await site.begin(cell.who)
    before, differs, names = await kept(site), {}, {a_person(n).family_name for n in range(15)}

    for cell in asked:
        theirs, nothing = await ask(site, cell, ids), await ask(site, cell, absent)
        if told(theirs, ids) != told(nothing, absent):
            differs[str(cell)] = (told(theirs, ids), told(nothing, absent))
        assert theirs.status_code < 500, str(cell)
        assert not any(f"{name}<" in theirs.text for name in names), str(cell)

    assert differs == {}
    assert await kept(site) == before


async def test_whoever_it_belongs_to_gets_another_answer_than_for_what_does_not_exist(site: Site):
    """Else the test above would compare nothing with nothing."""
    ids, found = await things(site), set()
    absent = {name: 999_999 if name == "number" else NONE for name in ids}
    for one in list_addresses():
        kinds = set(ID.findall(one.path))
        if "GET" not in one.methods or not kinds or kinds & (IN_MEMORY | APART):
            continue
        role = "planner" if "planner" in MATRIX[one.path] else min(MATRIX[one.path])
        cell = Cell(one.path, "GET", site.who(role), by_cookie=not one.path.startswith("/api/"))
        await site.begin(cell.who)
        ours, nothing = await ask(site, cell, ids), await ask(site, cell, absent)
        if told(ours, ids) != told(nothing, absent):
            found.add(one.path)

    assert found >= {
        "/api/v1/patients/{person_id}",
        "/api/v1/plans/{plan}",
        "/noodinzage/{glass}",
        "/planning/open/{location}",
        "/planning/voorstel/{plan}",
        "/praktijk/inzage/{person}",
    }


def test_something_of_every_kind_that_a_route_names_is_made():
    named = {name for one in list_addresses() for name in ID.findall(one.path)}

    made = {"plan", "person", "person_id", "number", "visit", "edit", "extra_stop", "shift", "location", "session", "glass", "alert"}  # fmt: skip
    assert named == made | IN_MEMORY | APART
