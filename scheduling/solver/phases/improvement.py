"""Rounds that make a plan better: parts solved again by an engine side by side, then some ruins.

A part goes to an engine as a plain problem (`bridge`), or to OR-Tools with every rule as a constraint
(`improve`) where stock, series, told stops or pauses tie visits together. Only what is better is kept.
"""

from random import Random
from time import monotonic

from scheduling.routing.engines import SISR
from scheduling.routing.problem import Effort
from scheduling.routing.processes import EngineJob
from scheduling.solver.budget import Budget, SearchResources
from scheduling.solver.decomposition.bridge import Bridge, Restrictions
from scheduling.solver.decomposition.subproblem import (
    SubProblem,
    SubProblemSize,
    choose_sub_problem,
)
from scheduling.solver.exact.resolve import ResolveEffort, resolve
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.stock import is_scarce
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.repair import repair_routes
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.solver.phases.annealing import AnnealingPhase, shares_containers

SIDE_BY_SIDE = 2  # parts of one round at least, so that few workers find what one finds
PER_PART = 0.1  # seconds that an engine gets for a part of the first size
WIDTHS = (  # parts grow while nothing better is found: how large, how many times as long
    (SubProblemSize(8, 2, 12), 1),
    (SubProblemSize(12, 3, 18), 2),
    (SubProblemSize(20, 5, 30), 5),
    (SubProblemSize(40, 10, 60), 15),
)
NARROW_ROUNDS = 8  # without gain, before parts may be wider
OTHER = 0.1  # of the parts go to another engine
SOME_DAYS = 0.3  # of the parts are of neighbouring days
WITH_RULES = SubProblemSize(12, 2, 12)
RULES_SECONDS = 0.3
STALE_ROUNDS = 8  # without gain: then parts are searched beyond their first local optimum
RUINS = 10  # after each round
RUINS_WHEN_SCARCE = 60  # where stock decides who is served, which no engine knows
SHORTEST = 0.02  # seconds that are worth a round
FEWEST_VISITS = 2  # of a part that is worth an engine
FEW_VISITS = 12  # so few are solved with little work
A_GAIN = 0.5  # seconds of work that count as a gain
IDLE_ROUNDS = 40  # a search ends after so many rounds without gain, and more for each visit


