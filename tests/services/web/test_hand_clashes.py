"""Pins that cannot hold together are all named with who placed them, and an event about a stop waits its turn as an edit does."""

import json
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from events.teams import ShiftChanged
from infra.postgres.database import Who
from tests.builders import say
from tests.facts import a_shift, uid
from tests.services.web.conftest import Site
from tests.services.web.hand import (  # noqa: F401  (`planned` is a fixture)
    a_move,
    plan_region,
    post,
    replan,
    shift,
    visits_of,
)
from tests.services.web.test_hand_page import page, text

pytestmark = pytest.mark.postgres
LATER = shift("shift 2021-02-18")


async def send(site: Site, who: Who, kind: str, at: datetime | None, /, **data: Any) -> Any:
    """An event as a system of the post sends it."""
    body = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": f"urn:nld:prikploeg:hap:{who.organisation}",
        "type": kind,
        "partitionkey": who.region,
        "data": data,
    } | ({"time": at.isoformat()} if at else {})
    headers = {"content-type": "application/cloudevents+json"}
    async with site.client(who, cookie=False) as client:
        return await client.post("/api/v1/events", content=json.dumps(body), headers=headers)


async def save(site: Site, asked: dict[str, Any]) -> Any:
    return await post(site, "edits", asked | {"seen": 2**62, "reason": "op verzoek"})


async def test_a_move_that_clashes_with_a_pin_names_it_and_who_placed_it(planned: Site):
    first, second = (await visits_of(planned))[:2]
    await post(
        planned,
        "edits",
        {"edit": {"kind": "pin", "visit": first["visit"], "holds": "visit"}, "seen": 0},
    )
    onto = a_move(
        second["visit"], team=first["team"], day="2021-02-16", starts_at=first["starts_at"]
    )

    shown = (await post(planned, "checks", onto)).json()
    refused = await save(planned, onto)

    assert shown["allowed"] is False
    assert [row["visit"] for row in shown["held_by"]] == [first["visit"]]
    assert shown["held_by"][0]["by"]
    assert refused.status_code == 409
    assert [row["visit"] for row in refused.json()["held_by"]] == [first["visit"]]


async def test_pins_that_a_later_fact_makes_clash_are_all_named_on_the_planners_page(planned: Site):
    """Two visits of one team are pinned; then its cool box turns out to hold one container."""
    first, second = (await visits_of(planned))[:2]
    shift_id = "shift 2021-02-16" if first["team"] == str(uid("team")) else "of second"
    await save(planned, a_move(second["visit"], shift=shift(shift_id), after=first["visit"]))
    await replan(planned)
    one = {"edit": {"kind": "pin", "visit": first["visit"], "holds": "visit"}, "seen": 0}
    assert (await post(planned, "edits", one)).status_code == 201
    await replan(planned)
    before = text(await page(planned, "?dag=2021-02-16"))
    team = uid("team" if shift_id != "of second" else "second")
    small = ShiftChanged(
        **a_shift(shift_id, date(2021, 2, 16), team_id=team).model_dump() | {"capacity": 10}
    )
    await say(await planned.fresh.open("acceptor"), small)
    await replan(planned)

    shown = text(await page(planned, "?dag=2021-02-16"))

    assert "Dit kan niet samen met" not in before
    assert "Dit kan niet samen met" in shown
    assert "Vastgezet door" in shown


async def test_an_event_about_a_stop_that_somebody_changed_since_is_refused_in_words(planned: Site):
    (first, *_) = await visits_of(planned)
    decided = planned.clock.now()
    planned.clock.at = decided + timedelta(minutes=5)
    await save(planned, a_move(first["visit"], shift=LATER))
    other = planned.who("planner", number=1)

    stale = await send(planned, other, "stop.released.v1", decided, visit_id=first["visit"])
    later = planned.clock.now() + timedelta(minutes=1)
    fresh = await send(planned, other, "stop.released.v1", later, visit_id=first["visit"])

    assert stale.status_code == 409, stale.text
    said = stale.json()
    assert said["type"] == "urn:prikploeg:problem:stale"
    assert [(row["visit"], row["what"]) for row in said["changes"]] == [
        (first["visit"], "stop.moved")
    ]
    assert said["changes"][0]["by"] in said["detail"]
    assert "/plan/edits" in said["detail"]
    assert fresh.status_code == 202, fresh.text


async def test_what_one_planner_sends_in_order_is_not_stale_to_themselves(planned: Site):
    (first, *_) = await visits_of(planned)
    who, decided = planned.who("planner"), planned.clock.now()
    planned.clock.at = decided + timedelta(minutes=5)

    answers = [
        await send(planned, who, "stop.released.v1", decided, visit_id=first["visit"])
        for _ in range(2)
    ]
    untimed = await send(planned, who, "stop.released.v1", None, visit_id=first["visit"])

    assert [one.status_code for one in (*answers, untimed)] == [202, 202, 202]
