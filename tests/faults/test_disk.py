"""No room under Postgres: everybody waits or hears that it is away, and goes on when there is room again."""

import os

import pytest

from infra.embedded.folder import scratch
from tests.faults.cluster import a_cluster
from tests.faults.disk import a_disk
from tests.faults.running import chapter
from tests.faults.world import Plan

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
SEED = os.environ.get("FAULTS_SEED", "1")


async def test_a_full_disk_under_postgres_loses_nothing():
    with scratch() as elsewhere, a_disk() as disk:
        async with a_cluster(elsewhere.data, 1) as broker:
            plan = Plan(("intake-0", "relay", "web"), bootstrap=broker.bootstrap)
            faults = disk.faults()

            rounds = await chapter(SEED, faults, plan=plan, folder=disk.folder)
            said = (disk.folder.logs / "postgres.log").read_text()

    assert [str(one) for one in rounds if not one.holds] == [], f"FAULTS_SEED={SEED} replays this"
    assert len(rounds) == len(faults) >= 1
    assert "No space left" in said or not disk.is_mounted
    assert "File too large" in said  # else nothing was broken
