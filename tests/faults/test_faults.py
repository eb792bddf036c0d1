"""The short set: everything is broken in turn while everybody speaks, and everything must hold after each."""

import os

import pytest

from tests.faults.registry import ONE_NODE
from tests.faults.running import chapter, choose

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SEED = os.environ.get("FAULTS_SEED", "1")


async def test_nothing_is_lost_and_nothing_is_done_twice_whatever_breaks():
    faults = choose(ONE_NODE, SEED, 60)

    rounds = await chapter(SEED, faults)

    assert [str(one) for one in rounds if not one.holds] == [], f"FAULTS_SEED={SEED} replays this"
    assert len(rounds) == len(faults)
