"""A search by the clock of the processor, in a process of its own: what it finds does not depend on who else is at work.

Nothing of the search may be imported here: its modules take the clock when they are imported.
"""

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: people, points, doses, hours and kilometres, and what is proven of people."""

    people: int
    proven: int
    unserved_weight: int
    doses_wasted: int
    hours: float
    kilometres: float


def search_apart(problem: str, seconds: float, seed: int = 0) -> Found:
    """The plan of a problem, as JSON, after so many seconds of one processor, with one worker."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_search, problem, seconds, seed).result()


def _search(text: str, seconds: float, seed: int) -> Found:
    time.monotonic = time.perf_counter = time.process_time
    from pydantic import TypeAdapter

    from scheduling.problem import Problem
    from scheduling.routing.engines import list_installed, load_engine
    from scheduling.solve import Limits, solve

    for name in list_installed():
        load_engine(name)
    problem = TypeAdapter(Problem).validate_json(text)
    plan = solve(problem, Limits(seconds), seed=seed)
    assert plan.proven is not None
    return Found(
        people=sum(len(stop.visit.needs) for route in plan.routes for stop in route.stops),
        proven=plan.proven.people_served,
        unserved_weight=plan.values.unserved_weight,
        doses_wasted=plan.values.doses_wasted,
        hours=plan.values.working_seconds / 3600,
        kilometres=plan.values.metres / 1000,
    )
