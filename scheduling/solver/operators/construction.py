"""Constructs plans by insertion: known stops first, then by regret or by weight for each dose."""

from collections.abc import Iterable, Mapping, Sequence

from scheduling.plan import Plan
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.insertion import Insertion, InsertionCosts, keeps_last
from scheduling.solver.operators.ranking import (
    RankOf,
    list_before_costs,
    rank_by_regret,
    rank_by_weight_per_dose,
)

KnownStop = tuple[int, int, int]  # start, visit, shift


def construct(
    indexed: IndexedProblem, insertions: InsertionCosts, previous: Plan | None = None
) -> Draft:
    """The best of a few constructions: by regret, and by weight for each dose.

    Both begin with the published stops; one more begins with the stops of an earlier plan.
    """
    published = [(row.start, v, indexed.published_shift[v]) for v, row in indexed.published.items()]
    starts = [
        (published, rank_by_regret(indexed, insertions.params.insertion)),
        (published, rank_by_weight_per_dose(indexed)),
    ]
    if previous is not None:
        starts.append(
            (_list_stops(indexed, previous), rank_by_regret(indexed, insertions.params.insertion))
        )
    drafts, given = [], Draft(indexed)
    for stops, rank_of in starts:
        draft = given.copy()
        restore(draft, stops)
        InsertionHeuristic(draft, insertions, draft.unassigned(), rank_of).run()
        drafts.append(draft)
    return min(drafts, key=lambda draft: draft.values().as_tuple())


def construct_by_dose(indexed: IndexedProblem, insertions: InsertionCosts) -> Draft:
    """One construction, by weight for each dose."""
    draft = Draft(indexed)
    rank_of = rank_by_weight_per_dose(indexed)
    InsertionHeuristic(draft, insertions, (), rank_of).run(_list_turns(indexed, draft.unassigned()))
    return draft


def add_by_dose(draft: Draft, insertions: InsertionCosts) -> None:
    """Inserts unassigned visits by weight for each dose; what a shift has no doses for is not looked at."""
    indexed = draft.indexed
    places = {
        v: [s for s in indexed.possible_shifts[v] if draft.may_be_stocked(v, s)]
        for v in draft.unassigned()
    }
    rank_of = rank_by_weight_per_dose(indexed)
    InsertionHeuristic(draft, insertions, (), rank_of, places).run(_list_turns(indexed, places))


def _list_turns(indexed: IndexedProblem, visits: Iterable[int]) -> list[list[int]]:
    """Visits that weigh alike for each dose, the heaviest first: what a later one costs is asked when its turn comes."""
    waiting: dict[tuple[float, ...], list[int]] = {}
    for v in visits:
        waiting.setdefault(list_before_costs(indexed, v), []).append(v)
    return [waiting[rank] for rank in sorted(waiting)]


def list_known_stops(indexed: IndexedProblem, previous: Plan | None) -> list[KnownStop]:
    """The published stops; when there are none, those of an earlier plan."""
    published = [(row.start, v, indexed.published_shift[v]) for v, row in indexed.published.items()]
    return published or (_list_stops(indexed, previous) if previous is not None else [])


def _list_stops(indexed: IndexedProblem, plan: Plan) -> list[KnownStop]:
    return [
        (stop.start, indexed.index[stop.visit.id], indexed.shift_index.get(route.shift_id, NOWHERE))
        for route in plan.routes
        for stop in route.stops
        if stop.visit.id in indexed.index
    ]


def restore(draft: Draft, stops: Iterable[KnownStop]) -> None:
    """Put known stops back into their shifts, in their order, as far as that is still feasible."""
    for _, v, s in sorted(stops):
        if draft.where[v] == NOWHERE and s != NOWHERE and draft.indexed.windows[v][s]:
            position, visits = _find_restored_position(draft, v, s), draft.visits(s)
            trial = (*visits[:position], v, *visits[position:])
            if draft.allows(v, s) and draft.fits(v, s) and keeps_last(draft.indexed, trial):
                draft.set_route(s, trial)


