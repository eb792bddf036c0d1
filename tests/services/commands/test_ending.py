"""A process that ends says so at once, and ends even when something of it does not let go."""

import subprocess
import sys

import pytest

from infra.embedded.folder import CHECKOUT

LEFT = """
import asyncio, services.__main__ as command
from infra.errors import Unavailable
from services.commands import ending
ending.CLOSING_SECONDS = 1.0

async def hold_on():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

async def work(_):
    task = asyncio.create_task(hold_on())
    await asyncio.sleep(0.1)
    raise %s

command.run_process("relay", work)
"""


@pytest.mark.parametrize(
    ("error", "told"),
    [('Unavailable("Postgres: gone")', "relay ends: Postgres: gone"), ('KeyError("Jansen")', "relay ends: KeyError")],
)  # fmt: skip
def test_a_process_that_can_not_close_what_it_opened_says_why_and_ends(error: str, told: str):
    done = subprocess.run(
        [sys.executable, "-c", LEFT % error],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 70
    assert told in done.stdout + done.stderr
    assert "Jansen" not in done.stdout + done.stderr
