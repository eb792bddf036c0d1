"""The search, phase by phase: a feasible plan at once, then better ones until a limit is reached.

The phases are described in docs/solver.md. Clocks only end the search: with a limit of rounds and time
enough, the plan depends on the problem, the seed and the engines alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from random import Random
from time import monotonic

from scheduling.limits import Limits
from scheduling.plan import Plan, Route, Visit
from scheduling.problem import Problem
from scheduling.routing.engines import choose_engines
from scheduling.routing.processes import ShouldStop, Workers
from scheduling.solver.budget import Budget, SearchResources
from scheduling.solver.model.draft import Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned
from scheduling.solver.params import DEFAULT, SearchParams
from scheduling.solver.phases.diagnose import Diagnosis, diagnose
from scheduling.solver.phases.exchange import exchange_residents
from scheduling.solver.phases.improvement import Improvement
from scheduling.solver.phases.last_places import fits_anybody, serve_who_fits
from scheduling.solver.phases.pairs import pin_pairs
from scheduling.solver.phases.priority import serve_priority_first
from scheduling.solver.phases.serving import serve_visits
from scheduling.solver.phases.split_visits import split_unassigned
from scheduling.solver.phases.start import build_first_plan, has_work

LIBRARIES = {"ortools": "ortools", "pyvrp": "pyvrp", "vroom": "pyvroom"}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The routes found, and why each visit without a stop has none."""

    routes: tuple[Route, ...]
    diagnosis: Diagnosis
    seconds: float
    rounds: int
    first_sound_seconds: float
    engines: tuple[str, ...]
    visits: tuple[Visit, ...]  # as they were grouped, some of them split
    indexed: IndexedProblem  # with these visits


@dataclass(frozen=True, slots=True)
class SearchStart:
    """How a search begins: its seed, an earlier plan, who may stop it, and the numbers that tune it."""

    seed: int = 0
    previous: Plan | None = None
    stop: ShouldStop | None = None
    params: SearchParams = DEFAULT
    bound: Mapping[str, int] = field(default_factory=dict)  # visits that keep their day
    is_explained: bool = True  # whether anybody asks why a visit has no stop
    is_last: bool = (
        True  # False: somebody looks at everybody afterwards, as who puts back what was taken does
    )


def search(
    problem: Problem, visits: Sequence[Visit], limits: Limits, search_start: SearchStart
) -> SearchResult:
    """The best routes found within the limits."""
    began, params = monotonic(), search_start.params
    engines = choose_engines(limits.engines)
    budget = Budget(began + limits.seconds, limits.rounds, search_start.stop)
    with Workers(limits.workers, params.routing.workers) as workers:
        resources = SearchResources(engines, workers, Random(search_start.seed), params)
        indexed = IndexedProblem(problem, visits)
        for name, day in search_start.bound.items():
            indexed.bind_to_day(indexed.index[name], day, params.time.told_weight)
        pin_pairs(indexed)
        insertions = InsertionCosts(indexed, params)
        # seconds for splitting and exchanging at the end
        once = monotonic() - began
        kept = min(
            (params.time.split_factor + params.time.exchange_factor) * once,
            limits.seconds * params.time.split_share,
        )
        budget = replace(budget, until=budget.until - kept)
        plan = build_first_plan(indexed, insertions, search_start.previous, resources, budget)
        first = monotonic() - began
        works = has_work(plan.draft)
        if not works:
            budget = replace(budget, until=began)
        draft = serve_visits(plan, resources, budget)
        if draft.indexed is not indexed:  # some visits were cut
            indexed, insertions = draft.indexed, InsertionCosts(draft.indexed, params)
        improvement = Improvement(indexed, insertions, draft, resources)
        improvement.run(budget)
    whole = replace(budget, until=began + limits.seconds)
    is_last = search_start.is_last
    draft, insertions = (
        _serve_whatever_it_costs(improvement.draft, insertions, whole, once, is_last=is_last)
        if works
        else serve_who_fits(improvement.draft, insertions)
    )
    names = tuple(f"{name} {version(LIBRARIES[name])}" for name in engines)
    taken = monotonic() - began
    return SearchResult(
        routes=to_routes(draft),
        diagnosis=diagnose(draft, insertions) if search_start.is_explained else Diagnosis(),
        seconds=taken,
        rounds=improvement.rounds,
        first_sound_seconds=first,
        engines=names,
        visits=draft.indexed.visits,
        indexed=draft.indexed,
    )


def _serve_whatever_it_costs(
    draft: Draft, insertions: InsertionCosts, budget: Budget, once: float, *, is_last: bool
) -> tuple[Draft, InsertionCosts]:
    """Whom the search left out and who still fits: it weighs people against work, the agreed order does not.

    `once` is the seconds that it took to index the problem; only what `is_last` looks for everybody one by one.
    """
    insert_unassigned(draft, insertions)
    full: Draft | None = draft
    # beside a published plan mostly nobody fits: one look at all saves the others
    if not draft.indexed.published or fits_anybody(draft, insertions):
        full = None
        draft, insertions = split_unassigned(draft, insertions, budget)
    draft, insertions = serve_priority_first(draft, insertions)
    early = replace(budget, until=budget.until - insertions.params.time.exchange_factor * once)
    draft, insertions = exchange_residents(draft, insertions, early)
    is_done = draft is full or not is_last
    return (draft, insertions) if is_done else serve_who_fits(draft, insertions)
