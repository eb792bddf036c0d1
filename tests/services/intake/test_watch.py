"""The watch of the intake is what ends it; when the watch itself fails, the process does not live on without one."""

import subprocess
import sys

from infra.embedded.folder import CHECKOUT
from services.intake.loop import CRASH

LIVES_ON = """
import asyncio
from services.intake.loop import end_at_once

async def fail():
    raise ValueError("of the watch")

async def main():
    asyncio.create_task(fail()).add_done_callback(end_at_once)
    while True:  # as faust, which does not let itself be cancelled
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

asyncio.run(main())
"""


def test_a_watch_that_fails_ends_the_process_and_says_why():
    done = subprocess.run(
        [sys.executable, "-c", LIVES_ON],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == CRASH
    assert "of the watch" in done.stderr
