"""A planner changes a stop by HTTP: the effect is shown first, stored whole or not at all, and is what the plan then says."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.hand import (  # noqa: F401  (`planned` is a fixture)
    a_move,
    get,
    plan_region,
    post,
    replan,
    shift,
    visits_of,
)
from tests.services.web.seed import ABROAD

pytestmark = pytest.mark.postgres
SECOND, LATER = shift("of second"), shift("shift 2021-02-18")


async def events_of(site: Site) -> list[str]:
    """The types of what planners said, in order."""
    door = await site.fresh.open("acceptor")
    query = "SELECT type FROM ledger WHERE type LIKE 'stop.%' OR type LIKE 'visit.requested%' ORDER BY seq"
    return [kind.removesuffix(".v1") for (kind,) in await rows(door, query)]


async def test_a_move_is_shown_then_stored_and_then_planned(planned: Site):
    (first, *_) = await visits_of(planned)
    other = shift("of second") if first["team"] == str(uid("team")) else shift("shift 2021-02-16")

    shown = await post(planned, "checks", a_move(first["visit"], shift=other))
    effect = shown.json()
    asked = a_move(first["visit"], shift=other) | {
        "seen": effect["number"],
        "reason": "de lift is stuk",
    }
    stored = await post(planned, "edits", asked)
    await replan(planned)

    assert (shown.status_code, stored.status_code) == (200, 201), stored.text
    assert effect["allowed"] is True
    (meant,) = [stop for stop in effect["stops"] if stop["meant"]]
    (now,) = [row for row in await visits_of(planned) if row["visit"] == first["visit"]]
    assert (now["team"], now["starts_at"]) == (meant["new"]["team"], meant["new"]["starts_at"])
    assert now["pinned"] is True


async def test_a_check_stores_nothing(planned: Site):
    (first, *_) = await visits_of(planned)

    await post(planned, "checks", a_move(first["visit"], shift=SECOND))

    assert await events_of(planned) == []


async def test_what_costs_people_something_needs_a_reason(planned: Site):
    (first, *_) = await visits_of(planned)
    asked = a_move(first["visit"], shift=LATER)
    seen = (await post(planned, "checks", asked)).json()["number"]

    without = await post(planned, "edits", asked | {"seen": seen})
    phone = await post(planned, "edits", asked | {"seen": seen, "reason": "bel 0612345678"})
    nothing = await events_of(planned)
    with_it = await post(planned, "edits", asked | {"seen": seen, "reason": "op verzoek"})

    assert [one.status_code for one in (without, phone, with_it)] == [409, 409, 201]
    assert without.json()["type"].endswith(":reason_wanted")
    assert {row["rule"] for row in without.json()["breaches"]} == {"promise"}
    assert nothing == []
    assert await events_of(planned) == ["stop.moved"]


async def test_a_hard_rule_is_refused_by_name_with_the_amount_and_no_reason_helps(planned: Site):
    (first, *_) = await visits_of(planned)
    early = datetime.fromisoformat(first["starts_at"]).replace(hour=4, minute=0)
    asked = a_move(first["visit"], shift=SECOND, starts_at=early.isoformat())
    seen = (await post(planned, "checks", asked)).json()["number"]

    refused = await post(planned, "edits", asked | {"seen": seen, "reason": "het moet"})

    assert refused.status_code == 409
    assert refused.json()["type"].endswith(":cannot_hold")
    (leaves,) = [row for row in refused.json()["breaches"] if row["rule"] == "shift_hours"]
    assert (leaves["unit"], leaves["amount"] > 180) == ("minutes", True)
    assert await events_of(planned) == []


async def test_two_planners_on_one_stop_the_second_hears_who_was_first(planned: Site):
    (first, *_) = await visits_of(planned)
    asked = a_move(first["visit"], shift=LATER)
    seen = (await post(planned, "checks", asked)).json()["number"]
    one, other = planned.who("planner"), planned.who("planner", number=1)
    said = [asked | {"seen": seen, "reason": reason} for reason in ("eerst", "daarna")]

    answers = await asyncio.gather(
        post(planned, "edits", said[0], one), post(planned, "edits", said[1], other)
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (late,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert late["type"].endswith(":stale")
    (change,) = late["changes"]
    assert (change["visit"], change["what"]) == (first["visit"], "stop.moved")
    assert change["by"]
    assert change["by"] in late["detail"]
    assert await events_of(planned) == ["stop.moved"]


async def test_who_looked_before_a_new_plan_moved_the_stop_looks_again(planned: Site):
    (first, *_) = await visits_of(planned)
    asked = a_move(first["visit"], shift=LATER)
    seen = (await post(planned, "checks", asked)).json()["number"]
    await post(planned, "edits", asked | {"seen": seen, "reason": "eerst"})
    await replan(planned)
    back = a_move(first["visit"], shift=SECOND)

    stale = await post(planned, "edits", back | {"seen": seen, "reason": "toch niet"})
    again = (await post(planned, "checks", back)).json()["number"]
    stored = await post(planned, "edits", back | {"seen": again, "reason": "toch niet"})

    assert (stale.status_code, stored.status_code) == (409, 201)
    assert {"stop.moved", "visit.assigned"} <= {row["what"] for row in stale.json()["changes"]}


@pytest.mark.parametrize("path", ["checks", "edits"])
async def test_ids_that_are_not_of_this_region_are_answered_in_words(planned: Site, path: str):
    (first, *_) = await visits_of(planned)
    more = {"seen": 10**6, "reason": "x"} if path == "edits" else {}

    visit = await post(planned, path, a_move(uuid4(), shift=SECOND) | more)
    team = await post(
        planned, path, a_move(first["visit"], team=str(uuid4()), day="2021-02-16") | more
    )
    there = await post(planned, path, a_move(first["visit"], shift=str(uuid4())) | more)

    answers = [visit, team, there]
    assert [one.status_code for one in answers] == [409, 409, 409]
    assert [one.json()["breaches"][0]["rule"] for one in answers] == [
        "gone",
        "withdrawn",
        "withdrawn",
    ]


async def test_a_region_without_a_plan_says_so(planned: Site):
    asked = a_move(uuid4(), shift=SECOND)

    answer = await post(planned, "checks", asked, planned.who("planner", ABROAD))

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:prikploeg:problem:no_plan")


async def test_a_stop_of_a_team_that_is_about_to_leave_is_frozen(planned: Site):
    (first, *_) = await visits_of(planned)
    planned.clock.at = datetime.fromisoformat(first["starts_at"]) - timedelta(minutes=30)

    answer = await post(planned, "checks", a_move(first["visit"], shift=LATER))

    assert answer.json()["breaches"][0]["rule"] == "frozen"


async def test_a_visit_that_leaves_the_plan_and_a_swap_and_a_crisis_visit(planned: Site):
    first, second = (await visits_of(planned))[:2]
    swap = {"edit": {"kind": "swap", "visit": first["visit"], "other": second["visit"]}}
    off = {"edit": {"kind": "unassign", "visit": first["visit"]}}
    crisis = {
        "edit": {
            "kind": "crisis",
            "location": str(uid("eik")),
            "urgency": "U3",
            "skills": ["vaccination"],
            "minutes": 30,
            "earliest": "2021-02-16T08:00:00Z",
            "latest": "2021-02-16T14:00:00Z",
        }
    }

    shown = [await post(planned, "checks", one) for one in (swap, off, crisis)]
    effects = [one.json() for one in shown]
    asked = crisis | {"seen": effects[2]["number"], "reason": ""}
    stored = await post(planned, "edits", asked)
    await replan(planned)

    assert [one.status_code for one in (*shown, stored)] == [200, 200, 200, 201], stored.text
    assert {row["visit"] for row in effects[0]["stops"] if row["meant"]} == {
        first["visit"],
        second["visit"],
    }
    assert [row["new"] for row in effects[1]["stops"]] == [None]
    (wanted,) = [row for row in stored.json()["effect"]["stops"] if row["meant"]]
    (made,) = [row for row in await visits_of(planned) if row["visit"] == wanted["visit"]]
    assert made["starts_at"] == wanted["new"]["starts_at"]


async def test_places_for_who_is_on_the_phone(planned: Site):
    found = await post(planned, "places", {"location": str(uid("wilg")), "people": 6})
    unknown = await post(planned, "places", {"location": str(uuid4())})
    both = await post(planned, "places", {})

    assert found.status_code == 200, found.text
    assert found.json()["people"] == 6
    assert found.json()["places"], found.json()
    assert all(row["effect"]["allowed"] for row in found.json()["places"])
    assert unknown.json()["breaches"][0]["rule"] == "time_windows"
    assert both.status_code == 400


async def test_a_place_that_is_offered_can_be_taken(planned: Site):
    (first, *_) = await visits_of(planned)
    found = (await get(planned, f"/visits/{first['visit']}/alternatives")).json()
    best = found["places"][0]
    asked = a_move(first["visit"], shift=best["shift"], starts_at=best["starts_at"])
    seen = best["effect"]["number"]

    stored = await post(planned, "edits", asked | {"seen": seen, "reason": "op verzoek"})
    await replan(planned)

    assert stored.status_code == 201, stored.text
    day = best["starts_at"][:10]
    (made,) = [row for row in await visits_of(planned, day) if row["visit"] == first["visit"]]
    assert (made["team"], made["starts_at"]) == (best["team"], best["starts_at"])


async def test_only_a_planner_has_this_hand(planned: Site):
    (first, *_) = await visits_of(planned)
    for role in ("practice", "crisis"):
        answer = await post(
            planned, "checks", a_move(first["visit"], shift=SECOND), planned.who(role)
        )
        assert answer.status_code == 403
