"""Whatever senders may say, in whatever order, the door answers and the planner can still plan."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from events.catalogue import ENTRIES
from events.envelope import Sender
from events.identifiers import Payload
from events.teams import ShiftChanged, ShiftOpened, ShiftSwapped, StopPinned, TeamLent
from events.visits import TeamDelayed, TeamUnavailable
from infra.postgres.database import Database
from infra.postgres.snapshot.load import load_snapshot
from scheduling.rules import check_added
from scheduling.solve import Limits, solve
from services.accept.submission import Status
from services.planner.problem.posed import to_problem
from services.planner.translate import to_submission
from tests.builders import OTHER_REGION, REGION, SmallRegion, say
from tests.effort import examples
from tests.events.anything import SOON, payloads
from tests.facts import (
    NOW,
    a_certificate,
    a_loan,
    a_move,
    a_shift,
    a_team,
    an_order,
    an_organisation,
    uid,
)
from tests.services.accept.looking import rows

pytestmark = pytest.mark.postgres
OUTSIDE = [entry.payload for entry in ENTRIES if entry.senders != {Sender.SYSTEM}]
SAID = st.lists(st.sampled_from(OUTSIDE).flatmap(payloads), max_size=25)
PINS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), SOON), max_size=3)
LENDING = (ShiftOpened, ShiftChanged, ShiftSwapped, TeamLent, TeamDelayed, TeamUnavailable)
ABROAD = st.lists(st.sampled_from(LENDING).flatmap(payloads), max_size=10)
LATER = NOW + timedelta(days=1, hours=2)  # the teams of Tuesday are on the road


@pytest.fixture
async def pools(fresh) -> tuple[Database, Database, Database]:
    return await fresh.open("acceptor"), await fresh.open("planner"), await fresh.open("owner")


async def forget_everything(owner: Database) -> None:
    names = await rows(
        owner,
        """
        SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('migrations', 'state_fold')
          -- who looked at whom is only added to, by the owner too
          AND tablename NOT IN (SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'only_added')
        """,
    )
    async with owner.transaction() as tx:
        await tx.execute("TRUNCATE " + ", ".join(name for (name,) in names))


async def plan_and_publish(door: Database, reading: Database, now: datetime) -> None:
    """One round of the planner, here and now; every step must succeed."""
    snapshot = to_problem(await load_snapshot(reading, REGION, now))
    plan = solve(snapshot.problem, Limits(seconds=5, rounds=1))
    assert check_added(snapshot.problem, plan) == ()
    (outcome,) = await say(door, to_submission(snapshot, plan, now), now=now)
    assert outcome.status is Status.ACCEPTED


async def to_pins(door: Database, wanted: Sequence[tuple[int, int, datetime]]) -> list[Payload]:
    """Pins and moves of visits that are published, anywhere and at any time."""
    visits = await rows(door, "SELECT visit FROM visits WHERE live ORDER BY visit")
    shifts = await rows(door, "SELECT shift FROM shifts WHERE live ORDER BY shift")
    if not visits or not shifts:
        return []
    found: list[Payload] = []
    for v, s, at in wanted:
        place = {"visit_id": visits[v % len(visits)][0], "shift_id": shifts[s % len(shifts)][0]}
        moves = (v + s) % 2
        found.append(a_move(**place, starts_at=at) if moves else StopPinned(**place, starts_at=at))
    return found


def abroad_says(drawn: Sequence[Payload]) -> list[Payload]:
    """What a region says that lends us two teams, one of them under a number of ours."""
    theirs = {"team_id": uid("theirs"), "depot_id": uid("their post")}
    lent = [
        one.model_copy(update={"to_region": REGION}) if isinstance(one, TeamLent) else one
        for one in drawn
    ]
    return [
        an_organisation("their post"),
        a_team("theirs", organisation_id=uid("their post")),
        a_team(organisation_id=uid("their post")),
        a_certificate(),
        an_order(organisation_id=uid("their post")),
        a_shift("their shift", **theirs),
        a_shift("shift as ours", depot_id=uid("their post")),
        a_loan("one", REGION, team_id=uid("theirs")),
        a_loan("two", REGION),
        *lent,
    ]


@examples(short=8, long=25, derandomize=True, suppress_health_check=list(HealthCheck))
@given(first=SAID, second=SAID, pins=PINS, abroad=ABROAD)
async def test_whatever_is_said_is_answered_and_planned(pools, first, second, pins, abroad):
    door, reading, owner = pools
    await forget_everything(owner)

    await say(door, *abroad_says(abroad), region=OTHER_REGION)
    outcomes = await say(door, *SmallRegion().all(), *first)
    await plan_and_publish(door, reading, NOW)
    outcomes += await say(door, *second, *await to_pins(door, pins))
    await plan_and_publish(door, reading, NOW)
    await plan_and_publish(door, reading, LATER)

    assert len(outcomes) >= len(first) + len(second)
