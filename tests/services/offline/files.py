"""Files for tests, and the command as its user types it, in this process."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from scheduling.problem import Problem
from services.__main__ import app
from services.planner.record import PROBLEM
from tests.scheduling.builders import a_problem

SOLOMON = """SMALL

VEHICLE
NUMBER     CAPACITY
  2          100

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0          0          0          0        200          0
    1      3          4         40          0        100         10
    2      6          8         50         30         90         10
    3      0         10         30          0        100         10
"""
VRPLIB = """NAME : small
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 100
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 0 10
DEMAND_SECTION
1 0
2 40
3 50
4 30
DEPOT_SECTION
1
-1
EOF
"""


def run(*words: object) -> Result:
    """`prikploeg plan <words>`; an error that is not told in words is an error of the test."""
    return CliRunner().invoke(app, ["plan", *map(str, words)], catch_exceptions=False)


def quick(file: Path, *words: object) -> Result:
    """A plan at once, in one process."""
    return run("solve", file, "--seconds", "5", "--work", "1", "--workers", "1", *words)


def as_json(problem: Problem | None = None) -> dict[str, Any]:
    """A problem as the object of its file."""
    found: dict[str, Any] = json.loads(PROBLEM.dump_json(problem or a_problem()))
    return found


def write(folder: Path, content: object, name: str = "problem.json") -> Path:
    """A file with a text, bytes, a problem, or any JSON."""
    file = folder / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif isinstance(content, str):
        file.write_text(content)
    else:
        is_problem = isinstance(content, Problem)
        file.write_text(json.dumps(as_json(content) if is_problem else content))
    return file
