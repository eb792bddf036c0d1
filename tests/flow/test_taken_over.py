"""A data folder of the last release, taken over by this one: nothing is fed again, everything is still there."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.embedded.folder import Folder, scratch
from tests.flow.processes import a_free_port
from tests.flow.releases import Release, last_release, our_release
from tests.flow.test_demo import SMALL

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]


@pytest.fixture
def place() -> Iterator[Folder]:
    with scratch() as folder:
        yield folder


async def a_demo(release: Release, place: Folder) -> dict[str, Any]:
    """The result of a whole start of the demo of this version on the folder, to its plan."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {
        "PRIKPLOEG_DATA": str(place.data),
        "WEB_PORT": str(a_free_port()),
        "PLANNER_SECONDS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "demo", *SMALL,
        cwd=release.folder, env=release.environment(kept | own),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, f"{release.name}: {err.decode()[-3000:]}"
    found: dict[str, Any] = json.loads(out.decode().strip().splitlines()[-1])
    return found


async def test_a_demo_of_the_last_release_goes_on_in_this_one(place: Folder, tmp_path: Path):
    before = await a_demo(last_release(tmp_path), place)
    after = await a_demo(our_release(), place)

    for same in ("persons", "locations", "shifts"):
        assert after[same] == before[same]
    assert after["events_accepted"] == before["events_accepted"]
    assert after["people_served"] == before["people_served"] > 0
    assert after["violations"] == 0
