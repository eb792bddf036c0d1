"""What a planner holds of a stop: its place, team, moment, the stop before it, or when it may begin; kept by the plans that follow."""

from typing import Any

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


async def hold(site: Site, visit: str, holds: str, **more: Any) -> Any:
    edit = {"kind": "pin", "visit": visit, "holds": holds, **more}
    return await post(site, "edits", {"edit": edit, "seen": 0})


async def where(site: Site, visit: str) -> dict[str, Any]:
    days = [await visits_of(site, f"2021-02-{day}") for day in (16, 17, 18, 19)]
    (found,) = [row for day in days for row in day if row["visit"] == visit]
    return found


async def first_visit(site: Site) -> dict[str, Any]:
    (first, *_) = await visits_of(site)
    return first


async def test_a_wish_from_the_phone_moves_the_visit_into_its_window(planned: Site):
    first = await first_visit(planned)
    window = {"not_before": "2021-02-18T11:00:00Z", "not_after": "2021-02-18T16:00:00Z"}

    stored = await hold(planned, first["visit"], "window", **window)
    await replan(planned)

    now = await where(planned, first["visit"])
    assert stored.status_code == 201, stored.text
    assert "2021-02-18T11:00:00Z" <= now["starts_at"] <= "2021-02-18T16:00:00Z"
    assert now["people"] == first["people"]
    assert now["pinned"] is True


async def test_a_wish_that_no_team_can_meet_is_refused_by_name(planned: Site):
    first = await first_visit(planned)

    refused = await hold(planned, first["visit"], "window", not_before="2021-02-18T23:00:00Z")

    assert refused.status_code == 409
    assert refused.json()["breaches"][0]["rule"] == "asked"


@pytest.mark.parametrize("holds", ["team", "time", "visit"])
async def test_what_is_held_stands_and_is_shown_as_held(planned: Site, holds: str):
    first = await first_visit(planned)

    stored = await hold(planned, first["visit"], holds)
    await replan(planned)

    now = await where(planned, first["visit"])
    assert stored.status_code == 201, stored.text
    assert (now["team"], now["starts_at"]) == (first["team"], first["starts_at"])
    assert now["pinned"] is True


async def test_others_may_not_push_a_visit_out_of_what_is_held(planned: Site):
    first = await first_visit(planned)
    await hold(planned, first["visit"], "time")
    await replan(planned)
    team = {"team": first["team"], "first": "2021-02-16", "last": "2021-02-16", "at": "11:00"}

    shown = (await post(planned, "checks", {"edit": {"kind": "start", **team}})).json()
    moved = (await post(planned, "checks", a_move(first["visit"], shift=LATER))).json()

    assert shown["allowed"] is True  # the planner moves this very visit
    assert moved["allowed"] is True


async def test_an_order_holds_both_stops_and_names_one_that_is_not_before_it(planned: Site):
    await post(
        planned,
        "edits",
        a_move((await visits_of(planned))[0]["visit"], shift=LATER)
        | {"seen": 2**62, "reason": "bij elkaar"},
    )
    await replan(planned)
    one, *_ = await visits_of(planned, "2021-02-18")
    (other,) = [row for row in await visits_of(planned) if row["visit"] != one["visit"]][:1]
    wrong = await hold(planned, other["visit"], "order", behind=one["visit"])
    together = a_move(other["visit"], shift=LATER, after=one["visit"])
    stored = await post(planned, "edits", together | {"seen": 2**62, "reason": "bij elkaar"})
    await replan(planned)

    held = await hold(planned, other["visit"], "order", behind=one["visit"])
    await replan(planned)

    assert wrong.json()["breaches"][0]["rule"] == "asked"
    assert (stored.status_code, held.status_code) == (201, 201), held.text
    order = [row["visit"] for row in await visits_of(planned, "2021-02-18")]
    assert order.index(other["visit"]) == order.index(one["visit"]) + 1


async def test_what_is_held_is_released(planned: Site):
    first = await first_visit(planned)
    await hold(planned, first["visit"], "team")

    released = await post(
        planned, "edits", {"edit": {"kind": "release", "visit": first["visit"]}, "seen": 0}
    )

    assert released.status_code == 201
    assert (await where(planned, first["visit"]))["pinned"] is False


@pytest.mark.parametrize(
    "more",
    [
        {"holds": "window"},
        {"holds": "order"},
        {"holds": "team", "behind": str(uid("x"))},
        {
            "holds": "window",
            "not_before": "2021-02-18T16:00:00Z",
            "not_after": "2021-02-18T11:00:00Z",
        },
    ],
)
async def test_half_a_pin_is_no_pin(planned: Site, more: dict[str, str]):
    first = await first_visit(planned)

    answer = await post(
        planned, "edits", {"edit": {"kind": "pin", "visit": first["visit"], **more}, "seen": 0}
    )

    assert answer.status_code == 400
