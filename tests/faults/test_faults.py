"""The short set: everything is broken in turn while everybody speaks, and everything must hold after each."""

import os

import pytest

from infra.embedded.folder import CHECKOUT
from tests.faults import reporting
from tests.faults.registry import ONE_NODE
from tests.faults.running import chapter, choose

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SEED = os.environ.get("FAULTS_SEED", "1")


COUNT = int(os.environ.get("FAULTS_COUNT", "40"))


async def test_nothing_is_lost_and_nothing_is_done_twice_whatever_breaks(
    capsys: pytest.CaptureFixture[str],
):
    faults = choose(ONE_NODE, SEED, COUNT)

    rounds = await chapter(SEED, faults)

    reporting.write(CHECKOUT / "test-results" / "faults", f"short-{SEED}", rounds)
    with capsys.disabled():
        print(f"\nfaults: {reporting.summary(SEED, rounds)}")  # noqa: T201
    assert [str(one) for one in rounds if not one.holds] == [], f"FAULTS_SEED={SEED} replays this"
    assert len(rounds) == len(faults)
    assert any(one.counts["appointments"] for one in rounds), "visits were planned all the while"
