"""The search: a sound plan at once, then better ones until a limit is reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from time import monotonic

from scheduling.plan import Reason, Route, Visit
from scheduling.problem import Problem
from scheduling.solver.anneal import accepts, cost_of
from scheduling.solver.assemble import routes_of
from scheduling.solver.case import Case
from scheduling.solver.construct import construct, fill
from scheduling.solver.draft import Draft
from scheduling.solver.places import Places
from scheduling.solver.probe import reasons
from scheduling.solver.ruin import Ruin

import os
T0=float(os.environ.get('T0','2000')); T1=float(os.environ.get('T1','20'))

@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: routes, and why each visit without a stop has none."""

    routes: tuple[Route, ...]
    reasons: dict[str, tuple[Reason, ...]]
    seconds: float


def search(
    problem: Problem, visits: Sequence[Visit], seconds: float, solutions: int | None, seed: int
) -> Found:
    """The best routes found within the limits."""
    began = monotonic()
    case = Case(problem, visits)
    places = Places(case)
    draft = construct(case, places)
    fill(draft)
    print('constructed', monotonic()-began, draft.values())
    draft = improve(case, places, draft, Random(seed), began + seconds)
    fill(draft)
    return Found(routes_of(draft), reasons(draft), monotonic() - began)

def improve(case, places, draft, random, until):
    ruin = Ruin(case, places, random)
    best, best_v = draft, draft.values().as_tuple()
    now = cost_of(draft.values())
    start=monotonic(); n=0
    total=max(1e-6,until-start)
    while (t:=monotonic()) < until:
        temp = T0*(T1/T0)**((t-start)/total)
        other = ruin.round(draft); n+=1
        v=other.values()
        c=cost_of(v)
        if accepts(now,c,temp,random):
            draft,now=other,c
            if v.as_tuple()<best_v: best,best_v=other,v.as_tuple()
    print('rounds',n, best.values())
    return best
