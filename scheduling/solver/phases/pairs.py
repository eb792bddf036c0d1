"""Pairs of calls that two teams begin at one moment: they get their places before the search begins.

The search keeps them as it keeps fixed stops: in their shifts, at their moment. Heavy pairs choose first,
and a pair that was published stays where it was told while that holds.
"""

from collections.abc import Iterator

from scheduling.care.wishes import seconds_of
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import Case, Pinned
from scheduling.solver.model.windows import Windows

Pair = tuple[int, int]
Places = tuple[int, int, int]  # the shift of the one, the shift of the other, the moment


def hold(case: Case) -> None:
    """Give every pair two shifts and a moment; a pair that has none is kept out of the plan."""
    pairs = _pairs(case)
    if not pairs:
        return
    draft = Draft(case)
    for one, other in pairs:
        hours = {v: case.windows[v] for v in (one, other)}
        ranked = sorted(_places(case, draft, one, other), key=lambda row: row[0])
        if not any(_take(draft, (one, other), places, hours) for _, places in ranked):
            for v in (one, other):
                case.keep_out(v)


def _pairs(case: Case) -> list[Pair]:
    found: set[Pair] = set()
    for v, visit in enumerate(case.visits):
        if visit.together_with is not None and v not in case.given:
            other = case.index[visit.together_with]
            found.add((min(v, other), max(v, other)))
    return sorted(found, key=lambda pair: (-case.weight[pair[0]] - case.weight[pair[1]], pair))


def _places(
    case: Case, draft: Draft, one: int, other: int
) -> Iterator[tuple[tuple[int, int, Places], Places]]:
    """Where and when the two could begin together, with what that costs."""
    for s in case.shifts_of[one]:
        for t in case.shifts_of[other]:
            if case.day[s] != case.day[t] or case.shifts[s].team_id == case.shifts[t].team_id:
                continue
            cost = _cost(case, one, s) + _cost(case, other, t)
            for start in sorted(_starts(case, draft, (one, s), (other, t))):
                moved = _is_moved(case, one, s, start) + _is_moved(case, other, t, start)
                yield (moved, cost, (s, t, start)), (s, t, start)


def _cost(case: Case, v: int, s: int) -> int:
    """Seconds on the road and at the door, and what the wishes of the residents are worth."""
    road = case.travel[case.home[s]][case.place[v]] + case.travel[case.place[v]][case.home[s]]
    wishes = seconds_of(case.problem, case.unmet[v][s]) if v in case.unmet else 0
    return road + case.service[v][s] + wishes


def _is_moved(case: Case, v: int, s: int, start: int) -> bool:
    told = case.published.get(v)
    return told is not None and (case.published_shift[v], told.start) != (s, start)


def _starts(case: Case, draft: Draft, *calls: tuple[int, int]) -> set[int]:
    """The first moment that both allow in each pair of hours, also after the stops that stand already.

    Where people were told of a moment, that one too.
    """
    wanted = [case.published[v].start for v, _ in calls if v in case.published]
    for v, s in calls:
        for u in draft.visits(s):
            start = case.windows[u][s][0][0]
            wanted.append(start + case.service[u][s] + case.travel[case.place[u]][case.place[v]])
    (one, s), (other, t) = calls
    found: set[int] = set()
    for opens, closes in case.windows[one][s]:
        for begins, ends in case.windows[other][t]:
            first, last = max(opens, begins), min(closes, ends)
            found.update(at for at in (first, *wanted) if first <= at <= last)
    return found


def _take(draft: Draft, pair: Pair, places: Places, hours: dict[int, list[Windows]]) -> bool:
    case = draft.case
    start = places[2]
    put: list[int] = []
    for v, s in zip(pair, places[:2], strict=True):
        case.windows[v] = [((start, start),) if k == s else () for k in range(len(case.shifts))]
        if not (draft.allows(v, s) and draft.fits(v, s) and _insert(draft, v, s, start)):
            for u in put:
                draft.remove(u)
            for u in pair:
                case.windows[u] = hours[u]
            return False
        put.append(v)
    for v, s in zip(pair, places[:2], strict=True):
        case.hold(Pinned(v, s, start, start + case.service[v][s]))
    return True


def _insert(draft: Draft, v: int, s: int, start: int) -> bool:
    """Among the stops that stand already, in the order of their moments."""
    case = draft.case
    if case.must_be_last[v] or draft.ends_with_outbreak(s):
        return not draft.visits(s) and draft.insert(v, s, 0)
    position = sum(case.windows[u][s][0][0] < start for u in draft.visits(s))
    return draft.insert(v, s, position)
