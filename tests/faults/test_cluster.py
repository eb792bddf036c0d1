"""Three brokers, three copies: nodes are broken one way and another while everybody speaks, and all must hold."""

import os

import pytest

from infra.embedded.folder import scratch
from tests.faults.cluster import a_cluster
from tests.faults.cluster_faults import faults_of
from tests.faults.load import Pace
from tests.faults.running import chapter
from tests.faults.world import Plan

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
SEED = os.environ.get("FAULTS_SEED", "1")


async def test_three_brokers_lose_nothing_whichever_of_them_breaks():
    with scratch() as folder:
        async with a_cluster(folder.data) as cluster:
            plan = Plan(
                ("intake-0", "intake-1", "relay", "web"), bootstrap=cluster.bootstrap, replication=3
            )
            faults = faults_of(cluster)

            rounds = await chapter(SEED, faults, plan=plan, pace=Pace(clients=1))

    assert [str(one) for one in rounds if not one.holds] == [], f"FAULTS_SEED={SEED} replays this"
    assert len(rounds) == len(faults) >= 10
