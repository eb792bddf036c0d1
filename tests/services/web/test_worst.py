"""Bad input is told by the name of its field, never by its value, and is never a mistake of ours (5xx).

Short here; `make fuzz` sends every field of every route its worst in combinations too.
"""

import json
import os
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any
from uuid import UUID

import httpx2
import pytest

from events.envelope import Sender
from events.identifiers import to_source
from infra.postgres.database import Who
from tests.effort import either
from tests.events.mutations import Base, bases, with_odd
from tests.events.oddities import BSN, CANARY, ODD
from tests.services.web.conftest import Site
from tests.services.web.roles import MATRIX
from tests.services.web.routes import list_routes
from tests.services.web.seed import HOME
from tests.services.web.test_proposal import wait_for_decision
from tests.services.web.test_stock import a_count
from tests.services.web.worst import (
    WORST,
    Attempt,
    Fields,
    by_chance,
    complaints,
    encode,
    fields_of,
    one_by_one,
)

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(3600)]
COUNT = int(os.environ.get("FUZZ_WEB_COUNT", either(short="0", long="20")))  # for each route
SOME = 24  # of what JSON can hold, in a short run
RUN = int(os.environ.get("FUZZ_SEED", "1"))
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
PERSON = {
    "bsn": "111222333",
    "given_name": "Anna",
    "family_name": "van Testa",
    "birth_date": "1930-01-01",
    "postcode": "3511AB",
    "house_number": "1",
    "phone": "030",
    "practice_id": None,
    "as_of": "2021-02-01T00:00:00Z",
}
# Who may send it, and a body that is taken.
MOVE = {
    "kind": "move",
    "visit": str(UUID(int=2)),
    "to": {"shift": str(UUID(int=3)), "starts_at": "2021-02-17T12:00:00Z"},
}
BODIES: dict[str, tuple[str, Any]] = {
    "/api/v1/plan/checks": ("planner", {"edit": MOVE}),
    "/api/v1/plan/edits": ("planner", {"edit": MOVE, "seen": 1, "reason": "op verzoek"}),
    "/api/v1/plan/scenarios": (
        "planner",
        {
            "name": "verbouwing",
            "changes": [
                {
                    "kind": "team_away",
                    "team": str(UUID(int=1)),
                    "since": "2021-02-17",
                    "until": "2021-02-18",
                    "is_lent": True,
                },
                {
                    "kind": "doses",
                    "depot": str(UUID(int=1)),
                    "product": "moderna",
                    "doses": -32,
                    "since": "2021-02-17",
                },
                {"kind": "lot_quarantined", "lot": "LOT1"},
            ],
        },
    ),
    "/api/v1/plan/scenarios/{scenario}/proposal": ("planner", {"only_what_stands": True}),
    "/api/v1/plan/scenarios/{scenario}/again": ("planner", {}),
    "/api/v1/plan/alternatives": ("planner", {}),
    "/api/v1/agreements": (
        "planner",
        {
            "notice_days": 5,
            "repair_moves": 2,
            "auto_new": True,
            "auto_time_minutes": 15,
            "seen": 12,
            "reason": "proef",
        },
    ),
    "/api/v1/returns/answers": (
        "practice",
        {"answers": [{"message": str(UUID(int=1)), "answer": "rejected", "reason": "other"}]},
    ),
    "/api/v1/plan/fits": ("planner", {"location": str(UUID(int=1))}),
    "/api/v1/plan/fits/region": ("planner", {}),
    "/api/v1/plan/places": ("planner", {"location": str(UUID(int=1)), "people": 3}),
    "/api/v1/persons": ("planner", {"persons": [PERSON], "reason": "de praktijk vroeg het ons"}),
    "/api/v1/persons/questions": ("practice", {"person_ids": [str(UUID(int=1))]}),
    "/api/v1/known": (
        "system",
        {
            "events": [{"source": "urn:nld:prikploeg:practice:test", "id": "1"}],
            **{
                name: [str(UUID(int=1))]
                for name in ("organisation", "location", "team", "campaign")
            },
            "product": ["moderna"],
        },
    ),
}
# Decisions on a plan: one that waits, or (to restore) the one that people go by.
BODIES |= {
    "/api/v1/plans/{plan}/approve": (
        "planner",
        {
            "lines": ["new:1"],
            "visits": [str(UUID(int=1))],
            "locations": [str(UUID(int=1))],
            "teams": [str(UUID(int=1))],
            "only_what_stands": True,
            "reason": "goed",
        },
    ),
    "/api/v1/plans/{plan}/reject": ("planner", {"reason": "te veel telefoontjes"}),
    "/api/v1/plans/{plan}/restore": ("planner", {}),
}
SPEAKS = {Sender.PRACTICE: "practice", Sender.HAP: "planner"}


