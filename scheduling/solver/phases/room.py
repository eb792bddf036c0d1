"""Makes room for visits of a higher priority: a few published stops shift within their own route, and nobody is dropped.

The last resort of a repair, and only as far as the policy of the region allows (`Problem.repair_moves`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from scheduling.plan import Moved, Route, Visit
from scheduling.problem import Problem
from scheduling.solver.model.draft import Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.windows import Windows, overlap
from scheduling.solver.operators.insertion import count_busy, count_detour, keeps_last

Place = tuple[tuple[int, ...], int, int]  # sequence with the visit, its position, shift
Trial = tuple[tuple[int, ...], tuple[int, ...], int]  # sequence, who gives way, shift


class RoomMaker:
    """A plan in which every stop stands still but those that give way."""

    def __init__(
        self,
        problem: Problem,
        visits: Sequence[Visit],
        routes: Sequence[Route],
        movable: Collection[str],
    ) -> None:
        """`problem` has the published stops that may move not among its fixed stops."""
        self.indexed = IndexedProblem(problem, visits)
        self.movable = {self.indexed.index[name] for name in movable}
        self._natural: dict[int, Windows] = {}
        self._starts: dict[int, int] = {}
        self.draft = Draft(self.indexed)
        for route in routes:
            self._stand_still(route)
        self.moved: list[Moved] = []
        self.has_served = False

    def _stand_still(self, route: Route) -> None:
        s = self.indexed.shift_index[route.shift_id]
        sequence = tuple(self.indexed.index[stop.visit.id] for stop in route.stops)
        for v, stop in zip(sequence, route.stops, strict=True):
            self._natural[v] = self.indexed.windows[v][s]
            self._starts[v] = stop.start
            self.indexed.windows[v] = [
                ((stop.start, stop.start),) if t == s else () for t in range(len(self.indexed.day))
            ]
        self.draft.set_route(s, sequence)

    def run(self, limit: int, most_trials: int) -> None:
        """Serves unassigned visits, the highest priority first, each with the fewest moves that serve it."""
        visits = self.indexed.visits
        for v in sorted(self.draft.unassigned(), key=lambda v: (-visits[v].priority, visits[v].id)):
            left = limit - len(self.moved)
            places = list(self._list_places(v)) if left else []
            trials = (
                one for moves in range(1, left + 1) for one in self._list_trials(v, moves, places)
            )
            for trial in trials:
                most_trials -= 1
                if most_trials < 0:
                    return
                if self._apply(v, trial):
                    break

    def _list_places(self, v: int) -> Iterator[Place]:
        """Shifts and positions where the visit has doses, time and somebody who may give way."""
        for s in self.indexed.possible_shifts[v]:
            sequence = self.draft.visits(s)
            somebody = any(self._may_move((u,), v) for u in sequence)
            if not somebody or not self.draft.allows(v, s) or not self.draft.fits(v, s):
                continue
            free = self._free_seconds(sequence, s) - self.indexed.service[v][s]
            for k in range(len(sequence) + 1):
                trial = (*sequence[:k], v, *sequence[k:])
                has_time = count_detour(self.indexed, v, s, sequence, k) <= free
                if has_time and keeps_last(self.indexed, trial):
                    yield trial, k, s

    def _list_trials(self, v: int, moves: int, places: Iterable[Place]) -> Iterator[Trial]:
        """Sequences with the visit, and so many neighbours of lower priority that may give way for it."""
        for trial, k, s in places:
            sequence = (*trial[:k], *trial[k + 1 :])
            for before in range(max(0, moves - len(sequence) + k), min(moves, k) + 1):
                chosen = sequence[k - before : k - before + moves]
                if self._may_move(chosen, v):
                    yield trial, chosen, s

    def _free_seconds(self, sequence: tuple[int, ...], s: int) -> int:
        """What these stops, their drives and the break leave of a shift; negative where they do not fit."""
        shift = self.indexed.shifts[s]
        pause = shift.pause.seconds if shift.pause else 0
        return shift.end - self.indexed.opens[s] - count_busy(self.indexed, s, sequence) - pause

    def _may_move(self, chosen: tuple[int, ...], v: int) -> bool:
        priority = self.indexed.visits[v].priority
        return all(u in self.movable and self.indexed.visits[u].priority < priority for u in chosen)

    def _apply(self, v: int, trial: Trial) -> bool:
        """Whether the visit fits when its neighbours give way: those before it are earlier, those after it later."""
        sequence, chosen, s = trial
        kept = {u: self.indexed.windows[u][s] for u in chosen}
        place = sequence.index(v)
        for u in chosen:
            earlier = sequence.index(u) < place
            first, last = (0, self._starts[u]) if earlier else (self._starts[u], 1 << 40)
            self.indexed.windows[u][s] = overlap(self._natural[u], first, last)
        if self.draft.set_route(s, sequence):
            self._note(v, s, chosen)
            self.has_served = True
            return True
        for u, windows in kept.items():
            self.indexed.windows[u][s] = windows
        return False

    def _note(self, v: int, s: int, chosen: tuple[int, ...]) -> None:
        """Holds everybody where they stand now, and says who moved for whom."""
        schedule = self.draft.routes[s]
        assert schedule is not None
        starts = dict(zip(schedule.sequence, schedule.starts, strict=True))
        for u in (v, *chosen):
            start = starts[u]
            self.indexed.windows[u][s] = ((start, start),)
            if u != v and start != self._starts[u]:
                visits = self.indexed.visits
                self.moved.append(Moved(visits[u].id, visits[v].id))
            self._starts[u] = start
        self.movable -= set(chosen)  # nobody is moved twice


def make_room(
    problem: Problem,
    visits: Sequence[Visit],
    routes: Sequence[Route],
    movable: Collection[str],
    most_trials: int,
) -> tuple[tuple[Route, ...], tuple[Moved, ...]]:
    """The routes after some published stops made room for visits of a higher priority, and who moved for whom."""
    maker = RoomMaker(problem, visits, routes, movable)
    stands = all(maker.draft.visits(maker.indexed.shift_index[one.shift_id]) for one in routes)
    if stands:
        maker.run(problem.repair_moves, most_trials)
    return (to_routes(maker.draft), tuple(maker.moved)) if maker.has_served else (tuple(routes), ())
