"""A campaign in a few compressed days: two rounds, and everything that may go otherwise, judged on every evening."""

import logging
import os

import pytest

from infra.embedded.folder import CHECKOUT
from tests.campaign.report import write
from tests.campaign.running import Played, run
from tests.campaign.stories import compressed

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]
SEED = int(os.environ.get("CAMPAIGN_SEED", "1"))


@pytest.fixture(scope="module", autouse=True)
def quiet_client():
    client = logging.getLogger("aiokafka")
    before = client.level
    client.setLevel(logging.CRITICAL)
    yield
    client.setLevel(before)


@pytest.fixture(scope="module")
async def played() -> Played:
    said: list[str] = []
    played = await run(compressed(), SEED, said.append)
    write(CHECKOUT / "test-results" / "campaign", played, "make campaign ARGS=--short")
    if played.broken:
        print("\n".join(said))  # noqa: T201
    return played


async def test_everything_holds_on_every_evening(played: Played):
    assert played.broken == {}
    assert len(played.days) == played.story.season.days


async def test_both_rounds_are_given(played: Played):
    last = played.days[-1]

    assert last.dose_1 > last.registered / 2
    assert last.dose_2 > last.dose_1 / 4


async def test_what_the_season_brings_shows_in_the_figures(played: Played):
    """An outbreak and its end, a delivery that is short and one that is late, consents, newcomers."""
    by_day = [one.unserved for one in played.days]
    reasons = {reason for unserved in by_day for reason in unserved}

    assert {"outbreak", "consent_refused", "consent_missing", "location_unknown"} <= reasons
    assert reasons & {"no_stock", "stock_to_priority", "stock_to_others", "next_dose_not_secured"}
    assert by_day[0]["outbreak"] > by_day[-1].get("outbreak", 0)
    assert "location_unknown" not in by_day[-1]
    assert max(one.registered for one in played.days) > played.days[0].registered
