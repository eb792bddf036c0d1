"""Plans and judgements as one JSON object, for programs."""

from collections.abc import Sequence
from dataclasses import asdict, fields

from scheduling.plan import Plan, Values, Violation
from scheduling.problem import Problem
from scheduling.routing.benchmark import Instance
from services.offline.solving import RoutesFound
from services.planner.record import PLAN, to_bound, to_counts, to_replay

ORDER = (
    "unserved_weight",
    "late_next_doses",
    "doses_wasted",
    "moved_stops",
    "working_seconds",
    "metres",
)
Said = dict[str, object]


def plan_said(problem: Problem, plan: Plan) -> Said:
    """The plan with its objective in lexicographic order, its bound and its counts."""
    counts, proven = to_counts(plan).model_dump(), to_bound(plan)
    served = {need for route in plan.routes for stop in route.stops for need in stop.visit.needs}
    return {
        "objective": objective(plan.values),
        "bound": dict(zip(ORDER, plan.bound, strict=False)) if plan.bound else None,
        "proven": None if proven is None else proven.model_dump(),
        "counts": {
            **counts,
            "doses_planned": len(served),
            "crisis_visits_unserved": sum(row.visit_id is not None for row in plan.unassigned),
            "shifts_in_problem": len(problem.shifts),
            "released_pins": len(plan.released_pins),
        },
        "engines": list(plan.engines),
        "seed": plan.seed,
        "seconds": round(plan.seconds, 3),
        "first_sound_plan_seconds": _rounded(plan.first_sound_seconds),
        "replay": to_replay(problem, plan).model_dump(),
        "violations": 0,
        "plan": PLAN.dump_python(plan, mode="json"),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def objective(values: Values) -> dict[str, int]:
    """Values by name: those of the objective in their order, then the others."""
    rest = [field.name for field in fields(values) if field.name not in ORDER]
    return {name: getattr(values, name) for name in (*ORDER, *rest)}


def routes_said(instance: Instance, found: RoutesFound, seed: int) -> Said:
    """Routes in customer numbers of the file; distance in the unit of the convention."""
    left_out = sorted((instance.numbers[node], reason) for node, reason in found.left_out.items())
    return {
        "name": instance.name,
        "convention": instance.convention.value,
        "routes": [[instance.numbers[node] for node in route] for route in found.routes],
        "unassigned": [number for number, _ in left_out],
        "reasons": {str(number): reason.value for number, reason in left_out},
        "distance": in_unit(instance, found.distance),
        "vehicles": len(found.routes),
        "bound": None,  # no engine proves one; the field stays for readers of older output
        "engine": found.engine,
        "seed": seed,
        "seconds": round(found.seconds, 3),
        "first_sound_plan_seconds": _rounded(found.first_seconds),
        "violations": 0,
    }


def in_unit(instance: Instance, distance: int) -> int | float:
    """A distance in the unit of the file: a whole number stays one."""
    return distance if instance.scale == 1 else distance / instance.scale


def judgement_said(violations: Sequence[Violation], values: Said) -> Said:
    """The violations that the judge found, by rule and one by one."""
    by_rule: dict[str, int] = {}
    for row in violations:
        by_rule[row.rule] = by_rule.get(row.rule, 0) + 1
    return {
        "violations": len(violations),
        "by_rule": by_rule,
        "rows": [asdict(row) for row in violations],
        **values,
    }
