"""The first sound plan: an insertion of everything, or what an engine makes of the plain problem."""

from scheduling.plan import Plan
from scheduling.routing.engines import OWN
from scheduling.routing.problem import Effort, Routes
from scheduling.routing.processes import Job
from scheduling.solver.budget import Budget, Tools
from scheduling.solver.decomposition.bridge import Bridge, Restrictions
from scheduling.solver.decomposition.clusters import cut_by_geography
from scheduling.solver.decomposition.subproblem import SubProblem, choose_compatible, may_change
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import Case
from scheduling.solver.model.stock import is_scarce
from scheduling.solver.operators.acceptance import cost_of
from scheduling.solver.operators.insertion import (
    InsertionCosts,
    construct,
    insert_unassigned,
    list_known_stops,
    restore,
)
from scheduling.solver.operators.repair import repair_routes

ENOUGH_VISITS = 30  # fewer are inserted well
LARGE = 600  # visits: more are begun in pieces
MANY_NEW = 200  # visits without a place in the plan that is known: too many to insert one by one
LEVEL = 0  # of VROOM's exploration
ROUNDS = 3  # hundreds, of our own moves


def first_plan(
    case: Case, insertions: InsertionCosts, previous: Plan | None, tools: Tools, budget: Budget
) -> Draft:
    """The best of the ways to begin that suit the problem; what people were told comes first."""
    is_new = previous is None and not case.published
    if is_new and case.size >= ENOUGH_VISITS and budget.seconds > 0:
        draft = at_once(case, insertions, tools, budget)
        is_good = "vroom" in tools.engines or not draft.unassigned()
        if case.size > LARGE or (is_good and not is_scarce(case)):
            return draft
        return min((construct(case, insertions), draft), key=lambda one: cost_of(one.values()))
    known = Draft(case)
    restore(known, list_known_stops(case, previous))
    if len(known.unassigned()) > MANY_NEW and budget.seconds > 0:
        return at_once(case, insertions, tools, budget, known)
    draft = construct(case, insertions, previous)
    insert_unassigned(draft, insertions)
    return draft


def at_once(
    case: Case, insertions: InsertionCosts, tools: Tools, budget: Budget, known: Draft | None = None
) -> Draft:
    """What our own moves make of everything; where they leave visits out, what VROOM makes of it.

    The routes of a plan that is known stay: then it is about the other shifts, and who waits.
    """
    draft = known or Draft(case)
    whole = everything(case, draft) if known is None else beside(case, draft)
    sub_problems = cut_by_geography(case, whole) if case.size > LARGE else [whole]
    bridges = [Bridge(case, draft, sub_problem, Restrictions()) for sub_problem in sub_problems]
    drafts = [
        _made(draft, insertions, bridges, answers) for answers in _own(bridges, tools, budget)
    ]
    if "vroom" in tools.engines and all(one.unassigned() for one in drafts):
        effort = Effort(budget.seconds, LEVEL)
        jobs = [Job("vroom", bridge.problem, None, effort, 0) for bridge in bridges]
        answers = tools.workers.run(jobs, budget.stop)
        drafts.append(_made(draft, insertions, bridges, answers))
    best = min(drafts, key=lambda one: cost_of(one.values()))
    insert_unassigned(best, insertions)
    return best


def _own(bridges: list[Bridge], tools: Tools, budget: Budget) -> list[list[Routes | None]]:
    """Two answers from two seeds to one piece, one answer to many pieces."""
    effort = Effort(budget.seconds, ROUNDS)
    seeds = (0, 1) if len(bridges) == 1 else (0,)
    jobs = [Job(OWN, one.problem, None, effort, seed) for seed in seeds for one in bridges]
    answers = tools.workers.run(jobs, budget.stop)
    return [answers[k : k + len(bridges)] for k in range(0, len(answers), len(bridges))]


def _made(
    draft: Draft, insertions: InsertionCosts, bridges: list[Bridge], answers: list[Routes | None]
) -> Draft:
    """The pieces together as one plan that keeps every rule."""
    found: dict[int, tuple[int, ...]] = {}
    for bridge, routes in zip(bridges, answers, strict=True):
        found |= bridge.to_shifts(routes) if routes is not None else {}
    return repair_routes(draft, insertions, found) or draft


def beside(case: Case, draft: Draft) -> SubProblem:
    """The shifts without stops that may be used together, and the visits that wait."""
    used = {s for s, schedule in enumerate(draft.routes) if schedule}
    free = (s for s in everything(case, draft).shifts if s not in used)
    return SubProblem(tuple(free), tuple(draft.unassigned()))


def everything(case: Case, draft: Draft) -> SubProblem:
    """All shifts that may be used together, and all visits."""
    shifts = [s for s in range(len(case.shifts)) if may_change(case, draft, s)]
    used = [s for s in shifts if draft.routes[s]]
    longest = sorted(
        (s for s in shifts if not draft.routes[s]),
        key=lambda s: (case.opens[s] - case.shifts[s].end, s),
    )
    chosen = sorted({*used, *choose_compatible(case, longest, len(longest))})
    return SubProblem(tuple(chosen), tuple(range(case.size)))
