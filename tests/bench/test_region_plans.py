"""Regions that every engine can be told: our plan, OR-Tools alone and the peers, with the same cores and time.

Run by `make bench`, or in parts: SECONDS=10 SEEDS=1 REGIONS=11-loose METHODS="ours;VROOM"
pytest tests/bench/test_region_plans.py. Every run is kept in test-results/plans; peers are not run again unless FRESH=1. The table is made of what is there.
On a busy machine BUDGET=processor gives each so many seconds of two cores instead. PLAN_BARS=1 makes the bars a test.
"""

import os
from collections.abc import Callable, Iterable
from functools import partial

import pytest

from scheduling.problem import Problem
from tests.bench import regions
from tests.bench.methods import ALONE, FIRST, OURS, measure
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
TABLE = "regions"
INSTANCES: dict[str, Callable[[], Problem]] = {
    "11-loose": partial(regions.region, 11, 300, "loose"),
    "12-medium": partial(regions.region, 12, 300, "medium"),
    "13-short": partial(regions.region, 13, 380, "short"),
    "14-medium": partial(regions.region, 14, 200, "medium", "estimate"),
    "15-loose": partial(regions.region, 15, 400, "loose", "estimate"),
    "22-scarce": partial(regions.region, 22, 300, "scarce", "estimate"),
    "17-medium": partial(regions.region, 17, 100, "medium"),
    "18-short": partial(regions.region, 18, 360, "short"),
}
CHOSEN = [name for name in os.environ.get("REGIONS", "").split(",") if name] or list(INSTANCES)
METHODS = (OURS, FIRST, ALONE, *PEERS)
ASKED = [name for name in os.environ.get("METHODS", "").split(";") if name] or METHODS
WITHOUT_SEED = {"VROOM"}
UNSURE = 3.0  # seconds in which a first plan must be there


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("instance", CHOSEN)
def test_a_region(instance: str, method: str, seed: int):
    if method not in ASKED or (method in WITHOUT_SEED and seed > 1):
        pytest.skip("not asked for")
    seconds = UNSURE if method == FIRST else SECONDS
    if method in PEERS and is_kept(TABLE, instance, method, seed, seconds):
        pytest.skip("measured before")

    run = measure(TABLE, instance, INSTANCES[instance], method, seconds=seconds, seed=seed)

    assert run.served


def test_the_table_of_regions(capsys):
    runs = [*kept(TABLE, SECONDS), *(run for run in kept(TABLE, UNSURE) if run.method == FIRST)]
    rows, ratios, firsts = [], {OURS: [], ALONE: [], FIRST: []}, []
    for instance in INSTANCES:
        here = [run for run in runs if run.instance == instance]
        best = best_of(here)
        for method in METHODS:
            mine = [run for run in here if run.method == method]
            if mine:
                ratio = cost(mine) / best if best else float("nan")
                if method in ratios and best:
                    ratios[method].append(ratio)
                rows.append(row(instance, method, mine, ratio))
        firsts += first_of(instance, here)

    publish(
        TABLE,
        table(
            f"Regions, {SECONDS:.0f} s, medians over the seeds",
            ("instance", "method", "seeds", "cost", "to best peer", "unserved weight", "beyond least", "unserved + driving",
             "driving", "seconds", "of 2 cores", "MB"),
            rows,
            "\n".join((*summary(ratios), *firsts, f"{now()}; {machine()}; commits {', '.join(sorted({run.code for run in runs}))}")),
        ),
        capsys,
    )  # fmt: skip
    if os.environ.get("PLAN_BARS"):
        assert median(ratios[OURS]) <= 1.0
        assert max(ratios[OURS]) <= 1.02


def cost(runs: Iterable[Run]) -> float:
    return median(run.cost for run in runs)


def best_of(runs: list[Run]) -> float:
    """The cost of the best peer, each by its median."""
    by_method = {run.method for run in runs if run.method in PEERS}
    return min((cost(r for r in runs if r.method == name) for name in by_method), default=0.0)


def first_of(instance: str, runs: list[Run]) -> Iterable[str]:
    """When the first sound plan was there, and how far the plan after 3 s is from the last one."""
    ours = [run for run in runs if run.method == OURS]
    soon = [run for run in runs if run.method == FIRST]
    if ours and soon:
        at = median(run.more["first"] for run in soon)
        whole = median(run.seconds for run in soon)
        above = cost(soon) / cost(ours) - 1
        yield f"{instance}: first sound plan after {at:.1f} s; after {whole:.1f} s {above:+.1%} of the last one"


def row(instance: str, method: str, runs: list[Run], ratio: float) -> tuple[str, ...]:
    return (
        instance,
        method,
        str(len(runs)),
        f"{cost(runs):,.0f}",
        f"{ratio:.3f}",
        f"{median(run.unserved for run in runs):,.0f}",
        f"{median(run.cost - run.unserved for run in runs):,.0f}",
        f"{median(run.unserved + run.travel for run in runs):,.0f}",
        f"{median(run.travel for run in runs):,.0f}",
        f"{median(run.seconds for run in runs):.1f}",
        f"{median(run.share for run in runs):.2f}",
        f"{median(run.megabytes for run in runs):.0f}",
    )


def summary(ratios: dict[str, list[float]]) -> Iterable[str]:
    """Medians and worst over the instances."""
    yield "Cost in minutes: unserved weight, and working time beyond the least that the visits take."
    for method, rows in ratios.items():
        if rows:
            yield (
                f"{method}: median {median(rows):.3f} of the best peer, worst {max(rows):.3f},"
                f" {len(rows)} instances"
            )
