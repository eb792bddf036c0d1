"""What a browser or a proxy may keep: files that are the same for everybody, and nothing else."""

import pytest

from services.web.frame import find_asset
from tests.services.web.conftest import Site
from tests.services.web.routes import list_routes

pytestmark = pytest.mark.postgres
NO_STORE = "no-store"


@pytest.mark.parametrize("role", ["planner", "practice", "crisis", None])
async def test_nothing_but_files_is_kept_whatever_the_answer(site: Site, role: str | None):
    async with site.client(site.who(role) if role else None) as client:
        for route in list_routes(site):
            if route.path == "/events":
                continue  # a stream: below
            answer = await client.request(route.method, route.path)

            assert answer.headers["cache-control"] == NO_STORE, (route.path, answer.status_code)


async def test_the_api_is_not_kept_either_and_no_error_is(site: Site):
    async with site.client(site.who("practice"), cookie=False) as client:
        for path in ("/api/v1/patients", "/api/patients", "/api/v1/none", "/nergens", "/static/none.css"):  # fmt: skip
            answer = await client.get(path)

            assert answer.headers["cache-control"] == NO_STORE, path


async def test_a_file_is_kept_for_ever_under_the_address_of_its_version_and_an_absent_one_never(
    site: Site,
):
    async with site.client() as client:
        there = await client.get(find_asset("base.css"))
        gone = await client.get("/static/gone.css?v=0123456789")
        unversioned = await client.get("/static/base.css")

    assert "immutable" in there.headers["cache-control"]
    assert gone.status_code == 404
    assert gone.headers["cache-control"] == NO_STORE
    assert "cache-control" not in unversioned.headers
