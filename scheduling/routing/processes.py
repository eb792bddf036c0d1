"""Worker processes for routing problems and other tasks; with one worker everything runs in this process.

A worker is a bare Python that imports this module and nothing of the services: `multiprocessing` would
import the main program in each of them. It ends with its parent; when it dies its task has no result
and another worker takes its place.
"""

import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from ctypes import CDLL
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, Pipe, wait
from subprocess import DEVNULL, Popen
from time import monotonic
from types import TracebackType
from typing import Protocol, Self, TypeVar, cast

from scheduling.routing.engines import load_engine
from scheduling.routing.params import DEFAULT, EngineParams, WorkerParams
from scheduling.routing.problem import Effort, Routes, RoutingProblem

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
START = "import sys; from scheduling.routing.processes import serve; serve(int(sys.argv[1]))"
LOST = (EOFError, OSError)

ShouldStop = Callable[[], bool]


Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)


class Task(Protocol[Answer_co]):
    """A dataclass that a worker can run; it is pickled there and its answer back.

    Its seconds count from when it was sent: a worker may still be starting then.
    """

    @property
    def effort(self) -> Effort:
        """What the task may take."""

    def run(self) -> Answer_co:
        """Run in whatever process."""


@dataclass(frozen=True, slots=True)
class EngineJob:
    """A problem for one engine."""

    engine: str
    problem: RoutingProblem
    start: Routes | None
    effort: Effort
    seed: int
    params: EngineParams = DEFAULT.engines

    def run(self) -> Routes | None:
        """The routes that the engine proposes; importing its library counts as part of its seconds."""
        began = monotonic()
        by = load_engine(self.engine)
        effort = self.effort.since(began)
        return by.solve(self.problem, self.start, effort, self.seed, self.params)


def serve(descriptor: int) -> None:
    """The loop of a worker: a task comes in, its answer goes out."""
    # Ctrl-C reaches the whole group of processes; the parent decides how its workers end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # also when the parent is killed, so that no worker outlives it
        CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    with Connection(descriptor) as parent, contextlib.suppress(*LOST):
        while True:
            task, sent = parent.recv()
            parent.send(replace(task, effort=task.effort.since(sent)).run())


class Worker:
    """One process and its connection."""

    def __init__(self) -> None:
        self.connection, theirs = Pipe()
        # the packages are found where the parent finds them, whatever directory it was started in
        paths = [path for path in sys.path if path]
        code = f"import sys; sys.path[:] = {paths!r}\n{START}"
        self._process = Popen(  # noqa: S603  # our own arguments
            [sys.executable, "-c", code, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=DEVNULL,
            stdout=DEVNULL,
        )
        theirs.close()
        self.job = -1  # its number; -1 when idle
        self.until = 0.0

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def begin(self, number: int, job: Task[object], grace_seconds: float) -> None:
        """Send a task; a worker that is lost shows when its answer is read."""
        self.job = number
        self.until = monotonic() + job.effort.seconds + grace_seconds
        with contextlib.suppress(*LOST):
            self.connection.send((job, monotonic()))

    def end(self) -> None:
        """Kill the process."""
        self._process.kill()
        self._process.wait()
        self.connection.close()


class Workers:
    """Some workers, started when they are first needed."""

    def __init__(self, count: int, params: WorkerParams = DEFAULT.workers) -> None:
        self.count = max(1, count)
        self._params = params
        self._all: list[Worker] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [worker.pid for worker in self._all]

    def start(self) -> None:
        """Start the processes, which import what they need while others work."""
        if self.count > 1:
            self._all += [Worker() for _ in range(self.count - len(self._all))]

    def close(self) -> None:
        """End the processes."""
        for worker in self._all:
            worker.end()
        self._all = []

    def run(
        self, jobs: Sequence[Task[Answer]], stop: ShouldStop | None = None
    ) -> list[Answer | None]:
        """The answer of every task, in the order of the tasks; None where its worker was lost.

        When `stop` says so, tasks that are not finished have no answer.
        """
        if self.count == 1:
            return [None if stop and stop() else job.run() for job in jobs]
        self.start()
        results: list[Answer | None] = [None] * len(jobs)
        queue = list(enumerate(jobs))
        while queue or any(worker.job >= 0 for worker in self._all):
            if stop and stop():
                self._end_busy()
                break
            self._hand_out(queue)
            for worker in self._list_finished():
                number = worker.job
                results[number] = cast("Answer | None", self._receive(worker))
        return results

    def _hand_out(self, queue: list[tuple[int, Task[Answer]]]) -> None:
        for worker in self._all:
            if queue and worker.job < 0:
                worker.begin(*queue.pop(0), self._params.grace_seconds)

    def _list_finished(self) -> list[Worker]:
        """Workers that answered, died, or are taken for lost."""
        busy = [worker for worker in self._all if worker.job >= 0]
        ready = wait([worker.connection for worker in busy], self._params.stop_seconds)
        now = monotonic()
        return [worker for worker in busy if worker.connection in ready or now > worker.until]

    def _receive(self, worker: Worker) -> object:
        answer: object = None
        try:
            if not worker.connection.poll():
                raise EOFError
            answer = worker.connection.recv()
            worker.job = -1
        except LOST:
            self._replace(worker)
        return answer

    def _replace(self, worker: Worker) -> None:
        worker.end()
        self._all[self._all.index(worker)] = Worker()

    def _end_busy(self) -> None:
        for worker in [worker for worker in self._all if worker.job >= 0]:
            self._replace(worker)
