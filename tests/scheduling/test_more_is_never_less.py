"""More residents, opening hours, doses or shifts: never fewer served, by priority, within the noise of the search."""

import pytest

from tests.effort import either
from tests.scheduling.more import MORE, losses

# The noise of four rounds: in problems 0 to 49 4 of 200 comparisons lose something, in 250 to 289 10 of 160, 17 % at most.
# There a visit that is in a route would have to be cut for another, which the search does with unassigned ones only.
SELDOM = 0.06
LITTLE = 0.20


@pytest.mark.timeout(600)
def test_more_of_anything_is_never_less_served_beyond_the_noise_of_the_search():
    count = either(short=15, long=60)

    found = [loss for seed in range(count) for loss in losses(seed).values()]

    assert len(found) == count * len(MORE)
    assert max(found) <= LITTLE
    assert sum(loss > 0 for loss in found) <= SELDOM * len(found)
