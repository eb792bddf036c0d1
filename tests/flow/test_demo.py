"""The demo as a person runs it: real servers, real processes, a plan; also when each of them is killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.embedded.folder import CHECKOUT, scratch
from tests.flow.processes import a_free_port

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(600)]
SMALL = [
    "--once",
    "--json",
    "--institutions",
    "24",
    "--residents",
    "300",
    "--practices",
    "12",
    "--teams",
    "3",
    "--days",
    "7",
]


@dataclass
class Demo:
    """A demo in a data folder of its own."""

    data: Path
    port: int

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {"PRIKPLOEG_DATA": str(self.data), "WEB_PORT": str(self.port), "PLANNER_SECONDS": "1"}
        return kept | own | more

    async def start(self, *arguments: str, **more: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", "demo", *arguments,
            cwd=CHECKOUT, env=self.environment(**more),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip


@pytest.fixture
def demo() -> Iterator[Demo]:
    with scratch() as folder:
        yield Demo(folder.data, a_free_port())


def child_of(demo_pid: int, what: str) -> int | None:
    """The process id of one of the demo's processes, by its command line."""
    for child in psutil.Process(demo_pid).children(recursive=False):
        try:
            if what in " ".join(child.cmdline()):
                return child.pid
        except psutil.Error:
            continue
    return None


async def until_child(demo_pid: int, what: str) -> int:
    while (pid := child_of(demo_pid, what)) is None:
        await asyncio.sleep(0.05)
    return pid


async def until_line(stream: asyncio.StreamReader, word: str, lines: list[str]) -> None:
    while line := (await stream.readline()).decode():
        lines.append(line)
        if word in line:
            return
    pytest.fail("the demo ended early:\n" + "".join(lines[-30:]))


async def result_of(process: asyncio.subprocess.Process) -> dict[str, Any]:
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3000:]
    found: dict[str, Any] = json.loads(out.decode().strip().splitlines()[-1])
    return found


@dataclass(frozen=True)
class Undisturbed:
    """What came of a demo that nobody disturbed, and what a second one said that was started beside it."""

    result: dict[str, Any]
    second_code: int | None
    second_said: bytes


@pytest.fixture(scope="module")
async def undisturbed() -> Undisturbed:
    with scratch() as folder:
        demo = Demo(folder.data, a_free_port())
        first = await demo.start(*SMALL)
        assert first.stderr is not None
        await until_line(first.stderr, "starting intake", [])
        second = await demo.start(*SMALL)
        _, said = await second.communicate()
        return Undisturbed(await result_of(first), second.returncode, said)


async def test_a_plan_comes_although_every_process_and_both_servers_are_killed(
    demo: Demo, undisturbed: Undisturbed
) -> None:
    process = await demo.start(*SMALL)
    lines: list[str] = []
    assert process.stderr is not None

    await until_line(process.stderr, "feeding", lines)
    for name in (
        "services intake",
        "services web",
        "services planner",
        "services relay",
        "java",
        "postgres",
    ):
        os.kill(await until_child(process.pid, name), signal.SIGKILL)
        await asyncio.sleep(0.4)
    disturbed = await result_of(process)

    assert disturbed["events_accepted"] == undisturbed.result["events_accepted"]
    assert disturbed["persons"] == undisturbed.result["persons"] == 300
    assert disturbed["violations"] == 0
    assert disturbed["people_served"] > 0


async def test_a_second_demo_beside_a_running_one_is_told_what_to_do(
    undisturbed: Undisturbed,
) -> None:
    assert undisturbed.second_code == 2
    assert b"already running" in undisturbed.second_said
    assert b"PRIKPLOEG_DATA" in undisturbed.second_said


async def test_a_demo_that_was_killed_goes_on_at_the_next_start_and_leaves_nothing_running(
    demo: Demo,
) -> None:
    first = await demo.start(*SMALL)
    lines: list[str] = []
    assert first.stderr is not None
    await until_line(first.stderr, "planning", lines)
    children = psutil.Process(first.pid).children(recursive=True)

    first.kill()
    await first.wait()
    await asyncio.to_thread(psutil.wait_procs, children, 10)

    assert not [child for child in children if child.is_running() and child.status() != "zombie"]
    found = await result_of(await demo.start(*SMALL))
    again = await result_of(await demo.start(*SMALL))
    assert found["violations"] == 0
    assert again["events_accepted"] == found["events_accepted"]
    assert again["people_served"] == found["people_served"]


async def test_a_taken_port_is_named_with_the_setting(demo: Demo) -> None:
    holder = await asyncio.start_server(lambda *_: None, "127.0.0.1", demo.port)

    process = await demo.start(*SMALL)
    _, said = await process.communicate()

    holder.close()
    assert process.returncode == 2
    assert b"WEB_PORT" in said
    assert b"Traceback" not in said


async def test_ctrl_c_ends_everything_in_order(demo: Demo) -> None:
    process = await demo.start(*[word for word in SMALL if word != "--once"])
    lines: list[str] = []
    assert process.stderr is not None
    await until_line(process.stderr, "playing", lines)
    children = psutil.Process(process.pid).children(recursive=True)

    process.send_signal(signal.SIGINT)
    await process.communicate()

    assert process.returncode == 0
    assert not [child for child in children if child.is_running() and child.status() != "zombie"]


async def test_own_files_are_planned_by_the_same_processes_with_nothing_invented(
    demo: Demo,
) -> None:
    up = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "up", "--start", "2021-02-15",
        cwd=CHECKOUT, env=demo.environment(), stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    lines: list[str] = []
    assert up.stderr is not None
    await until_line(up.stderr, "ready", lines)

    files = sorted(str(file) for file in (CHECKOUT / "docs/import").glob("*.csv"))
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "import", *files, "--region", "GG2514",
        cwd=CHECKOUT, env=demo.environment(),
    )  # fmt: skip

    assert await done.wait() == 0
    await until_line(up.stderr, "27 people served", lines)
    up.send_signal(signal.SIGINT)
    await up.communicate()
    assert up.returncode == 0
