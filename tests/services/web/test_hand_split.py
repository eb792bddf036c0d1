"""A planner splits a visit and joins two: shown first, stored whole, kept by the plans that follow, and undone as one."""

from typing import Any

import pytest

from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.planner.planning import newest_plan, plan_with
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


def a_split(visit: str, to: dict[str, Any] | None = None, **apart: Any) -> dict[str, Any]:
    return {"edit": {"kind": "split", "visit": visit, "apart": apart, "to": to}}


def a_join(visit: str, other: str) -> dict[str, Any]:
    return {"edit": {"kind": "join", "visit": visit, "other": other}}


async def save(site: Site, asked: dict[str, Any], reason: str = "te vol in de gang") -> Any:
    seen = (await post(site, "checks", asked)).json().get("number", 0)
    return await post(site, "edits", asked | {"seen": seen, "reason": reason})


async def at(site: Site, location: str) -> list[dict[str, Any]]:
    """Every visit to a location, by moment."""
    found = [row for day in DAYS for row in await visits_of(site, day)]
    return [row for row in found if row["location"] == location]


async def people(site: Site, location: str) -> list[int]:
    return sorted(row["people"] for row in await at(site, location))


async def first_visit(site: Site) -> dict[str, Any]:
    (first, *_) = await visits_of(site)
    return first


async def test_a_visit_is_split_in_two_right_behind_each_other(planned: Site):
    first = await first_visit(planned)
    asked = a_split(first["visit"], number=1)

    effect = (await post(planned, "checks", asked)).json()
    stored = await save(planned, asked)
    await replan(planned)

    assert effect["allowed"], effect
    new = [row for row in effect["stops"] if row["meant"] and row["visit"] != first["visit"]]
    assert [row["people"] for row in new] == [1]
    assert stored.status_code == 201, stored.text
    one, other = await at(planned, first["location"])
    assert (one["visit"], one["starts_at"]) == (first["visit"], first["starts_at"])
    assert (one["people"], other["people"]) == (first["people"] - 1, 1)
    assert other["starts_at"] == next(
        row["new"]["starts_at"]
        for row in stored.json()["effect"]["stops"]
        if row["visit"] == other["visit"]
    )


async def test_a_part_goes_to_another_day_with_who_must_be_called(planned: Site):
    first = await first_visit(planned)

    effect = (
        await post(planned, "checks", a_split(first["visit"], {"shift": LATER}, number=2))
    ).json()
    stored = await save(planned, a_split(first["visit"], {"shift": LATER}, number=2))
    await replan(planned)

    assert (effect["calls"], effect["people_to_call"]) == (1, 2)
    assert {"promise"} == {row["rule"] for row in effect["breaches"]}
    assert effect["doses"], "a container more on the other day"
    assert stored.status_code == 201, stored.text
    one, other = await at(planned, first["location"])
    assert other["starts_at"][:10] == "2021-02-18"
    assert one["people"] + other["people"] == first["people"]


async def test_what_was_split_stays_split_through_later_plans(planned: Site):
    first = await first_visit(planned)
    await save(planned, a_split(first["visit"], number=2))
    await replan(planned)
    split = await people(planned, first["location"])
    (_, other) = await at(planned, first["location"])
    release = {"edit": {"kind": "release", "visit": other["visit"]}, "seen": 0}
    await post(planned, "edits", release)

    await plan_with(planned.fresh)  # a search anew: nobody there was told of a moment
    problem, plan = await newest_plan(planned.fresh)

    stops = [stop.visit for route in plan.routes for stop in route.stops]
    there = [len(visit.needs) for visit in stops if visit.location_id == str(uid("eik"))]
    assert sorted(there) == split == [2, first["people"] - 2]
    assert [len(row.doses) for row in problem.grouped] == [2, 2]


async def test_at_most_so_many_at_a_time_makes_as_many_visits_as_it_takes(planned: Site):
    first = await first_visit(planned)

    stored = await save(planned, a_split(first["visit"], most=1))
    await replan(planned)

    assert stored.status_code == 201, stored.text
    assert await people(planned, first["location"]) == [1] * first["people"]


