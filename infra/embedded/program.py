"""One child process: how it starts, when it is ready, how it ends."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil

from infra.embedded.folder import User
from infra.embedded.orphans import before_exec

OURS_ALONE = 0o077  # what a child writes, such as notices in the outbox, is for us alone
LOG_BYTES = 10 * 1024 * 1024  # a larger log is rotated


class DidNotStart(Exception):
    """A child process ended or was not ready in time; carries the end of its log."""


@dataclass(frozen=True)
class Program:
    """A program to start, and to restart whenever it ends."""

    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] | None = None  # None: our own
    folder: Path | None = None  # None: our own
    user: User | None = None  # None: our own
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL  # when the supervisor itself is killed
    before: Callable[[], None] = field(default=lambda: None)  # e.g. clears up after a killed one
    is_ready: Callable[[int], Awaitable[bool]] | None = None  # given the process id
    ready_seconds: float = 30.0


@dataclass(frozen=True)
class Memory:
    """Memory in bytes; `shared_out` counts pages that processes share once (0: not readable)."""

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
        """Starts the program, without waiting until it is ready. Raises DidNotStart when the system refuses it."""
        await asyncio.to_thread(program.before)
        with open_log(program.log) as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *program.command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=program.folder,
                    env=program.environment,
                    start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends all in order
                    umask=OURS_ALONE,
                    preexec_fn=before_exec(program.user, program.death_signal),
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise DidNotStart(f"{program.name} could not be started: {error}") from error
        return cls(program, process)

    async def until_ready(self) -> None:
        """Waits until it is ready. Raises DidNotStart, after ending the process, when it is not in time."""
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
        """Waits for the end. Returns the exit code; a negative one is the signal that killed it."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ends the process and its children: asks first, kills after the deadline."""
        self._send(self.program.stop_signal)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), self.program.stop_seconds)
        self._send_group(signal.SIGKILL)
        await self._process.wait()

    def memory(self) -> Memory:
        """Memory of the process and its children."""
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


def open_log(log: Path) -> BinaryIO:
    """Opens a log to append to, which nobody else may read: it may tell of what is in the data."""
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def turn_log(log: Path) -> None:
    """Rotates a log that has grown too large and keeps one old copy; writers go on appending."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            old = log.with_suffix(".old.log")
            old.unlink(missing_ok=True)
            with open_log(old) as kept:
                kept.write(log.read_bytes())
            os.truncate(log, 0)


def end_of(log: Path) -> str:
    """The place of the log and its last lines."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-8:]
    except OSError:
        lines = []
    return "\n".join([f"Its log {log} ends with:", *lines])
