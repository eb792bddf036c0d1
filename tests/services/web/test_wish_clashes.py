"""A wish that cannot hold beside opening hours, closed shifts or locked teams is named with all of them: asked at once, or caused later."""

from datetime import timedelta
from typing import Any

import pytest

from events.location import LocationChanged
from events.teams import ShiftWithdrawn
from infra.postgres.database import Who
from tests.builders import say
from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.hand import (  # noqa: F401  (`planned` is a fixture)
    get,
    plan_region,
    post,
    replan,
    visits_of,
)
from tests.services.web.test_hand_clashes import send
from tests.services.web.test_hand_kinds import first_visit, hold, where
from tests.services.web.test_hand_page import page, text

pytestmark = pytest.mark.postgres
THURSDAY = {"not_before": "2021-02-18T09:00:00Z", "not_after": "2021-02-18T15:00:00Z"}
ALL_DAY = {"vanaf_dag": "2021-02-18", "tot_dag": "2021-02-18"}


async def wish(site: Site) -> dict[str, Any]:
    """The first visit, of which its location asked for Thursday: the plan that follows makes it then."""
    first = await first_visit(site)
    assert (await hold(site, first["visit"], "window", **THURSDAY)).status_code == 201
    await replan(site)
    assert (await where(site, first["visit"]))["starts_at"].startswith("2021-02-18")
    return first


async def faults(site: Site) -> list[dict[str, Any]]:
    return list((await get(site, "?day=2021-02-18")).json()["faults"])


async def never_on_thursdays(site: Site, visit: str) -> None:
    """The location of a visit says its hours anew: Thursday is none of its days."""
    door = await site.fresh.open("acceptor")
    known = {
        str(one): place for one, place in await rows(door, "SELECT visit, location FROM visits")
    }
    hours = [{"weekday": day, "begins": "08:00", "ends": "17:00"} for day in (1, 2, 4)]
    said = LocationChanged.model_validate({"location_id": known[visit], "opening": hours})
    await say(door, said, now=site.clock.now())


async def test_without_a_clash_nothing_is_said(planned: Site):
    await wish(planned)

    assert await faults(planned) == []


async def test_hours_that_change_after_a_wish_are_named_with_it_in_api_and_page(planned: Site):
    first = await wish(planned)
    await never_on_thursdays(planned, first["visit"])
    await replan(planned)

    (fault,) = await faults(planned)
    shown = text(await page(planned, ""))

    assert (fault["rule"], fault["holds"], fault["visit"]) == (
        "time_windows",
        "window",
        first["visit"],
    )
    assert fault["by"]
    assert fault["cause"]["kind"] == "hours"
    assert "Een wens kan niet meer" in shown
    assert "De openingstijden zijn veranderd op" in shown
    assert "Vastgezet door" in shown


async def test_a_shift_that_is_closed_after_a_wish_is_named_with_it(planned: Site):
    await wish(planned)
    gone = ShiftWithdrawn(shift_id=uid("shift 2021-02-18"))
    await say(await planned.fresh.open("acceptor"), gone, now=planned.clock.now())
    await replan(planned)

    (fault,) = await faults(planned)
    shown = text(await page(planned, ""))

    assert (fault["rule"], fault["holds"]) == ("no_shift", "window")
    assert fault["cause"]["kind"] == "shift"
    assert fault["cause"]["team"]
    assert f"De dienst van {fault['cause']['team']} is gesloten op" in shown


async def test_a_wish_for_a_closed_day_is_refused_and_names_the_hours(planned: Site):
    first = await first_visit(planned)
    await never_on_thursdays(planned, first["visit"])
    await replan(planned)

    refused = await hold(planned, first["visit"], "window", **THURSDAY)
    looked = await page(
        planned, f"/bezoek/{first['visit']}/houd?vanaf_dag=2021-02-18&tot_dag=2021-02-18"
    )
    kept = await page(planned, f"/bezoek/{first['visit']}/houd", wat="window", **ALL_DAY)

    assert refused.status_code == 409
    assert [row["rule"] for row in refused.json()["breaches"]] == ["asked", "time_windows"]
    assert "De locatie is dan dicht" in text(looked)
    assert kept.status_code == 409
    assert "De locatie is dan dicht" in text(kept)


async def test_a_wish_for_a_time_without_a_team_says_that(planned: Site):
    first = await first_visit(planned)

    refused = await hold(planned, first["visit"], "window", not_before="2021-02-19T08:00:00Z")

    assert [row["rule"] for row in refused.json()["breaches"]] == ["asked", "no_shift"]


async def test_a_wish_into_the_time_of_a_locked_team_names_every_pin(planned: Site):
    """The team of Thursday is locked at one home; the other home asks for that very moment."""
    first, second = (await visits_of(planned))[:2]
    await hold(planned, second["visit"], "window", **THURSDAY)
    await replan(planned)
    there = await where(planned, second["visit"])
    team = {"kind": "lock", "team": there["team"], "first": "2021-02-18", "last": "2021-02-18"}
    locked = await post(planned, "edits", {"edit": team, "seen": 0})
    await replan(planned)
    at = {"not_before": there["starts_at"], "not_after": there["starts_at"]}

    refused = await hold(planned, first["visit"], "window", **at)

    assert locked.status_code == 201, locked.text
    assert [row["rule"] for row in refused.json()["breaches"]] == ["asked", "all_pinned"]
    assert [row["visit"] for row in refused.json()["held_by"]] == [second["visit"]]
    assert refused.json()["held_by"][0]["by"]


async def test_a_wish_that_cannot_hold_is_refused_as_an_event_too(planned: Site):
    first = await first_visit(planned)
    await never_on_thursdays(planned, first["visit"])
    who: Who = planned.who("planner")
    later = planned.clock.now() + timedelta(minutes=1)

    refused = await send(
        planned,
        who,
        "stop.pinned.v1",
        later,
        visit_id=first["visit"],
        shift_id=str(uid("shift 2021-02-18")),
        starts_at="2021-02-18T10:00:00Z",
        kind="window",
        **THURSDAY,
    )

    assert refused.status_code == 409, refused.text
    assert refused.json()["rule"] == "time_windows"
