"""A code on an error page stands in the log with what went wrong; a refusal of the database is not "unavailable"."""

import logging
import re
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from infra.errors import RefusedByStore, Unavailable
from services.web.app import build
from tests.services.web.conftest import Site
from tests.services.web.test_registering import GOOD

pytestmark = pytest.mark.postgres
CODE = re.compile(r"<b>([0-9A-F]{8})</b>")  # not the first digits of somebody's number
REFUSED = RefusedByStore("NumericValueOutOfRangeError", ("number",))
KINDS: list[tuple[Exception, int, str]] = [
    (REFUSED, 422, "De database neemt dit niet aan"),
    (Unavailable("Postgres: away"), 503, "Het lukt nu niet"),
    (LookupError("ours"), 500, "Hier ging iets mis bij ons"),
]


class Failing:
    """A pool that fails in one way, once it was asked for the session."""

    def __init__(self, pool: Any, error: Exception, good: int) -> None:
        self.pool, self.error, self.good = pool, error, good

    def reading(self, *who: Any) -> Any:
        self.good -= 1
        if self.good < 0:
            raise self.error
        return self.pool.reading(*who)

    def statement(self) -> Any:
        self.good -= 1
        if self.good < 0:
            raise self.error
        return self.pool.statement()


def failing(site: Site, error: Exception, good: int = 1) -> Site:
    parts = replace(site.parts, reader=Failing(site.parts.reader, error, good))  # type: ignore[arg-type]
    return replace(site, app=build(parts))


def logged(caplog: pytest.LogCaptureFixture, code: str) -> logging.LogRecord:
    (found,) = [one for one in caplog.records if getattr(one, "code", None) == code]
    return found


@pytest.mark.parametrize(("error", "status", "words"), KINDS)
async def test_the_code_on_a_page_is_in_the_log(
    site: Site, caplog: pytest.LogCaptureFixture, error: Exception, status: int, words: str
):
    async with failing(site, error).client(site.who("planner")) as client:
        page = await client.get("/planning/doses")

    code = CODE.search(page.text)
    assert page.status_code == status
    assert words in page.text
    assert code is not None
    assert logged(caplog, code[1]).exc_info[1] is error  # type: ignore[index]


@pytest.mark.parametrize(("error", "status"), [kind[:2] for kind in KINDS])
async def test_the_code_of_a_problem_of_the_api_is_in_the_log_once(
    site: Site, caplog: pytest.LogCaptureFixture, error: Exception, status: int
):
    async with failing(site, error).client(site.who("planner"), cookie=False) as client:
        answer = await client.get("/api/v1/stock")

    said = answer.json()
    assert answer.status_code == said["status"] == status
    assert logged(caplog, said["code"]).exc_info[1] is error  # type: ignore[index]
    assert len([one for one in caplog.records if hasattr(one, "code")]) == 1
    if error is REFUSED:
        assert said["fields"] == ["number"]
        assert said["type"].endswith(":refused_by_store")


async def test_a_registration_that_the_database_refuses_is_not_tried_again_and_keeps_its_text(
    site: Site, caplog: pytest.LogCaptureFixture
):
    owner = await asyncpg.connect(site.fresh.dsn("owner"))
    await owner.execute("ALTER TABLE persons ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    await owner.close()
    who = site.who("practice")

    async with site.client(who) as client:
        page = await client.post("/praktijk/aanmelden", data={**GOOD, "proof": site.proof(who)})

    code = CODE.search(page.text)
    assert page.status_code == 422  # from 500 on our page sends it again by itself
    assert "Deze aanmelding wordt niet aangenomen" in page.text
    assert f'value="{GOOD["family_name"]}"' in page.text
    assert code is not None
    error = logged(caplog, code[1]).exc_info[1]  # type: ignore[index]
    assert isinstance(error, RefusedByStore)
    assert error.fields == ("full_up",)
