"""The campaign's clock: shared, set while it runs, never the real time by mistake."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.clock import CampaignClock, SystemClock, clock_from, set_campaign_clock
from infra.settings import Run

CAMPAIGN = datetime(2021, 2, 15, 8, 0, tzinfo=UTC)


def test_time_passes_at_the_speed_that_was_set(tmp_path: Path):
    now = SystemClock().now()
    set_campaign_clock(tmp_path / "clock", CAMPAIGN, 3600.0, now - timedelta(seconds=10))

    simulated = CampaignClock(tmp_path / "clock").now()

    assert timedelta(hours=10) <= simulated - CAMPAIGN < timedelta(hours=20)


def test_a_clock_that_is_set_again_is_seen_by_those_who_read_it(tmp_path: Path):
    now = SystemClock().now()
    set_campaign_clock(tmp_path / "clock", CAMPAIGN, 0, now)
    clock = clock_from(Run(clock_file=tmp_path / "clock"))
    first = clock.now()

    set_campaign_clock(tmp_path / "clock", CAMPAIGN + timedelta(days=1), 0, now)

    assert (first, clock.now()) == (CAMPAIGN, CAMPAIGN + timedelta(days=1))


def test_a_clock_that_nobody_set_is_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        CampaignClock(tmp_path / "clock")


@pytest.mark.parametrize(
    ("simulated", "speed"), [(CAMPAIGN, -1.0), (CAMPAIGN.replace(tzinfo=None), 1.0)]
)
def test_time_without_a_zone_or_backwards_is_refused(
    tmp_path: Path, simulated: datetime, speed: float
):
    with pytest.raises(ValueError, match="zone"):
        set_campaign_clock(tmp_path / "clock", simulated, speed, SystemClock().now())
