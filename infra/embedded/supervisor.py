"""Keeps child processes running: starts one again when it ends, and ends all in order.

Nothing is left running: when the block is left (Ctrl-C and SIGTERM cancel it, with
`ended_by_signals`) the children are ended in reverse order; when the supervisor itself is killed, the kernel sends each its death signal (see `orphans`).
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Self

from infra.clock import SystemClock
from infra.embedded.program import Child, DidNotStart, Memory, Program, turn_log

SHORTEST, LONGEST = 0.05, 5.0  # seconds of wait before a restart
LASTING = 3.0  # seconds: a run this long was no failed start; the next wait is the shortest


@dataclass(frozen=True)
class State:
    """State of one program, for the progress view."""

    name: str
    pid: int | None  # None: waiting for its restart
    restarts: int
    seconds: float  # since its last start
    memory: Memory


class _Kept:
    """A program, its present run, and the task that restarts it."""

    def __init__(self, program: Program, child: Child, started: float) -> None:
        self.program = program
        self.child: Child | None = child
        self.started = started
        self.restarts = 0
        self.wait = SHORTEST
        self.task: asyncio.Task[None] | None = None


class Supervisor:
    """Owns the child processes of one demo or test run."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Lines for a person ("planner ended (exit code 70), started again") go to `say`."""
        self._say = say
        self._clock = SystemClock()
        self._kept: dict[str, _Kept] = {}
        self._stopping = False

    async def __aenter__(self) -> Self:
        self._logs = asyncio.create_task(self._turn_logs())
        return self

    async def __aexit__(self, *error: object) -> None:
        self._logs.cancel()
        ending = asyncio.create_task(self.stop())
        while not ending.done():  # a second signal does not leave half of them running
            with suppress(asyncio.CancelledError):
                await asyncio.shield(ending)

    async def start(self, program: Program) -> None:
        """Starts a program, waits until it is ready and keeps it running. Raises DidNotStart."""
        if program.name in self._kept or self._stopping:
            raise DidNotStart(f"{program.name} is started already, or all is being ended")
        child = await Child.start(program)
        try:
            await child.until_ready()
        except BaseException:
            await child.stop()
            raise
        kept = _Kept(program, child, self._clock.monotonic())
        kept.task = asyncio.create_task(self._keep(kept))
        self._kept[program.name] = kept

    async def end(self, name: str) -> None:
        """Ends one program for good."""
        kept = self._kept.pop(name)
        if kept.task is not None:
            kept.task.cancel()
            await asyncio.wait([kept.task])
        if kept.child is not None:
            await kept.child.stop()

    async def stop(self) -> None:
        """Ends all programs, in reverse order of their start."""
        self._stopping = True
        for name in reversed(list(self._kept)):
            await self.end(name)

    def status(self) -> list[State]:
        """State of each program, in the order of their start."""
        now = self._clock.monotonic()
        return [
            State(
                name=name,
                pid=None if kept.child is None else kept.child.pid,
                restarts=kept.restarts,
                seconds=now - kept.started,
                memory=Memory(0, 0) if kept.child is None else kept.child.memory(),
            )
            for name, kept in self._kept.items()
        ]

    def pid(self, name: str) -> int | None:
        """The process id of a program; None while it waits for its restart."""
        child = self._kept[name].child
        return None if child is None else child.pid

    async def _keep(self, kept: _Kept) -> None:
        while kept.child is not None:
            code = await kept.child.ended()
            await kept.child.stop()  # what it started ends with it
            kept.child = None
            if self._clock.monotonic() - kept.started >= LASTING:
                kept.wait = SHORTEST
            await asyncio.sleep(kept.wait)
            kept.wait = min(2 * kept.wait, LONGEST)
            await self._start_again(kept, reason(code))

    async def _start_again(self, kept: _Kept, why: str) -> None:
        name = kept.program.name
        while kept.child is None:
            kept.started = self._clock.monotonic()
            kept.restarts += 1
            try:
                kept.child = await Child.start(kept.program)
                self._say(f"{name} ended ({why}), started again")
                await kept.child.until_ready()
            except DidNotStart as error:
                kept.child = None
                why = "did not start"
                self._say(f"{error}\n{name} is tried again in {kept.wait:.1f} s")
                await asyncio.sleep(kept.wait)
                kept.wait = min(2 * kept.wait, LONGEST)

    async def _turn_logs(self) -> None:
        while True:
            for kept in list(self._kept.values()):
                await asyncio.to_thread(turn_log, kept.program.log)
            await asyncio.sleep(5)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Makes Ctrl-C and SIGTERM cancel the task that runs the block.

    Ctrl-C too, explicitly: a shell starts background jobs with it ignored, and Python leaves that so.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    signals = (signal.SIGINT, signal.SIGTERM)
    if task is not None:
        for sign in signals:
            loop.add_signal_handler(sign, task.cancel)
    try:
        yield
    finally:
        for sign in signals:
            loop.remove_signal_handler(sign)


def reason(code: int) -> str:
    """How a process ended, in words for people."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
