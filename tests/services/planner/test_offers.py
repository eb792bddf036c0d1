"""An offer is made on real facts: proposed when it gains more than it disturbs, and published by a person alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time

import pytest

from events.identifiers import Point
from events.organisations import PolicyChanged
from infra.postgres.database import Database
from scheduling.solve import Limits
from services.accept.submission import Status
from services.planner.offering import offer_once
from services.planner.round import Planning
from tests.builders import REGION, SmallRegion, say
from tests.conftest import Fresh
from tests.facts import NOW, a_shift, an_organisation
from tests.services.accept.looking import rows
from tests.services.planner.planning import plan_with
from tests.services.planner.test_told import stands

pytestmark = pytest.mark.postgres
QUICK = Limits(seconds=20, rounds=3)


async def offer(fresh: Fresh):
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    with ThreadPoolExecutor(1) as solver:
        planning = Planning(reading, door, fresh.dsn("planner"), solver, QUICK)
        return await offer_once(planning, REGION, NOW)


async def test_a_plan_that_cannot_be_bettered_gets_no_offer(fresh):
    await plan_with(fresh, SmallRegion().all())

    assert await offer(fresh) is None


async def a_plan_that_can_be_bettered(fresh: Fresh) -> Database:
    """Two locations on two days, for a shift is too short for both; then it is whole, and one drive is enough."""
    few = SmallRegion()
    door = await fresh.open("acceptor")
    short = [
        a_shift(f"shift {day}", day, ends_at=datetime.combine(day, time(9, 30), UTC))
        for day in few.days
    ]
    far = an_organisation(point=Point(lat=52.28, lon=5.12))
    await plan_with(fresh, [*few.all(), far, *short, PolicyChanged(notice_days=0)])
    assert len({shift for shift, _ in (await stands(door)).values()}) == 2
    await say(door, *few.crews())
    return door


async def test_an_offer_waits_and_the_published_plan_stands(fresh):
    door = await a_plan_that_can_be_bettered(fresh)
    before = await stands(door)

    outcome = await offer(fresh)

    plans = await rows(
        door,
        "SELECT published_seq > 0, counts ->> 'offer_calls' FROM plans ORDER BY proposed_seq",
    )
    assert outcome is not None
    assert outcome.status is Status.ACCEPTED
    assert plans == [(True, None), (False, "1")]
    assert await stands(door) == before
