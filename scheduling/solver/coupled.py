"""Waste, stock and dose distance decided together: chains of annealed ruins side by side, and the master.

Only where containers are shared between the stops of a route is there something to gain; elsewhere waste
is decided by the grouping of residents. The chains go on from where they stood while it is hot, and from
the best plan of all while it is cold.
"""

from dataclasses import dataclass
from time import monotonic

from scheduling.routing import Effort
from scheduling.solver import anneal
from scheduling.solver.anneal import cost_of
from scheduling.solver.case import Case
from scheduling.solver.cooling import Chain, Cooled, Stops, keep, restored, stops_of
from scheduling.solver.draft import Draft
from scheduling.solver.places import Places
from scheduling.solver.tools import Budget, Tools

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

    def __init__(self, case: Case, places: Places, draft: Draft, tools: Tools) -> None:
        self.case, self.tools = case, tools
        self.best, self.cost = draft, cost_of(draft.values())
        self._token = tools.random.randrange(1 << 60)
        self._hot = HOT_WHEN_TOLD if case.published else HOT
        self._seen: tuple[Stops, ...] = ()
        keep(self._token, case, places)

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
                wasted=anneal.WASTED,
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