class Improvement:
    """One plan on its way to a better one."""

    def __init__(
        self,
        indexed: IndexedProblem,
        insertions: InsertionCosts,
        draft: Draft,
        resources: SearchResources,
    ) -> None:
        self.indexed = indexed
        self.insertions = insertions
        self.draft = draft
        self.cost = weighted_cost(draft.values())
        self.rounds = 0
        self.resources = resources
        self._random: Random = resources.random
        self._ruin_recreate = RuinRecreate(indexed, insertions, resources.random)
        self._is_tied = is_tied(indexed)
        self._is_scarce = is_scarce(indexed)

    def run(self, budget: Budget) -> None:
        """Until the budget is spent, or for long nothing better was found."""
        if self._ruin_recreate.free and shares_containers(self.indexed):
            self._anneal(budget)
        stale = 0
        idle = IDLE_ROUNDS + 4 * self.indexed.size
        while self._ruin_recreate.free and stale < idle and budget.allows_round(self.rounds):
            before = self.cost
            if self._is_tied and self.rounds % 3 == 0:
                self._resolve_with_rules(budget, stale)
            else:
                self._solve_sub_problems(budget, stale)
            self._ruin_and_recreate(budget)
            stale = 0 if self.cost < before - A_GAIN else stale + 1
            self.rounds += 1

    def _anneal(self, budget: Budget) -> None:
        """Waste first, which no engine knows."""
        annealing = AnnealingPhase(self.indexed, self.insertions, self.draft, self.resources)
        self.rounds += annealing.run(budget)
        self.draft, self.cost = annealing.best, annealing.cost

    def _solve_sub_problems(self, budget: Budget, stale: int) -> None:
        """Parts that share nothing, each solved by an engine, taken over in their order."""
        bridges: list[Bridge] = []
        jobs: list[EngineJob] = []
        sub_problems: list[SubProblem] = []
        size, times = WIDTHS[self._random.randint(0, min(stale // NARROW_ROUNDS, len(WIDTHS) - 1))]
        for _ in range(max(SIDE_BY_SIDE, self.resources.workers.count)):
            sub_problem = choose_sub_problem(
                self.indexed, self.draft, self._draw_neighbours(), self._random, size, sub_problems
            )
            sub_problems.append(sub_problem)
            if len(sub_problem.visits) < FEWEST_VISITS or not sub_problem.shifts:
                continue
            name = self._draw_engine()
            bridge = Bridge(self.indexed, self.draft, sub_problem, self._draw_restrictions(name))
            bridges.append(bridge)
            effort, seed = self._effort(budget, sub_problem, times), self._random.randrange(1 << 30)
            jobs.append(EngineJob(name, bridge.problem, bridge.routes(), effort, seed))
        if budget.by_clock and budget.seconds < SHORTEST:
            return
        for bridge, routes in zip(
            bridges, self.resources.workers.run(jobs, budget.stop), strict=True
        ):
            if routes is not None and routes != bridge.routes():
                self._keep_better(
                    repair_routes(self.draft, self.insertions, bridge.to_shifts(routes))
                )

    def _draw_neighbours(self) -> list[int]:
        """Visits by distance from a chosen one; now and then those of neighbouring days first."""
        v = self._draw_seed_visit()
        near = self._ruin_recreate.neighbours(v)
        s = self.draft.where[v]
        if s == NOWHERE or self._random.random() >= SOME_DAYS:
            return near
        day, where, days = self.indexed.day[s], self.draft.where, self.indexed.day
        return sorted(near, key=lambda u: where[u] != NOWHERE and abs(days[where[u]] - day) > 1)

    def _effort(self, budget: Budget, sub_problem: SubProblem, times: int) -> Effort:
        if budget.by_clock and self.indexed.size > FEW_VISITS:
            return Effort(min(times * PER_PART, budget.seconds))
        work = times if len(sub_problem.visits) > FEW_VISITS else 0
        return Effort(max(0.001, budget.seconds), work)

    def _draw_engine(self) -> str:
        """The engine of one part: PyVRP mostly, else our own moves; OR-Tools now and then."""
        if self._random.random() < OTHER:
            others = [name for name in self.resources.engines if name != "pyvrp"]
            return self._random.choice([*others, SISR])
        return "pyvrp" if "pyvrp" in self.resources.engines else SISR

    def _draw_restrictions(self, name: str) -> Restrictions:
        draw = self._random.random
        return Restrictions(
            keep_supply=self._is_scarce and draw() < 0.5,
            keep_published=draw() < 0.8,
            keep_earlier_dose=draw() < 0.5,
            with_breaks=name != "pyvrp",
        )

    def _resolve_with_rules(self, budget: Budget, stale: int) -> None:
        """A part solved by OR-Tools with every rule inside."""
        near = self._ruin_recreate.neighbours(self._draw_seed_visit())
        sub_problem = choose_sub_problem(self.indexed, self.draft, near, self._random, WITH_RULES)
        if budget.by_clock and self.indexed.size > FEW_VISITS:
            effort = ResolveEffort(min(budget.seconds, RULES_SECONDS), stale >= STALE_ROUNDS)
        else:
            effort = ResolveEffort(budget.seconds, beyond_optimum=False)
        self._keep_better(resolve(self.indexed, self.draft, sub_problem, effort))

    def _ruin_and_recreate(self, budget: Budget) -> None:
        for _ in range(RUINS_WHEN_SCARCE if self._is_scarce else RUINS):
            if monotonic() < budget.until:
                self._keep_better(self._ruin_recreate.ruin_and_recreate(self.draft))

    def _draw_seed_visit(self) -> int:
        """The visit around which a part is chosen: every other time one that waits, if any does."""
        unassigned = [v for v in self._ruin_recreate.free if self.draft.where[v] == NOWHERE]
        if unassigned and self._random.random() < 0.5:
            return self._random.choice(unassigned)
        return self._random.choice(self._ruin_recreate.free)

    def _keep_better(self, other: Draft | None) -> None:
        if other is None:
            return
        cost = weighted_cost(other.values())
        if cost <= self.cost:
            self.draft, self.cost = other, cost


def is_tied(indexed: IndexedProblem) -> bool:
    """Whether rules tie visits together that a plain problem does not know."""
    return bool(
        indexed.follows
        or indexed.published
        or is_scarce(indexed)
        or any(shift.pause for shift in indexed.shifts)
        or any(indexed.must_be_last)
    )
