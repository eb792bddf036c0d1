"""A sub-problem solved by OR-Tools with every rule inside, taken over only when every rule still holds."""

from dataclasses import dataclass

from ortools.constraint_solver import pywrapcp

from scheduling.routing.engines.ortools_search import search_parameters
from scheduling.solver.decomposition.subproblem import SubProblem
from scheduling.solver.exact.constraints import CONSTRAINTS
from scheduling.solver.exact.routing_model import CareRoutingModel
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.repair import apply_routes
from scheduling.solver.params import DEFAULT, SearchParams

IGNORE_INACTIVE = True


@dataclass(frozen=True, slots=True)
class ResolveEffort:
    """The seconds for one sub-problem; a search beyond its first local optimum uses all of them."""

    seconds: float
    beyond_optimum: bool


def resolve(
    indexed: IndexedProblem,
    draft: Draft,
    sub_problem: SubProblem,
    effort: ResolveEffort,
    params: SearchParams = DEFAULT,
) -> Draft | None:
    """The plan with its sub-problem solved from what it is now; None when the result breaks a rule.

    The model accepts every draft as its start (a test sees to it); where it does not, the sub-problem
    stays as it is.
    """
    if not sub_problem.shifts or not sub_problem.visits:
        return None
    model, parameters = build_model(indexed, draft, sub_problem, effort, params)
    start = model.routing.ReadAssignmentFromRoutes(model.start_routes(), IGNORE_INACTIVE)
    if start is None:
        return None
    found = model.routing.SolveFromAssignmentWithParameters(start, parameters)
    return None if found is None else apply_routes(draft, model.read(found))


def build_model(
    indexed: IndexedProblem,
    draft: Draft,
    sub_problem: SubProblem,
    effort: ResolveEffort,
    params: SearchParams = DEFAULT,
) -> tuple[CareRoutingModel, pywrapcp.DefaultRoutingSearchParameters]:
    """The closed model of a sub-problem with every constraint, and the parameters to search it with."""
    model = CareRoutingModel(indexed, draft, sub_problem, params.weights)
    for constraint in CONSTRAINTS:
        constraint(model)
    parameters = search_parameters(
        params.routing.engines.ortools, effort.seconds, beyond_optimum=effort.beyond_optimum
    )
    model.routing.CloseModelWithParameters(parameters)
    return model, parameters
