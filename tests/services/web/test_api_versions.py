"""Versions of the API: each answer names the whole one, and paths without a version go on for one release."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from services.web.api.versions import OLD_UNTIL, VERSION
from tests.services.web.conftest import Site

pytestmark = pytest.mark.postgres

ANSWERED = ["/changes", "/patients", "/plan?day=2021-02-17", "/plan?day=x", "/nothing", "/persons"]


@pytest.mark.parametrize("path", ANSWERED)
@pytest.mark.parametrize("role", ["planner", "practice", None])
async def test_a_path_without_version_answers_the_same_and_names_its_end(
    site: Site, path: str, role: str | None
):
    who = site.who(role) if role else None
    async with site.client(who, cookie=False) as client:
        old, new = await client.get(f"/api{path}"), await client.get(f"/api/v1{path}")

    assert (old.status_code, old.content) == (new.status_code, new.content)
    assert old.headers["content-type"] == new.headers["content-type"]
    assert old.headers["link"].startswith(
        f'</api/v1{path.partition("?")[0]}>; rel="successor-version"'
    )
    assert "deprecation" not in new.headers


async def test_the_dates_on_an_old_path_are_in_the_form_of_their_standards(site: Site):
    async with site.client() as client:
        answer = await client.get("/api/plan")

    since = datetime.fromtimestamp(int(answer.headers["deprecation"].removeprefix("@")), UTC)
    until = parsedate_to_datetime(answer.headers["sunset"])
    assert since < until == OLD_UNTIL


@pytest.mark.parametrize("path", [*ANSWERED, "/openapi.json"])
async def test_every_answer_of_the_api_names_its_version(site: Site, path: str):
    async with site.client(site.who("planner"), cookie=False) as client:
        told = [(await client.get(f"{root}{path}")).headers for root in ("/api", "/api/v1")]

    assert [headers["api-version"] for headers in told] == [VERSION, VERSION]


async def test_events_are_taken_on_the_old_path_too(site: Site):
    headers = {"content-type": "application/cloudevents+json"}
    async with site.client(site.who("practice"), cookie=False) as client:
        answer = await client.post("/api/events", content=b'{"id": "x"}', headers=headers)

    assert answer.status_code == 422
    assert answer.json()["outcomes"][0]["reason"] == "not_an_event"


@pytest.mark.parametrize("path", ["/status", "/healthz", "/readyz", "/metrics", "/docs", "/"])
async def test_what_stays_where_it_is_has_no_version(site: Site, path: str):
    async with site.client() as client:
        answer = await client.get(path)

    assert answer.status_code < 400
    assert not {"api-version", "deprecation", "sunset"} & set(answer.headers)


@pytest.mark.parametrize("path", ["/api/v2/plan", "/api/v10", "/api", "/api/v1/", "/api/v1/plan/"])
async def test_a_version_that_does_not_exist_is_not_found(site: Site, path: str):
    async with site.client(site.who("planner"), cookie=False) as client:
        answer = await client.get(path)

    assert answer.status_code == 404


async def test_measurements_name_the_route_and_its_version(site: Site):
    async with site.client(site.who("planner"), cookie=False) as client:
        await client.get("/api/plan")
        await client.get("/api/v1/no-such-thing")
        told = (await client.get("/metrics")).text

    assert 'route="/api/v1/plan"' in told
    assert "no-such-thing" not in told
