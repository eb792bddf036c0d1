"""The planner's pages to split and join a visit and to close a shift: read first, then stored, in Dutch and English, without a script."""

import re

import pytest

from tests.services.web.conftest import Site
from tests.services.web.hand import (  # noqa: F401  (`planned` is a fixture)
    plan_region,
    replan,
    shift,
    visits_of,
)
from tests.services.web.test_hand_page import first_visit, page, text

pytestmark = pytest.mark.postgres
LATER = shift("shift 2021-02-18")


def seen(answer) -> str:
    found = re.search(r'name="gezien" value="(\d+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


async def test_a_split_is_read_before_it_is_stored(planned: Site):
    first = await first_visit(planned)
    path = f"/bezoek/{first['visit']}/splits"

    stop = await page(planned, f"/bezoek/{first['visit']}/hand")
    shown = await page(planned, f"{path}?hoe=aantal&n=2&dienst={LATER}")
    fields = {"hoe": "aantal", "n": "2", "dienst": LATER, "gezien": seen(shown)}
    without = await page(planned, path, **fields)
    stored = await page(planned, path, **fields, reden="te vol in de gang")
    await replan(planned)

    assert f'href="/planning{path}"' in stop.text
    said = text(shown)
    assert "2 bewoners moeten het horen." in said
    assert "blijft op di 16 feb" in said
    assert (without.status_code, stored.status_code) == (409, 303)
    there = [row["people"] for row in await visits_of(planned, "2021-02-18")]
    assert 2 in there


async def test_a_split_is_said_in_english_too(planned: Site):
    first = await first_visit(planned)

    path = f"/bezoek/{first['visit']}/splits?hoe=hooguit&n=2&dienst={LATER}&lang=en"
    shown = text(await page(planned, path))

    assert "How do you want to split it?" in shown
    assert "2 residents must hear of it." in shown


async def test_visits_are_joined_on_a_page(planned: Site):
    first = await first_visit(planned)
    path = f"/bezoek/{first['visit']}"
    nothing = text(await page(planned, f"{path}/samen"))
    split = await page(planned, f"{path}/splits?hoe=aantal&n=2&dienst={LATER}")
    fields = {"hoe": "aantal", "n": "2", "dienst": LATER, "gezien": seen(split)}
    await page(planned, f"{path}/splits", **fields, reden="te vol")
    await replan(planned)
    (other,) = [
        row
        for row in await visits_of(planned, "2021-02-18")
        if row["location"] == first["location"]
    ]

    choose = await page(planned, f"{path}/samen")
    shown = await page(planned, f"{path}/samen?met={other['visit']}")
    stored = await page(
        planned, f"{path}/samen", met=other["visit"], gezien=seen(shown), reden="toch samen"
    )
    await replan(planned)

    assert "geen ander bezoek met hetzelfde vaccin" in nothing
    assert other["visit"] in choose.text
    assert stored.status_code == 303
    (joined,) = [
        row
        for day in ("2021-02-16", "2021-02-18")
        for row in await visits_of(planned, day)
        if row["location"] == first["location"]
    ]
    assert (joined["visit"], joined["people"]) == (first["visit"], first["people"])


async def test_what_cannot_be_split_is_said_in_words(planned: Site):
    first = await first_visit(planned)
    path = f"/bezoek/{first['visit']}/splits"

    all_of_them = await page(planned, f"{path}?hoe=aantal&n=99")
    no_number = await page(planned, f"{path}?hoe=aantal&n=x")
    no_way = await page(planned, f"{path}?hoe=anders&n=1")

    assert "Zo blijft iedereen in één bezoek" in text(all_of_them)
    assert (no_number.status_code, no_way.status_code) == (422, 422)


async def test_a_shift_is_closed_on_a_page(planned: Site):
    first = await first_visit(planned)
    shift_id = shift("shift 2021-02-16") if "second" not in first["team"] else shift("of second")
    stop = await page(planned, f"/bezoek/{first['visit']}/hand")
    found = re.search(r'href="/planning/dienst/([0-9a-f-]+)/sluit"', stop.text)
    assert found is not None, shift_id
    path = f"/dienst/{found[1]}/sluit"

    asked = text(await page(planned, path))
    shown = await page(planned, f"{path}?hele=ja")
    stored = await page(planned, path, hele="ja", gezien=seen(shown), reden="de bus is stuk")
    await replan(planned)

    assert "Sluit de dienst van" in asked
    assert "Bel" in text(shown)
    assert stored.status_code == 303
    assert all(row["team"] != first["team"] for row in await visits_of(planned))


async def test_a_shift_that_is_none_and_a_time_that_is_none_are_answered(planned: Site):
    none = await page(planned, f"/dienst/{shift('no such shift')}/sluit")
    wrong = await page(planned, f"/dienst/{shift('of second')}/sluit?om=laat")

    assert (none.status_code, wrong.status_code) == (403, 422)
