"""The first feasible plan: by an engine on the plain problem, or by insertion."""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.plan import Plan
from scheduling.routing.engines import SISR
from scheduling.routing.problem import Effort, Routes
from scheduling.routing.processes import EngineJob
from scheduling.solver.budget import Budget, SearchResources
from scheduling.solver.columns.whole import WholePlan
from scheduling.solver.decomposition.bridge import Bridge, Restrictions
from scheduling.solver.decomposition.clusters import cut_by_geography
from scheduling.solver.decomposition.subproblem import SubProblem, choose_compatible, may_change
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.stock import is_scarce
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.construction import (
    add_by_dose,
    construct,
    construct_by_dose,
    list_known_stops,
    restore,
)
from scheduling.solver.operators.insertion import InsertionCosts, insert_unassigned
from scheduling.solver.operators.repair import repair_routes
from scheduling.solver.params import CostWeights, SearchParams
from scheduling.solver.phases.dear_doses import cut_dear_rests


@dataclass(frozen=True, slots=True)
class FirstPlan:
    """A first plan, maybe of visits that were cut, and the columns of which it was made, if it was."""

    draft: Draft
    whole: WholePlan | None = None


def build_first_plan(
    indexed: IndexedProblem,
    insertions: InsertionCosts,
    previous: Plan | None,
    resources: SearchResources,
    budget: Budget,
) -> FirstPlan:
    """The best of the constructions that suit the problem; published stops and an earlier plan come first."""
    fixed = Draft(indexed)
    if not has_work(fixed):
        return FirstPlan(fixed)
    is_new = previous is None and not indexed.published
    is_many = indexed.size > resources.params.columns.enough_visits
    if is_new and is_many and (is_scarce(indexed) or are_hours_short(indexed, resources.params)):
        # where stock or hours decide who is served columns do
        first = _plan_by_columns(fixed, insertions)
        if list_waiting(first.draft):
            return first
    return FirstPlan(_plan_by_routes(fixed, insertions, previous, resources, budget))


def are_hours_short(indexed: IndexedProblem, params: SearchParams) -> bool:
    """Whether the visits alone, each by its fastest crew, take so much of all shifts that somebody will stay out."""
    visits = (v for v in range(indexed.size) if indexed.possible_shifts[v])
    needed = sum(min(indexed.service[v][s] for s in indexed.possible_shifts[v]) for v in visits)
    hours = sum(shift.end - at for shift, at in zip(indexed.shifts, indexed.opens, strict=True))
    return needed > params.start.short_share * hours


def _plan_by_columns(fixed: Draft, insertions: InsertionCosts) -> FirstPlan:
    """The plan that serves most of some that shifts choose in turn, and by insertion where that is cheap or doses follow on doses."""
    params = insertions.params.columns
    whole = WholePlan(fixed, insertions.params)
    whole.warm(params.first_steps)
    cut = cut_dear_rests(fixed, whole, insertions.params)
    if cut is not None:
        fixed, whole = cut.draft, cut.whole
        insertions = InsertionCosts(fixed.indexed, insertions.params)
        whole.warm(params.cut_steps)
    drafts = whole.take_in_turn()
    if fixed.indexed.follows or fixed.indexed.size <= params.few_visits:
        drafts.append(construct_by_dose(fixed.indexed, insertions))
    return FirstPlan(min(drafts, key=lambda draft: draft.values().as_tuple()), whole)


def _plan_by_routes(
    fixed: Draft,
    insertions: InsertionCosts,
    previous: Plan | None,
    resources: SearchResources,
    budget: Budget,
) -> Draft:
    """The plan of engines, or of insertion where visits are few or known."""
    params, indexed = resources.params, fixed.indexed
    is_new = previous is None and not indexed.published
    if is_new and indexed.size >= params.start.enough_visits and budget.seconds > 0:
        draft = plan_with_engines(indexed, insertions, resources, budget)
        # insertion by weight for each dose serves more where stock decides, and where nobody but SISR
        # tried and it left visits out
        is_good = "vroom" in resources.engines or not draft.unassigned()
        if indexed.size > params.start.whole_up_to or (is_good and not is_scarce(indexed)):
            return draft
        return _cheapest((construct(indexed, insertions), draft), params.weights)
    known = fixed.copy()
    restore(known, list_known_stops(indexed, previous))
    if len(known.unassigned()) > params.start.many_new and budget.seconds > 0:
        return plan_with_engines(indexed, insertions, resources, budget, known)
    if is_new or previous is not None or budget.seconds > 0 or not is_scarce(indexed):
        draft = construct(indexed, insertions, previous)
    else:  # the first answer to an event: where stock decides, insertion by dose serves more
        draft = known
        add_by_dose(draft, insertions)
    insert_unassigned(draft, insertions)
    return draft


