"""Solomon's problems, and larger ones of Gehring and Homberger's kind, in both conventions.

Run by `make bench`, or in parts: SECONDS=10 SEEDS=1 INSTANCES=RC103,R208 pytest tests/bench/test_vrptw.py.
Runs are kept, so that a table grows; a run of the same commit is not done again. PLAN_BARS=1 makes the bars
a test (with SECONDS=30, on a machine without other work). A drawn problem is compared with the best of long runs
of PyVRP, or of any run here.
"""

import json
import os
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from scheduling.routing.benchmark import (
    Convention,
    Instance,
    find_barred,
    find_faults,
    to_routing,
    total_distance,
)
from scheduling.routing.problem import Effort
from scheduling.solve import Routed, solve_routing
from services.offline.files.routing import read_instance
from tests.bench.runs import RESULTS, SECONDS, SEEDS, apart, code, machine, now, publish, table
from tests.bench.vrptw_best import DIMACS, DRAWN, SINTEF
from tests.bench.vrptw_drawn import drawn

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
FILES = Path(__file__).resolve().parents[3] / "shared/data/solomon"
METHODS = {"all engines": None, "OR-Tools alone": ("ortools",)}
BARS = {"all engines": (0.3, 1.0), "OR-Tools alone": (2.5, 5.0)}  # mean and worst gap, %
SOLOMON = ("C104", "R104", "R112", "R206", "R208", "RC103", "RC108", "RC204", "RC207")
LARGE = ("C2_200_71", "R1_200_71", "R2_200_71", "RC1_200_71", "RC2_200_71",
         "C2_400_71", "R1_400_71", "R2_400_71", "RC1_400_71")  # fmt: skip
BOTH = ("C104", "R104", "RC103", "R206")
ASKED = os.environ.get("INSTANCES", "")
HEAD = ("instance", "convention", "method", "routes", "distance", "best known", "gap %", "first s",
        "seconds", "of 2 cores", "MB")  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One measured run."""

    instance: str
    convention: str
    method: str
    seed: int
    limit: float
    routes: int
    distance: float
    first: float
    seconds: float
    share: float
    megabytes: float
    code: str


def instance_of(name: str, convention: Convention) -> Instance:
    """One of Solomon's files, or one that is drawn."""
    if "_" in name:
        return read_instance(drawn(name), name, convention)
    path = FILES / f"{name}.txt"
    if not path.exists():
        pytest.skip("Solomon's files are not beside the repository (../shared/data/solomon)")
    return read_instance(path.read_text(), name, convention)


def measured(name: str, convention: Convention, method: str, seed: int) -> Run:
    """A run in a process of its own, judged here and kept."""
    instance = instance_of(name, convention)
    nodes = [node for node in range(1, instance.size) if node not in find_barred(instance)]

    def work() -> Routed:
        engines = METHODS[method]
        problem = to_routing(instance, nodes)
        return solve_routing(problem, Effort(SECONDS), seed=seed, engines=engines, workers=2)

    found, spent = apart(work)
    routes = [[nodes[c] for c in route] for route in found.routes if route]
    assert find_faults(instance, routes) == ()
    assert sum(map(len, routes)) == len(nodes)
    run = Run(
        name,
        convention.value,
        method,
        seed,
        SECONDS,
        len(routes),
        total_distance(instance, routes) / instance.scale,
        round(found.first_seconds, 2),
        round(spent.seconds, 1),
        round(spent.processor / (2 * spent.seconds), 2),
        round(spent.megabytes),
        code(),
    )
    RESULTS.mkdir(parents=True, exist_ok=True)
    with (RESULTS / "vrptw.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(run)) + "\n")
    return run


def kept() -> list[Run]:
    """Of each problem, convention, method and seed the last run with this limit."""
    path = RESULTS / "vrptw.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    runs = [Run(**json.loads(line)) for line in lines]
    last = {(r.instance, r.convention, r.method, r.seed): r for r in runs if r.limit == SECONDS}
    return list(last.values())


def best_known(name: str, convention: str) -> tuple[int, float]:
    """Routes and distance; without a published value the best of all runs here."""
    if convention == Convention.SOLOMON and name in SINTEF:
        return SINTEF[name]
    same = [run for run in kept() if (run.instance, run.convention) == (name, convention)]
    least = min((run.distance for run in same), default=float("inf"))
    return 0, DIMACS.get(name) or min(least, DRAWN.get(name, least))


def gap(run: Run) -> float:
    """Per cent above the best known distance."""
    return 100 * (run.distance / best_known(run.instance, run.convention)[1] - 1)


def cases() -> list[tuple[str, Convention]]:
    names = ASKED.split(",") if ASKED else [*SOLOMON, *LARGE]
    dimacs = [(name, Convention.DIMACS) for name in names]
    return dimacs + [(name, Convention.SOLOMON) for name in names if name in BOTH]


@pytest.mark.parametrize("method", METHODS)
def test_vrptw(method: str, capsys: pytest.CaptureFixture[str]):
    done = {(r.instance, r.convention, r.method, r.seed) for r in kept() if r.code == code()}
    for name, convention in cases():
        for seed in range(1, SEEDS + 1):
            if (name, convention.value, method, seed) not in done:
                measured(name, convention, method, seed)

    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in kept():
        groups.setdefault((run.convention, run.method, run.instance), []).append(run)
    rows = [row(groups[key]) for key in sorted(groups)]
    ours = [
        statistics.median(map(gap, runs))
        for (convention, by, _), runs in groups.items()
        if by == method and convention == Convention.DIMACS
    ]
    notes = (
        f"{method}, DIMACS: mean gap {statistics.fmean(ours):.2f} %, worst {max(ours):.2f} % over"
        f" {len(ours)} problems (of each the median of its seeds); {now()}; {machine()}; commit {code()}"
    )
    publish("vrptw", table(f"VRPTW, {SECONDS:.0f} s on 2 cores", HEAD, rows, notes), capsys)
    if os.environ.get("PLAN_BARS"):
        mean, worst = BARS[method]
        assert statistics.fmean(ours) <= mean
        assert max(ours) <= worst


def row(runs: list[Run]) -> tuple[str, ...]:
    """A problem and a method, the medians over the seeds."""
    first, of = runs[0], statistics.median
    routes, known = best_known(first.instance, first.convention)
    return (
        first.instance,
        first.convention,
        first.method,
        f"{of(run.routes for run in runs):.0f}" + (f" ({routes})" if routes else ""),
        f"{of(run.distance for run in runs):.1f}",
        f"{known:.1f}",
        f"{of(map(gap, runs)):.2f}",
        f"{of(run.first for run in runs):.2f}",
        f"{of(run.seconds for run in runs):.1f}",
        f"{of(run.share for run in runs):.2f}",
        f"{of(run.megabytes for run in runs):.0f}",
    )
