"""A sound plan from nothing: the visit that would lose most by waiting goes in first."""

from collections.abc import Callable, Iterable

from scheduling.solver.case import Case
from scheduling.solver.draft import NOWHERE, Draft, Place

Ranked = list[tuple[int, int, int]]  # extra seconds, shift, position; the cheapest first
Order = Callable[[int, Ranked], tuple[float, ...]]
FEW_PLACES = 100_000  # seconds that count as lost when the one place left is taken


def construct(case: Case) -> Draft:
    """The better of two fillings: who has fewest ways out first, and who needs fewest doses first."""
    drafts = []
    for order in (by_regret(case), by_worth(case)):
        draft = Draft(case)
        waiting = [v for v in range(case.size) if draft.where[v] == NOWHERE]
        Insertion(draft, waiting, order).run()
        drafts.append(draft)
    return min(drafts, key=lambda draft: unserved(draft))


def unserved(draft: Draft) -> int:
    """The weight of the visits without a place."""
    where, weight = draft.where, draft.case.weight
    return sum(weight[v] for v in range(draft.case.size) if where[v] == NOWHERE)


def by_regret(case: Case) -> Order:
    """The visit that would lose most if it had to take its second best shift."""

    def order(v: int, ranked: Ranked) -> tuple[float, ...]:
        second = ranked[1][0] if len(ranked) > 1 else ranked[0][0] + FEW_PLACES
        return (case.turn[v], ranked[0][0] - second, v)

    return order


def by_worth(case: Case) -> Order:
    """The visit that serves most for each dose that leaves the stock."""

    def order(v: int, ranked: Ranked) -> tuple[float, ...]:
        return (case.turn[v], -case.weight[v] / max(1, case.load[v]), ranked[0][0], v)

    return order


class Insertion:
    """The filling of a draft: for every visit that waits, its places by shift."""

    def __init__(self, draft: Draft, waiting: Iterable[int], order: Order) -> None:
        self.draft = draft
        self.order = order
        self.places: dict[int, dict[int, Place]] = {}
        for v in waiting:
            self.places[v] = {}
            for s in draft.case.shifts_of[v]:
                self._look(v, s)

    def _look(self, v: int, s: int) -> None:
        place = self.draft.best_place(v, s)
        if place is None:
            self.places[v].pop(s, None)
        else:
            self.places[v][s] = place

    def run(self) -> None:
        """Insert until nothing that waits has a place left."""
        ranks = {v: self._rank(v) for v in self.places}
        while True:
            open_ranks = [(rank, v) for v, rank in ranks.items() if rank is not None]
            if not open_ranks:
                return
            _, v = min(open_ranks)
            touched = self._insert_best(v)
            if self.draft.where[v] != NOWHERE:
                del self.places[v]
                del ranks[v]
            for u in touched:
                if u in ranks:
                    ranks[u] = self._rank(u)

    def _rank(self, v: int) -> tuple[float, ...] | None:
        places = self.places[v]
        if not places:
            return None
        ranked = sorted((cost, s, position) for s, (cost, position) in places.items())
        return self.order(v, ranked)

    def _insert_best(self, v: int) -> list[int]:
        """Try the places of a visit from the cheapest on; which visits must be ranked again."""
        for s in sorted(self.places[v], key=lambda s: (self.places[v][s], s)):
            _, position = self.places[v][s]
            if self.draft.stockroom.fits(v, s) and self.draft.insert(v, s, position):
                return self._after(v, s)
            del self.places[v][s]
        return [v]

    def _after(self, v: int, s: int) -> list[int]:
        """Look again at the shifts that the insertion touched."""
        case = self.draft.case
        shifts = {s, *case.conflicts[s], *case.later_that_day[s]}
        touched = []
        series = {f.after for f in case.follows if f.before == v} | case.clashes[v]
        for u, places in self.places.items():
            if u == v:
                continue
            seen = shifts & set(case.shifts_of[u])
            again = set(case.shifts_of[u]) if u in series else {t for t in seen if t in places}
            for t in again:
                self._look(u, t)
            if again:
                touched.append(u)
        return touched