def has_work(draft: Draft) -> bool:
    """Whether a search could change anything: a stop that may move, or a dose for somebody who has none."""
    indexed = draft.indexed
    return any(
        draft.may_get_some(v) if s == NOWHERE else v not in indexed.is_pinned
        for v, s in enumerate(draft.where)
    )


def list_waiting(draft: Draft) -> list[int]:
    """Unassigned visits that some shift could make."""
    return [v for v in draft.unassigned() if draft.indexed.possible_shifts[v]]


def plan_with_engines(
    indexed: IndexedProblem,
    insertions: InsertionCosts,
    resources: SearchResources,
    budget: Budget,
    known: Draft | None = None,
) -> Draft:
    """The plan that SISR makes of everything and, where it leaves visits out, the plan that VROOM makes.

    The routes of a known plan stay: then it is about the idle shifts and the unassigned visits.
    """
    params = resources.params
    draft = known or Draft(indexed)
    whole = take_everything(indexed, draft) if known is None else take_idle_shifts(indexed, draft)
    sub_problems = (
        cut_by_geography(indexed, whole, params.clusters)
        if indexed.size > params.start.whole_up_to
        else [whole]
    )
    bridges = [
        Bridge(indexed, draft, sub_problem, Restrictions(), params.weights)
        for sub_problem in sub_problems
    ]
    drafts = [
        _merge_answers(draft, insertions, bridges, answers)
        for answers in _solve_with_sisr(bridges, resources, budget)
    ]
    if "vroom" in resources.engines and all(one.unassigned() for one in drafts):
        effort = Effort(budget.seconds, params.start.vroom_level)
        jobs = [
            EngineJob("vroom", bridge.problem, None, effort, 0, params.routing.engines)
            for bridge in bridges
        ]
        answers = resources.workers.run(jobs, budget.stop)
        drafts.append(_merge_answers(draft, insertions, bridges, answers))
    best = _cheapest(drafts, params.weights)
    insert_unassigned(best, insertions)
    return best


def _solve_with_sisr(
    bridges: list[Bridge], resources: SearchResources, budget: Budget
) -> list[list[Routes | None]]:
    """Answers from several seeds when there is one sub-problem, one answer each when there are many."""
    params = resources.params
    effort = Effort(budget.seconds, params.start.sisr_work)
    seeds = params.start.seeds if len(bridges) == 1 else params.start.seeds[:1]
    jobs = [
        EngineJob(SISR, one.problem, None, effort, seed, params.routing.engines)
        for seed in seeds
        for one in bridges
    ]
    answers = resources.workers.run(jobs, budget.stop)
    return [answers[k : k + len(bridges)] for k in range(0, len(answers), len(bridges))]


def _merge_answers(
    draft: Draft, insertions: InsertionCosts, bridges: list[Bridge], answers: list[Routes | None]
) -> Draft:
    """The answers to all sub-problems as one feasible plan."""
    found: dict[int, tuple[int, ...]] = {}
    for bridge, routes in zip(bridges, answers, strict=True):
        found |= bridge.to_shifts(routes) if routes is not None else {}
    return repair_routes(draft, insertions, found) or draft


def _cheapest(drafts: Sequence[Draft], weights: CostWeights) -> Draft:
    return min(drafts, key=lambda one: weighted_cost(one.values(), weights))


def take_idle_shifts(indexed: IndexedProblem, draft: Draft) -> SubProblem:
    """The idle shifts that can be used together, and the unassigned visits."""
    used = {s for s, schedule in enumerate(draft.routes) if schedule}
    free = (s for s in take_everything(indexed, draft).shifts if s not in used)
    return SubProblem(tuple(free), tuple(draft.unassigned()))


def take_everything(indexed: IndexedProblem, draft: Draft) -> SubProblem:
    """All shifts that can be used together, and all visits.

    Of shifts that exclude each other those with stops go first, then the longest.
    """
    shifts = [s for s in range(len(indexed.shifts)) if may_change(indexed, draft, s)]
    used = [s for s in shifts if draft.routes[s]]
    longest = sorted(
        (s for s in shifts if not draft.routes[s]),
        key=lambda s: (indexed.opens[s] - indexed.shifts[s].end, s),
    )
    chosen = sorted({*used, *choose_compatible(indexed, longest, len(longest))})
    return SubProblem(tuple(chosen), tuple(range(indexed.size)))
