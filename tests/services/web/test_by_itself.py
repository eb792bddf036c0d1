"""From the policy to what a planner reads: what may go out by itself does, what may not waits with its difference."""

from collections.abc import AsyncIterator

import pytest

from events.identifiers import Point
from events.organisations import PolicyChanged
from events.teams import ShiftWithdrawn
from tests.builders import SmallRegion
from tests.conftest import Fresh
from tests.facts import a_location, uid
from tests.services.web.desk import Desk, a_desk, newcomers
from tests.services.web.test_plan_decisions import find_broken
from tests.services.web.test_plan_pages import page

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(fresh: Fresh) -> AsyncIterator[Desk]:
    """Eight people at two locations in a published plan, of which people were told nothing yet."""
    async with a_desk(fresh) as opened:
        await opened.plan(*SmallRegion().all())
        yield opened


def a_policy(**fields: object) -> PolicyChanged:
    return PolicyChanged(notice_days=0, **fields)  # type: ignore[arg-type]


async def test_a_change_that_may_go_out_does_and_the_plan_says_that_nobody_had_to_decide(
    desk: Desk,
):
    await desk.plan(a_policy(auto_team=False), *newcomers("eik", "n3"))

    newest, _ = await desk.versions()

    assert (newest["state"], newest["decision"]) == ("published", None)
    assert uid("n3") in await desk.stands()


async def test_a_change_that_may_not_waits_with_its_difference(desk: Desk):
    before = await desk.stands()
    await desk.plan(a_policy(auto_new=False), *newcomers("eik", "n3"))

    newest, _ = await desk.versions()

    assert newest["state"] == "proposed"
    assert await desk.stands() == before
    day = await page(desk, "/planning")
    assert f'href="/planning/voorstel/{newest["plan"]}"' in day
    read = await page(desk, f"/planning/voorstel/{newest['plan']}")
    assert "De Eik (1 bewoner): erbij in het bezoek van" in read


async def test_what_may_go_out_does_not_wait_for_what_may_not(desk: Desk):
    """Two at the first location make its visit longer, and the second begins three minutes later: that needs a person."""
    before = await desk.stands()
    den = a_location("den", point=Point(lat=52.07, lon=5.17))
    facts = [*newcomers("wilg", "n1", "n2"), den, *newcomers("den", "n3")]

    await desk.plan(a_policy(auto_time_minutes=2), *facts)

    newest, first, _ = await desk.versions()
    assert (first["state"], newest["state"]) == ("published", "proposed")
    stands = await desk.stands()
    assert set(stands) == {*before, uid("n3")}
    assert {person: stands[person] for person in before} == before
    assert await find_broken(desk) == []
    lines = (await desk.get(f"plans/{newest['plan']}/diff"))["lines"]
    assert {line["kind"] for line in lines} == {"new", "moved"}
    status, _ = await desk.post(f"plans/{newest['plan']}/approve")
    assert status == 200
    assert {uid("n1"), uid("n2")} <= set(await desk.stands())


async def test_a_shift_that_is_gone_waits_as_a_whole_where_another_day_needs_a_person(desk: Desk):
    """Nobody hears first that the appointment is cancelled, and later of another day."""
    before = await desk.stands()
    days = {shift for shift, _ in before.values()}

    await desk.plan(
        a_policy(auto_day=False),
        *(ShiftWithdrawn(shift_id=shift) for shift in days),
    )

    newest, *_ = await desk.versions()
    assert newest["state"] == "proposed"
    assert await desk.stands() == before
    lines = (await desk.get(f"plans/{newest['plan']}/diff"))["lines"]
    assert {line["kind"] for line in lines} == {"moved"}
    read = await page(desk, f"/planning/voorstel/{newest['plan']}")
    assert "Bel De Wilg." in read
    assert "Bel De Eik." in read


async def test_the_rules_of_the_region_and_who_goes_first_stand_in_words_with_who_said_so(
    desk: Desk,
):
    await desk.plan(a_policy(auto_day=False, auto_time_minutes=15))

    read = await page(desk, "/planning/plannen")
    english = await page(desk, "/planning/plannen?lang=en")

    assert "Een andere dag of een ander vaccin wacht op een planner." in read
    assert "vanzelf in tot 15 minuten verschil" in read
    assert "Another day or another vaccine waits for a planner." in english
    assert "Zo veel mogelijk mensen een afspraak geven, wie voorrang heeft eerst." in read
    assert "Afgesproken door " in read
    told = await desk.get("agreements")
    assert (told["by_itself"]["day"], told["time_minutes"]) == (False, 15)
    assert told["text"][3]["nl"] == "Een andere dag of een ander vaccin wacht op een planner."
    assert told["order"][0]["en"].startswith("Give as many people as possible an appointment")
    assert told["said"]["at"]
