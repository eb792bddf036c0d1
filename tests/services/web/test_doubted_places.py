"""An institution whose coordinates do not fit its postcode: asked about before anybody is planned there."""

import os
from datetime import timedelta
from uuid import UUID

import pytest

from events.envelope import Sender
from events.identifiers import Point
from events.location import LocationChanged
from infra.clock import SystemClock
from infra.postgres.heartbeats import Process, beat
from tests.services.accept.looking import rows
from tests.services.planner.planning import newest_plan, plan_with
from tests.services.web.conftest import Site
from tests.services.web.seed import HOME, NOW, a_location

pytestmark = pytest.mark.postgres
NAME = f"Lindeplein {HOME}"
EXCHANGED = a_location(NAME).model_copy(update={"point": Point(lat=52.88, lon=5.12)})
LATER = NOW + timedelta(days=1)


async def planning(site: Site) -> str:
    async with site.client(site.who("planner")) as client:
        return (await client.get("/planning")).text


async def reasons_at(site: Site) -> set[str]:
    await plan_with(site.fresh, now=site.clock.at)
    _, plan = await newest_plan(site.fresh)
    own = [row for row in plan.unassigned if row.location_id == str(EXCHANGED.location_id)]
    return {reason.value for row in own for reason in row.reasons}


async def test_nobody_is_planned_at_a_doubted_place_and_the_planner_is_asked(site: Site):
    await site.say(Sender.INSTITUTION, EXCHANGED)
    site.clock.at = LATER

    assert "location_doubted" in await reasons_at(site)
    shown = await planning(site)
    assert "1 locatie ligt ver van haar postcode" in shown
    assert f"{NAME}: de coördinaten (52,8800, 5,1200) passen niet bij postcode 3511." in shown


async def test_places_that_are_not_on_the_road_map_are_named_to_their_own_planner(site: Site):
    now = SystemClock().now()
    planner = await site.fresh.open("planner", 1)
    away = {HOME: [str(EXCHANGED.location_id), str(UUID(int=7))], "GG0111": [str(UUID(int=8))]}
    async with planner.transaction() as tx:
        state = {"travel_estimated": {}, "travel_off_map": away}
        await beat(tx, Process("planner", 0, os.getpid(), now), now, state)

    shown = await planning(site)

    assert "2 plekken staan niet op de wegenkaart" in shown
    assert f"{NAME}, 1 post. De routeserver kent daar geen weg in de buurt." in shown


async def test_the_planner_confirms_the_place_and_what_changed_since_stays(site: Site):
    await site.say(Sender.INSTITUTION, EXCHANGED)
    await site.say(
        Sender.INSTITUTION,
        LocationChanged(
            location_id=EXCHANGED.location_id,
            opening=EXCHANGED.opening[:2],
            contact_known=True,
            seats=3,
        ),
    )
    site.clock.at, who = LATER, site.who("planner")

    async with site.client(who) as client:
        answer = await client.post(
            f"/planning/locatie/{EXCHANGED.location_id}/klopt", data={"proof": site.proof(who)}
        )

    assert answer.status_code == 303
    assert "postcode 3511" not in await planning(site)
    assert "location_doubted" not in await reasons_at(site)
    problem, _ = await newest_plan(site.fresh)
    (place,) = [one for one in problem.locations if one.id == str(EXCHANGED.location_id)]
    assert place.seats == 3
    found = await rows(
        await site.fresh.open("acceptor"),
        "SELECT actor, actor_org FROM ledger WHERE type = 'location.registered.v1' AND actor IS NOT NULL",
    )
    assert found == [(who.subject, who.organisation)]


async def test_the_institution_registers_the_right_point(site: Site):
    await site.say(Sender.INSTITUTION, EXCHANGED)
    await site.say(Sender.INSTITUTION, a_location(NAME))
    site.clock.at = LATER

    assert "postcode 3511" not in await planning(site)
    assert "location_doubted" not in await reasons_at(site)


async def test_a_place_without_a_doubt_can_not_be_confirmed(site: Site):
    who = site.who("planner")
    async with site.client(who) as client:
        answer = await client.post(
            f"/planning/locatie/{site.home.locations[0]}/klopt", data={"proof": site.proof(who)}
        )

    assert answer.status_code == 403
