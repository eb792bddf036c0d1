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


async def test_what_a_location_has_to_say_itself_has_no_button(unplanned: Site):
    await plan_one_early_home(unplanned)

    shown = await page(unplanned, f"/open/{uid('eik')}?hoe=ja")
    forged = await page(unplanned, f"/open/{uid('eik')}/ja", vraag="0" * 16, reden="")
    unplanned.parts.fitting.close()

    assert "open blijven?" in text(shown)
    assert "legt wie het toezegt dit zelf vast" in text(shown)
    assert forged.status_code == 409
