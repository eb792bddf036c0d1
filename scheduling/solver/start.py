"""The first sound plan: an insertion of everything, or what VROOM makes of the whole plain problem."""

from scheduling.plan import Plan
from scheduling.routing import Effort
from scheduling.solver.anneal import cost_of
from scheduling.solver.bridge import Bridge, Holds
from scheduling.solver.case import Case
from scheduling.solver.construct import construct, fill
from scheduling.solver.draft import Draft
from scheduling.solver.part import Part, is_open, without_conflicts
from scheduling.solver.places import Places
from scheduling.solver.takeover import take
from scheduling.solver.tools import Budget, Tools
from scheduling.solver.workers import Job

ENOUGH_VISITS = 30  # fewer are inserted well
LEVEL = 0  # of VROOM's exploration


def first_plan(
    case: Case, places: Places, previous: Plan | None, tools: Tools, budget: Budget
) -> Draft:
    """The best of the ways to begin that suit the problem; what people were told comes first."""
    is_new = previous is None and not case.published
    if is_new and "vroom" in tools.engines and case.size >= ENOUGH_VISITS and budget.seconds > 0:
        draft = whole(case, places, tools, Effort(budget.seconds, LEVEL))
        if draft is not None and not draft.waiting():
            return draft
        drafts = [construct(case, places), *([draft] if draft else [])]
        return min(drafts, key=lambda one: cost_of(one.values()))
    draft = construct(case, places, previous)
    fill(draft, places)
    return draft


def whole(case: Case, places: Places, tools: Tools, effort: Effort) -> Draft | None:
    """VROOM's answer to everything at once, with what it can not say repaired."""
    empty = Draft(case)
    bridge = Bridge(case, empty, everything(case, empty), Holds())
    job = Job("vroom", bridge.problem, None, effort, 0)
    (routes,) = tools.workers.run([job])
    if routes is None:
        return None
    draft = take(empty, places, bridge.by_shift(routes))
    if draft is not None:
        fill(draft, places)
    return draft


def everything(case: Case, draft: Draft) -> Part:
    """All shifts that may be used together, and all visits."""
    shifts = [s for s in range(len(case.shifts)) if is_open(case, draft, s)]
    used = [s for s in shifts if draft.routes[s]]
    longest = sorted(
        (s for s in shifts if not draft.routes[s]),
        key=lambda s: (case.opens[s] - case.shifts[s].end, s),
    )
    chosen = sorted({*used, *without_conflicts(case, longest, len(longest))})
    return Part(tuple(chosen), tuple(range(case.size)))
