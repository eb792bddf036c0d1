"""What nobody should say is answered too: with a plan that breaks no rule, and a reason that is true."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from events.errors import Refusal
from events.organisations import PolicyChanged
from events.teams import ShiftWithdrawn
from infra.postgres.database import Database
from infra.postgres.snapshot.load import find_due_regions
from scheduling.rules import check_added
from scheduling.solve import Limits
from services.accept.submission import Status
from services.planner.memories import Memories
from services.planner.round import Answered, Planning, answer_once
from tests.builders import REGION, SmallRegion, a_plan, say
from tests.conftest import Fresh
from tests.facts import NOW, a_consent, a_patient, an_assignment, uid
from tests.services.accept.looking import live
from tests.services.planner.planning import plan_with, why_unserved

pytestmark = pytest.mark.postgres
QUICK = Limits(seconds=20, rounds=1)


async def answer(fresh: Fresh, now: datetime = NOW) -> Answered:
    """Answers as the planner does, with a memory of the region."""
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    with ThreadPoolExecutor(1) as solver:
        planning = Planning(reading, door, fresh.dsn("planner"), solver, QUICK, memories=Memories())
        answered = await answer_once(planning, REGION, now)
    assert answered is not None
    assert answered.outcome.status is Status.ACCEPTED, answered.outcome
    assert check_added(answered.posed.problem, answered.plan) == ()
    return answered


@pytest.mark.parametrize(
    "gone", ["shift_id", "location_id", "campaign_id", "product_id", "team_id"]
)
async def test_a_published_plan_that_names_what_is_not_there_is_answered(fresh: Fresh, gone: str):
    door = await fresh.open("acceptor")
    region = SmallRegion()
    await say(door, *region.all())
    nothing = "nothing" if gone == "product_id" else uid("nothing")
    ghost = an_assignment("ghost", ["p0"], 10, **{gone: nothing})
    await say(door, a_plan("old", (1, 1), ghost))

    answered = await answer(fresh)

    served = {need for r in answered.plan.routes for s in r.stops for need in s.visit.needs}
    assert {person for person, _ in served} == {str(uid(f"p{n}")) for n in range(8)}
    assert {person for _, person in await live(door)} == {uid(f"p{n}") for n in range(8)}


async def test_visits_of_a_withdrawn_shift_go_elsewhere_or_say_why(fresh: Fresh):
    door = await fresh.open("acceptor")
    await plan_with(fresh, SmallRegion().all())
    async with door.transaction() as tx:
        shifts = [row["shift"] for row in await tx.fetch("SELECT shift FROM shifts")]
    await say(door, *(ShiftWithdrawn(shift_id=shift) for shift in shifts))

    await answer(fresh)

    assert await live(door) == set()
    assert await why_unserved(fresh) == {"no_shift"}


@pytest.mark.parametrize("days", [-400, -1, 1, 3, 400])
async def test_a_clock_that_jumps_is_answered(fresh: Fresh, days: int):
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    await plan_with(fresh, SmallRegion().all())
    now = NOW + timedelta(days=days)
    await say(door, a_patient("p9"), a_consent("p9"), now=now)

    answered = await answer(fresh, now)

    assert nothing_of_the_past(answered)
    async with reading.transaction() as tx:
        assert await find_due_regions(tx, now) == []


def nothing_of_the_past(answered: Answered) -> bool:
    """Whether every stop of a plan begins after the moment at which it was made."""
    stops = [stop for route in answered.plan.routes for stop in route.stops]
    return all(stop.start >= answered.posed.problem.now for stop in stops)


async def test_a_clock_that_jumps_ahead_and_back_is_answered_each_time(fresh: Fresh):
    door = await fresh.open("acceptor")
    await plan_with(fresh, SmallRegion().all())
    for n, days in enumerate((30, 0, -1, 0)):
        now = NOW + timedelta(days=days)
        await say(door, a_patient(f"new{n}"), a_consent(f"new{n}"), now=now)

        assert nothing_of_the_past(await answer(fresh, now))

    assert len(await live(door)) == 12


async def keep(door: Database, policy: PolicyChanged) -> None:
    """A policy of before the door asked whether its limits can be kept together."""
    await say(door, PolicyChanged())
    async with door.transaction() as tx:
        await tx.execute("UPDATE policies SET policy = $1::jsonb", policy.model_dump_json())


REFUSED = {
    "no duty fits in a week": (
        {"max_week_minutes": 60, "max_duty_minutes": 61},
        ["max_duty_minutes", "max_week_minutes"],
    ),
    "everything is frozen before it can be planned": (
        {"freeze_minutes": 7_200, "horizon_days": 5},
        ["freeze_minutes", "horizon_days"],
    ),
    "a team would be asked for as long as it works": (
        {"answer_minutes": 60, "max_duty_minutes": 60},
        ["answer_minutes", "max_duty_minutes"],
    ),
}
POSSIBLE = [
    {"max_week_minutes": 60, "max_duty_minutes": 60},
    {"freeze_minutes": 7_199, "horizon_days": 5},
    {"answer_minutes": 59, "max_duty_minutes": 60},
]


@pytest.mark.parametrize("name", REFUSED)
async def test_limits_that_contradict_each_other_are_named_at_the_door(fresh: Fresh, name: str):
    policy, fields = REFUSED[name]
    door = await fresh.open("acceptor")

    (outcome,) = await say(door, PolicyChanged.model_validate(policy))

    assert (outcome.status, outcome.reason) == (Status.REJECTED, Refusal.INVALID_PAYLOAD)
    assert list(outcome.fields) == fields


@pytest.mark.parametrize("policy", POSSIBLE)
async def test_limits_that_can_just_be_kept_are_accepted(fresh: Fresh, policy: dict[str, int]):
    (outcome,) = await say(await fresh.open("acceptor"), PolicyChanged.model_validate(policy))

    assert outcome.status is Status.ACCEPTED


CONTRADICTING: dict[str, tuple[dict[str, int], str]] = {
    "no shift fits in a week": ({"max_week_minutes": 60, "max_duty_minutes": 960}, "no_shift"),
    "no visit fits in a shift": ({"max_duty_minutes": 60}, "no_shift_in_window"),
}


@pytest.mark.parametrize("name", CONTRADICTING)
async def test_limits_of_a_policy_that_contradict_each_other_have_a_true_reason(
    fresh: Fresh, name: str
):
    policy, reason = CONTRADICTING[name]
    await plan_with(fresh, SmallRegion().all())
    door = await fresh.open("acceptor")
    await keep(door, PolicyChanged.model_validate(policy))

    await answer(fresh)

    assert await live(door) == set()
    assert await why_unserved(fresh) == {reason}


async def test_more_notice_than_horizon_holds_what_is_published(fresh: Fresh):
    await plan_with(fresh, SmallRegion().all())
    door = await fresh.open("acceptor")
    before = await live(door)
    await say(door, PolicyChanged(notice_days=14, horizon_days=3))

    await answer(fresh)

    assert await live(door) == before


async def test_a_horizon_that_is_frozen_as_a_whole_keeps_what_stands_and_adds_nobody(fresh: Fresh):
    await plan_with(fresh, SmallRegion().all())
    door = await fresh.open("acceptor")
    before = await live(door)
    await keep(door, PolicyChanged(freeze_minutes=10_080, horizon_days=5))
    await say(door, a_patient("p9"), a_consent("p9"))

    await answer(fresh)

    assert await live(door) == before
    assert await why_unserved(fresh) == {"no_shift"}
