"""Joint visits, which two teams begin at the same moment, get shifts and moment before the search begins.

A synchronisation between routes is what no engine here can be told, so the search keeps these pairs as
it keeps fixed stops. The heaviest pairs choose first, and a published pair stays where it was published
while that is feasible.
"""

from collections.abc import Iterator

from scheduling.care.members import shares_crew
from scheduling.care.wishes import seconds_of
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem, Pinned
from scheduling.solver.model.windows import Windows

Pair = tuple[int, int]
Placement = tuple[int, int, int]  # the shift of the one, the shift of the other, the common start


def pin_pairs(indexed: IndexedProblem) -> None:
    """Give every pair two shifts and a common start; a pair that has none stays unassigned."""
    pairs = _list_pairs(indexed)
    if not pairs:
        return
    draft = Draft(indexed)
    for one, other in pairs:
        hours = {v: indexed.windows[v] for v in (one, other)}
        ranked = sorted(_list_placements(indexed, draft, one, other), key=lambda row: row[0])
        if not any(_place(draft, (one, other), placement, hours) for _, placement in ranked):
            for v in (one, other):
                indexed.make_unplannable(v)


def _list_pairs(indexed: IndexedProblem) -> list[Pair]:
    found: set[Pair] = set()
    for v, visit in enumerate(indexed.visits):
        if visit.together_with is not None and v not in indexed.fixed_visits:
            other = indexed.index[visit.together_with]
            found.add((min(v, other), max(v, other)))
    return sorted(
        found, key=lambda pair: (-indexed.weight[pair[0]] - indexed.weight[pair[1]], pair)
    )


def _list_placements(
    indexed: IndexedProblem, draft: Draft, one: int, other: int
) -> Iterator[tuple[tuple[int, int, Placement], Placement]]:
    """Where and when the two could begin together, each with what it costs."""
    for s in indexed.possible_shifts[one]:
        for t in indexed.possible_shifts[other]:
            if indexed.day[s] != indexed.day[t] or shares_crew(
                indexed.shifts[s], indexed.shifts[t]
            ):
                continue
            cost = _placement_cost(indexed, one, s) + _placement_cost(indexed, other, t)
            for start in sorted(_list_common_starts(indexed, draft, (one, s), (other, t))):
                moved = _is_moved(indexed, one, s, start) + _is_moved(indexed, other, t, start)
                yield (moved, cost, (s, t, start)), (s, t, start)


def _placement_cost(indexed: IndexedProblem, v: int, s: int) -> int:
    """Seconds of driving there and back and of service, and what the wishes of the residents are worth."""
    road = (
        indexed.travel[indexed.home[s]][indexed.place[v]]
        + indexed.travel[indexed.place[v]][indexed.home[s]]
    )
    wishes = seconds_of(indexed.problem, indexed.unmet[v][s]) if v in indexed.unmet else 0
    return road + indexed.service[v][s] + wishes


def _is_moved(indexed: IndexedProblem, v: int, s: int, start: int) -> bool:
    published = indexed.published.get(v)
    return published is not None and (indexed.published_shift[v], published.start) != (s, start)


def _list_common_starts(
    indexed: IndexedProblem, draft: Draft, *halves: tuple[int, int]
) -> set[int]:
    """The earliest common start in each pair of windows, also after stops that are pinned already.

    The published moment of either is a candidate too.
    """
    wanted = [indexed.published[v].start for v, _ in halves if v in indexed.published]
    for v, s in halves:
        for u in draft.visits(s):
            start = indexed.windows[u][s][0][0]
            wanted.append(
                start + indexed.service[u][s] + indexed.travel[indexed.place[u]][indexed.place[v]]
            )
    (one, s), (other, t) = halves
    found: set[int] = set()
    for opens, closes in indexed.windows[one][s]:
        for begins, ends in indexed.windows[other][t]:
            first, last = max(opens, begins), min(closes, ends)
            found.update(at for at in (first, *wanted) if first <= at <= last)
    return found


def _place(draft: Draft, pair: Pair, placement: Placement, hours: dict[int, list[Windows]]) -> bool:
    """Pin the pair there when both are feasible; otherwise nothing changes."""
    indexed = draft.indexed
    start = placement[2]
    put: list[int] = []
    for v, s in zip(pair, placement[:2], strict=True):
        indexed.windows[v] = [
            ((start, start),) if k == s else () for k in range(len(indexed.shifts))
        ]
        if not (draft.allows(v, s) and draft.fits(v, s) and _insert_in_order(draft, v, s, start)):
            for u in put:
                draft.remove(u)
            for u in pair:
                indexed.windows[u] = hours[u]
            return False
        put.append(v)
    for v, s in zip(pair, placement[:2], strict=True):
        indexed.pin(Pinned(v, s, start, start + indexed.service[v][s]))
    return True


def _insert_in_order(draft: Draft, v: int, s: int, start: int) -> bool:
    """Insert among the stops that are pinned already, in the order of their starts."""
    indexed = draft.indexed
    if indexed.must_be_last[v] or draft.ends_with_outbreak(s):
        return not draft.visits(s) and draft.insert(v, s, 0)
    position = sum(indexed.windows[u][s][0][0] < start for u in draft.visits(s))
    return draft.insert(v, s, position)
