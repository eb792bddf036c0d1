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
from scheduling.solver.scarcity import is_scarce
from scheduling.solver.takeover import take_over
from scheduling.solver.tools import Budget, Tools
from scheduling.solver.workers import Job

ENOUGH_VISITS = 30  # fewer are inserted well
LARGE = 600  # visits: more are begun in pieces
WORK = {"vroom": 0, OWN: 5}  # level of exploration; hundreds of rounds


def first_plan(
    case: Case, places: Places, previous: Plan | None, tools: Tools, budget: Budget
) -> Draft:
    """The best of the ways to begin that suit the problem; what people were told comes first."""
    is_new = previous is None and not case.published
    if is_new and case.size >= ENOUGH_VISITS and budget.seconds > 0:
        draft = at_once(case, places, tools, budget)
        is_good = "vroom" in tools.engines or not draft.waiting()
        if case.size > LARGE or (is_good and not is_scarce(case)):
            return draft
        return min((construct(case, places), draft), key=lambda one: cost_of(one.values()))
    draft = construct(case, places, previous)
    fill(draft, places)
    return draft


def at_once(case: Case, places: Places, tools: Tools, budget: Budget) -> Draft:
    """The best of what engines make of everything, in pieces when there is much, repaired."""
    empty = Draft(case)
    bridges = [
        Bridge(case, empty, part, Holds()) for part in clusters(case, everything(case, empty))
    ]
    names = ["vroom", OWN] if "vroom" in tools.engines else [OWN]
    jobs = [
        Job(name, bridge.problem, None, Effort(budget.seconds, WORK[name]), 0)
        for name in names
        for bridge in bridges
    ]
    answers = tools.workers.run(jobs, budget.stop)
    drafts = [empty]
    for k in range(len(names)):
        found: dict[int, tuple[int, ...]] = {}
        mine = answers[k * len(bridges) : (k + 1) * len(bridges)]
        for bridge, routes in zip(bridges, mine, strict=True):
            found |= bridge.by_shift(routes) if routes is not None else {}
        drafts.append(take_over(empty, places, found) or empty)
    best = min(drafts, key=lambda draft: cost_of(draft.values()))
    fill(best, places)
    return best


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
