"""What the API answers is what its description says: every kind of answer against its schema."""

from functools import cache
from typing import Any
from uuid import UUID

import jsonschema
import pytest

from infra.identity import new_id
from services.web.api import build
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, an_id


@cache
def document() -> dict[str, Any]:
    """The description as it is served."""
    made: dict[str, Any] = build.build(None).state.described  # type: ignore[arg-type]
    return made


def build_schema(path: str, method: str, status: int, kind: str) -> dict[str, Any]:
    """The described schema of an answer, with its components."""
    answer = document()["paths"][path][method]["responses"][str(status)]
    return {**answer["content"][kind]["schema"], "components": document()["components"]}


PATIENT = "/patients/{person_id}"
EVENTS = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
PERSON = {
    "bsn": "999990044",
    "given_name": "Joop",
    "family_name": "Bos",
    "birth_date": "1931-05-06",
    "postcode": "3511AB",
}


def an_event(site: Site, **changed: object) -> dict[str, Any]:
    own = site.home.practices[0]
    data = {
        "person_id": str(new_id()),
        "campaign_id": str(CAMPAIGN),
        "location_id": str(site.home.locations[0]),
        "practice_id": str(own),
        "birth_year": 1940,
    }
    return {
        "specversion": "1.0",
        "id": str(new_id()),
        "source": f"urn:nld:prikploeg:practice:{own}",
        "type": "nl.prikploeg.patient.registered.v1",
        "partitionkey": HOME,
        "data": data,
        **changed,
    }


def hand_on(site: Site) -> list[tuple[str, str, str, str, dict[str, Any], int]]:
    """The same, of changes by hand: at the moment of the seed every stop is frozen."""
    visit = str(an_id(HOME, "visit"))
    edit = {"edit": {"kind": "unassign", "visit": visit}}
    again = f"/plan/visits/{visit}/alternatives"
    scenario = f"/plan/scenarios/{UUID(int=1)}"
    search = f"/plan/fits/region/{UUID(int=1)}"
    closed = {
        "kind": "location_closed",
        "location": str(site.home.locations[0]),
        "since": "2021-02-17",
    }
    elsewhere = {"changes": [{**closed, "location": str(UUID(int=1))}]}
    of_visit = "/plan/visits/{visit}/alternatives"
    place = {"location": str(site.home.locations[0]), "people": 3}
    return [
        ("planner", "post", "/plan/checks", "/plan/checks", {"json": edit}, 409),
        ("planner", "post", "/plan/checks", "/plan/checks", {"json": {}}, 400),
        ("planner", "post", "/plan/edits", "/plan/edits", {"json": {**edit, "seen": 1}}, 409),
        ("planner", "post", "/plan/places", "/plan/places", {"json": place}, 200),
        ("planner", "get", of_visit, again, {}, 409),
        (
            "planner",
            "post",
            "/plan/scenarios",
            "/plan/scenarios?wait=25",
            {"json": {"changes": [closed]}},
            202,
        ),
        ("planner", "post", "/plan/scenarios", "/plan/scenarios", {"json": elsewhere}, 404),
        ("planner", "post", "/plan/scenarios", "/plan/scenarios", {"json": {}}, 400),
        ("planner", "post", "/plan/alternatives", "/plan/alternatives?wait=25", {}, 202),
        ("planner", "get", "/plan/scenarios", "/plan/scenarios", {}, 200),
        ("planner", "get", "/plan/fits/region", "/plan/fits/region", {}, 404),
        ("planner", "get", "/plan/fits/region/{search}", search, {}, 404),
        ("planner", "delete", "/plan/fits/region/{search}", search, {}, 404),
        ("planner", "post", "/plan/fits/region", "/plan/fits/region?wait=25", {}, 202),
        ("planner", "get", "/plan/scenarios/{scenario}", scenario, {}, 404),
    ]


def asked(site: Site) -> list[tuple[str, str, str, str, dict[str, Any], int]]:
    """Role, method, described path, asked path, how, and the status that must come."""
    own = site.home.patients[site.home.practices[0]][0]
    event, bad = an_event(site), an_event(site, type="no.such.v1")
    other = {**event, "data": {**event["data"], "birth_year": 1941}}
    return [
        ("practice", "post", "/persons", "/persons", {"json": {"persons": [PERSON]}}, 200),
        ("practice", "post", "/persons", "/persons", {"json": {"persons": [PERSON, {}]}}, 422),
        ("practice", "post", "/persons", "/persons", {"json": {}}, 400),
        ("practice", "post", "/events", "/events", {"json": event, "headers": EVENTS}, 202),
        ("practice", "post", "/events", "/events", {"json": [event, bad], "headers": BATCH}, 202),
        ("practice", "post", "/events", "/events", {"json": other, "headers": EVENTS}, 409),
        ("practice", "post", "/events", "/events", {"json": bad, "headers": EVENTS}, 422),
        ("practice", "post", "/events", "/events", {"json": event}, 415),
        ("practice", "get", "/patients", "/patients", {}, 200),
        ("practice", "get", PATIENT, f"/patients/{own}", {}, 200),
        ("practice", "get", PATIENT, f"/patients/{new_id()}", {}, 404),
        ("practice", "get", PATIENT, "/patients/x", {}, 400),
        ("planner", "get", "/plan", "/plan?day=2021-02-17", {}, 200),
        ("planner", "get", "/plan", "/plan?day=2031-02-17", {}, 200),
        *hand_on(site),
        ("planner", "get", "/stock", "/stock", {}, 200),
        ("crisis", "get", "/stock", "/stock", {}, 200),
        ("planner", "get", "/changes", "/changes", {}, 200),
        ("planner", "get", "/changes", "/changes?limit=0", {}, 400),
        ("crisis", "get", "/changes", "/changes", {}, 403),
    ]


@pytest.mark.postgres
async def test_what_is_answered_is_what_is_described(site: Site):
    for role, method, described, path, how, status in asked(site):
        async with site.client(site.who(role), cookie=False) as client:
            answer = await client.request(method, f"/api/v1{path}", **how)

        assert answer.status_code == status, (path, answer.text)
        kind = answer.headers["content-type"]
        jsonschema.validate(answer.json(), build_schema(described, method, status, kind))


DECIDING = [
    ("/plans/{plan}/approve", {"Overtaken", "NotAlone", "Problem"}),
    ("/plans/{plan}/reject", {"Overtaken"}),
    ("/plans/{plan}/restore", {"Problem"}),
    ("/plan/edits", {"EditRefused", "Problem"}),
]


@pytest.mark.parametrize(("path", "bodies"), DECIDING)
def test_every_body_of_a_conflict_is_described(path: str, bodies: set[str]):
    answer = document()["paths"][path]["post"]["responses"]["409"]
    schema = answer["content"]["application/problem+json"]["schema"]
    found = {one["$ref"].rsplit("/", 1)[1] for one in schema.get("anyOf", [schema])}

    assert found == bodies
    assert found <= set(document()["components"]["schemas"])
