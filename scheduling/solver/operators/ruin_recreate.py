"""Ruin and recreate: take visits out of a part of the plan and put them back otherwise.

After Schrimpf et al. (2000) and the slack induction by string removals of Christiaens and Vanden Berghe
(2020): strings of neighbouring visits go out of a few routes, and everything that waits goes in again at
its cheapest place, in an order that changes, with now and then a place passed over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import Case
from scheduling.solver.operators.insertion import Places

WAITING_TRIED = 16  # of those that have no place at all, so many get a chance in each round


@dataclass(frozen=True, slots=True)
class Strength:
    """How much one round takes out at most, and how often the cheapest place is passed over."""

    visits: int = 10
    string: int = 6  # neighbours in one route
    pass_over: float = 0.02


STRONG = Strength()
GENTLE = Strength(5, 2, 0.1)  # for plans that may become worse: more and smaller steps


class Ruin:
    """The rounds of one search, with the neighbours of every visit."""

    def __init__(
        self, case: Case, places: Places, random: Random, strength: Strength = STRONG
    ) -> None:
        self._strength = strength
        self.case = case
        self.places = places
        self.random = random
        self._known: dict[int, list[int]] = {}
        self.free = [v for v in range(case.size) if v not in case.is_pinned and case.shifts_of[v]]

    def near(self, v: int) -> list[int]:
        """All visits by distance, the visit itself first."""
        if v not in self._known:
            case = self.case
            row = case.travel[case.place[v]]
            self._known[v] = sorted(range(case.size), key=lambda u: (u != v, row[case.place[u]], u))
        return self._known[v]

    def round(self, draft: Draft) -> Draft:
        """Another plan, made from this one; the draft itself does not change."""
        other = draft.copy()
        before = [v for v in self.free if draft.where[v] == NOWHERE]
        if before and self.random.random() < 0.3:
            self._swap_in(other, self.random.choice(before))
        else:
            self._remove_strings(other)
        out = [v for v in self.free if other.where[v] == NOWHERE and draft.where[v] != NOWHERE]
        tried = self.random.sample(before, min(WAITING_TRIED, len(before)))
        self._recreate(other, out + tried)
        return other

    def _remove_strings(self, draft: Draft) -> None:
        seed = self.random.choice(self.free)
        wanted = self.random.randint(2, self._strength.visits)
        touched: set[int] = set()
        removed = 0
        for v in self.near(seed):
            s = draft.where[v]
            if s == NOWHERE or s in touched or v in self.case.is_pinned:
                continue
            touched.add(s)
            removed += self._remove_string(draft, v, s)
            if removed >= wanted:
                return

    def _remove_string(self, draft: Draft, v: int, s: int) -> int:
        visits = draft.visits(s)
        length = self.random.randint(1, min(len(visits), self._strength.string))
        at = visits.index(v)
        first = self.random.randint(max(0, at - length + 1), min(at, len(visits) - length))
        string = visits[first : first + length]
        for u in string:
            draft.take_out(u)
        return len(string)

    def _swap_in(self, draft: Draft, v: int) -> None:
        """Make room, in time and stock, in one shift that could make a visit that waits."""
        s = self.random.choice(self.case.shifts_of[v])
        shifts = [s]
        depot, product = self.case.shifts[s].depot_id, self.case.visits[v].product_id
        if self.random.random() < 0.5:
            rivals = [
                t
                for t, schedule in enumerate(draft.routes)
                if schedule and self.case.shifts[t].depot_id == depot and t != s
            ]
            if rivals and product is not None:
                shifts.append(self.random.choice(rivals))
        for t in shifts:
            visits = [u for u in draft.visits(t) if u not in self.case.is_pinned]
            for u in self.random.sample(visits, min(len(visits), self.random.randint(1, 3))):
                draft.take_out(u)
        if not self.case.in_series[v]:
            self._insert(draft, v)

    def _recreate(self, draft: Draft, waiting: list[int]) -> None:
        order = self.random.choice(self._orders())
        waiting.sort(key=lambda v: (self.case.in_series[v], order(v), v))
        for v in waiting:
            if draft.where[v] == NOWHERE:
                self._insert(draft, v)

    def _orders(self) -> tuple[Callable[[int], float], ...]:
        case, random = self.case, self.random
        noise = {v: random.random() for v in range(case.size)}
        return (
            lambda v: noise[v],
            lambda v: -case.weight[v],
            lambda v: -case.weight[v] / max(1, case.load[v]) * (0.9 + 0.2 * noise[v]),
            lambda v: len(case.shifts_of[v]) * (0.5 + noise[v]),
        )

    def _insert(self, draft: Draft, v: int) -> None:
        """At the cheapest place that stock allows, but now and then one is passed over."""
        found = []
        for s in self.case.shifts_of[v]:
            place = self.places.best(draft, v, s)
            if place is not None and self.random.random() >= self._strength.pass_over:
                found.append((place[0], s, place[1]))
        found.sort()
        for _, s, position in found:
            if draft.fits(v, s) and draft.insert(v, s, position):
                return