def _find_restored_position(draft: Draft, v: int, s: int) -> int:
    """After the stops that were restored before it, but before a later fixed stop."""
    visits = draft.visits(s)
    latest = draft.indexed.windows[v][s][-1][1]
    fixed = {row.visit: row.start for row in draft.indexed.pinned}
    later = [k for k, u in enumerate(visits) if fixed.get(u, 0) > latest]
    return later[0] if later else len(visits)


class InsertionHeuristic:
    """A construction in progress: the cheapest insertion of every unassigned visit by shift."""

    def __init__(
        self,
        draft: Draft,
        insertions: InsertionCosts,
        unassigned: Iterable[int],
        rank_of: RankOf,
        places: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        """Only shifts of `places` are tried, by visit; without, all that are possible."""
        self.draft = draft
        self.rank_of = rank_of
        self.find_cheapest = insertions.find_cheapest
        self._places = draft.indexed.possible_shifts if places is None else places
        self.insertions: dict[int, dict[int, Insertion]] = {}
        self._begin(unassigned)

    def _begin(self, unassigned: Iterable[int]) -> None:
        for v in unassigned:
            self.insertions[v] = {}
            for s in self._places[v]:
                self._update(v, s)

    def _update(self, v: int, s: int) -> None:
        insertion = self.find_cheapest(self.draft, v, s)
        if insertion is None:
            self.insertions[v].pop(s, None)
        else:
            self.insertions[v][s] = insertion

    def run(self, turns: Iterable[Sequence[int]] = ()) -> None:
        """Insert until no unassigned visit has a feasible insertion left; those of each further turn come after that."""
        self._insert_all()
        for further in turns:
            self._begin(further)
            self._insert_all()

    def _insert_all(self) -> None:
        ranks = {v: self._rank(v) for v in self.insertions}
        while open_ranks := [(rank, v) for v, rank in ranks.items() if rank is not None]:
            _, v = min(open_ranks)
            touched = self._insert_best(v)
            if self.draft.where[v] != NOWHERE:
                del self.insertions[v]
                del ranks[v]
            for u in touched:
                if u in ranks:
                    ranks[u] = self._rank(u)

    def _rank(self, v: int) -> tuple[float, ...] | None:
        insertions = self.insertions[v]
        if not insertions:
            return None
        return self.rank_of(v, [cost for cost, _ in insertions.values()])

    def _insert_best(self, v: int) -> list[int]:
        """Try the insertions of a visit from the cheapest on; returns the visits that must be ranked again."""
        for s in sorted(self.insertions[v], key=lambda s: (self.insertions[v][s], s)):
            _, position = self.insertions[v][s]
            if self.draft.fits(v, s) and self.draft.insert(v, s, position):
                return self._update_touched(v, s)
            del self.insertions[v][s]
        return [v]

    def _update_touched(self, v: int, s: int) -> list[int]:
        """Recompute the insertions into the shifts that this one touched; returns the visits concerned."""
        indexed = self.draft.indexed
        # a shift that gets its first stop closes those that leave its team no rest, and those that day
        # around an outbreak; a further stop closes none that were open
        shifts = {s}
        if len(self.draft.visits(s)) == 1 or indexed.must_be_last[v]:
            shifts |= {
                *indexed.conflicts[s],
                *indexed.later_that_day[s],
                *indexed.earlier_that_day[s],
            }
        related = {f.after for f in indexed.follows if f.before == v}
        touched = []
        for u, insertions in self.insertions.items():
            if u == v:
                continue
            again = self._places[u] if u in related else [t for t in shifts if t in insertions]
            if v in indexed.clashes[u]:
                again = list(insertions)
            for t in again:
                self._update(u, t)
            if again:
                touched.append(u)
        return touched
