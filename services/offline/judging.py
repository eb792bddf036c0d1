"""The independent judge: checks rules and recomputes the objective of a plan without any solver."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from scheduling.kept import check_kept
from scheduling.objective import values
from scheduling.plan import Plan, Values, Violation
from scheduling.problem import Problem
from scheduling.routing.benchmark import Instance, LeftOut, find_barred, find_faults, total_distance
from scheduling.rules import check
from scheduling.rules.coverage import Dangling, find_dangling
from scheduling.validation.rows import validate

HALF_A_DIGIT = 0.5  # in units of the scale: what rounding to the last digit may hide


def judge_plan(problem: Problem, plan: Plan) -> tuple[tuple[Violation, ...], Values | None]:
    """Rules that the plan breaks, values that it states wrongly, and the values as recomputed.

    A plan that names what the problem does not have cannot be judged any further (None). Raises
    InvalidProblem when the problem contradicts itself.
    """
    validate(problem)
    unknown = tuple(_unknown(problem, plan))
    if unknown:
        return unknown, None
    counted = values(problem, plan.routes)
    found = (*check_kept(problem), *check(problem, plan), *_other_values(plan.values, counted))
    return found, counted


def _unknown(problem: Problem, plan: Plan) -> Iterator[Violation]:
    for field in ("region", "as_of", "horizon_start"):
        if getattr(problem, field) != getattr(plan, field):
            yield Violation("same_problem", field, "other than that of the problem")
    for row in find_dangling(problem, plan):
        yield Violation("known", _path(row), f"no such {row.kind} in the problem")


def _path(row: Dangling) -> str:
    """Where it stands in a plan file."""
    if row.stop is None:
        return f"routes[{row.route}].shift_id"
    visit = f"routes[{row.route}].stops[{row.stop}].visit"
    return f"{visit}.{row.kind}_id" if row.need is None else f"{visit}.needs[{row.need}]"


def _other_values(said: Values, counted: Values) -> Iterator[Violation]:
    found = asdict(counted)
    for name, value in asdict(said).items():
        if value != found[name]:
            yield Violation("values", name, f"the plan says {value}, counted {found[name]}")


def judge_routes(
    instance: Instance, routes: Sequence[Sequence[int]], left_out: dict[int, LeftOut | None]
) -> tuple[Violation, ...]:
    """Rules that the routes break: each customer is in one route once, or stated to be unassigned."""
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
    """A violation unless the stated distance is that of the routes, within half of its last digit."""
    counted = total_distance(instance, routes)
    if abs(said * instance.scale - counted) <= HALF_A_DIGIT:
        return ()
    detail = f"the plan says {said:g}, counted {counted / instance.scale:g}"
    return (Violation("distance", "routes", detail),)
