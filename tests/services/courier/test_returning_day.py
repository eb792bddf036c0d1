"""A day with rejected messages and receivers that are down ends with every dose registered, each told once."""

import pytest

from tests.services.accept.looking import rows
from tests.services.courier.returning_day import Day
from tests.services.courier.returning_world import a_loop, listening

pytestmark = pytest.mark.postgres


async def test_given_minus_registered_is_nothing_after_a_day_with_one_in_twenty_rejected(fresh):
    async with a_loop(fresh) as loop, listening() as listener:
        day = Day(loop, listener, doses=240, practices=6, posted_to=2)

        await day.play()

        states = await day.states()
        twice = await rows(
            loop.desk.store,
            "SELECT count(*) - count(DISTINCT (dose_region, dose_seq)) FROM return_states WHERE replaced_at IS NULL",
        )
    assert day.gaps[0] > 0
    assert max(day.gaps[3:6]) > 0
    assert day.gaps[-1] == 0
    assert day.rejected
    assert states["acknowledged"] == 240
    assert states["corrected"] > len(day.rejected)
    assert set(states) == {"acknowledged", "corrected"}
    assert twice == [(0,)]
