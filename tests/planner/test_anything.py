"""Whatever a sender may say, the door answers and the planner can still plan."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.catalogue import ENTRIES
from events.envelope import Sender
from infra.postgres.database import Database
from infra.postgres.snapshot.load import load
from scheduling.rules import check
from scheduling.solve import Limits, solve
from tests.builders import REGION, SmallRegion, say
from tests.events.anything import payloads
from tests.facts import NOW

pytestmark = pytest.mark.postgres
OUTSIDE = [entry.payload for entry in ENTRIES if entry.senders != {Sender.SYSTEM}]
SAID = st.sampled_from(OUTSIDE).flatmap(payloads)


@pytest.fixture
async def pools(fresh) -> tuple[Database, Database]:
    return await fresh.open("acceptor"), await fresh.open("planner")


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(said=st.lists(SAID, min_size=5, max_size=25))
async def test_whatever_is_said_is_answered_and_planned(pools, said):
    door, reading = pools

    outcomes = await say(door, *SmallRegion().all(), *said)
    problem = (await load(reading, REGION, NOW)).problem
    plan = solve(problem, Limits(seconds=5, solutions=1))

    assert len(outcomes) == len(SmallRegion().all()) + len(said)
    assert check(problem, plan) == ()
