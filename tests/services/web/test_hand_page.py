"""The planner's page of one stop: what a move does is read before it is stored, in Dutch and English, and works without a script."""

import re
from datetime import datetime
from html import unescape
from uuid import uuid4

import httpx2
import pytest

from tests.facts import uid
from tests.services.web.conftest import Site
from tests.services.web.hand import (  # noqa: F401  (`planned` is a fixture)
    a_move,
    plan_region,
    post,
    replan,
    shift,
    visits_of,
)

pytestmark = pytest.mark.postgres
LATER = shift("shift 2021-02-18")


async def page(site: Site, path: str, **fields: str) -> httpx2.Response:
    """A page, or the answer to its form."""
    who = site.who("planner")
    async with site.client(who) as client:
        if fields:
            data = {**fields, "proof": site.proof(who)}
            found: httpx2.Response = await client.post(f"/planning{path}", data=data)
        else:
            found = await client.get(f"/planning{path}")
    return found


def text(answer: httpx2.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


async def first_visit(site: Site) -> dict[str, str]:
    (first, *_) = await visits_of(site)
    return first


async def test_the_band_of_a_visit_leads_to_its_page(planned: Site):
    first = await first_visit(planned)

    band = await page(planned, f"?dag=2021-02-16&bezoek={first['visit']}")
    stop = await page(planned, f"/bezoek/{first['visit']}/hand")

    assert f'href="/planning/bezoek/{first["visit"]}/hand"' in band.text
    assert "Verplaats dit bezoek" in text(stop)
    assert "4 bewoners" in text(stop)
    assert "di 16 feb" in text(stop)


async def test_a_move_says_what_it_does_and_stores_nothing_until_that_is_asked(planned: Site):
    first = await first_visit(planned)

    shown = await page(planned, f"/bezoek/{first['visit']}/hand?dienst={LATER}&om=11:00")

    said = text(shown)
    assert "Iemand raakt een afspraak kwijt of krijgt een ander moment" in said
    assert "naar do 18 feb 11:00" in said
    assert f"Bel {first['location']}." in said
    assert "minuten meer rijden" in said or "minuten minder rijden" in said or "werk" in said
    assert "di 16 feb: 10 doses minder mee." in said
    assert "do 18 feb: 10 doses meer mee." in said
    assert [row["visit"] for row in await visits_of(planned, "2021-02-18")].count(
        first["visit"]
    ) == 0
    assert re.search(r'name="reden"[^>]* required', shown.text)


async def test_a_move_that_is_stored_is_where_it_was_shown(planned: Site):
    first = await first_visit(planned)
    path = f"/bezoek/{first['visit']}/hand"
    shown = await page(planned, f"{path}?dienst={LATER}&om=11:00")
    seen = re.search(r'name="gezien" value="(\d+)"', shown.text)[1]  # type: ignore[index]

    stored = await page(planned, path, dienst=LATER, om="11:00", gezien=seen, reden="op verzoek")
    await replan(planned)

    assert stored.status_code == 303
    assert stored.headers["location"].startswith("/planning?dag=2021-02-18")
    (made,) = [r for r in await visits_of(planned, "2021-02-18") if r["visit"] == first["visit"]]
    assert datetime.fromisoformat(made["starts_at"]).hour == 10  # eleven in Amsterdam
    band = text(await page(planned, f"?dag=2021-02-18&bezoek={first['visit']}"))
    assert "verplaatst door" in band
    assert "op verzoek" in band


async def test_what_can_not_be_is_said_and_has_no_button(planned: Site):
    first = await first_visit(planned)

    shown = await page(planned, f"/bezoek/{first['visit']}/hand?dienst={LATER}&om=23:00")

    assert "Dit kan niet: het breekt een regel." in text(shown)
    assert "De locatie is dan dicht of niet te bellen:" in text(shown)
    assert 'name="gezien"' not in shown.text


async def test_who_was_second_reads_who_was_first(planned: Site):
    first = await first_visit(planned)
    path = f"/bezoek/{first['visit']}/hand"
    shown = await page(planned, f"{path}?dienst={LATER}&om=11:00")
    seen = re.search(r'name="gezien" value="(\d+)"', shown.text)[1]  # type: ignore[index]
    other = planned.who("planner", number=1)
    asked = a_move(first["visit"], shift=LATER) | {"seen": int(seen), "reason": "eerst"}
    assert (await post(planned, "edits", asked, other)).status_code == 201

    late = await page(planned, path, dienst=LATER, om="11:00", gezien=seen, reden="daarna")

    assert late.status_code == 409
    assert "Er is niets opgeslagen" in text(late)
    assert re.search(r"verplaatst door \S+\.", text(late))


async def test_a_visit_is_pinned_and_released_where_it_stands(planned: Site):
    first = await first_visit(planned)
    path = f"/bezoek/{first['visit']}"

    pinned = await page(planned, f"{path}/vast", x="")
    shown = text(await page(planned, f"{path}/hand"))
    released = await page(planned, f"{path}/los", x="")
    free = text(await page(planned, f"{path}/hand"))

    assert (pinned.status_code, released.status_code) == (303, 303)
    assert "Dit bezoek staat vast." in shown
    assert "Dit bezoek staat vast." not in free


async def test_why_here_and_not_there_is_read_per_team(planned: Site):
    first = await first_visit(planned)

    shown = await page(planned, f"/bezoek/{first['visit']}/hand?waarom=ja")

    assert "Waarom hier, en niet daar?" in text(shown)
    assert "Bekijk deze plek" in text(shown)


async def test_a_place_for_who_is_on_the_phone_is_read_with_its_price(planned: Site):
    empty = await page(planned, "/plek")
    found = await page(planned, f"/plek?locatie={uid('wilg')}&mensen=6")
    nobody = await page(planned, f"/plek?locatie={uid('wilg')}")
    unknown = await page(planned, f"/plek?locatie={uuid4()}&mensen=6")

    assert "Zoek vijf plekken" in text(empty)
    assert "Voor 6 mensen." in text(found)
    assert "minuten" in text(found)
    assert "Daar wacht niemand op een bezoek" in text(nobody)
    assert "De locatie is dan dicht of niet te bellen" in text(unknown)


async def test_the_same_in_english(planned: Site):
    first = await first_visit(planned)

    shown = await page(planned, f"/bezoek/{first['visit']}/hand?dienst={LATER}&om=11:00&lang=en")

    assert "What this does" in text(shown)
    assert "Phone " in text(shown)


@pytest.mark.parametrize("om", ["25:00", "x", "11:00+01:00"])
async def test_a_time_that_is_none_is_refused_by_its_field(planned: Site, om: str):
    first = await first_visit(planned)

    answer = await page(planned, f"/bezoek/{first['visit']}/hand?dienst={LATER}&om={om}")

    assert answer.status_code == 422
