"""The independent judge: rules and values of a plan, counted again without any solver."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from scheduling.objective import values
from scheduling.plan import Plan, Route, Values, Violation
from scheduling.problem import Problem
from scheduling.routing.benchmark import Instance, LeftOut, find_barred, find_faults, total_distance
from scheduling.rules import check
from scheduling.validation.rows import validate

HALF_A_DIGIT = 0.5


def judge_plan(problem: Problem, plan: Plan) -> tuple[tuple[Violation, ...], Values | None]:
    """Every rule that the plan breaks and every value of its own that is not so, and the values counted.

    A plan that names what the problem does not have can not be judged any further (None). Raises
    InvalidProblem when the problem contradicts itself.
    """
    validate(problem)
    unknown = tuple(_unknown(problem, plan))
    if unknown:
        return unknown, None
    counted = values(problem, plan.routes)
    return (*check(problem, plan), *_other_values(plan.values, counted)), counted


def _unknown(problem: Problem, plan: Plan) -> Iterator[Violation]:
    for field in ("region", "as_of", "horizon_start"):
        if getattr(problem, field) != getattr(plan, field):
            yield Violation("same_problem", field, "other than that of the problem")
    known: dict[str, set[str | None]] = {
        "shift": {row.id for row in problem.shifts},
        "location": {row.id for row in problem.locations},
        "campaign": {None, *(row.id for row in problem.campaigns)},
        "product": {None, *(row.id for row in problem.products)},
    }
    for r, route in enumerate(plan.routes):
        for where, kind, name in _names(r, route):
            if name not in known[kind]:
                yield Violation("known", where, f"no such {kind} in the problem")
    yield from _unknown_needs(problem, plan)


def _unknown_needs(problem: Problem, plan: Plan) -> Iterator[Violation]:
    doses = {(row.person_id, row.campaign_id, row.dose_no) for row in problem.needs}
    for r, route in enumerate(plan.routes):
        for s, stop in enumerate(route.stops):
            for n, (person, dose) in enumerate(stop.visit.needs):
                if (person, stop.visit.campaign_id, dose) not in doses:
                    where = f"routes[{r}].stops[{s}].visit.needs[{n}]"
                    yield Violation("known", where, "no such need in the problem")


def _names(r: int, route: Route) -> Iterator[tuple[str, str, str | None]]:
    yield f"routes[{r}].shift_id", "shift", route.shift_id
    for s, stop in enumerate(route.stops):
        where = f"routes[{r}].stops[{s}].visit"
        yield f"{where}.location_id", "location", stop.visit.location_id
        yield f"{where}.campaign_id", "campaign", stop.visit.campaign_id
        yield f"{where}.product_id", "product", stop.visit.product_id


def _other_values(said: Values, counted: Values) -> Iterator[Violation]:
    found = asdict(counted)
    for name, value in asdict(said).items():
        if value != found[name]:
            yield Violation("values", name, f"the plan says {value}, counted {found[name]}")


def judge_routes(
    instance: Instance, routes: Sequence[Sequence[int]], left_out: dict[int, LeftOut | None]
) -> tuple[Violation, ...]:
    """Every rule that routes of nodes break; each customer is in a route once or said to be left out."""
    made = {node for route in routes for node in route}
    found = list(find_faults(instance, routes))
    never = find_barred(instance)
    for node in range(1, instance.size):
        name = f"customer {instance.numbers[node]}"
        if node not in made and node not in left_out:
            found.append(Violation("once", name, "in no route"))
        if node in made and node in left_out:
            found.append(Violation("once", name, "in a route and left out"))
        said = left_out.get(node)
        if said not in (None, LeftOut.VEHICLES_FULL) and never.get(node) is not said:
            found.append(Violation("reason", name, f"not {said}"))
    return tuple(found)


def judge_distance(
    instance: Instance, routes: Sequence[Sequence[int]], said: float
) -> tuple[Violation, ...]:
    """Whether a distance is that of the routes, to half of the last digit."""
    counted = total_distance(instance, routes)
    if abs(said * instance.scale - counted) <= HALF_A_DIGIT:
        return ()
    detail = f"the plan says {said:g}, counted {counted / instance.scale:g}"
    return (Violation("distance", "routes", detail),)
