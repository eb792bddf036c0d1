"""Stored problems with the digest of the plan that each gave: a move of code must change none of them.

`python -m tests.scheduling.equal_plans` compares them all and names those that differ; with `--write` today's
digests are kept, which only a change that means to make other plans may do.
"""

import argparse
import hashlib
import json
import sys
import zlib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

from pydantic import TypeAdapter

from scheduling.problem import Problem
from scheduling.routing.problem import Effort, RoutingProblem
from scheduling.solve import Limits, solve, solve_routing

FOLDER = Path(__file__).parents[1] / "instances/plans"
DIGESTS = FOLDER / "digests.json"
PROBLEM: TypeAdapter[Problem] = TypeAdapter(Problem)
ROUTING: TypeAdapter[RoutingProblem] = TypeAdapter(RoutingProblem)
# Times of the clock and versions of libraries are no part of what a plan says.
# Nor do the digests know what was said of pins and of promises later.
LEFT_OUT = frozenset(
    (
        "seconds",
        "first_sound_seconds",
        "solver",
        "engines",
        "pin_faults",
        "held",
        "taken",
        "moved",
        "made",
    )
)
ENOUGH_SECONDS = 300.0  # far more than the rounds take, so that no clock decides
PARTS = 4  # in which the tests compare them


def canonical(value: object) -> object:
    """The same structure as JSON can hold, with sets in order."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = (field.name for field in fields(value) if field.name not in LEFT_OUT)
        return {name: canonical(getattr(value, name)) for name in kept}
    if isinstance(value, dict):
        return {str(key): canonical(item) for key, item in sorted(value.items())}
    if isinstance(value, (frozenset, set)):
        return sorted(json.dumps(canonical(item)) for item in value)
    if isinstance(value, (tuple, list)):
        return [canonical(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def digest(made: object) -> str:
    """A short name of everything that a plan says."""
    return hashlib.sha256(json.dumps(canonical(made), sort_keys=True).encode()).hexdigest()[:16]


def digests_of(path: Path) -> Iterator[str]:
    """Plans of one stored problem: a fresh one, one after it was published, one by OR-Tools alone."""
    text = zlib.decompress(path.read_bytes())
    if path.name.startswith("routing"):
        problem = ROUTING.validate_json(text)
        for engines in (None, ("ortools",)):
            effort = Effort(seconds=ENOUGH_SECONDS, work=2)
            found = solve_routing(problem, effort, seed=3, engines=engines, workers=1)
            yield digest((found.routes, found.cost))
        return
    asked = PROBLEM.validate_json(text)
    first = solve(asked, Limits(ENOUGH_SECONDS, rounds=3), seed=1)
    yield digest(first)
    yield digest(solve(asked, Limits(ENOUGH_SECONDS, rounds=2), seed=2, previous=first))
    alone = Limits(ENOUGH_SECONDS, rounds=2, engines=("ortools",))
    yield digest(solve(asked, alone, seed=3))


def stored() -> list[Path]:
    """Every stored problem."""
    return sorted(FOLDER.glob("*.json.z"))


def differing(paths: list[Path]) -> dict[str, tuple[list[str], list[str]]]:
    """The problems whose plans are not those that were kept: kept and found digests by name."""
    kept = json.loads(DIGESTS.read_text())
    found = {path.name: list(digests_of(path)) for path in paths}
    return {
        name: (kept.get(name, []), made) for name, made in found.items() if kept.get(name) != made
    }


def main() -> int:
    """Compare, or keep what is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        found = {path.name: list(digests_of(path)) for path in stored()}
        DIGESTS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        return 0
    other = differing(stored())
    sys.stdout.write(f"{len(stored()) - len(other)} of {len(stored())} as kept {other or ''}\n")
    return 1 if other else 0


if __name__ == "__main__":
    sys.exit(main())
