"""The supervisor: one that ends comes back, and in the end nothing is left."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from infra.embedded.folder import Folder
from infra.embedded.program import DidNotStart, Program, turn_log
from infra.embedded.supervisor import Supervisor

SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"
SESSION = """
import asyncio, sys
from pathlib import Path
from infra.embedded.folder import Folder
from infra.embedded.session import running
import infra.embedded.folder as f, os

async def main():
    user = f.nobody() if os.geteuid() == 0 else None
    folder = Folder(Path(sys.argv[1]), Path(sys.argv[2]), user)
    async with running(folder) as servers:
        print(*[state.pid for state in servers.supervisor.status()], flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def a_program(folder: Path, code: str, name: str = "p", stop_seconds: float = 5.0) -> Program:
    command = (sys.executable, "-c", code)
    return Program(name, command, folder / f"{name}.log", stop_seconds=stop_seconds)


async def until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_one_that_ends_is_started_again_and_that_is_said(tmp_path: Path):
    said: list[str] = []
    async with Supervisor(said.append) as supervisor:
        await supervisor.start(a_program(tmp_path, SLEEP, "planner"))
        [before] = supervisor.status()

        os.kill(before.pid or 0, signal.SIGKILL)
        await until(lambda: supervisor.status()[0].restarts == 1 and bool(said))

        assert said == ["planner ended (SIGKILL), started again"]
        assert supervisor.status()[0].pid != before.pid


async def test_an_exit_code_is_named_and_the_waits_grow(tmp_path: Path):
    said: list[str] = []
    async with Supervisor(said.append) as supervisor:
        await supervisor.start(a_program(tmp_path, "raise SystemExit(70)", "planner"))

        await asyncio.sleep(2)

        assert set(said) == {"planner ended (exit code 70), started again"}
        assert 2 <= len(said) <= 6  # without growth some twenty


async def test_they_are_ended_in_reverse_order(tmp_path: Path):
    ends = tmp_path / "ends"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    open({0!r}, 'a').write({1!r}); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    async with Supervisor(lambda _: None) as supervisor:
        for name in "abc":
            await supervisor.start(a_program(tmp_path, code.format(str(ends), name), name))
            await until((tmp_path / f"{name}.log").read_text)

    assert ends.read_text() == "cba"


async def test_one_that_does_not_listen_is_killed_after_its_deadline(tmp_path: Path):
    async with Supervisor(lambda _: None) as supervisor:
        await supervisor.start(a_program(tmp_path, STUBBORN, stop_seconds=0.3))
        await until((tmp_path / "p.log").read_text)
        pid = supervisor.status()[0].pid or 0

    assert not is_running(pid)


async def test_what_it_started_ends_with_it(tmp_path: Path):
    async with Supervisor(lambda _: None) as supervisor:
        await supervisor.start(a_program(tmp_path, PARENT))
        process = psutil.Process(supervisor.status()[0].pid)
        await until(lambda: len(process.children()) == 1)
        [grandchild] = process.children()

    await until(lambda: not is_running(grandchild.pid))


async def test_one_that_is_never_ready_is_refused_with_the_end_of_its_log(tmp_path: Path):
    async def never(_: int) -> bool:
        return False

    code = "print('no such setting: x')"
    program = Program("p", (sys.executable, "-c", code), tmp_path / "p.log", is_ready=never)

    async with Supervisor(lambda _: None) as supervisor:
        with pytest.raises(DidNotStart, match="no such setting: x"):
            await supervisor.start(program)


@pytest.mark.kafka
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what was left")
async def test_nothing_is_left_when_the_supervisor_is_killed(folder: Folder):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SESSION,
        str(folder.data),
        str(folder.keys),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    pids = [int(pid) for pid in (await process.stdout.readline()).split()]

    process.kill()
    await process.wait()

    await until(lambda: not any(map(is_running, pids)))
    assert len(pids) == 2


def test_a_log_that_has_grown_too_large_is_set_aside_while_its_writer_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("infra.embedded.program.LOG_BYTES", 10)
    log = tmp_path / "p.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 11)

        turn_log(log)
        writer.write(b"on")

    assert log.read_bytes() == b"on"
    assert (tmp_path / "p.old.log").read_bytes() == b"x" * 11
