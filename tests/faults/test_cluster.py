"""Three brokers, three copies: nodes are broken one way and another while everybody speaks, and all must hold."""

import os

import pytest

from tests.faults.load import Pace
from tests.faults.running import chapter
from tests.faults.stages import cluster

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
SEED = os.environ.get("FAULTS_SEED", "1")


async def test_three_brokers_lose_nothing_whichever_of_them_breaks():
    async with cluster() as made:
        rounds = await chapter(SEED, made.faults, plan=made.plan, pace=Pace(clients=1))

    assert [str(one) for one in rounds if not one.holds] == [], f"FAULTS_SEED={SEED} replays this"
    assert len(rounds) == len(made.faults) >= 10
