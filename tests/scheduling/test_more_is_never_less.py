"""More residents, opening hours, doses or shifts: never fewer served, by priority, within the noise of the search."""

import pytest

from tests.effort import either
from tests.scheduling.more import MORE, losses

# The noise of four rounds. Of 2,000 comparisons 6 lost something before the stops of a shift were chosen anew
# (`phases/rechoosing`), one of them 12 %; how many do now is counted by `make bench`.
SELDOM = 0.02
LITTLE = 0.02


@pytest.mark.timeout(600)
def test_more_of_anything_is_never_less_served_beyond_the_noise_of_the_search():
    count = either(short=15, long=60)

    found = [loss for seed in range(count) for loss in losses(seed).values()]

    assert len(found) == count * len(MORE)
    assert max(found) <= LITTLE
    assert sum(loss > 0 for loss in found) <= SELDOM * len(found)
