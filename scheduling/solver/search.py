"""The search: a sound plan at once, then better ones until a limit is reached.

Clocks are read to stop only: with a limit of rounds and time enough, the plan depends on the problem,
the seed and the engines alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from random import Random
from time import monotonic

from scheduling.limits import Limits
from scheduling.plan import Plan, Reason, Route, Visit
from scheduling.problem import Problem
from scheduling.routing.engines import chosen
from scheduling.routing.processes import Stop, Workers
from scheduling.solver.budget import Budget, Tools
from scheduling.solver.model.draft import to_routes
from scheduling.solver.model.indexed import Case
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned
from scheduling.solver.phases.bound import bound
from scheduling.solver.phases.diagnose import reasons
from scheduling.solver.phases.improvement import Improvement
from scheduling.solver.phases.pairs import hold
from scheduling.solver.phases.split_visits import with_smaller_calls
from scheduling.solver.phases.start import first_plan

LIBRARIES = {"ortools": "ortools", "pyvrp": "pyvrp", "vroom": "pyvroom"}


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: routes, and why each visit without a stop has none."""

    routes: tuple[Route, ...]
    reasons: dict[str, tuple[Reason, ...]]
    seconds: float
    rounds: int
    first_sound_seconds: float
    engines: tuple[str, ...]
    visits: tuple[Visit, ...]  # as they were grouped, some of them cut
    bound: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a search begins: a seed, a plan made before, and who may stop it."""

    seed: int = 0
    previous: Plan | None = None
    stop: Stop | None = None


def search(
    problem: Problem, visits: Sequence[Visit], limits: Limits, beginning: Beginning
) -> Found:
    """The best routes found within the limits."""
    began = monotonic()
    engines = chosen(limits.engines)
    budget = Budget(began + limits.seconds, limits.solutions, beginning.stop)
    with Workers(limits.workers) as workers:
        tools = Tools(engines, workers, Random(beginning.seed))
        case = Case(problem, visits)
        hold(case)
        insertions = InsertionCosts(case)
        kept = min(2 * (monotonic() - began), limits.seconds / 10)  # for smaller calls at the end
        budget = replace(budget, until=budget.until - kept)
        draft = first_plan(case, insertions, beginning.previous, tools, budget)
        first = monotonic() - began
        improvement = Improvement(case, insertions, draft, tools)
        improvement.run(budget)
    draft = improvement.draft
    insert_unassigned(draft, insertions)
    draft, insertions = with_smaller_calls(draft, insertions)
    names = tuple(f"{name} {version(LIBRARIES[name])}" for name in engines)
    taken = monotonic() - began
    return Found(
        routes=to_routes(draft),
        reasons=reasons(draft, insertions),
        seconds=taken,
        rounds=improvement.rounds,
        first_sound_seconds=first,
        engines=names,
        visits=draft.case.visits,
        bound=bound(draft.case, draft.values()),
    )
