"""Errors of the API: problem details that name what is wrong, and never repeat what was sent."""

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import Unavailable
from services.web.app import build
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME

pytestmark = pytest.mark.postgres

EVENT = {"content-type": "application/cloudevents+json"}
SECRET = "999990019"
CASES: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("nobody", "GET", "/plan", {}, 401),
    ("practice", "GET", "/plan", {}, 403),
    ("planner", "GET", "/no-such-thing", {}, 404),
    ("practice", "GET", f"/patients/{'0' * 8}-0000-4000-8000-{'0' * 12}", {}, 404),
    ("planner", "DELETE", "/plan", {}, 405),
    ("planner", "GET", f"/plan?day={SECRET}", {}, 400),
    ("practice", "GET", f"/patients/{SECRET}", {}, 400),
    ("practice", "POST", "/persons", {"json": {"persons": [SECRET]}}, 400),
    ("practice", "POST", "/persons", {"json": {"people": SECRET}}, 400),
    ("practice", "POST", "/persons", {"content": f'{{"persons": {SECRET}'.encode()}, 400),
    ("practice", "POST", "/persons", {"json": {"persons": [{"bsn": SECRET}]}}, 422),
    ("practice", "POST", "/events", {"content": SECRET, "headers": {"content-type": "text/plain"}}, 415),
    ("practice", "POST", "/events", {"content": b"", "headers": EVENT}, 400),
    ("practice", "POST", "/events", {"content": b"x" * 300_000, "headers": EVENT}, 400),
    ("practice", "POST", "/events", {"content": SECRET, "headers": EVENT}, 422),
]  # fmt: skip


@pytest.mark.parametrize(("role", "method", "path", "how", "status"), CASES)
async def test_an_error_is_a_problem_that_repeats_nothing_of_what_was_sent(
    site: Site, role: str, method: str, path: str, how: dict[str, Any], status: int
):
    who = None if role == "nobody" else site.who(role)
    async with site.client(who, cookie=False) as client:
        answer = await client.request(method, f"/api/v1{path}", **how)

    said = answer.json()
    assert answer.status_code == said["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said["type"].startswith("urn:prikploeg:problem:")
    assert said["title"]
    assert said["detail"]
    assert SECRET not in answer.text
    assert ("errors" in said) or status != 400


async def test_a_missing_field_is_named_by_its_place_in_the_body(site: Site):
    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post("/api/v1/persons", json={})

    assert answer.json()["errors"] == [
        {
            "in": "body",
            "location": {"pointer": "/persons"},
            "code": "missing",
            "detail": "does not fit: missing",
        }
    ]


async def test_who_is_not_signed_in_hears_which_scheme_is_asked_for(site: Site):
    async with site.client() as client:
        answer = await client.get("/api/v1/plan")

    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_method_that_does_not_fit_hears_which_do(site: Site):
    async with site.client(site.who("planner"), cookie=False) as client:
        answer = await client.delete("/api/v1/plan")

    assert answer.headers["allow"] == "GET"


class Away:
    """A pool whose database is away."""

    def reading(self, *_who: object) -> Any:
        raise Unavailable("Postgres")

    statement = reading


async def test_when_postgres_is_away_the_problem_says_when_to_come_back(site: Site):
    parts = replace(site.parts, reader=Away())  # type: ignore[arg-type]
    away = replace(site, app=build(parts))
    async with away.client(site.who("planner", HOME), cookie=False) as client:
        answer = await client.get("/api/v1/plan")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert len(answer.json()["code"]) == 8


async def test_a_mistake_of_ours_is_a_problem_without_a_reason(site: Site):
    parts = replace(site.parts, reader=None)  # type: ignore[arg-type]
    broken = replace(site, app=build(parts))
    async with broken.client(site.who("planner", HOME), cookie=False) as client:
        answer = await client.get("/api/v1/plan")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:prikploeg:problem:failed"
