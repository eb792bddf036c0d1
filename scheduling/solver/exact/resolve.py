"""A part of the plan solved again by OR-Tools, and taken over only when every rule still holds."""

from dataclasses import dataclass

from ortools.constraint_solver import pywrapcp

from scheduling.routing.engines.ortools_search import search_parameters
from scheduling.solver.decomposition.subproblem import Part
from scheduling.solver.exact.constraints import CONSTRAINTS
from scheduling.solver.exact.routing_model import Model
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import Case
from scheduling.solver.operators.repair import taken_over

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
