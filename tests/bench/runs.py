"""One search in a process of its own: what it cost in time and memory; kept, so that a table grows run by run."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

from infra.clock import SystemClock

BY_PROCESSOR = os.environ.get("BUDGET") == "processor"  # for a busy machine: two cores' worth of it
RESULTS = Path(
    os.environ.get("RESULTS", f"test-results/plans{'-processor' if BY_PROCESSOR else ''}")
)
SECONDS = float(os.environ.get("SECONDS", "30"))
SEEDS = int(os.environ.get("SEEDS", "3"))
PATIENCE = 8.0  # then a run may last so many times longer
FRESH = bool(os.environ.get("FRESH"))
QUIET = float(os.environ.get("QUIET", "0.6"))  # of two cores; less and a run is done again
CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run took: wall seconds, processor seconds of all its processes, its highest memory."""

    seconds: float
    processor: float
    megabytes: float


def apart(work: Callable[[], Any], limit: float = 600.0) -> tuple[Any, Spent]:
    """Do some work in a new process and watch it. Raises RuntimeError when it fails."""
    fork = get_context("fork")
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=_child, args=(work, there))
    child.start()
    there.close()
    done, watch = Event(), _Watch(child.pid or 0)
    watcher = Thread(target=watch.keep_looking, args=(done,))
    watcher.start()
    try:
        if not here.poll(limit):
            raise RuntimeError(f"not done after {limit} s")
        ok, found, seconds, processor = here.recv()
    finally:
        done.set()
        watcher.join()
        child.join(5)
        if child.is_alive():
            child.kill()
    if not ok:
        raise RuntimeError(found)
    return found, Spent(seconds, processor, watch.megabytes)


def processor_seconds() -> float:
    """What this process, its living children and its dead ones took so far."""
    times = os.times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in psutil.Process().children(recursive=True):
        try:
            used = child.cpu_times()
            total += used.user + used.system
        except psutil.Error:
            continue
    return total


def _child(work: Callable[[], Any], pipe: Connection) -> None:
    began = CLOCK.monotonic()
    try:
        found = work()
        ok = True
    except Exception as error:  # noqa: BLE001 told to the parent, who raises
        found, ok = f"{type(error).__name__}: {error}", False
    seconds = CLOCK.monotonic() - began
    times = os.times()
    pipe.send(
        (
            ok,
            found,
            seconds,
            times.user + times.system + times.children_user + times.children_system,
        )
    )
    pipe.close()


class _Watch:
    """The highest memory of a process and its children, shared pages once (PSS)."""

    def __init__(self, pid: int) -> None:
        self.pid, self.megabytes = pid, 0.0

    def keep_looking(self, done: Event) -> None:
        while not done.wait(0.2):
            self.megabytes = max(self.megabytes, self._now())

    def _now(self) -> float:
        total = 0
        try:
            process = psutil.Process(self.pid)
            for one in (process, *process.children(recursive=True)):
                total += one.memory_full_info().pss
        except psutil.Error:
            pass
        return total / 1024**2


@dataclass(frozen=True)
class Run:
    """One measured run."""

    table: str
    instance: str
    method: str
    seed: int
    limit: float
    cost: float  # minutes: unserved weight, and working time beyond the least that the visits take
    unserved: int
    working: float  # minutes
    travel: float
    wasted: int
    served: int  # visits
    dropped: int
    seconds: float
    share: float  # of two cores
    megabytes: float
    load: float
    code: str
    at: str
    more: dict[str, float]


def keep(run: Run) -> None:
    """Add a run to the file of its table."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    with (RESULTS / f"{run.table}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(run)) + "\n")


def kept(table: str, limit: float | None = None) -> list[Run]:
    """The runs of a table: of each instance, method and seed the last one."""
    path = RESULTS / f"{table}.jsonl"
    last: dict[tuple[str, str, int, float], Run] = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            run = Run(**json.loads(line))
            if limit is None or run.limit == limit:
                last[run.instance, run.method, run.seed, run.limit] = run
    return list(last.values())


def is_kept(table: str, instance: str, method: str, seed: int, limit: float) -> bool:
    """Whether a peer's run needs no repeating: peers do not change with our code. One on a busy machine does."""
    return not FRESH and any(
        (run.instance, run.method, run.seed) == (instance, method, seed)
        and (BY_PROCESSOR or run.share >= QUIET)
        for run in kept(table, limit)
    )


def code() -> str:
    """The commit that is measured, with a + when files differ from it."""
    ask = ["git", "rev-parse", "--short", "HEAD"]
    head = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "scheduling"],
        capture_output=True,
        text=True,
        check=False,
    )
    return head + ("+" if changed.stdout.strip() else "")


def now() -> str:
    """The moment, to the minute."""
    return CLOCK.now().isoformat(timespec="minutes")


def load() -> float:
    """Of the last minute."""
    return round(os.getloadavg()[0], 1)


def machine() -> str:
    """One line about where it was measured."""
    memory = psutil.virtual_memory().total / 1024**3
    return f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, load {load()}"


def median(values: Iterable[float]) -> float:
    """Of none: not a number."""
    rows = list(values)
    return statistics.median(rows) if rows else float("nan")


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], notes: str) -> str:
    """Text in columns that is a Markdown table too."""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([title, "", line(head), rule, *map(line, rows), "", notes, ""])


def publish(name: str, text: str, capsys: Any) -> None:
    """Show a table and leave it in the results."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    with capsys.disabled():
        print("\n" + text)  # noqa: T201
