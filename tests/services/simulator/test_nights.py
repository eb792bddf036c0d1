"""A campaign that is played over the nights on which the clock changes, in 2021 and in 2026."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from events.local_time import AMSTERDAM, to_local_date, to_moment
from infra.clock import CampaignClock, set_campaign_clock
from services.demo.scenario import CampaignTime
from services.simulator.play import play
from services.simulator.region import Sizes, synthetic
from tests.services.importing.builders import Inbox
from tests.services.simulator.test_play import JumpingClock, hear

SPRING, AUTUMN = (date(2021, 3, 28), date(2026, 3, 29)), (date(2021, 10, 31), date(2026, 10, 25))
TINY = Sizes(institutions=6, residents=60, practices=5, teams=2, days=3)
DAYS = [*((day, 5, 4) for day in SPRING), *((day, 4, 5) for day in AUTUMN)]


@pytest.mark.parametrize(("day", "before", "on"), DAYS)
async def test_every_day_is_played_from_six_on_the_wall_whatever_the_clock_does(day, before, on):
    region = synthetic("GG2514", 1, day - timedelta(days=1), TINY)
    clock = JumpingClock(to_moment(region.start, time()))

    await play(region, hear(), Inbox(), clock, clock.turn, speed=900, tick_seconds=0)

    mornings = [moment.astimezone(UTC).hour for moment, speed in clock.turned if speed]
    assert mornings == [before, on, on]


@pytest.mark.parametrize("day", [*SPRING, *AUTUMN])
def test_shifts_begin_when_the_roster_says_it_on_the_wall(day: date):
    region = synthetic("GG2514", 1, day - timedelta(days=1), TINY)

    for shift in region.shifts:
        begins = to_moment(shift.day, shift.hours.begins).astimezone(UTC)

        assert begins.astimezone(AMSTERDAM).time() == shift.hours.begins
        assert to_local_date(begins) == shift.day


@pytest.mark.parametrize(("day", "before", "on"), DAYS)
def test_a_demo_that_begins_on_such_a_day_begins_at_six_on_the_wall(
    tmp_path: Path, day, before, on
):
    time_of_demo = CampaignTime(tmp_path / "clock.json")

    time_of_demo.begin(day, 0.0)

    assert CampaignClock(time_of_demo.path).now() == datetime.combine(day, time(on), UTC)
    assert before != on


@pytest.mark.parametrize("day", [*SPRING, *AUTUMN])
def test_the_clock_of_a_campaign_neither_jumps_nor_stands_in_such_a_night(
    tmp_path: Path, day: date
):
    midnight, real = to_moment(day, time()), datetime.now(UTC)
    path = tmp_path / "clock.json"

    looked = []
    for minutes in range(0, 300, 10):  # a minute passes in each real second
        set_campaign_clock(path, midnight, 60.0, real - timedelta(seconds=minutes))
        looked.append(CampaignClock(path).now())

    steps = [later - earlier for earlier, later in pairwise(looked)]
    assert all(timedelta(minutes=10) <= step < timedelta(minutes=12) for step in steps)
