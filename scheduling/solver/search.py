"""The search: a sound plan at once, then better ones until a limit is reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from scheduling.plan import Reason, Route, Visit
from scheduling.problem import Problem
from scheduling.solver.assemble import routes_of
from scheduling.solver.case import Case
from scheduling.solver.construct import construct
from scheduling.solver.probe import reasons


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: routes, and why each visit without a stop has none."""

    routes: tuple[Route, ...]
    reasons: dict[str, tuple[Reason, ...]]
    seconds: float


def search(
    problem: Problem, visits: Sequence[Visit], seconds: float, solutions: int | None, seed: int
) -> Found:
    """The best routes found within the limits."""
    began = monotonic()
    draft = construct(Case(problem, visits))
    return Found(routes_of(draft), reasons(draft), monotonic() - began)
