"""The search: a sound plan at once, then better ones until a limit is reached.

The only module that reads a clock, and only to stop: with a limit of rounds and time enough, the plan
depends on the problem and the seed alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from time import monotonic

from scheduling.plan import Plan, Reason, Route, Visit
from scheduling.problem import Problem
from scheduling.solver.anneal import cost_of
from scheduling.solver.assemble import routes_of
from scheduling.solver.case import Case
from scheduling.solver.construct import construct, fill
from scheduling.solver.draft import NOWHERE, Draft
from scheduling.solver.improve import Effort, solve_again
from scheduling.solver.part import choose
from scheduling.solver.places import Places
from scheduling.solver.probe import reasons
from scheduling.solver.ruin import Ruin
from scheduling.solver.together import hold

PART_SECONDS = 0.3
RUINS = 30  # ruins for each part that OR-Tools solves
STALE_ROUNDS = (
    8  # rounds without gain after which parts are searched beyond their first local optimum
)
FEW_VISITS = 12  # so few are solved by descents and ruins alone
IDLE_ROUNDS = 40  # a search ends after so many rounds without gain, and more for each visit


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: routes, and why each visit without a stop has none."""

    routes: tuple[Route, ...]
    reasons: dict[str, tuple[Reason, ...]]
    seconds: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search ends: at a moment, or after so many rounds."""

    until: float
    rounds: int | None
    climbs: bool  # whether parts may be searched beyond their first local optimum

    def is_left(self, round_no: int) -> bool:
        """Whether another round may begin."""
        return monotonic() < self.until and (self.rounds is None or round_no < self.rounds)

    def effort(self, stale: int) -> Effort:
        """What one part may take: with a limit of rounds no clock decides, but for the last moment."""
        left = max(0.0, self.until - monotonic())
        if self.rounds is not None or not self.climbs:
            return Effort(left, beyond_optimum=False)
        return Effort(min(left, PART_SECONDS), beyond_optimum=stale >= STALE_ROUNDS)


def search(
    problem: Problem,
    visits: Sequence[Visit],
    budget: tuple[float, int | None],
    seed: int,
    previous: Plan | None = None,
) -> Found:
    """The best routes found within seconds and rounds; `previous` is a plan to begin from."""
    began = monotonic()
    case = Case(problem, visits)
    hold(case)
    places = Places(case)
    draft = construct(case, places, previous)
    fill(draft, places)
    seconds, rounds = budget
    improvement = Improvement(case, places, draft, Random(seed))
    improvement.run(Budget(began + seconds, rounds, case.size > FEW_VISITS))
    draft = improvement.draft
    fill(draft, places)
    taken = monotonic() - began
    return Found(routes_of(draft), reasons(draft, places), taken, improvement.rounds)


class Improvement:
    """Rounds of one part solved again by OR-Tools and some ruins; only what is better is kept."""

    def __init__(self, case: Case, places: Places, draft: Draft, random: Random) -> None:
        self.case = case
        self.draft = draft
        self.rounds = 0
        self._random = random
        self._ruin = Ruin(case, places, random)
        self._cost = cost_of(draft.values())

    def run(self, budget: Budget) -> None:
        """Until the budget is spent, or for long nothing better was found."""
        stale = 0
        idle = IDLE_ROUNDS + 4 * self.case.size
        while self._ruin.free and stale < idle and budget.is_left(self.rounds):
            before = self._cost
            self._solve_part(budget.effort(stale))
            for _ in range(RUINS):
                if monotonic() < budget.until:
                    self._keep_better(self._ruin.round(self.draft))
            stale = 0 if self._cost < before else stale + 1
            self.rounds += 1

    def _solve_part(self, effort: Effort) -> None:
        part = choose(self.case, self.draft, self._ruin.near[self._seed()], self._random)
        other = solve_again(self.case, self.draft, part, effort)
        if other is not None:
            self._keep_better(other)

    def _seed(self) -> int:
        """The visit around which a part is chosen: every other time one that waits, if any does."""
        waiting = [v for v in self._ruin.free if self.draft.where[v] == NOWHERE]
        if waiting and self._random.random() < 0.5:
            return self._random.choice(waiting)
        return self._random.choice(self._ruin.free)

    def _keep_better(self, other: Draft) -> None:
        cost = cost_of(other.values())
        if cost <= self._cost:
            self.draft, self._cost = other, cost
