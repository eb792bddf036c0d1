"""The whole country one region after the other, and one region-day of 2,000 calls.

Run by `make bench`, or in parts: SECONDS=10 COUNT=5 pytest tests/bench/test_large_plans.py -k national. Regions
that were measured with this commit and limit are not run again. PLAN_BARS=1 makes the bars a test.
"""

import os
from functools import partial

import pytest

from scheduling.problem import Problem
from tests.bench import country, regions
from tests.bench.judge import Orders
from tests.bench.methods import ALONE, OURS, measure
from tests.bench.peers import vroom_orders
from tests.bench.runs import SECONDS, Run, code, kept, machine, median, now, publish, table
from tests.bench.told import Told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
SEED = 11
COUNT = int(os.environ.get("COUNT", "25"))
DAY_SECONDS = 60.0
QUICK = "VROOM, level 1"
HEAD = ("instance", "method", "calls", "unserved weight", "beyond least", "driving", "seconds",
        "of 2 cores", "MB")  # fmt: skip


def one(code_of_region: str) -> Problem:
    """One region of the country; the same as in the whole run."""
    return next(p for name, p in regions.national(SEED) if name == code_of_region)


def test_national(capsys):
    done = {run.instance for run in kept("national", SECONDS) if run.code == code()}
    waiting = [name for name in country.codes() if name not in done]
    for name in waiting[:COUNT]:
        measure("national", name, partial(one, name), OURS, seconds=SECONDS, seed=1)

    runs = kept("national", SECONDS)
    total = sum(run.seconds for run in runs)
    notes = (
        f"{len(runs)} of 25 regions in {total / 60:.1f} min, one after the other, at most"
        f" {max(run.megabytes for run in runs):.0f} MB; median share of the two cores {median(r.share for r in runs):.2f}.\n"
        f"{now()}; {machine()}; commits {', '.join(sorted({run.code for run in runs}))}"
    )
    publish("national", table(f"25 regions, {SECONDS:.0f} s each", HEAD, [row(run) for run in runs], notes), capsys)  # fmt: skip
    if os.environ.get("PLAN_BARS"):
        assert len(runs) == 25
        assert total <= 13 * 60
        assert max(run.megabytes for run in runs) < 1024


def quick(problem: Problem) -> Orders:
    return vroom_orders(Told(problem), 1, DAY_SECONDS)


@pytest.mark.parametrize("method", [OURS, ALONE, QUICK])
def test_a_large_day(method: str, capsys):
    make = partial(regions.day, SEED)
    work = quick if method == QUICK else None
    run = measure("day", "2,000 calls", make, method, seconds=DAY_SECONDS, seed=1, work=work)

    rows = [row(found) for found in kept("day", DAY_SECONDS)]
    notes = f"{now()}; {machine()}; commit {code()}"
    publish("day", table("One day of 2,000 calls, 60 s", HEAD, rows, notes), capsys)
    if os.environ.get("PLAN_BARS") and method == OURS:
        assert run.seconds <= DAY_SECONDS


def row(run: Run) -> tuple[str, ...]:
    return (
        run.instance,
        run.method,
        f"{run.served:,}",
        f"{run.unserved:,}",
        f"{run.cost - run.unserved:,.0f}",
        f"{run.travel:,.0f}",
        f"{run.seconds:.1f}",
        f"{run.share:.2f}",
        f"{run.megabytes:.0f}",
    )
