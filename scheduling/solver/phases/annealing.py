"""Annealed ruins: many small changes of a whole plan, some for the worse, fewer and fewer.

After Christiaens and Vanden Berghe (2020). Waste is exact by route in every step, which is how
containers are filled: no engine can express it. A chain is a job for a worker, which keeps the case.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from time import monotonic

from scheduling.plan import Visit
from scheduling.problem import Problem
from scheduling.routing.problem import Effort
from scheduling.solver.budget import Budget, Tools
from scheduling.solver.master.choose import Work, master_round
from scheduling.solver.master.pool import Pool
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import Case
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators import acceptance
from scheduling.solver.operators.acceptance import accepts, cost_of
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.ruin_recreate import GENTLE, RuinRecreate
from scheduling.solver.phases.pairs import hold

Stops = tuple[int, tuple[int, ...]]  # a shift and its visits in order
FOR_MASTER = 0.2  # of the time of a chain, at most
TOLD = 2_000  # routes that a chain hands over, the last seen


@dataclass(frozen=True, slots=True)
class Cooled:
    """What a chain found: its best plan, the one it ended with, and the routes it saw."""

    best: tuple[Stops, ...]
    last: tuple[Stops, ...]
    seen: tuple[Stops, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain of ruins, from a plan and two temperatures; `effort.work` counts the ruins."""

    token: int  # of one search, whose case a worker keeps
    problem: Problem
    visits: tuple[Visit, ...]
    start: tuple[Stops, ...]
    known: tuple[Stops, ...]  # routes seen by other chains
    hot: float  # seconds of work
    cold: float
    master: bool  # whether the best routes are chosen anew at the end
    effort: Effort
    seed: int
    wasted: int  # what a wasted dose is worth

    def run(self) -> Cooled:
        """In any process; with a count of ruins the same everywhere."""
        acceptance.WASTED = self.wasted
        case, insertions = _case(self)
        pool = Pool(case)
        for s, visits in self.known:
            schedule = best_schedule(case, s, visits)
            if schedule is not None:
                pool.add(schedule)
        draft = restored(case, self.start)
        cooling = Cooling(draft, pool, RuinRecreate(case, insertions, Random(self.seed), GENTLE))
        cooling.run(self)
        return Cooled(
            stops_of(cooling.best),
            stops_of(cooling.draft),
            tuple((column.shift, column.visits) for column in pool)[-TOLD:],
        )


_kept: dict[int, tuple[Case, InsertionCosts]] = {}


def keep(token: int, case: Case, insertions: InsertionCosts) -> None:
    """Use this case for the chains of a search, in this process."""
    _kept.clear()
    _kept[token] = (case, insertions)


def _case(chain: Chain) -> tuple[Case, InsertionCosts]:
    if chain.token not in _kept:
        case = Case(chain.problem, chain.visits)
        hold(case)
        keep(chain.token, case, InsertionCosts(case))
    return _kept[chain.token]


def stops_of(draft: Draft) -> tuple[Stops, ...]:
    """The routes of a plan."""
    return tuple((s, schedule.sequence) for s, schedule in enumerate(draft.routes) if schedule)


def restored(case: Case, stops: Iterable[Stops]) -> Draft:
    """The plan with these routes."""
    draft = Draft(case)
    for s, visits in stops:
        draft.set_route(s, visits)
    return draft


class Cooling:
    """One chain on its way."""

    def __init__(self, draft: Draft, pool: Pool, ruin: RuinRecreate) -> None:
        self.draft = self.best = draft
        self.pool = pool
        self._ruin = ruin
        self._cost = self._least = cost_of(draft.values())

    def run(self, chain: Chain) -> None:
        """Ruins until the work is done, and at the end the best choice among all routes seen."""
        began, seconds = monotonic(), chain.effort.seconds
        ruins = chain.effort.work
        until = began + seconds * (1 - FOR_MASTER * chain.master)
        for k in range(ruins if ruins is not None else 1 << 40):
            now = monotonic()
            if now >= until:
                break
            done = (now - began) / (until - began) if ruins is None else k / ruins
            self._step(chain.hot * (chain.cold / chain.hot) ** done)
        if chain.master:
            left = seconds - (monotonic() - began)
            if left > 0:
                self._choose(Work(seconds=left), chain.seed)

    def _step(self, temperature: float) -> None:
        other = self._ruin.ruin_and_recreate(self.draft)
        cost = cost_of(other.values())
        if accepts(self._cost, cost, temperature, self._ruin.random):
            self.pool.see(other, self.draft)
            self.draft, self._cost = other, cost
            if cost < self._least:
                self.best, self._least = other, cost

    def _choose(self, work: Work, seed: int) -> None:
        other = master_round(self.best, self.pool, work, seed)
        if other is not self.best:
            self.best, self._least = other, cost_of(other.values())
            self.draft, self._cost = self.best, self._least


