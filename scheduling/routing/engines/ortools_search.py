"""How OR-Tools searches wherever it is used: from savings, with the operators that small problems need."""

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from scheduling.routing.params import OrToolsParams

NO, YES = 2, 3  # BOOL_FALSE and BOOL_TRUE of ortools.util.OptionalBoolean


def search_parameters(
    params: OrToolsParams, seconds: float, *, beyond_optimum: bool
) -> pywrapcp.DefaultRoutingSearchParameters:
    """At most so many seconds; up to the first local optimum, or beyond it by guided local search."""
    metaheuristics = routing_enums_pb2.LocalSearchMetaheuristic
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    parameters.local_search_metaheuristic = (
        metaheuristics.GUIDED_LOCAL_SEARCH if beyond_optimum else metaheuristics.GREEDY_DESCENT
    )
    chosen = parameters.local_search_operators
    for field in chosen.DESCRIPTOR.fields:
        setattr(chosen, field.name, YES if field.name in params.operators else NO)
    milliseconds = max(1, int(seconds * 1000))
    parameters.time_limit.FromMilliseconds(milliseconds)
    # a second clock, also of the scheduling of breaks: by default 0.1 s, and on a busy machine a solution
    # is then refused that a quiet one accepts, so that the same work gives another plan
    parameters.lns_time_limit.FromMilliseconds(milliseconds)
    return parameters