def roles_of(fields: Fields) -> Sequence[str | None]:
    return sorted(MATRIX.get(fields.route.template, set()) - {"system", "sender"}) or [None]


async def send(client: httpx2.AsyncClient, attempt: Attempt) -> httpx2.Response:
    body = None if attempt.form is None else encode(attempt.form).encode()
    headers = {"origin": "http://site.test", **(FORM if body is not None else {})}
    return await client.request(attempt.method, attempt.address, content=body, headers=headers)


async def try_all(site: Site, fields: Fields, rng: Random) -> list[str]:
    found: list[str] = []
    for role in roles_of(fields):
        who = site.who(role) if role else None
        async with site.client(who) as client:
            for spoilt in (*one_by_one(fields), *by_chance(fields, rng, COUNT)):
                attempt = fields.attempt(site, spoilt, site.proof(who) if who else "")
                answer = await send(client, attempt)
                found += complaints(attempt, answer.status_code, answer.text, answer.headers)
    return found


async def test_every_field_of_every_route_at_its_worst_is_refused_by_name(site: Site):
    await site.say(Sender.GGD, a_count(site, 99))
    rng = Random(RUN)
    found: list[str] = []
    for fields in fields_of(site):
        if fields.names and fields.route.template != "/events":
            found += await try_all(site, fields, rng)

    assert not found, "\n".join(found[:100])


@pytest.mark.parametrize("below", ["/api/v1", "/api"])
@pytest.mark.parametrize("spoilt", ["%0A", "a%00", "%1b[31m", "%ff%fe", "a%7Fb"])
async def test_a_path_that_is_no_text_is_refused_by_the_name_of_its_own_parameter(
    site: Site, below: str, spoilt: str
):
    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.get(f"{below}/patients/{spoilt}")
        nowhere = await client.get(f"{below}/none/{spoilt}")
    async with site.client(site.who("planner")) as client:
        page = await client.post(f"/planning/bezoek/{spoilt}/afzeggen")

    assert (answer.status_code, nowhere.status_code, page.status_code) == (400, 400, 400)
    assert [one["location"]["name"] for one in answer.json()["errors"]] == ["person_id"]
    assert [one["location"]["name"] for one in nowhere.json()["errors"]] == ["path"]
    assert "visit" in page.text


async def test_the_stream_takes_any_last_id_that_a_browser_may_send(site: Site):
    async with site.client(site.who("planner")) as client:
        for worst in (b"\xc3\xa9", b"9" * 23, b"a" * 5_000):
            refused = await client.get("/events?since=%00", headers={"last-event-id": worst})
            assert refused.status_code == 400


def test_every_form_of_a_page_says_which_fields_it_takes(site: Site):
    silent = [
        route.template
        for route in list_routes(site)
        if route.method == "POST"
        and not route.template.startswith(("/api/", "/aanmelden", "/afmelden"))
        and not hasattr(route.endpoint, "takes")
    ]

    assert silent == []


def worst_of_json() -> dict[str, bytes]:
    """What JSON can hold, written as it stands."""
    base = {"x": "here"}
    made = {}
    for name in ODD:
        mould = Base(None, None, None, None, base, (("x",),))  # type: ignore[arg-type]
        made[name] = with_odd(mould, ("x",), name).removeprefix(b'{"x": ').removesuffix(b"}")
    texts = {name: value for name, value in WORST.items() if name not in ("not UTF-8", "lone surrogate")}  # fmt: skip
    made |= {f"text {name}": json.dumps(value.decode()).encode() for name, value in texts.items()}
    return made


def with_raw(whole: Any, path: Sequence[str | int], raw: bytes) -> bytes:
    """As JSON, with these bytes in one place."""
    copied = json.loads(json.dumps(whole))
    inner = copied
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = "@@here@@"
    return json.dumps(copied).encode().replace(b'"@@here@@"', raw)


