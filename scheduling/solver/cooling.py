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
from scheduling.routing import Effort
from scheduling.solver import anneal
from scheduling.solver.anneal import accepts, cost_of
from scheduling.solver.case import Case
from scheduling.solver.draft import Draft
from scheduling.solver.master import Work, master_round
from scheduling.solver.places import Places
from scheduling.solver.pool import Pool
from scheduling.solver.ruin import GENTLE, Ruin
from scheduling.solver.timing import best_timing
from scheduling.solver.together import hold

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
        anneal.WASTED = self.wasted
        case, places = _case(self)
        pool = Pool(case)
        for s, visits in self.known:
            timing = best_timing(case, s, visits)
            if timing is not None:
                pool.add(timing)
        draft = restored(case, self.start)
        cooling = Cooling(draft, pool, Ruin(case, places, Random(self.seed), GENTLE))
        cooling.run(self)
        return Cooled(
            stops_of(cooling.best),
            stops_of(cooling.draft),
            tuple((column.shift, column.visits) for column in pool)[-TOLD:],
        )


_kept: dict[int, tuple[Case, Places]] = {}


def keep(token: int, case: Case, places: Places) -> None:
    """Use this case for the chains of a search, in this process."""
    _kept.clear()
    _kept[token] = (case, places)


def _case(chain: Chain) -> tuple[Case, Places]:
    if chain.token not in _kept:
        case = Case(chain.problem, chain.visits)
        hold(case)
        keep(chain.token, case, Places(case))
    return _kept[chain.token]


def stops_of(draft: Draft) -> tuple[Stops, ...]:
    """The routes of a plan."""
    return tuple((s, timing.sequence) for s, timing in enumerate(draft.routes) if timing)


def restored(case: Case, stops: Iterable[Stops]) -> Draft:
    """The plan with these routes."""
    draft = Draft(case)
    for s, visits in stops:
        draft.put(s, visits)
    return draft


class Cooling:
    """One chain on its way."""

    def __init__(self, draft: Draft, pool: Pool, ruin: Ruin) -> None:
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
        other = self._ruin.round(self.draft)
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
