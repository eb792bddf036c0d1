"""The one JSON form of problems and plans: what `plan_records` keep and what files hold."""

import zlib

from pydantic import ConfigDict, TypeAdapter

from scheduling.plan import Plan
from scheduling.problem import Problem

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
    """What is hashed, packed and kept of a plan."""
    return RECORD.dump_json((problem, plan))


def from_record(packed: bytes) -> Computed:
    """The problem and the plan of a record, to be computed or judged again."""
    return RECORD.validate_json(zlib.decompress(packed))
