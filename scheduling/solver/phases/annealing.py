"""Annealed ruins where stops of a route share containers: many small changes of a plan, fewer and fewer for the worse.

After Christiaens and Vanden Berghe (2020). Waste is counted by route at every step, and that is how
containers get filled: no routing engine can be told of it. Chains run side by side on workers, which
keep the indexed problem.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from time import monotonic

from scheduling.plan import Visit
from scheduling.problem import Problem
from scheduling.routing.problem import Effort
from scheduling.solver.budget import Budget, SearchResources
from scheduling.solver.master.choose import MasterEffort, improve_with_master
from scheduling.solver.master.pool import CareRoutePool
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators.acceptance import accepts, weighted_cost
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.solver.params import AnnealingParams, SearchParams
from scheduling.solver.phases.pairs import pin_pairs

ShiftVisits = tuple[int, tuple[int, ...]]  # a shift and its visits, in order


@dataclass(frozen=True, slots=True)
class ChainResult:
    """The best plan of a chain, the plan it ended with, and the last routes it saw."""

    best: tuple[ShiftVisits, ...]
    last: tuple[ShiftVisits, ...]
    seen: tuple[ShiftVisits, ...]


@dataclass(frozen=True, slots=True)
class AnnealingChain:
    """One chain of ruins from a plan, between two temperatures; `effort.work` counts ruins."""

    token: int  # names the search, whose indexed problem a worker keeps
    problem: Problem
    visits: tuple[Visit, ...]
    start: tuple[ShiftVisits, ...]
    known: tuple[ShiftVisits, ...]  # routes seen by other chains
    start_temperature: float  # seconds of work
    end_temperature: float
    master: bool  # whether the master chooses routes at the end
    effort: Effort
    seed: int
    params: SearchParams

    def run(self) -> ChainResult:
        """Run in whatever process; with a count of ruins the result is the same everywhere."""
        params = self.params
        indexed, insertions = _load_problem(self)
        pool = CareRoutePool(indexed, params)
        for s, visits in self.known:
            schedule = best_schedule(indexed, s, visits)
            if schedule is not None:
                pool.add(schedule)
        draft = restore_draft(indexed, self.start)
        chain_run = ChainRun(
            draft, pool, RuinRecreate(indexed, insertions, Random(self.seed), params.ruin.gentle)
        )
        chain_run.run(self)
        return ChainResult(
            to_shift_visits(chain_run.best),
            to_shift_visits(chain_run.draft),
            tuple((column.shift, column.visits) for column in pool)[
                -params.annealing.routes_handed_over :
            ],
        )


_cached: dict[int, tuple[IndexedProblem, InsertionCosts]] = {}


def cache_problem(token: int, indexed: IndexedProblem, insertions: InsertionCosts) -> None:
    """Keep this indexed problem for the chains of a search, in this process."""
    _cached.clear()
    _cached[token] = (indexed, insertions)


def _load_problem(chain: AnnealingChain) -> tuple[IndexedProblem, InsertionCosts]:
    if chain.token not in _cached:
        indexed = IndexedProblem(chain.problem, chain.visits)
        pin_pairs(indexed)
        cache_problem(chain.token, indexed, InsertionCosts(indexed, chain.params))
    return _cached[chain.token]


def to_shift_visits(draft: Draft) -> tuple[ShiftVisits, ...]:
    """The routes of a plan, as they travel to a worker."""
    return tuple((s, schedule.sequence) for s, schedule in enumerate(draft.routes) if schedule)


def restore_draft(indexed: IndexedProblem, stops: Iterable[ShiftVisits]) -> Draft:
    """The plan with these routes."""
    draft = Draft(indexed)
    for s, visits in stops:
        draft.set_route(s, visits)
    return draft


class ChainRun:
    """One chain in progress."""

    def __init__(self, draft: Draft, pool: CareRoutePool, ruin: RuinRecreate) -> None:
        self.draft = self.best = draft
        self.pool = pool
        self._ruin = ruin
        self._params = pool.params
        self._cost = self._least = weighted_cost(draft.values(), pool.params.weights)

    def run(self, chain: AnnealingChain) -> None:
        """Ruin until the effort is spent; then, when asked, let the master choose among all routes seen."""
        began, seconds = monotonic(), chain.effort.seconds
        ruins = chain.effort.work
        until = began + seconds * (1 - self._params.annealing.master_share * chain.master)
        # without a count: more than any time allows, the clock ends it
        for k in range(ruins if ruins is not None else 1 << 40):
            now = monotonic()
            if now >= until:
                break
            done = (now - began) / (until - began) if ruins is None else k / ruins
            self._step(
                chain.start_temperature * (chain.end_temperature / chain.start_temperature) ** done
            )
        if chain.master:
            left = seconds - (monotonic() - began)
            if left > 0:
                self._choose_routes(MasterEffort.limited_to(left, self._params.master), chain.seed)

    def _step(self, temperature: float) -> None:
        other = self._ruin.ruin_and_recreate(self.draft)
        cost = weighted_cost(other.values(), self._params.weights)
        if accepts(self._cost, cost, temperature, self._ruin.random):
            self.pool.see(other, self.draft)
            self.draft, self._cost = other, cost
            if cost < self._least:
                self.best, self._least = other, cost

    def _choose_routes(self, work: MasterEffort, seed: int) -> None:
        other = improve_with_master(self.best, self.pool, work, seed)
        if other is not self.best:
            self.best = other
            self._least = weighted_cost(other.values(), self._params.weights)
            self.draft, self._cost = self.best, self._least


def shares_containers(indexed: IndexedProblem, params: AnnealingParams) -> bool:
    """Whether stops of one route can share containers of several doses, which no engine can be told."""
    return indexed.size > params.few_visits and any(
        product is not None and product.open_may_travel and product.doses_per_container > 1
        for product in indexed.product
    )


@dataclass(slots=True)
class AnnealingProgress:
    """How far the annealing is: by the clock, or by epochs."""

    params: AnnealingParams
    began: float
    seconds: float
    epochs: int | None
    done: int = 0

    @property
    def fraction(self) -> float:
        """The share of the effort that is spent, from 0 to 1."""
        if self.epochs is not None:
            return min(1.0, self.done / self.epochs) if self.epochs else 1.0
        return min(1.0, (monotonic() - self.began) / self.seconds) if self.seconds else 1.0

    def effort(self) -> Effort:
        """The effort of the next epoch."""
        if self.epochs is not None:
            return Effort(self.seconds, self.params.ruins_per_epoch)
        left = self.began + self.seconds - monotonic()
        epoch = min(self.params.longest_epoch_seconds, self.seconds / self.params.epochs)
        return Effort(left if left < self.params.last_epoch_factor * epoch else epoch)

    def fraction_after(self, effort: Effort) -> float:
        """The share of the effort that is spent after the next epoch, from 0 to 1."""
        if self.epochs is not None:
            return (self.done + 1) / self.epochs
        return min(1.0, self.fraction + effort.seconds / max(0.001, self.seconds))


class AnnealingPhase:
    """The chains of one search."""

    def __init__(
        self,
        indexed: IndexedProblem,
        insertions: InsertionCosts,
        draft: Draft,
        resources: SearchResources,
    ) -> None:
        self.indexed, self.resources = indexed, resources
        self._params = resources.params.annealing
        self.best, self.cost = draft, self._cost(draft)
        self._token = resources.random.randrange(1 << 60)
        self._start_temperature = (
            self._params.start_temperature_when_published
            if indexed.published
            else self._params.start_temperature
        )
        self._seen: tuple[ShiftVisits, ...] = ()
        cache_problem(self._token, indexed, insertions)

    def _cost(self, draft: Draft) -> float:
        return weighted_cost(draft.values(), self.resources.params.weights)

    def run(self, budget: Budget) -> int:
        """Anneal for a share of the budget; returns the number of rounds that this took."""
        params = self._params
        progress = AnnealingProgress(
            params,
            monotonic(),
            min(budget.seconds, params.seconds_per_visit * self.indexed.size),
            None,
        )
        chains = self.resources.workers.count
        if budget.rounds is not None:
            progress = AnnealingProgress(
                params, monotonic(), budget.seconds, (budget.rounds + 1) // 2
            )
            chains = params.chains
        starts = [to_shift_visits(self.best)] * chains
        while progress.fraction < 1.0 and budget.allows_round(progress.done):
            found = self._run_epoch(progress, starts, budget)
            starts = self._choose_starts(found, starts, progress)
            progress.done += 1
        return progress.done

    def _run_epoch(
        self, progress: AnnealingProgress, starts: list[tuple[ShiftVisits, ...]], budget: Budget
    ) -> list[ChainResult]:
        params = self._params
        effort = progress.effort()
        now, then = progress.fraction, progress.fraction_after(effort)
        start_temperature, end_temperature = (
            self._start_temperature * (params.end_temperature / self._start_temperature) ** fraction
            for fraction in (now, then)
        )
        is_due = (
            progress.done % params.epochs_between_masters == 0 or then >= params.last_epoch_share
        )
        master = now >= params.from_best_share and is_due
        jobs = [
            AnnealingChain(
                token=self._token,
                problem=self.indexed.problem,
                visits=self.indexed.visits,
                start=start,
                known=self._seen if master else (),
                start_temperature=start_temperature,
                end_temperature=end_temperature,
                master=master,
                effort=effort,
                seed=self.resources.random.randrange(1 << 30),
                params=self.resources.params,
            )
            for start in starts
        ]
        results = self.resources.workers.run(jobs, budget.stop)
        return [result for result in results if isinstance(result, ChainResult)]

    def _choose_starts(
        self,
        found: list[ChainResult],
        starts: list[tuple[ShiftVisits, ...]],
        progress: AnnealingProgress,
    ) -> list[tuple[ShiftVisits, ...]]:
        """The plans from which the chains continue: each from its own, later all from the best."""
        for result in found:
            draft = restore_draft(self.indexed, result.best)
            cost = self._cost(draft)
            if cost < self.cost:
                self.best, self.cost = draft, cost
        self._seen = tuple(stops for result in found for stops in result.seen)
        if progress.fraction >= self._params.from_best_share or len(found) < len(starts):
            return [to_shift_visits(self.best)] * len(starts)
        return [result.last for result in found]