async def test_a_split_is_undone_in_one_action_also_after_it_was_planned(planned: Site):
    first = await first_visit(planned)
    stored = (await save(planned, a_split(first["visit"], {"shift": LATER}, number=2))).json()
    await replan(planned)
    apart = await people(planned, first["location"])

    undone = await post(planned, f"edits/{stored['edit']}/undo", {})
    await replan(planned)

    assert len(apart) == 2
    assert undone.status_code == 201, undone.text
    (again,) = await at(planned, first["location"])
    assert (again["visit"], again["people"]) == (first["visit"], first["people"])
    assert again["starts_at"] == first["starts_at"]


async def test_two_visits_of_one_place_are_joined_and_stay_so_until_undone(planned: Site):
    first = await first_visit(planned)
    await save(planned, a_split(first["visit"], {"shift": LATER}, number=2))
    await replan(planned)
    one, other = await at(planned, first["location"])

    effect = (await post(planned, "checks", a_join(one["visit"], other["visit"]))).json()
    stored = await save(planned, a_join(one["visit"], other["visit"]))
    await replan(planned)
    joined = await at(planned, first["location"])
    undone = await post(planned, f"edits/{stored.json()['edit']}/undo", {})
    await replan(planned)

    assert effect["people_to_call"] == 2
    assert stored.status_code == 201, stored.text
    assert [(row["visit"], row["people"]) for row in joined] == [(one["visit"], first["people"])]
    assert undone.status_code == 201, undone.text
    back = await at(planned, first["location"])
    assert [(row["visit"], row["starts_at"], row["people"]) for row in back] == [
        (row["visit"], row["starts_at"], row["people"]) for row in (one, other)
    ]


async def test_a_visit_of_one_person_and_visits_of_two_places_are_refused_in_words(planned: Site):
    first, second = (await visits_of(planned))[:2]
    await save(planned, a_split(first["visit"], number=1))
    await replan(planned)
    (alone,) = [row for row in await at(planned, first["location"]) if row["people"] == 1]

    one = await post(planned, "checks", a_split(alone["visit"], number=1))
    places = await post(planned, "checks", a_join(first["visit"], second["visit"]))
    itself = await post(planned, "checks", a_join(first["visit"], first["visit"]))
    stranger = await post(planned, "checks", a_split(first["visit"], people=[str(uid("x"))]))
    all_of_them = await post(planned, "checks", a_split(first["visit"], number=100))
    gone = await post(planned, "checks", a_split(str(uid("no visit")), number=1))
    two_ways = await post(planned, "checks", a_split(first["visit"], number=1, most=2))

    said = [one, places, itself, stranger, all_of_them, gone]
    assert [answer.status_code for answer in said] == [409] * 6
    assert [answer.json()["breaches"][0]["rule"] for answer in said] == [
        "one_person",
        "other_place",
        "same_visit",
        "not_in_visit",
        "nothing_to_split",
        "gone",
    ]
    assert two_ways.status_code == 400


async def test_two_planners_who_split_one_visit_the_second_hears_who_was_first(planned: Site):
    first = await first_visit(planned)
    asked = a_split(first["visit"], number=1)
    seen = (await post(planned, "checks", asked)).json()["number"]
    said = asked | {"seen": seen, "reason": "te vol"}

    stored = await post(planned, "edits", said)
    late = await post(planned, "edits", said, planned.who("planner", number=1))

    assert (stored.status_code, late.status_code) == (201, 409)
    assert "stop.grouped" in {row["what"] for row in late.json()["changes"]}
    assert all(row["by"] for row in late.json()["changes"])


async def test_the_ledger_says_who_is_visited_together_and_the_state_is_rebuilt_from_it(
    planned: Site,
):
    first = await first_visit(planned)
    await save(planned, a_split(first["visit"], number=1))

    door = await planned.fresh.open("acceptor")
    found = await rows(
        door,
        "SELECT jsonb_array_length(facts -> 'persons'), jsonb_array_length(facts -> 'were') FROM groupings ORDER BY 2",
    )

    assert found == [(1, 0), (first["people"] - 1, first["people"])]