HOT, COLD = 6_000.0, 100.0  # seconds of work
HOT_WHEN_TOLD = 600.0  # a plan that people know is left less far
EPOCHS = 12
LONGEST_EPOCH = 2.0  # seconds
SECONDS_A_VISIT = 0.25  # that are worth annealing
RUINS = 150  # of an epoch, when work is counted
CHAINS = 2  # when work is counted, however many workers there are
FEW_VISITS = 12  # so few are solved without
FROM_THE_BEST = 0.5  # of the way, from which on all chains begin at the best plan
MASTER_EVERY = 4  # epochs, from then on
ALMOST = 0.99  # of the way


def wastes(case: Case) -> bool:
    """Whether stops of one route share containers of more than one dose."""
    return case.size > FEW_VISITS and any(
        product is not None and product.open_may_travel and product.doses_per_container > 1
        for product in case.product
    )


@dataclass(slots=True)
class Way:
    """How far the search is: by the clock, or by epochs."""

    began: float
    seconds: float
    epochs: int | None
    done: int = 0

    @property
    def share(self) -> float:
        """From 0 to 1."""
        if self.epochs is not None:
            return min(1.0, self.done / self.epochs) if self.epochs else 1.0
        return min(1.0, (monotonic() - self.began) / self.seconds) if self.seconds else 1.0

    def effort(self) -> Effort:
        """What the next epoch may take."""
        if self.epochs is not None:
            return Effort(self.seconds, RUINS)
        left = self.began + self.seconds - monotonic()
        epoch = min(LONGEST_EPOCH, self.seconds / EPOCHS)
        return Effort(left if left < 1.5 * epoch else epoch)

    def after(self, effort: Effort) -> float:
        """How far the search will be after the next epoch."""
        if self.epochs is not None:
            return (self.done + 1) / self.epochs
        return min(1.0, self.share + effort.seconds / max(0.001, self.seconds))


class Coupled:
    """The chains of one search."""

    def __init__(self, case: Case, insertions: InsertionCosts, draft: Draft, tools: Tools) -> None:
        self.case, self.tools = case, tools
        self.best, self.cost = draft, cost_of(draft.values())
        self._token = tools.random.randrange(1 << 60)
        self._hot = HOT_WHEN_TOLD if case.published else HOT
        self._seen: tuple[Stops, ...] = ()
        keep(self._token, case, insertions)

    def run(self, budget: Budget) -> int:
        """Until a share of the budget is spent; how many rounds that took."""
        way = Way(monotonic(), min(budget.seconds, SECONDS_A_VISIT * self.case.size), None)
        chains = self.tools.workers.count
        if budget.rounds is not None:
            way = Way(monotonic(), budget.seconds, (budget.rounds + 1) // 2)
            chains = CHAINS
        starts = [stops_of(self.best)] * chains
        while way.share < 1.0 and budget.is_left(way.done):
            found = self._epoch(way, starts, budget)
            starts = self._next(found, starts, way)
            way.done += 1
        return way.done

    def _epoch(self, way: Way, starts: list[tuple[Stops, ...]], budget: Budget) -> list[Cooled]:
        effort = way.effort()
        now, then = way.share, way.after(effort)
        hot, cold = (self._hot * (COLD / self._hot) ** share for share in (now, then))
        master = now >= FROM_THE_BEST and (way.done % MASTER_EVERY == 0 or then >= ALMOST)
        jobs = [
            Chain(
                token=self._token,
                problem=self.case.problem,
                visits=self.case.visits,
                start=start,
                known=self._seen if master else (),
                hot=hot,
                cold=cold,
                master=master,
                effort=effort,
                seed=self.tools.random.randrange(1 << 30),
                wasted=acceptance.WASTED,
            )
            for start in starts
        ]
        results = self.tools.workers.run(jobs, budget.stop)
        return [result for result in results if isinstance(result, Cooled)]

    def _next(
        self, found: list[Cooled], starts: list[tuple[Stops, ...]], way: Way
    ) -> list[tuple[Stops, ...]]:
        """Where the chains go on; the best plan is kept."""
        for cooled in found:
            draft = restored(self.case, cooled.best)
            cost = cost_of(draft.values())
            if cost < self.cost:
                self.best, self.cost = draft, cost
        self._seen = tuple(stops for cooled in found for stops in cooled.seen)
        if way.share >= FROM_THE_BEST or len(found) < len(starts):
            return [stops_of(self.best)] * len(starts)
        return [cooled.last for cooled in found]
