"""Columns decide who is served: the whole plan by columns, then repairs by columns around unassigned visits.

Only where somebody is unassigned whom some shift could serve; afterwards the improvement polishes travel
and hours, and loses nobody.
"""

from dataclasses import replace
from random import Random

from scheduling.solver.budget import Budget, SearchResources
from scheduling.solver.column_params import ColumnRepairParams
from scheduling.solver.columns.repair import is_better, repair_by_columns
from scheduling.solver.columns.whole import WholePlan
from scheduling.solver.decomposition.subproblem import may_change
from scheduling.solver.model.draft import Draft
from scheduling.solver.params import SearchParams
from scheduling.solver.phases.dear_doses import cut_dear_rests
from scheduling.solver.phases.split_visits import cut_unassigned
from scheduling.solver.phases.start import FirstPlan, list_waiting


def serve_visits(first: FirstPlan, resources: SearchResources, budget: Budget) -> Draft:
    """The plan with as many visits as columns can serve, and what is left cut into parts for the search that follows."""
    params, draft = resources.params, first.draft
    if not list_waiting(draft):
        return draft
    if draft.indexed.size <= params.columns.enough_visits:
        return cut_unassigned(draft, params.split)
    until = _until(budget, params.columns.time_share)
    whole = serve_by_columns(
        first, params, replace(budget, until=_until(budget, params.columns.dive_share))
    )
    budget = replace(budget, until=until)
    repair_unassigned(whole, resources, budget)
    best = cut_unassigned(whole, params.split)
    repair_unassigned(best, resources, budget)
    return best


def serve_by_columns(first: FirstPlan, params: SearchParams, budget: Budget) -> Draft:
    """The plan that columns make, when it is better; a published plan is only repaired."""
    best = draft = first.draft.copy()
    if budget.seconds and not best.indexed.published:
        whole = first.whole or WholePlan(draft, params)
        whole.warm(params.columns.dive.subgradient_steps, budget)
        cut = cut_dear_rests(draft, whole, params)
        draft, whole = (cut.draft, cut.whole) if cut is not None else (draft, whole)
        found = whole.dive(draft, budget)
        best = found if is_better(found, best, params) else best
    return best


def _until(budget: Budget, share: float) -> float:
    """The moment at which a share of the time that is left is spent."""
    return budget.until - budget.seconds * (1 - share)


def repair_unassigned(draft: Draft, resources: SearchResources, budget: Budget) -> None:
    """Repairs around unassigned visits, drawn by weight, until the budget is spent or many gained nothing."""
    params, random = resources.params.columns.repair, resources.random
    idle = tries = 0
    while idle < params.idle and budget.allows_round(tries) and (waiting := list_waiting(draft)):
        v = random.choices(waiting, [draft.indexed.weight[u] for u in waiting])[0]
        shifts = _choose_shifts(draft, v, random, params)
        entering = _choose_entering(draft, v, shifts, params)
        before = draft.values().unserved_weight
        repair_by_columns(draft, shifts, entering, budget, random, resources.params)
        idle = 0 if draft.values().unserved_weight < before else idle + 1
        tries += 1


def _choose_shifts(draft: Draft, v: int, random: Random, params: ColumnRepairParams) -> list[int]:
    """Shifts that could make a visit: the nearest, or those of one depot; then others nearby or of that depot."""
    indexed = draft.indexed
    possible = [s for s in indexed.possible_shifts[v] if may_change(indexed, draft, s)]
    if not possible:
        return []
    noise = {s: random.uniform(*params.distance_noise) for s in range(len(indexed.shifts))}
    ranked = sorted(possible, key=lambda s: (_distance(draft, v, s) * noise[s], s))
    chosen = ranked[: params.shifts // 2]
    same = random.random() < params.same_depot_rate
    depot = indexed.shifts[chosen[0]].depot_id
    others = [
        s
        for s in range(len(indexed.shifts))
        if s not in chosen
        and may_change(indexed, draft, s)
        and (not same or indexed.shifts[s].depot_id == depot)
    ]
    others.sort(key=lambda s: (noise[s] if same else _distance(draft, v, s) * noise[s], s))
    return sorted([*chosen, *others[: params.shifts - len(chosen)]])


def _distance(draft: Draft, v: int, s: int) -> int:
    """Seconds from a visit to the nearest stop of a shift, its depot included."""
    indexed = draft.indexed
    places = [indexed.home[s], *(indexed.place[u] for u in draft.visits(s))]
    return min(indexed.travel[indexed.place[v]][place] for place in places) + 60


def _choose_entering(
    draft: Draft, v: int, shifts: list[int], params: ColumnRepairParams
) -> list[int]:
    """The visit and other unassigned ones that these shifts could make, the nearest first."""
    indexed, chosen = draft.indexed, set(shifts)
    near = indexed.travel[indexed.place[v]]
    others = [
        u
        for u in list_waiting(draft)
        if u != v and not chosen.isdisjoint(indexed.possible_shifts[u])
    ]
    others.sort(key=lambda u: (near[indexed.place[u]], u))
    return [v, *others[: params.unassigned]]
