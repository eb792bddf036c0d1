"""100,000 doses of a day, one in twenty messages rejected, receivers down for three hours: given minus registered after 24 hours.

`DOSES` makes it smaller. Of 100 practices five have a system of their own that is posted to; the others fetch.
"""

import os
import sys
import time

import pytest

from tests.services.courier.returning_day import Day
from tests.services.courier.returning_world import a_loop, listening

DOSES = int(os.environ.get("DOSES", "100000"))
PRACTICES, POSTED_TO = 100, 5
pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(3600)]


async def test_a_day_of_a_hundred_thousand_doses_ends_with_every_dose_registered(fresh, capsys):
    async with a_loop(fresh) as loop, listening() as listener:
        day = Day(loop, listener, doses=DOSES, practices=PRACTICES, posted_to=POSTED_TO)
        began = time.monotonic()
        await day.play()
        seconds = time.monotonic() - began
        states = await day.states()
    gaps = ", ".join(f"{day.gaps[n]:,}" for n in (0, 4, 7, 23))
    with capsys.disabled():
        sys.stdout.write(
            f"\nreturn loop: {DOSES:,} doses in {seconds:.0f} s; {states['corrected']:,} messages replaced;"
            f" given minus registered after 1, 5, 8 and 24 hours: {gaps};"
            f" counted in {max(day.counting):.1f} s at most; load {os.getloadavg()[0]:.1f}\n"
        )
    assert day.gaps[-1] == 0
    assert states["acknowledged"] == DOSES
