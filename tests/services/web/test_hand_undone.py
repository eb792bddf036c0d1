"""Changes over days in one action: a team that starts later, a team that is locked; each undone in one action."""

import pytest

from tests.facts import uid
from tests.services.accept.looking import rows
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
DAYS = {"first": "2021-02-16", "last": "2021-02-18", "weekdays": [1, 3]}
LATER = shift("shift 2021-02-18")


def of_team(team: str, kind: str, **more: object) -> dict[str, object]:
    return {"edit": {"kind": kind, "team": team, **DAYS, **more}}


async def starts(site: Site) -> dict[str, str]:
    """When every visit of these days begins."""
    days = [await visits_of(site, f"2021-02-{day}") for day in (16, 17, 18)]
    return {row["visit"]: row["starts_at"] for day in days for row in day}


async def pinned(site: Site) -> int:
    return sum(row["pinned"] for row in await visits_of(site))


async def undo(site: Site, edit: str, number: int = 0) -> object:
    return await post(site, f"edits/{edit}/undo", {}, site.who("planner", number=number))


async def test_a_team_starts_later_on_all_its_days_and_that_is_undone_at_once(planned: Site):
    before = await starts(planned)
    (first, *_) = await visits_of(planned)
    asked = of_team(first["team"], "start", at="11:00")

    effect = (await post(planned, "checks", asked)).json()
    stored = await post(planned, "edits", asked | {"seen": effect["number"], "reason": "training"})
    await replan(planned)
    later = await starts(planned)
    undone = await undo(planned, stored.json()["edit"])
    await replan(planned)

    assert stored.status_code == 201, stored.text
    assert effect["allowed"]
    assert later[first["visit"]] == "2021-02-16T10:00:00Z"  # eleven in Amsterdam
    assert undone.status_code == 201, undone.text
    assert await starts(planned) == before


async def test_a_team_is_locked_and_unlocked_in_one_action_each(planned: Site):
    (first, *_) = await visits_of(planned)

    locked = await post(planned, "edits", of_team(first["team"], "lock") | {"seen": 0})
    held = await pinned(planned)
    again = await post(planned, "edits", of_team(first["team"], "lock") | {"seen": 0})
    undone = await undo(planned, locked.json()["edit"])

    assert locked.status_code == 201, locked.text
    assert held >= 1
    assert again.status_code == 409  # nothing that this would change
    assert undone.status_code == 201
    assert await pinned(planned) == 0


async def test_a_stop_that_was_taken_off_may_be_planned_again_after_undoing(planned: Site):
    (first, *_) = await visits_of(planned)
    off = {"edit": {"kind": "unassign", "visit": first["visit"]}}
    seen = (await post(planned, "checks", off)).json()["number"]
    stored = await post(planned, "edits", off | {"seen": seen, "reason": "de weg is dicht"})
    await replan(planned)
    off_the_day = first["visit"] not in [row["visit"] for row in await visits_of(planned)]

    undone = await undo(planned, stored.json()["edit"])

    assert off_the_day
    assert undone.status_code == 201, undone.text
    door = await planned.fresh.open("acceptor")
    said = await rows(door, "SELECT type FROM ledger WHERE type LIKE 'stop.%' ORDER BY seq")
    assert said == [("stop.cancelled.v1",), ("stop.released.v1",)]  # which ends the wait


async def test_who_undoes_what_somebody_changed_since_hears_who(planned: Site):
    (first, *_) = await visits_of(planned)
    move = a_move(first["visit"], shift=LATER)
    seen = (await post(planned, "checks", move)).json()["number"]
    stored = await post(planned, "edits", move | {"seen": seen, "reason": "op verzoek"})
    await replan(planned)
    lock = of_team(str(uid("team")), "lock")
    await post(planned, "edits", lock | {"seen": 0}, planned.who("planner", number=1))
    back = a_move(first["visit"], shift=shift("of second"))
    now = (await post(planned, "checks", back)).json()["number"]
    other = planned.who("planner", number=1)
    assert (
        await post(planned, "edits", back | {"seen": now, "reason": "toch niet"}, other)
    ).status_code == 201

    refused = await undo(planned, stored.json()["edit"])

    assert refused.status_code == 409
    assert refused.json()["type"].endswith(":stale")
    assert refused.json()["changes"][0]["what"] == "stop.moved"
    assert refused.json()["changes"][0]["by"]


async def test_an_action_of_nobody_and_a_team_without_shifts_are_answered_in_words(planned: Site):
    nobody = await undo(planned, str(uid("no such action")))
    no_team = await post(planned, "checks", of_team(str(uid("no team")), "start", at="09:00"))

    assert nobody.json()["breaches"][0]["rule"] == "gone"
    assert no_team.json()["breaches"][0]["rule"] == "withdrawn"


async def test_each_event_of_an_action_says_which_and_where_the_stop_stood(planned: Site):
    (first, *_) = await visits_of(planned)
    move = a_move(first["visit"], shift=LATER)
    seen = (await post(planned, "checks", move)).json()["number"]
    stored = (await post(planned, "edits", move | {"seen": seen, "reason": "op verzoek"})).json()

    door = await planned.fresh.open("acceptor")
    found = await rows(
        door,
        "SELECT body ->> 'edit_id', body -> 'stood' ->> 'starts_at' FROM ledger WHERE type = 'stop.moved.v1'",
    )

    assert {edit for edit, _ in found} == {stored["edit"]}
    assert first["starts_at"] in {at for _, at in found}
