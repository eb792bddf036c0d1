"""Stored problems give the plans that they gave: who moves code sees at once that it also changed what is planned."""

import pytest

from tests.scheduling.equal_plans import PARTS, differing, stored

pytestmark = pytest.mark.slow  # 46 s of work in all


def test_there_are_twenty_stored_problems_and_more():
    assert len(stored()) >= 20


@pytest.mark.parametrize("part", range(PARTS))
def test_the_same_problem_seed_and_rounds_give_the_plan_that_was_kept(part: int):
    once = differing(stored()[part::PARTS])
    # Who moved code gets the other plan both times. Seen once at load 12, and not explained: strange-007 differed.
    assert differing([path for path in stored() if path.name in once]) == {}
