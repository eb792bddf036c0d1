"""A part of the plan solved again by OR-Tools, and taken over only when every rule still holds."""

from dataclasses import dataclass

from ortools.constraint_solver import pywrapcp

from scheduling.solver.case import Case
from scheduling.solver.constraints import CONSTRAINTS
from scheduling.solver.descent import search_parameters
from scheduling.solver.draft import Draft
from scheduling.solver.model import Model
from scheduling.solver.part import Part
from scheduling.solver.places import keeps_last

IGNORE_INACTIVE = True


@dataclass(frozen=True, slots=True)
class Effort:
    """What one part may take; beyond its first local optimum a search ends by the clock only."""

    seconds: float
    beyond_optimum: bool


def solve_again(case: Case, draft: Draft, part: Part, effort: Effort) -> Draft | None:
    """The plan with its part solved again, from what it is now; None when that broke a rule.

    The model takes every draft as its start (test); a part that it should refuse is left as it is.
    """
    if not part.shifts or not part.visits:
        return None
    model, parameters = model_of(case, draft, part, effort)
    start = model.routing.ReadAssignmentFromRoutes(model.start_routes(), IGNORE_INACTIVE)
    if start is None:
        return None
    found = model.routing.SolveFromAssignmentWithParameters(start, parameters)
    return None if found is None else taken_over(draft, model.read(found))


def model_of(
    case: Case, draft: Draft, part: Part, effort: Effort
) -> tuple[Model, pywrapcp.DefaultRoutingSearchParameters]:
    """The closed model of a part, with every constraint, and how it is to be searched."""
    model = Model(case, draft, part)
    for constraint in CONSTRAINTS:
        constraint(model)
    parameters = search_parameters(effort.seconds, beyond_optimum=effort.beyond_optimum)
    model.routing.CloseModelWithParameters(parameters)
    return model, parameters


def taken_over(draft: Draft, routes: dict[int, tuple[int, ...]]) -> Draft | None:
    """The plan with other routes in some shifts; None when they break a rule together."""
    other = draft.copy()
    for s in routes:
        if not other.put(s, tuple(v for v in other.visits(s) if v in other.case.is_pinned)):
            return None
    fits = all(_take(other, s, visits) for s, visits in routes.items())
    return other if fits else None


def _take(draft: Draft, s: int, visits: tuple[int, ...]) -> bool:
    """Make a route visit by visit, as every rule is asked about one more visit."""
    case = draft.case
    if not keeps_last(case, visits):
        return False
    for v in visits:
        if v in case.is_pinned:
            continue
        made = {*draft.visits(s), v}
        if not (draft.allows(v, s) and draft.fits(v, s)):
            return False
        if not draft.put(s, tuple(u for u in visits if u in made)):
            return False
    return draft.visits(s) == visits
