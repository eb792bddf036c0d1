"""The watch of the intake is what ends it; when the watch itself fails, the process does not live on without one."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.embedded.folder import CHECKOUT
from services.commands.connecting import connect
from services.intake.loop import CRASH
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.faults.proxy import Manner, a_proxy
from tests.flow.processes import a_free_port, children, environment, until
from tests.services.accept.looking import rows
from tests.services.intake.a_system import a_practice_system
from tests.services.intake.test_process import outgoing, produce

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


@pytest.mark.kafka
@pytest.mark.postgres
async def test_a_broker_that_is_slow_at_the_start_is_waited_for(fresh, kafka, tmp_path: Path):
    system, door = a_practice_system(REGION), await fresh.open("acceptor")
    settings, port = fresh.settings(kafka), a_free_port()
    await connect(settings, [system])
    await produce(
        settings.kafka, [outgoing(a_record(a_patient("p"), "p", REGION, system), REGION)], seconds=0
    )
    server = int(kafka.kafka_bootstrap.rpartition(":")[2])

    async with a_proxy(port, lambda: server) as between:
        between.manner = Manner(delay_seconds=0.5)  # longer than the first look of the watch
        told = environment(fresh, kafka, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{port}")
        async with children(told, tmp_path, "intake") as running:

            async def is_in() -> bool:
                assert running["intake"].is_running
                return await rows(door, "SELECT count(*) FROM ledger") == [(1,)]

            await until(is_in, 30)
