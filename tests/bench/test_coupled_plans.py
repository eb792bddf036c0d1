"""Stock, series and containers: our plan, our plan to which waste is nothing, and the peers' plans made valid.

Run by `make bench`, or in parts as test_region_plans. Every rule is checked on every plan; what breaks one in a
plan of somebody who could not be told of it is dropped and counted. PLAN_BARS=1 makes the bars a test.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.solver.params import DEFAULT
from tests.bench import regions
from tests.bench.methods import ALONE, OURS, measure, solved
from tests.bench.peers import PEERS
from tests.bench.runs import (
    SECONDS,
    SEEDS,
    Run,
    is_kept,
    kept,
    machine,
    median,
    now,
    publish,
    table,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TABLE = "coupled"
IGNORANT = "ours, waste ignored"
METHODS = (OURS, ALONE, IGNORANT, *PEERS)
INSTANCES: dict[str, Callable[[], Problem]] = {
    f"coupled {seed}": partial(regions.coupled, seed) for seed in (11, 12, 13, 14)
}
CHOSEN = [name for name in os.environ.get("REGIONS", "").split(",") if name] or list(INSTANCES)
ASKED = [name for name in os.environ.get("METHODS", "").split(";") if name] or METHODS
WITHOUT_SEED = {"VROOM"}


def ignoring_waste(problem: Problem, seconds: float, seed: int) -> Plan:
    """Our plan when a wasted dose costs nothing; runs in a process of its own."""
    weights = replace(DEFAULT.weights, wasted=0)
    return solved(problem, OURS, seconds, seed, replace(DEFAULT, weights=weights))


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("instance", CHOSEN)
def test_a_coupled_region(instance: str, method: str, seed: int):
    if method not in ASKED or (method in WITHOUT_SEED and seed > 1):
        pytest.skip("not asked for")
    if method in PEERS and is_kept(TABLE, instance, method, seed, SECONDS):
        pytest.skip("measured before")

    work: Callable[[Problem], Any] | None = None
    if method == IGNORANT:
        work = partial(ignoring_waste, seconds=SECONDS, seed=seed)
    run = measure(
        TABLE, instance, INSTANCES[instance], method, seconds=SECONDS, seed=seed, work=work
    )

    assert run.served


def test_the_table_of_coupled_regions(capsys):
    runs = kept(TABLE, SECONDS)
    rows, wastes, roads, compared = [], [], [], []
    for instance in INSTANCES:
        here = {m: [r for r in runs if r.instance == instance and r.method == m] for m in METHODS}
        rows += [row(instance, method, mine) for method, mine in here.items() if mine]
        if here[OURS] and here[IGNORANT]:
            compared.append(instance)
            wastes.append(of(here[OURS], "wasted") / max(1.0, of(here[IGNORANT], "wasted")))
            roads.append(of(here[OURS], "travel") / of(here[IGNORANT], "travel"))

    notes = [
        "Violations: none, in no plan. Dropped: calls of a plan that broke a rule its maker could not be told."
    ]
    for instance, waste, road in zip(compared, wastes, roads, strict=True):
        notes.append(
            f"{instance}: {waste:.0%} of the waste of the plan that ignores it, driving x {road:.2f}"
        )
    notes.append(f"{now()}; {machine()}; commits {', '.join(sorted({run.code for run in runs}))}")
    head = ("instance", "method", "seeds", "calls", "dropped", "unserved weight", "doses wasted",
            "working min", "driving min", "seconds", "of 2 cores", "MB")  # fmt: skip
    title = f"Coupled regions, {SECONDS:.0f} s, medians over the seeds"
    publish(TABLE, table(title, head, rows, "\n".join(notes)), capsys)
    if os.environ.get("PLAN_BARS"):
        assert max(wastes) <= 0.5
        assert max(roads) <= 1.3


def of(runs: Iterable[Run], what: str) -> float:
    return median(getattr(run, what) for run in runs)


def row(instance: str, method: str, runs: list[Run]) -> tuple[str, ...]:
    figures = ("served", "dropped", "unserved", "wasted", "working", "travel")
    return (
        instance,
        method,
        str(len(runs)),
        *(f"{of(runs, what):,.0f}" for what in figures),
        f"{of(runs, 'seconds'):.1f}",
        f"{of(runs, 'share'):.2f}",
        f"{of(runs, 'megabytes'):.0f}",
    )
