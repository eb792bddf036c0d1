"""A planner closes a shift, whole or from a time on: shown first, stored as one action, and opened again as one."""

from typing import Any

import pytest

from events.identifiers import Payload
from events.supply import LotQuarantined
from events.teams import ShiftOpened
from tests.builders import say
from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.planner.asking import away, two_teams
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
LATER = shift("shift 2021-02-18")
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


async def closed(site: Site, **more: Any) -> tuple[str, str]:
    """The busiest shift of tomorrow, closed: its team and the action."""
    team = await busiest(site)
    stored = (await save(site, a_close(team, **more))).json()
    await replan(site)
    return team, stored["edit"]


async def undo(site: Site, edit: str) -> Any:
    return await post(site, f"edits/{edit}/undo", {})


async def tell(site: Site, *facts: Payload) -> None:
    await say(await site.fresh.open("acceptor"), *facts, now=site.clock.now())


def rules(answer: Any) -> set[str]:
    assert answer.status_code == 409, answer.text
    return {row["rule"] for row in answer.json()["breaches"]}


def the_shift(team: str) -> ShiftOpened:
    """Facts of the shift of tomorrow of a team of `two_teams`."""
    return next(
        one
        for one in two_teams()
        if isinstance(one, ShiftOpened)
        and str(one.team_id) == team
        and f"{one.starts_at:%Y-%m-%d}" == TOMORROW
    )


async def test_a_part_closing_of_a_team_on_the_road_is_undone_in_one_action(planned: Site):
    team = await busiest(planned)
    before = await places(planned)
    planned.clock.at = planned.clock.at.fromisoformat(f"{TOMORROW}T07:30:00+00:00")
    await replan(planned)
    stored = (await save(planned, a_close(team, at="09:00"))).json()
    fallen = [row["visit"] for row in stored["effect"]["stops"]]

    undone = await undo(planned, stored["edit"])
    await replan(planned)

    assert fallen
    assert undone.status_code == 201, undone.text
    said = await events_of(planned)
    assert said.count("shift.changed") == 2
    assert said.count("stop.released") == said.count("stop.cancelled") == len(fallen)
    assert {visit for visit in before if visit not in fallen} <= set(await places(planned))
    door = await planned.fresh.open("acceptor")
    query = "SELECT worked ->> 'ends_at' FROM shifts WHERE (worked ->> 'team_id') = "
    ((ends,),) = await rows(door, f"{query} '{team}' AND worked ->> 'starts_at' LIKE '{TOMORROW}%'")
    assert ends == the_shift(team).model_dump(mode="json")["ends_at"]


async def test_a_shift_is_not_opened_again_for_a_team_that_works_elsewhere_by_now(planned: Site):
    team, edit = await closed(planned)
    other = the_shift(team).model_copy(update={"shift_id": uid("in its place")})
    await tell(planned, other)

    assert rules(await undo(planned, edit)) == {"team_elsewhere"}
    assert "shift.changed" not in await events_of(planned)


async def test_a_shift_is_not_opened_again_for_a_team_that_is_away_by_now(planned: Site):
    team, edit = await closed(planned)
    await tell(planned, away(team="team" if team == str(uid("team")) else "second"))

    assert rules(await undo(planned, edit)) == {"absent"}


async def test_stops_do_not_go_back_without_the_stock_that_they_had(planned: Site):
    _, edit = await closed(planned)
    await tell(planned, LotQuarantined(product_id="moderna", lot="LOT1"))

    assert "stock" in rules(await undo(planned, edit))


async def test_a_stop_that_somebody_placed_elsewhere_since_is_named_with_who_did(planned: Site):
    _, edit = await closed(planned)
    (first, *_) = await visits_of(planned)
    await save(
        planned,
        {"edit": {"kind": "move", "visit": first["visit"], "to": {"shift": LATER}}},
        "op verzoek",
    )

    refused = await undo(planned, edit)

    assert refused.status_code == 409
    assert [(row["visit"], row["what"]) for row in refused.json()["changes"]] == [
        (first["visit"], "stop.moved")
    ]
