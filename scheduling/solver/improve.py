"""A part of the plan solved again by OR-Tools, and taken over only when every rule still holds."""

from dataclasses import dataclass

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from scheduling.solver.case import Case
from scheduling.solver.constraints import CONSTRAINTS
from scheduling.solver.draft import Draft
from scheduling.solver.model import Model
from scheduling.solver.part import Part
from scheduling.solver.places import keeps_last

OPERATORS = (
    "use_relocate",
    "use_relocate_pair",
    "use_exchange",
    "use_cross",
    "use_two_opt",
    "use_or_opt",
    "use_make_active",
    "use_relocate_and_make_active",
    "use_make_inactive",
    "use_swap_active",
    "use_extended_swap_active",
    "use_lin_kernighan",
)
IGNORE_INACTIVE = True
NO, YES = 2, 3  # BOOL_FALSE and BOOL_TRUE of ortools.util.OptionalBoolean


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
    parameters = _parameters(effort)
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


def _parameters(effort: Effort) -> pywrapcp.DefaultRoutingSearchParameters:
    metaheuristics = routing_enums_pb2.LocalSearchMetaheuristic
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    parameters.local_search_metaheuristic = (
        metaheuristics.GUIDED_LOCAL_SEARCH
        if effort.beyond_optimum
        else metaheuristics.GREEDY_DESCENT
    )
    chosen = parameters.local_search_operators
    for field in chosen.DESCRIPTOR.fields:
        setattr(chosen, field.name, YES if field.name in OPERATORS else NO)
    parameters.time_limit.FromMilliseconds(max(1, int(effort.seconds * 1000)))
    return parameters
