"""Ruin and recreate on the whole plan, with every rule kept at every step.

After Schrimpf et al. (2000) and the slack induction by string removals of Christiaens and Vanden Berghe
(2020): strings of neighbouring visits are removed from a few routes, and unassigned visits are inserted
again at their cheapest position, in an order that changes, with "blinks" that now and then pass an
insertion over.
"""

from collections.abc import Callable
from random import Random

from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.params import RuinStrength


class RuinRecreate:
    """The ruins of one search, with the neighbours of every visit."""

    def __init__(
        self,
        indexed: IndexedProblem,
        insertions: InsertionCosts,
        random: Random,
        strength: RuinStrength | None = None,
    ) -> None:
        self._params = insertions.params.ruin
        self._strength = strength or self._params.strong
        self.indexed = indexed
        self.insertions = insertions
        self.random = random
        self._neighbours: dict[int, list[int]] = {}
        self.free = [
            v
            for v in range(indexed.size)
            if v not in indexed.is_pinned and indexed.possible_shifts[v]
        ]

    def neighbours(self, v: int) -> list[int]:
        """All visits by driving time, the visit itself first."""
        if v not in self._neighbours:
            indexed = self.indexed
            row = indexed.travel[indexed.place[v]]
            self._neighbours[v] = sorted(
                range(indexed.size), key=lambda u: (u != v, row[indexed.place[u]], u)
            )
        return self._neighbours[v]

    def ruin_and_recreate(self, draft: Draft) -> Draft:
        """Another plan, made from this one; the draft itself does not change."""
        other = draft.copy()
        unassigned = [v for v in self.free if draft.where[v] == NOWHERE]
        if unassigned and self.random.random() < self._params.make_room_rate:
            self._make_room(other, self.random.choice(unassigned))
        else:
            self._remove_strings(other)
        removed_visits = [
            v for v in self.free if other.where[v] == NOWHERE and draft.where[v] != NOWHERE
        ]
        tried = self.random.sample(unassigned, min(self._params.unassigned_tried, len(unassigned)))
        self._recreate(other, removed_visits + tried)
        return other

    def _remove_strings(self, draft: Draft) -> None:
        seed = self.random.choice(self.free)
        wanted = self.random.randint(2, self._strength.visits)
        touched: set[int] = set()
        removed = 0
        for v in self.neighbours(seed):
            s = draft.where[v]
            if s == NOWHERE or s in touched or v in self.indexed.is_pinned:
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
            draft.remove(u)
        return len(string)

    def _make_room(self, draft: Draft, v: int) -> None:
        """Remove visits from a shift that could make an unassigned one, and at times from one that shares its stock."""
        s = self.random.choice(self.indexed.possible_shifts[v])
        shifts = [s]
        depot, product = self.indexed.shifts[s].depot_id, self.indexed.visits[v].product_id
        if self.random.random() < self._params.second_shift_rate:
            rivals = [
                t
                for t, schedule in enumerate(draft.routes)
                if schedule and self.indexed.shifts[t].depot_id == depot and t != s
            ]
            if rivals and product is not None:
                shifts.append(self.random.choice(rivals))
        for t in shifts:
            visits = [u for u in draft.visits(t) if u not in self.indexed.is_pinned]
            for u in self.random.sample(
                visits, min(len(visits), self.random.randint(1, self._params.most_removed_for_room))
            ):
                draft.remove(u)
        if not self.indexed.in_series[v]:
            self._insert(draft, v)

    def _recreate(self, draft: Draft, unassigned: list[int]) -> None:
        order = self.random.choice(self._recreate_orders())
        unassigned.sort(key=lambda v: (self.indexed.in_series[v], order(v), v))
        for v in unassigned:
            if draft.where[v] == NOWHERE:
                self._insert(draft, v)

    def _recreate_orders(self) -> tuple[Callable[[int], float], ...]:
        """Orders of insertion: random, by weight, by weight for each dose, fewest possible shifts first."""
        indexed, random, params = self.indexed, self.random, self._params
        noise = {v: random.random() for v in range(indexed.size)}
        return (
            lambda v: noise[v],
            lambda v: -indexed.weight[v],
            lambda v: (
                -indexed.weight[v]
                / max(1, indexed.load[v])
                * (params.dose_noise_from + params.dose_noise_width * noise[v])
            ),
            lambda v: len(indexed.possible_shifts[v]) * (params.shifts_noise_from + noise[v]),
        )

    def _insert(self, draft: Draft, v: int) -> None:
        """Insert at the cheapest position that stock allows; blinks pass some over."""
        found = []
        for s in self.indexed.possible_shifts[v]:
            insertion = self.insertions.find_cheapest(draft, v, s)
            if insertion is not None and self.random.random() >= self._strength.blink_rate:
                found.append((insertion[0], s, insertion[1]))
        found.sort()
        for _, s, position in found:
            if draft.fits(v, s) and draft.insert(v, s, position):
                return
