"""A sick team takes the stops of its own shift, all of them, and the answer moves no other: as the bench counts it too."""

from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.bench.happenings import sick_team
from tests.bench.replanning import World
from tests.builders import REGION, SmallRegion, a_plan, say
from tests.conftest import Fresh
from tests.facts import an_assignment, uid
from tests.services.accept.looking import rows
from tests.services.planner.planning import plan_with

pytestmark = pytest.mark.postgres


def a_visit_at(name: str, day: int, hour: int, *people: str, **changes: Any):
    starts_at = datetime(2021, 2, day, hour, tzinfo=UTC)
    ends_at = starts_at.replace(hour=hour + 1)
    shift = uid(f"shift 2021-02-{day}")
    usual = {"shift_id": shift, "starts_at": starts_at, "ends_at": ends_at}
    return an_assignment(name, people, **(usual | changes))


async def test_the_first_stop_of_a_sick_team_is_hit_although_one_began_a_day_before_to_the_minute(
    fresh: Fresh,
):
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion().all())
    at_eik = {"location_id": uid("eik")}
    visits = (
        a_visit_at("today", 16, 9, "p0", "p2"),
        a_visit_at("first", 17, 9, "p4", "p6"),
        a_visit_at("second", 17, 12, "p1", "p3", "p5", "p7", **at_eik),
    )
    await say(door, a_plan("old", (1, 1), *visits))
    before = await standing(door)
    world = cast(World, SimpleNamespace(door=door, region=REGION))

    happening = await sick_team(world, Random(1))
    await plan_with(fresh, happening.payloads)

    assert happening.visits == {uid("first"), uid("second")}
    after = await standing(door)
    assert {one for one in before if after.get(one) != before[one]} == happening.visits


async def standing(door: Any) -> dict[Any, Any]:
    """Where each published visit stands."""
    found = await rows(door, "SELECT visit, shift, lower(slot) FROM visits WHERE live")
    return {visit: (shift, at) for visit, shift, at in found}
