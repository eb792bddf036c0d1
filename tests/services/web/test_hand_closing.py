"""A planner closes a shift, whole or from a time on: shown first, stored as one action, and opened again as one."""

from typing import Any

import pytest

from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.hand import (  # noqa: F401  (`planned` is a fixture)
    TOMORROW,
    plan_region,
    post,
    replan,
    shift,
    visits_of,
)

pytestmark = pytest.mark.postgres
DAYS = ("2021-02-16", "2021-02-17", "2021-02-18", "2021-02-19")


def a_close(team: str, **more: Any) -> dict[str, Any]:
    return {"edit": {"kind": "close", "team": team, "day": TOMORROW, **more}}


async def save(site: Site, asked: dict[str, Any], reason: str = "de bus is stuk") -> Any:
    seen = (await post(site, "checks", asked)).json().get("number", 0)
    return await post(site, "edits", asked | {"seen": seen, "reason": reason})


async def places(site: Site) -> dict[str, tuple[str, str]]:
    """Team and moment of every visit."""
    found = [row for day in DAYS for row in await visits_of(site, day)]
    return {row["visit"]: (row["team"], row["starts_at"]) for row in found}


async def busiest(site: Site) -> str:
    """The team of the first visit tomorrow."""
    (first, *_) = await visits_of(site)
    return str(first["team"])


async def events_of(site: Site) -> list[str]:
    door = await site.fresh.open("acceptor")
    query = "SELECT type FROM ledger WHERE (type LIKE 'stop.%' OR type LIKE 'shift.%') AND body ->> 'edit_id' IS NOT NULL ORDER BY seq"
    return [kind.removesuffix(".v1") for (kind,) in await rows(door, query)]


async def test_a_closed_shift_says_who_goes_where_and_the_next_plan_makes_that(planned: Site):
    team = await busiest(planned)
    before = await places(planned)

    effect = (await post(planned, "checks", a_close(team))).json()
    nothing = await events_of(planned)
    stored = await save(planned, a_close(team))
    await replan(planned)

    assert effect["allowed"], effect
    falls = {row["visit"]: row for row in effect["stops"] if row["meant"]}
    assert set(falls) == {
        visit for visit, (by, at) in before.items() if by == team and at < "2021-02-17"
    }
    assert effect["calls"] >= 1
    assert nothing == []
    assert stored.status_code == 201, stored.text
    after = await places(planned)
    for visit, row in falls.items():
        assert after[visit] == (row["new"]["team"], row["new"]["starts_at"])
    assert all(by != team for by, at in after.values() if at < "2021-02-17")


async def test_a_closed_shift_is_opened_again_in_one_action(planned: Site):
    team = await busiest(planned)
    before = await places(planned)
    stored = (await save(planned, a_close(team))).json()
    await replan(planned)

    undone = await post(planned, f"edits/{stored['edit']}/undo", {})
    await replan(planned)

    assert undone.status_code == 201, undone.text
    assert await places(planned) == before


async def test_a_team_that_stops_at_a_time_keeps_what_it_can_make_before(planned: Site):
    team = await busiest(planned)
    before = await places(planned)
    (first, *_) = [row for row in await visits_of(planned) if row["team"] == team]

    early = (await post(planned, "checks", a_close(team, at="08:30"))).json()
    late = (await post(planned, "checks", a_close(team, at="16:30"))).json()
    stored = await save(planned, a_close(team, at="08:30"))
    await replan(planned)
    undone = await post(planned, f"edits/{stored.json()['edit']}/undo", {})
    await replan(planned)

    assert first["visit"] in {row["visit"] for row in early["stops"]}
    assert late["stops"] == []
    assert stored.status_code == 201, stored.text
    assert "shift.changed" in await events_of(planned)
    assert undone.status_code == 201, undone.text
    assert await places(planned) == before


async def test_closing_needs_a_reason_where_people_were_told(planned: Site):
    team = await busiest(planned)
    seen = (await post(planned, "checks", a_close(team))).json()["number"]

    without = await post(planned, "edits", a_close(team) | {"seen": seen})

    assert (without.status_code, await events_of(planned)) == (409, [])


async def test_what_cannot_be_closed_is_refused_in_words(planned: Site):
    team = await busiest(planned)
    await save(planned, a_close(team))

    twice = await save(planned, a_close(team))
    nobody = await post(planned, "checks", a_close(str(uid("no team"))))
    outside = await post(planned, "checks", a_close(str(uid("second")), at="23:00"))
    neither = await post(planned, "checks", {"edit": {"kind": "close"}})
    both = await post(planned, "checks", a_close(team, shift=shift("of second")))

    assert [one.status_code for one in (twice, nobody, outside)] == [409] * 3
    assert twice.json()["breaches"][0]["rule"] == "withdrawn" or twice.json()["changes"]
    assert nobody.json()["breaches"][0]["rule"] == "withdrawn"
    assert outside.json()["breaches"][0]["rule"] == "shift_hours"
    assert (neither.status_code, both.status_code) == (400, 400)


async def test_a_team_on_the_road_stops_and_its_people_are_planned_again_from_today(planned: Site):
    team = await busiest(planned)
    (first, *_) = [row for row in await visits_of(planned) if row["team"] == team]
    planned.clock.at = planned.clock.at.fromisoformat(f"{TOMORROW}T07:30:00+00:00")
    await replan(planned)

    effect = (await post(planned, "checks", a_close(team, at="09:00"))).json()
    stored = await save(planned, a_close(team, at="09:00"))
    await replan(planned)

    assert first["visit"] in {row["visit"] for row in effect["stops"]}
    assert stored.status_code == 201, stored.text
    assert {"shift.changed", "stop.cancelled"} <= set(await events_of(planned))
    assert first["visit"] not in {
        row["visit"] for row in await visits_of(planned) if row["team"] == team
    }


async def test_a_crisis_visit_is_undone_as_other_actions_are(planned: Site):
    before = await places(planned)
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
    stored = (await save(planned, crisis)).json()
    await replan(planned)
    made = len(await places(planned))

    undone = await post(planned, f"edits/{stored['edit']}/undo", {})
    await replan(planned)
    again = await post(planned, f"edits/{stored['edit']}/undo", {})

    assert made == len(before) + 1
    assert undone.status_code == 201, undone.text
    assert await places(planned) == before
    assert again.status_code == 409
