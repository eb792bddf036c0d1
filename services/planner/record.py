"""The one JSON form of problems and plans, in `plan_records` and in files."""

import hashlib
import zlib
from collections import Counter
from dataclasses import replace
from math import ceil, floor
from typing import Final

from pydantic import ConfigDict, TypeAdapter

from events.plans import PlanBound, PlanCounts, PlanReplay, PlanValues
from infra.travel.matrix import unpack
from scheduling.care.lookup import needs_by_key
from scheduling.plan import Plan
from scheduling.problem import Problem, Travel
from scheduling.robustness import replay

Computed = tuple[Problem, Plan]
Strict = ConfigDict(
    extra="forbid", strict=True
)  # for files; in a record unknown fields are dropped

# 2.6 MB take 10 ms where the usual level takes 24, while an event waits for its answer; they become a tenth larger.
RECORD_LEVEL: Final = 1
RECORD: TypeAdapter[Computed] = TypeAdapter(Computed)
PROBLEM: TypeAdapter[Problem] = TypeAdapter(Problem)
PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
# pydantic applies a config to plain dataclasses only through a type around them.
PROBLEM_FILE: TypeAdapter[tuple[Problem]] = TypeAdapter(tuple[Problem], config=Strict)
PLAN_FILE: TypeAdapter[tuple[Plan]] = TypeAdapter(tuple[Plan], config=Strict)


def to_record(problem: Problem, plan: Plan) -> bytes:
    """Serialises a problem and its plan, with the version of the travel only: the matrix is stored apart, once."""
    return _write_problem(problem) + PLAN.dump_json(plan) + b"]"


def _write_problem(problem: Problem) -> bytes:
    """The record up to its plan."""
    travel = Travel(problem.travel.version, (), ())
    return b"[" + PROBLEM.dump_json(replace(problem, travel=travel)) + b","


class BegunRecord:
    """The record of a problem whose plan is still searched: nearly all of it, written and compressed meanwhile."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        text = _write_problem(problem)
        self._digest = hashlib.sha256(text)
        self._packer = zlib.compressobj(RECORD_LEVEL)
        self._packed = self._packer.compress(text)

    def complete(self, plan: Plan) -> tuple[str, bytes]:
        """The digest of the whole record, and the record compressed."""
        text = PLAN.dump_json(plan) + b"]"
        digest, packer = self._digest.copy(), self._packer.copy()
        digest.update(text)
        return digest.hexdigest(), self._packed + packer.compress(text) + packer.flush()


def from_record(packed: bytes, matrix: bytes | None = None) -> Computed:
    """Restores problem and plan from a record; older records contain their travel matrix."""
    problem, plan = RECORD.validate_json(zlib.decompress(packed))
    if matrix is not None:
        problem = replace(problem, travel=unpack(matrix).to_travel())
    return problem, plan


def to_counts(plan: Plan) -> PlanCounts:
    """Counts what a plan serves and costs; a person with several reasons counts under the strongest."""
    served = {need for route in plan.routes for stop in route.stops for need in stop.visit.needs}
    reasons = Counter(row.reasons[0].value for row in plan.unassigned if row.person_id is not None)
    return PlanCounts(
        people_served=len({person for person, _ in served}),
        people_unserved=len(
            {row.person_id for row in plan.unassigned if row.person_id is not None}
        ),
        unserved_reasons=dict(sorted(reasons.items())),
        visits=sum(len(route.stops) for route in plan.routes),
        locations=len({stop.visit.location_id for route in plan.routes for stop in route.stops}),
        shifts=sum(1 for route in plan.routes if route.stops),
        doses_wasted=plan.values.doses_wasted,
        working_minutes=plan.values.working_seconds // 60,
        metres=plan.values.metres,
        moved_stops=plan.values.moved_stops,
    )


def to_priorities(problem: Problem, plan: Plan) -> dict[str, int]:
    """Counts the people whom a plan serves by their priority, the highest first."""
    needs = needs_by_key(problem)
    of_people: dict[str, int] = {}
    for route in plan.routes:
        for stop in route.stops:
            for person, dose in stop.visit.needs:
                need = needs[person, stop.visit.campaign_id or "", dose]
                of_people[person] = max(need.priority, of_people.get(person, 0))
    found = Counter(of_people.values())
    return {str(priority): found[priority] for priority in sorted(found, reverse=True)}


def to_replay(problem: Problem, plan: Plan) -> PlanReplay:
    """Drives the plan a thousand times; shares are rounded down and late containers up, so that no plan looks better."""
    found = replay(problem, plan)
    return PlanReplay(
        on_time_percent=floor(100 * found.inside),
        back_on_time_percent=floor(100 * (1 - found.back_late)),
        containers_late=ceil(found.containers_late),
    )


def to_bound(plan: Plan) -> PlanBound | None:
    """Converts what is proven of a plan to what could still be gained; None for plans of which nothing is."""
    proven = plan.proven
    if proven is None:
        return None
    served = sum(len(stop.visit.needs) for route in plan.routes for stop in route.stops)
    left = sum(row.person_id is not None for row in plan.unassigned)
    return PlanBound(
        relaxation=proven.relaxation,
        people_more=max(0, min(proven.people_served - served, left)),
        weight_more=max(0, plan.values.unserved_weight - proven.unserved_weight),
        doses_saved=max(0, plan.values.doses_wasted - proven.doses_wasted),
    )


def to_values(plan: Plan) -> PlanValues:
    """Converts the parts of the objective that planners see besides the counts."""
    return PlanValues(
        late_next_doses=plan.values.late_next_doses,
        other_team=plan.values.other_team,
        days_off=plan.values.days_off,
    )
