"""Large neighbourhood search: sub-problems are re-optimised by engines side by side, then come some ruins.

After Shaw (1998) and POPMUSIC (Taillard and Voss, 2002). A sub-problem goes to an engine as a plain
problem (`bridge`), or to OR-Tools with every rule as a constraint (`exact`) where stock, series, breaks
or published stops tie visits together. Only what is not worse is kept.
"""

from random import Random
from time import monotonic

from scheduling.routing.engines import SISR
from scheduling.routing.problem import Effort
from scheduling.routing.processes import EngineJob
from scheduling.solver.budget import Budget, SearchResources
from scheduling.solver.decomposition.bridge import Bridge, Restrictions
from scheduling.solver.decomposition.subproblem import SubProblem, choose_sub_problem
from scheduling.solver.exact.resolve import ResolveEffort, resolve
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.stock import is_scarce
from scheduling.solver.operators.acceptance import weighted_cost
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.repair import repair_routes
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.solver.phases.annealing import AnnealingPhase, shares_containers


class Improvement:
    """One plan that becomes better, and its cost."""

    def __init__(
        self,
        indexed: IndexedProblem,
        insertions: InsertionCosts,
        draft: Draft,
        resources: SearchResources,
    ) -> None:
        self.indexed, self.resources = indexed, resources
        self.insertions = insertions
        self.draft = draft
        self._params = resources.params.improvement
        self.cost = self._weighted_cost(draft)
        self.unserved = draft.values().unserved_weight
        self.rounds = 0
        self._random: Random = resources.random
        self._ruin_recreate = RuinRecreate(indexed, insertions, resources.random)
        self._is_tied = is_tied(indexed)
        self._is_scarce = is_scarce(indexed)

    def run(self, budget: Budget) -> None:
        """Until the budget is spent, or nothing better was found for many rounds."""
        params = self._params
        if self._ruin_recreate.free and shares_containers(
            self.indexed, self.resources.params.annealing
        ):
            self._anneal(budget)
        stale = 0
        idle = params.idle_rounds + params.idle_rounds_per_visit * self.indexed.size
        while self._ruin_recreate.free and stale < idle and budget.allows_round(self.rounds):
            before = self.cost
            if self._is_tied and self.rounds % params.rounds_between_resolves == 0:
                self._resolve_with_rules(budget, stale)
            else:
                self._solve_sub_problems(budget, stale)
            self._ruin_and_recreate(budget)
            stale = 0 if self.cost < before - params.least_gain else stale + 1
            self.rounds += 1

    def _anneal(self, budget: Budget) -> None:
        """Fill containers first, as the engines of the later rounds know no waste."""
        annealing = AnnealingPhase(self.indexed, self.insertions, self.draft, self.resources)
        self.rounds += annealing.run(budget)
        self._keep_better(annealing.best)

    def _solve_sub_problems(self, budget: Budget, stale: int) -> None:
        """Sub-problems that share nothing, each solved by an engine and taken over in their order."""
        bridges: list[Bridge] = []
        jobs: list[EngineJob] = []
        sub_problems: list[SubProblem] = []
        params = self._params
        widest = min(stale // params.rounds_before_growth, len(params.steps) - 1)
        step = params.steps[self._random.randint(0, widest)]
        for _ in range(max(params.side_by_side, self.resources.workers.count)):
            sub_problem = choose_sub_problem(
                self.indexed,
                self.draft,
                self._draw_neighbours(),
                self._random,
                step.size,
                sub_problems,
            )
            sub_problems.append(sub_problem)
            if len(sub_problem.visits) < params.fewest_visits or not sub_problem.shifts:
                continue
            name = self._draw_engine()
            bridge = Bridge(
                self.indexed,
                self.draft,
                sub_problem,
                self._draw_restrictions(name),
                self.resources.params.weights,
            )
            bridges.append(bridge)
            effort, seed = (
                self._effort(budget, len(bridge.problem.clients), step.times),
                self._random.randrange(1 << 30),
            )
            jobs.append(
                EngineJob(
                    name,
                    bridge.problem,
                    bridge.routes(),
                    effort,
                    seed,
                    self.resources.params.routing.engines,
                )
            )
        if budget.by_clock and budget.seconds < params.shortest_seconds:
            return
        for bridge, routes in zip(
            bridges, self.resources.workers.run(jobs, budget.stop), strict=True
        ):
            if routes is not None and routes != bridge.routes():
                self._keep_better(
                    repair_routes(self.draft, self.insertions, bridge.to_shifts(routes))
                )

    def _draw_neighbours(self) -> list[int]:
        """Visits by distance from a drawn one; now and then those of neighbouring days first."""
        v = self._draw_seed_visit()
        near = self._ruin_recreate.neighbours(v)
        s = self.draft.where[v]
        if s == NOWHERE or self._random.random() >= self._params.neighbouring_days_rate:
            return near
        day, where, days = self.indexed.day[s], self.draft.where, self.indexed.day
        return sorted(near, key=lambda u: where[u] != NOWHERE and abs(days[where[u]] - day) > 1)

    def _effort(self, budget: Budget, clients: int, times: int) -> Effort:
        if budget.by_clock and self.indexed.size > self._params.few_visits:
            return Effort(min(times * self._params.first_step_seconds, budget.seconds))
        # of what the engine gets: where one route alone is possible OR-Tools would wait for a second one for ever
        work = times if clients > self._params.few_visits else 0
        return Effort(max(0.001, budget.seconds), work)

    def _draw_engine(self) -> str:
        """The engine of one sub-problem: mostly PyVRP, else SISR; now and then any other."""
        if self._random.random() < self._params.other_engine_rate:
            others = [name for name in self.resources.engines if name != "pyvrp"]
            return self._random.choice([*others, SISR])
        return "pyvrp" if "pyvrp" in self.resources.engines else SISR

    def _draw_restrictions(self, name: str) -> Restrictions:
        draw, params = self._random.random, self._params
        return Restrictions(
            keep_supply=self._is_scarce and draw() < params.keep_supply_rate,
            keep_published=draw() < params.keep_published_rate,
            keep_earlier_dose=draw() < params.keep_earlier_dose_rate,
            # PyVRP cannot be told of a break
            with_breaks=name != "pyvrp",
        )

    def _resolve_with_rules(self, budget: Budget, stale: int) -> None:
        """A sub-problem solved by OR-Tools with every rule inside."""
        params = self._params
        near = self._ruin_recreate.neighbours(self._draw_seed_visit())
        sub_problem = choose_sub_problem(
            self.indexed, self.draft, near, self._random, params.resolve_size
        )
        if budget.by_clock and self.indexed.size > self._params.few_visits:
            effort = ResolveEffort(
                min(budget.seconds, params.resolve_seconds),
                stale >= params.rounds_before_beyond_optimum,
            )
        else:
            effort = ResolveEffort(budget.seconds, beyond_optimum=False)
        self._keep_better(
            resolve(self.indexed, self.draft, sub_problem, effort, self.resources.params)
        )

    def _ruin_and_recreate(self, budget: Budget) -> None:
        for _ in range(self._params.ruins_when_scarce if self._is_scarce else self._params.ruins):
            if monotonic() < budget.until:
                self._keep_better(self._ruin_recreate.ruin_and_recreate(self.draft))

    def _draw_seed_visit(self) -> int:
        """The visit around which a sub-problem is drawn; often an unassigned one while there are any."""
        unassigned = [v for v in self._ruin_recreate.free if self.draft.where[v] == NOWHERE]
        if unassigned and self._random.random() < self._params.unassigned_seed_rate:
            return self._random.choice(unassigned)
        return self._random.choice(self._ruin_recreate.free)

    def _weighted_cost(self, draft: Draft) -> float:
        return weighted_cost(draft.values(), self.resources.params.weights)

    def _keep_better(self, other: Draft | None) -> None:
        if other is None:
            return
        values = other.values()
        cost = weighted_cost(values, self.resources.params.weights)
        # an equal plan is taken too: moving sideways leads off a plateau; but nobody served is lost
        # for work that it saves
        if cost <= self.cost and values.unserved_weight <= self.unserved:
            self.draft, self.cost, self.unserved = other, cost, values.unserved_weight


def is_tied(indexed: IndexedProblem) -> bool:
    """Whether rules tie visits together of which a plain routing problem knows nothing."""
    return bool(
        indexed.follows
        or indexed.published
        or is_scarce(indexed)
        or any(shift.pause for shift in indexed.shifts)
        or any(indexed.must_be_last)
    )
