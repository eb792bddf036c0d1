"""Every way to a plan under one name: ours with all engines, ours with OR-Tools alone, the peers; and what it made."""

from collections.abc import Callable
from typing import Any

from scheduling.objective import values
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.rules import check
from scheduling.solve import Limits, solve
from scheduling.solver.params import DEFAULT, SearchParams
from tests.bench.judge import PENALTY_MINUTES, Judged, judge, travel_of
from tests.bench.peers import PEERS
from tests.bench.runs import (
    BY_PROCESSOR,
    PATIENCE,
    Run,
    Spent,
    apart,
    code,
    keep,
    load,
    now,
    processor_seconds,
)
from tests.bench.told import Told

OURS, ALONE, FIRST = "ours", "OR-Tools alone", "ours, first plan"
ENGINES = {OURS: ("ortools", "vroom", "pyvrp"), ALONE: ("ortools",), FIRST: ("ortools", "vroom", "pyvrp")}  # fmt: skip


def solved(
    problem: Problem, method: str, seconds: float, seed: int, params: SearchParams = DEFAULT
) -> Plan:
    """Our own plan, with these engines as far as the search can choose them."""
    most, stop = 2 * seconds, None
    if BY_PROCESSOR:
        seconds *= PATIENCE

        def stop() -> bool:
            return processor_seconds() >= most

    limits = Limits(seconds, workers=2, engines=ENGINES[method])
    plan = solve(problem, limits, seed=seed, stop=stop, params=params)
    assert plan.values == values(problem, plan.routes)
    return plan


def measure(
    table: str,
    instance: str,
    make: Callable[[], Problem],
    method: str,
    *,
    seconds: float,
    seed: int,
    work: Callable[[Problem], Any] | None = None,
) -> Run:
    """One run in its own process, judged here and kept."""
    problem = make()

    def default() -> Any:
        if method in PEERS:
            return PEERS[method](problem, seconds, seed)
        return solved(problem, method, seconds, seed)

    found, spent = apart(default if work is None else lambda: work(problem))
    judged = found if isinstance(found, Plan) else judge(problem, found)
    run = of(table, instance, method, seed, seconds, problem, judged, spent)
    keep(run)
    return run


def of(
    table: str,
    instance: str,
    method: str,
    seed: int,
    limit: float,
    problem: Problem,
    judged: Judged | Plan,
    spent: Spent,
) -> Run:
    """What was made, in the figures of the tables."""
    plan = judged if isinstance(judged, Plan) else judged.plan
    broken = check(problem, plan)
    assert not broken, broken[:3]
    found = plan.values
    return Run(
        table,
        instance,
        method,
        seed,
        limit,
        cost=PENALTY_MINUTES * found.unserved_weight + found.working_seconds / 60 - least(problem),
        unserved=found.unserved_weight,
        working=found.working_seconds / 60,
        travel=travel_of(problem, plan) / 60,
        wasted=found.doses_wasted,
        served=sum(len(route.stops) for route in plan.routes),
        dropped=0 if isinstance(judged, Plan) else judged.dropped,
        seconds=round(spent.seconds, 2),
        share=round(spent.processor / max(0.01, 2 * spent.seconds), 2),
        megabytes=round(spent.megabytes),
        load=load(),
        code=code(),
        at=now(),
        more={"first": float(plan.first_sound_seconds or 0.0)},
    )


def least(problem: Problem) -> float:
    """Minutes that all visits take with their fastest crews: no plan that serves all can do without them."""
    return sum(min(row.values()) for row in Told(problem).service) / 60
