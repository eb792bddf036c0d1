"""The plan that a changed problem would get, made as the answer to a fact is: everything published that is still allowed stays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Problem
from scheduling.scenarios.changes import Change, change
from scheduling.scenarios.comparison import Figures, compute_figures
from scheduling.solve import repair


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan, the problem that it was made of, and what it is worth beside what is published."""

    problem: Problem
    plan: Plan
    figures: Figures


def answer_now(problem: Problem, *, seed: int = 0) -> Answer:
    """What stands now, with whoever can be added at once: the first column of every comparison."""
    plan = repair(problem, Limits(0), seed=seed)
    return Answer(problem, plan, compute_figures(problem, plan))


def answer_scenario(
    problem: Problem,
    changes: Sequence[Change],
    limits: Limits,
    *,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
) -> Answer:
    """The plan if these things happened. Raises NotInPlan, InvalidProblem for changes that contradict each other, as `repair`."""
    supposed = change(problem, changes)
    plan = repair(supposed, limits, seed=seed, stop=stop)
    return Answer(supposed, plan, compute_figures(problem, plan, supposed))
