"""A data folder that the last release filled is opened by this version, which goes on where that one stopped."""

from pathlib import Path

import pytest

from tests.flow.releases import last_release
from tests.flow.test_demo import SMALL, Demo, demo, result_of

__all__ = ["demo"]  # the fixture

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(280)]


async def test_a_data_folder_of_the_last_release_keeps_its_facts_and_its_plan(
    demo: Demo, tmp_path: Path
) -> None:
    old = last_release(tmp_path)
    before = await result_of(await demo.start(*SMALL, folder=old.folder))

    after = await result_of(await demo.start(*SMALL))

    assert after["events_accepted"] == before["events_accepted"]
    assert after["persons"] == before["persons"] == 300
    assert after["people_served"] == before["people_served"] > 0
    assert after["visits"] == before["visits"]
    assert after["violations"] == 0
