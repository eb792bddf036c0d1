"""The short set: everything is broken in turn while everybody speaks, and everything must hold after each."""

import os

import pytest

from infra.embedded.folder import CHECKOUT
from tests.effort import either
from tests.faults import reporting
from tests.faults.faults import Fault
from tests.faults.registry import BY_NAME, EVERY_RUN, ONE_NODE
from tests.faults.running import chapter, choose

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]
SEED = os.environ.get("FAULTS_SEED", "1")
COUNT = int(os.environ.get("FAULTS_COUNT", either(short="0", long="40")))
WORLDS = 2  # side by side; and a ledger that grows makes every check slower


def chosen() -> list[Fault]:
    """Those of every run, or as many as were asked for from the bag of all."""
    if COUNT == 0:
        return [BY_NAME[name] for name in EVERY_RUN]
    return choose(ONE_NODE, SEED, COUNT)


@pytest.mark.parametrize("world", range(WORLDS))
async def test_nothing_is_lost_and_nothing_is_done_twice_whatever_breaks(
    world: int,
    capsys: pytest.CaptureFixture[str],
):
    faults = chosen()[world::WORLDS]

    rounds = await chapter(SEED, faults, number=world)

    reporting.write(CHECKOUT / "test-results" / "faults", f"short-{SEED}-{world}", rounds)
    with capsys.disabled():
        print(f"\nfaults: {reporting.summary(SEED, rounds)}")  # noqa: T201
    assert [str(one) for one in rounds if not one.holds] == [], f"FAULTS_SEED={SEED} replays this"
    assert len(rounds) == len(faults)
    assert reporting.most_stood(rounds), "rules about people had somebody to hold for"
