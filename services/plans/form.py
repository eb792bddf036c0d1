"""The one JSON form of problems and plans: what `plan_records` keep and what files hold."""

import zlib
from dataclasses import replace

from pydantic import ConfigDict, TypeAdapter

from infra.travel.matrix import unpack
from scheduling.plan import Plan
from scheduling.problem import Problem, Travel

Computed = tuple[Problem, Plan]
Strict = ConfigDict(
    extra="forbid", strict=True
)  # for files: what a record knows too much is dropped

RECORD: TypeAdapter[Computed] = TypeAdapter(Computed)
PROBLEM: TypeAdapter[Problem] = TypeAdapter(Problem)
PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)
# A config reaches plain dataclasses only from something around them.
PROBLEM_FILE: TypeAdapter[tuple[Problem]] = TypeAdapter(tuple[Problem], config=Strict)
PLAN_FILE: TypeAdapter[tuple[Plan]] = TypeAdapter(tuple[Plan], config=Strict)


def to_record(problem: Problem, plan: Plan) -> bytes:
    """What is hashed, packed and kept of a plan: of its travel the version, for the matrix is kept apart, once."""
    travel = Travel(problem.travel.version, (), ())
    return RECORD.dump_json((replace(problem, travel=travel), plan))


def from_record(packed: bytes, matrix: bytes | None = None) -> Computed:
    """The problem and the plan of a record, to be computed or judged again; older records hold their travel."""
    problem, plan = RECORD.validate_json(zlib.decompress(packed))
    if matrix is not None:
        problem = replace(problem, travel=unpack(matrix).to_travel())
    return problem, plan
