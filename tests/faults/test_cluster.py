"""Three brokers, three copies: nodes are broken one way and another while everybody speaks, and all must hold."""

import os

import pytest

from tests.effort import IS_LONG, either
from tests.faults.load import Pace
from tests.faults.running import chapter
from tests.faults.stages import cluster

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SEED = os.environ.get("FAULTS_SEED", "1")
# A node that leads is killed, one that leads the group is killed and stopped in order, one hangs, and too few are left.
EVERY_RUN = (
    "kill -9 of a leader",
    "kill -9 of the coordinator",
    "coordinator bounced",
    "node frozen",
    "kill -9 of two nodes",
)


async def test_three_brokers_lose_nothing_whichever_of_them_breaks():
    async with cluster() as made:
        faults = [one for one in made.faults if IS_LONG or one.name in EVERY_RUN]
        rounds = await chapter(SEED, faults, plan=made.plan, pace=Pace(clients=1))

    assert [str(one) for one in rounds if not one.holds] == [], f"FAULTS_SEED={SEED} replays this"
    assert len(rounds) == len(faults) >= either(short=5, long=10)
