"""The first sound plan: an insertion of everything, or what an engine makes of the plain problem."""

from scheduling.plan import Plan
from scheduling.routing import Effort
from scheduling.solver.anneal import cost_of
from scheduling.solver.bridge import Bridge, Holds
from scheduling.solver.case import Case
from scheduling.solver.clusters import clusters
from scheduling.solver.construct import construct, fill
from scheduling.solver.draft import Draft
from scheduling.solver.engines import OWN
from scheduling.solver.part import Part, is_open, without_conflicts
from scheduling.solver.places import Places
from scheduling.solver.takeover import take_over
from scheduling.solver.tools import Budget, Tools
from scheduling.solver.workers import Job

ENOUGH_VISITS = 30  # fewer are inserted well
LARGE = 600  # visits: more are begun in pieces
LEVEL = 0  # of VROOM's exploration
OWN_SECONDS = 2.0  # for each piece, without VROOM


def first_plan(
    case: Case, places: Places, previous: Plan | None, tools: Tools, budget: Budget
) -> Draft:
    """The best of the ways to begin that suit the problem; what people were told comes first."""
    is_new = previous is None and not case.published
    is_large = case.size > LARGE
    begins = ("vroom" in tools.engines and case.size >= ENOUGH_VISITS) or is_large
    if is_new and begins and budget.seconds > 0:
        draft = at_once(case, places, tools, budget)
        if is_large or not draft.waiting():
            return draft
        return min((construct(case, places), draft), key=lambda one: cost_of(one.values()))
    draft = construct(case, places, previous)
    fill(draft, places)
    return draft


def at_once(case: Case, places: Places, tools: Tools, budget: Budget) -> Draft:
    """An engine's answer to everything, in pieces when there is much, with what it can not say repaired."""
    draft = Draft(case)
    parts = clusters(case, everything(case, draft))
    name, effort = OWN, Effort(min(budget.seconds, OWN_SECONDS), 1)
    if "vroom" in tools.engines:
        name, effort = "vroom", Effort(budget.seconds, LEVEL)
    bridges = [Bridge(case, draft, part, Holds()) for part in parts]
    jobs = [Job(name, bridge.problem, None, effort, 0) for bridge in bridges]
    found: dict[int, tuple[int, ...]] = {}
    for bridge, routes in zip(bridges, tools.workers.run(jobs), strict=True):
        found |= bridge.by_shift(routes) if routes is not None else {}
    draft = take_over(draft, places, found) or draft
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
