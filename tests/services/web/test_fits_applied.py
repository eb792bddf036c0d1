"""A suggestion to which somebody said yes on the phone is stored in one action from its page, and the next plan serves them."""

import re
from typing import Any

import pytest

from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.planner.planning import newest_plan, plan_with
from tests.services.web.conftest import Site
from tests.services.web.fits import plan_one_early_home, plan_one_short_shift
from tests.services.web.test_hand_page import page, text

pytestmark = pytest.mark.postgres


async def left_out(site: Site) -> str:
    (row,) = (await newest_plan(site.fresh))[1].unassigned[:1]
    return str(row.location_id)


def tokens(answer: Any) -> list[str]:
    return re.findall(r'name="vraag" value="(\w+)"', answer.text)


async def test_a_longer_shift_is_stored_and_the_next_plan_serves_them(unplanned: Site):
    site = unplanned
    await plan_one_short_shift(site)
    left = await left_out(site)
    path = f"/open/{left}"
    shown = await page(site, f"{path}?hoe=ja")
    (token, *_) = tokens(shown)

    stored = await page(site, f"{path}/ja", vraag=token, reden="")
    done = text(await page(site, f"{path}?gedaan=ja"))
    await plan_with(site.fresh)
    again = await page(site, f"{path}/ja", vraag=token, reden="")
    site.parts.fitting.close()

    assert "Het antwoord is ja: leg dit vast" in text(shown)
    assert stored.status_code == 303, text(stored)
    assert stored.headers["location"] == f"/planning{path}?gedaan=ja"
    assert "Het volgende plan neemt de bewoners mee." in done
    assert (await newest_plan(site.fresh))[1].unassigned == ()
    door = await site.fresh.open("acceptor")
    said = await rows(door, "SELECT actor FROM ledger WHERE type = 'shift.changed.v1'")
    assert said == [(site.who("planner").subject,)]
    assert again.status_code == 409
    assert "Er is niets opgeslagen" in text(again)


async def test_hours_that_a_location_agrees_by_phone_hold_for_that_day_until_undone(
    unplanned: Site,
):
    """De Eik stays open longer on one Tuesday: the team comes then, and no Tuesday after it is open longer."""
    site = unplanned
    await plan_one_early_home(site)
    path = f"/open/{uid('eik')}"
    shown = await page(site, f"{path}?hoe=ja")
    (token, *_) = tokens(shown)

    stored = await page(site, f"{path}/ja", vraag=token, reden="")
    await plan_with(site.fresh)
    served = (await newest_plan(site.fresh))[1]
    listed = await page(site, "/handelingen")
    (undo,) = re.findall(r'action="/planning(/handelingen/[0-9a-f-]+/ongedaan)"', listed.text)
    undone = await page(site, undo, niets="")
    await plan_with(site.fresh)
    after = (await newest_plan(site.fresh))[1]
    twice = await page(site, undo, niets="")
    site.parts.fitting.close()

    assert "open blijven?" in text(shown)
    assert stored.status_code == 303, text(stored)
    assert served.unassigned == ()
    assert "ruimere tijden afgesproken" in text(listed)
    assert "De Eik" in text(listed)
    assert undone.status_code == 303, text(undone)
    assert {str(row.location_id) for row in after.unassigned} == {str(uid("eik"))}
    assert twice.status_code == 409
    door = await site.fresh.open("acceptor")
    query = "SELECT body -> 'opening', jsonb_array_length(body -> 'open_on') FROM ledger WHERE type = 'location.changed.v1'"
    usual, *_ = said = await rows(door, f"{query} ORDER BY seq")
    assert [row[1] for row in said] == [1, None]
    assert {row[0] for row in said} == {usual[0]}  # what is usual on Tuesdays stays


async def test_what_nobody_suggested_is_not_stored(unplanned: Site):
    await plan_one_early_home(unplanned)

    forged = await page(unplanned, f"/open/{uid('eik')}/ja", vraag="0" * 16, reden="")
    unplanned.parts.fitting.close()

    assert forged.status_code == 409
