"""One child process: how it is started, when it is ready, how it is ended."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra.embedded.folder import User
from infra.embedded.orphans import before_exec

LOG_BYTES = 10 * 1024 * 1024  # a log is set aside and begun anew above this


class DidNotStart(Exception):
    """A child process ended or was not ready in time; carries the end of its log."""


@dataclass(frozen=True)
class Program:
    """What is started, and again whenever it ends."""

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = None  # None: ours
    folder: Path | None = None  # None: ours
    user: User | None = None  # None: ourselves
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL  # when the supervisor itself is killed
    before: Callable[[], None] = field(default=lambda: None)  # e.g. what a killed one left behind
    is_ready: Callable[[int], Awaitable[bool]] | None = None  # given the process id
    ready_seconds: float = 30.0


@dataclass(frozen=True)
class Memory:
    """Bytes in use; `shared_out` counts pages that processes share once (0: not readable)."""

    resident: int
    shared_out: int


class Child:
    """One run of a program."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process) -> None:
        self.program = program
        self.pid = process.pid
        self._process = process

    @classmethod
    async def start(cls, program: Program) -> "Child":
        """Started, not ready yet. Raises DidNotStart when the system refuses it."""
        await asyncio.to_thread(program.before)
        with program.log.open("ab") as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *program.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=program.folder,
                    env=program.environment,
                    start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends all in order
                    preexec_fn=before_exec(program.user, program.death_signal),
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise DidNotStart(f"{program.name} could not be started: {error}") from error
        return cls(program, process)

    async def until_ready(self) -> None:
        """Returns when it answers. Raises DidNotStart, with the process ended."""
        if self.program.is_ready is None:
            return
        try:
            async with asyncio.timeout(self.program.ready_seconds):
                while self._process.returncode is None:
                    if await self.program.is_ready(self.pid):
                        return
                    await asyncio.sleep(0.03)
        except TimeoutError:
            await self.stop()
        raise DidNotStart(f"{self.program.name} did not start. {end_of(self.program.log)}")

    async def ended(self) -> int:
        """The exit code, once it has ended; a negative one is the signal that killed it."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it and what it started: asked first, killed after the deadline."""
        self._send(self.program.stop_signal)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), self.program.stop_seconds)
        self._send_group(signal.SIGKILL)
        await self._process.wait()

    def memory(self) -> Memory:
        """Of the process and all that it started."""
        resident = shared_out = 0
        with suppress(psutil.Error):
            top = psutil.Process(self.pid)
            for process in (top, *top.children(recursive=True)):
                with suppress(psutil.Error):
                    resident += process.memory_info().rss
                    shared_out += getattr(process.memory_full_info(), "pss", 0)
        return Memory(resident, shared_out)

    def _send(self, sign: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(sign)

    def _send_group(self, sign: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, sign)


def turn_log(log: Path) -> None:
    """Set a log that has grown too large aside (one old one is kept); writers append and go on."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            log.with_suffix(".old.log").write_bytes(log.read_bytes())
            os.truncate(log, 0)


def end_of(log: Path) -> str:
    """Where the log is, and its last lines."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-8:]
    except OSError:
        lines = []
    return "\n".join([f"Its log {log} ends with:", *lines])
