"""Rounds that make a plan better: parts solved again by an engine side by side, then some ruins.

A part goes to an engine as a plain problem (`bridge`), or to OR-Tools with every rule as a constraint
(`improve`) where stock, series, told stops or pauses tie visits together. Only what is better is kept.
"""

from random import Random
from time import monotonic

from scheduling.routing.engines import OWN
from scheduling.routing.problem import Effort
from scheduling.routing.processes import Job
from scheduling.solver.budget import Budget, Tools
from scheduling.solver.decomposition.bridge import Bridge, Holds
from scheduling.solver.decomposition.subproblem import Part, Size, choose
from scheduling.solver.exact import resolve
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import Case
from scheduling.solver.model.stock import is_scarce
from scheduling.solver.operators.acceptance import cost_of
from scheduling.solver.operators.insertion import Places
from scheduling.solver.operators.repair import take_over
from scheduling.solver.operators.ruin_recreate import Ruin
from scheduling.solver.phases.annealing import Coupled, wastes

SIDE_BY_SIDE = 2  # parts of one round at least, so that few workers find what one finds
PER_PART = 0.1  # seconds that an engine gets for a part of the first size
WIDTHS = (  # parts grow while nothing better is found: how large, how many times as long
    (Size(8, 2, 12), 1),
    (Size(12, 3, 18), 2),
    (Size(20, 5, 30), 5),
    (Size(40, 10, 60), 15),
)
NARROW_ROUNDS = 8  # without gain, before parts may be wider
OTHER = 0.1  # of the parts go to another engine
SOME_DAYS = 0.3  # of the parts are of neighbouring days
WITH_RULES = Size(12, 2, 12)
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

    def __init__(self, case: Case, places: Places, draft: Draft, tools: Tools) -> None:
        self.case = case
        self.places = places
        self.draft = draft
        self.cost = cost_of(draft.values())
        self.rounds = 0
        self.tools = tools
        self._random: Random = tools.random
        self._ruin = Ruin(case, places, tools.random)
        self._is_tied = is_tied(case)
        self._is_scarce = is_scarce(case)

    def run(self, budget: Budget) -> None:
        """Until the budget is spent, or for long nothing better was found."""
        if self._ruin.free and wastes(self.case):
            self._fill_containers(budget)
        stale = 0
        idle = IDLE_ROUNDS + 4 * self.case.size
        while self._ruin.free and stale < idle and budget.is_left(self.rounds):
            before = self.cost
            if self._is_tied and self.rounds % 3 == 0:
                self._with_rules(budget, stale)
            else:
                self._side_by_side(budget, stale)
            self._ruins(budget)
            stale = 0 if self.cost < before - A_GAIN else stale + 1
            self.rounds += 1

    def _fill_containers(self, budget: Budget) -> None:
        """Waste first, which no engine knows."""
        coupled = Coupled(self.case, self.places, self.draft, self.tools)
        self.rounds += coupled.run(budget)
        self.draft, self.cost = coupled.best, coupled.cost

    def _side_by_side(self, budget: Budget, stale: int) -> None:
        """Parts that share nothing, each solved by an engine, taken over in their order."""
        bridges: list[Bridge] = []
        jobs: list[Job] = []
        parts: list[Part] = []
        size, times = WIDTHS[self._random.randint(0, min(stale // NARROW_ROUNDS, len(WIDTHS) - 1))]
        for _ in range(max(SIDE_BY_SIDE, self.tools.workers.count)):
            part = choose(self.case, self.draft, self._near(), self._random, size, parts)
            parts.append(part)
            if len(part.visits) < FEWEST_VISITS or not part.shifts:
                continue
            name = self._draw()
            bridge = Bridge(self.case, self.draft, part, self._holds(name))
            bridges.append(bridge)
            effort, seed = self._effort(budget, part, times), self._random.randrange(1 << 30)
            jobs.append(Job(name, bridge.problem, bridge.routes(), effort, seed))
        if budget.by_clock and budget.seconds < SHORTEST:
            return
        for bridge, routes in zip(bridges, self.tools.workers.run(jobs, budget.stop), strict=True):
            if routes is not None and routes != bridge.routes():
                self._keep_better(take_over(self.draft, self.places, bridge.by_shift(routes)))

    def _near(self) -> list[int]:
        """Visits by distance from a chosen one; now and then those of neighbouring days first."""
        v = self._seed()
        near = self._ruin.near(v)
        s = self.draft.where[v]
        if s == NOWHERE or self._random.random() >= SOME_DAYS:
            return near
        day, where, days = self.case.day[s], self.draft.where, self.case.day
        return sorted(near, key=lambda u: where[u] != NOWHERE and abs(days[where[u]] - day) > 1)

    def _effort(self, budget: Budget, part: Part, times: int) -> Effort:
        if budget.by_clock and self.case.size > FEW_VISITS:
            return Effort(min(times * PER_PART, budget.seconds))
        work = times if len(part.visits) > FEW_VISITS else 0
        return Effort(max(0.001, budget.seconds), work)

    def _draw(self) -> str:
        """The engine of one part: PyVRP mostly, else our own moves; OR-Tools now and then."""
        if self._random.random() < OTHER:
            others = [name for name in self.tools.engines if name != "pyvrp"]
            return self._random.choice([*others, OWN])
        return "pyvrp" if "pyvrp" in self.tools.engines else OWN

    def _holds(self, name: str) -> Holds:
        draw = self._random.random
        return Holds(
            supply=self._is_scarce and draw() < 0.5,
            told=draw() < 0.8,
            earlier_fixed=draw() < 0.5,
            pauses=name != "pyvrp",
        )

    def _with_rules(self, budget: Budget, stale: int) -> None:
        """A part solved by OR-Tools with every rule inside."""
        near = self._ruin.near(self._seed())
        part = choose(self.case, self.draft, near, self._random, WITH_RULES)
        if budget.by_clock and self.case.size > FEW_VISITS:
            effort = resolve.Effort(min(budget.seconds, RULES_SECONDS), stale >= STALE_ROUNDS)
        else:
            effort = resolve.Effort(budget.seconds, beyond_optimum=False)
        self._keep_better(resolve.solve_again(self.case, self.draft, part, effort))

    def _ruins(self, budget: Budget) -> None:
        for _ in range(RUINS_WHEN_SCARCE if self._is_scarce else RUINS):
            if monotonic() < budget.until:
                self._keep_better(self._ruin.round(self.draft))

    def _seed(self) -> int:
        """The visit around which a part is chosen: every other time one that waits, if any does."""
        waiting = [v for v in self._ruin.free if self.draft.where[v] == NOWHERE]
        if waiting and self._random.random() < 0.5:
            return self._random.choice(waiting)
        return self._random.choice(self._ruin.free)

    def _keep_better(self, other: Draft | None) -> None:
        if other is None:
            return
        cost = cost_of(other.values())
        if cost <= self.cost:
            self.draft, self.cost = other, cost


def is_tied(case: Case) -> bool:
    """Whether rules tie visits together that a plain problem does not know."""
    return bool(
        case.follows
        or case.published
        or is_scarce(case)
        or any(shift.pause for shift in case.shifts)
        or any(case.must_be_last)
    )