def wrong_with(name: str, answer: httpx2.Response) -> list[str]:
    text = answer.text
    told = answer.status_code < 400 or "problem+json" in answer.headers["content-type"]
    gave_away = answer.status_code >= 400 and (CANARY in text or BSN in text)
    bad = answer.status_code >= 500 or not told or gave_away
    return [f"{name}: {answer.status_code} {text[:200]}"] if bad else []


def places_in(whole: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in a body, and of the body itself."""
    yield path
    inner = whole.items() if isinstance(whole, dict) else enumerate(whole) if isinstance(whole, list) else ()  # fmt: skip
    for step, part in inner:
        yield from places_in(part, (*path, step))


def names_place(place: tuple[str | int, ...], answer: httpx2.Response) -> bool:
    """Whether a refusal says where, as near as can be told of a body that is no JSON as a whole."""
    steps = [step for step in place if isinstance(step, str)]
    if not steps or answer.status_code not in (400, 422):
        return True
    return any(word in answer.text for word in (*steps, "json_invalid", "unreadable"))


WITHOUT_BODY = {"/api/v1/plan/edits/{edit}/undo"}  # its path says it all


def test_every_route_that_takes_json_has_a_body_here(site: Site):
    taken = {
        route.template
        for route in list_routes(site)
        if route.method == "POST" and route.template.startswith("/api/")
    }

    # Two are tried at their worst elsewhere: events further down, bundles in their own module.
    assert taken - WITHOUT_BODY == {*BODIES, "/api/v1/events", "/api/v1/registrations"}


@pytest.mark.parametrize("path", sorted(BODIES))
async def test_every_field_of_a_body_at_its_worst_is_refused_by_its_place(site: Site, path: str):
    role, whole = BODIES[path]
    if path.endswith(("/approve", "/reject")):
        await wait_for_decision(site)
    path = path.format(plan=site.home.plan, scenario=UUID(int=5))
    who = Who(role, HOME, None, "import") if role == "system" else site.who(role)
    found = []
    async with site.client(who, cookie=False) as client:
        # what reads well may be impossible: a visit that is not in the plan
        assert (await client.post(path, json=whole)).status_code in (200, 202, 404, 409)
        worst = worst_of_json()
        # An answer about people comes at whole tenths of a second: all of them take minutes.
        tried = sorted(worst) if COUNT else Random(RUN).sample(sorted(worst), SOME)
        for name, raw in ((name, worst[name]) for name in tried):
            for place in places_in(whole):
                body = with_raw(whole, place, raw) if place else raw
                answer = await client.post(path, content=body, headers=JSON)
                found += wrong_with(f"{place} {name}", answer)
                if not names_place(place, answer):
                    found.append(f"{place} {name}: {answer.text[:200]} names no place")
            key = b"{" + raw + b": 1, " + json.dumps(whole).encode()[1:]
            found += wrong_with(f"key {name}", await client.post(path, content=key, headers=JSON))

    assert not found, "\n".join(found[:100])


def own_events(base: Base, who: Who, sender: Sender) -> dict[str, Any]:
    """A valid event of a type, in the name of whoever sends it."""
    source = to_source(sender.value, str(who.organisation)) + ":web"
    return {**base.whole, "source": source, "partitionkey": HOME}


async def test_every_field_of_every_event_at_its_worst_is_an_outcome(site: Site):
    rng, found, sent = Random(RUN), [], 0
    worst = worst_of_json()
    for sender, role in SPEAKS.items():
        who = site.who(role)
        async with site.client(who, cookie=False) as client:
            for base in (one for one in bases() if sender in one.entry.senders):
                whole = own_events(base, who, sender)
                tries = [(path, rng.choice(list(worst))) for path in base.paths for _ in range(3)]
                events = [with_raw(whole, path, worst[name]) for path, name in tries]
                answer = await client.post(
                    "/api/v1/events", content=b"[" + b",".join(events) + b"]", headers=BATCH
                )
                sent += len(events)
                found += wrong_with(f"{base.entry.name} {tries[:3]}", answer)

    assert not found, "\n".join(found[:100])
    assert sent > 1_000
