"""What the runs of faults found in the product, each as a test of its own."""

import pytest

from tests.faults.registry import BY_NAME
from tests.faults.running import chapter
from tests.faults.world import Plan

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
INTAKES = Plan(processes=("intake-0", "intake-1", "relay", "web"))


async def test_offsets_of_the_group_that_run_ahead_of_postgres_do_not_stop_the_intake_for_good():
    """Faust sought to the committed offsets after we had sought to the stored ones: every start found a jump and ended."""
    rounds = await chapter("ahead", [BY_NAME["offsets moved to the end"]] * 2, plan=INTAKES)

    assert [str(one) for one in rounds if not one.holds] == []
