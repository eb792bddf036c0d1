"""Our own ruin and recreate on a plain routing problem: strings of near clients are taken out and put back.

After Christiaens and Vanden Berghe's slack induction by string removals. All places for a client are
looked at in one go, in numpy; what waiting costs is known of whole routes only.
"""

from collections.abc import Iterator
from math import exp, log
from random import Random
from time import monotonic

from typing_extensions import override

from scheduling.routing.engines import Engine
from scheduling.routing.engines.sisr.routes import Board
from scheduling.routing.problem import Effort, Routes, RoutingProblem

ROUNDS = 100  # for each unit of work
NEAR = 100  # so many neighbours of a client are looked at
REMOVED = 10  # clients a round takes out, on average
LONGEST = 10  # clients in one string, at most
SPLIT, KEEP_MORE = 0.5, 0.5  # how often a string keeps a piece inside, and how often that grows
FOR_THE_OUT = 0.3  # how often, while somebody is out, room is made near one of them
SPLITS = 0.1  # how often a route is split in two
BLINK = 0.01  # how often a place is not seen
HOT, COLD = 1.0, 0.003  # temperatures, as a share of the mean arc of the plan
ORDERS = (
    ("random",) * 4 + ("load",) * 4 + ("far",) * 2 + ("near",) + ("tight",) * 2 + ("early",) * 2
)
LOOK = 16  # rounds between looks at the clock


class Own(Engine):
    """Ruin and recreate with a temperature that falls until the effort is spent."""

    name = "own"

    @override
    def can(self, problem: RoutingProblem) -> bool:
        """Everything."""
        return bool(problem.vehicles)

    @override
    def solve(
        self, problem: RoutingProblem, start: Routes | None, effort: Effort, seed: int
    ) -> Routes | None:
        """The best routes met; those of `start`, or of plain insertion, to begin with."""
        if not any(any(client.windows) for client in problem.clients):
            return ((),) * len(problem.vehicles)
        board = Board(problem, start or ((),) * len(problem.vehicles))
        search = RuinAndRecreate(board, Random(seed))
        search.fill()
        search.run(effort)
        return search.best


class RuinAndRecreate:
    """One run on one board."""

    def __init__(self, board: Board, random: Random) -> None:
        self.board, self._random = board, random
        self.best, self.best_cost = board.routes(), board.cost
        self._near = board.near(NEAR)

    def fill(self) -> None:
        """Put in who is out, where it costs least."""
        self._recreate()
        self._note()

    def _note(self) -> None:
        if self.board.cost < self.best_cost or not any(self.best):
            self.best, self.best_cost = self.board.routes(), self.board.cost

    def run(self, effort: Effort) -> None:
        """Rounds until the effort is spent."""
        board, random = self.board, self._random
        arc = max(1.0, board.mean_arc())
        for spent in _progress(effort):
            cooled = effort.cooled + (1 - effort.cooled) * spent
            heat = arc * HOT * exp(log(COLD / HOT) * cooled)
            before = board.keep()
            if random.random() < SPLITS:
                self._split()
            self._ruin()
            self._recreate()
            limit = before.cost - heat * log(1.0 - random.random())
            if board.cost >= limit:
                board.restore(before)
            elif board.cost < self.best_cost:
                self._note()

    def _split(self) -> None:
        """A route becomes two: insertion alone would hardly ever send another vehicle."""
        rows = [v for v, route in self.board.lists.items() if len(route) > 1]
        if rows:
            v = self._random.choice(rows)
            self.board.split(v, self._random.randrange(1, len(self.board.lists[v])))

    def _ruin(self) -> None:
        board, random = self.board, self._random
        lengths = [len(route) for route in board.lists.values() if route]
        if not lengths:
            return
        longest = min(LONGEST, sum(lengths) / len(lengths))
        strings = int(1 + random.random() * (4 * REMOVED / (1 + longest) - 1))
        seed = random.randrange(len(board.where))
        if board.out and random.random() < FOR_THE_OUT:
            seed = random.choice(sorted(board.out))
        ruined: set[int] = set()
        for c in self._near[seed]:
            if len(ruined) >= strings:
                break
            row = board.where[c]
            if row >= 0 and row not in ruined:
                ruined.add(row)
                self._cut(row, c, longest)

    def _cut(self, row: int, c: int, longest: float) -> None:
        """Take a string around a client out of its route, sometimes but for a piece inside it."""
        random, route = self._random, self.board.lists[row]
        size = int(1 + random.random() * min(longest, len(route)))
        size = min(size, len(route))
        kept = 0
        if 1 < size < len(route) and random.random() < SPLIT:
            kept = 1
            while size + kept < len(route) and random.random() > KEEP_MORE:
                kept += 1
        at = route.index(c)
        first = random.randint(max(0, at - size - kept + 1), min(at, len(route) - size - kept))
        gone = list(range(first, first + size + kept))
        if kept:
            inside = random.randint(0, size)
            del gone[inside : inside + kept]
        self.board.take_out(row, gone)

    def _recreate(self) -> None:
        board, random = self.board, self._random
        for c in board.in_order(random.choice(ORDERS), random):
            blinks = 0
            while random.random() < BLINK:
                blinks += 1
            board.put_in(c, blinks)


def _progress(effort: Effort) -> Iterator[float]:
    """How much of the effort is spent, from 0 to 1, once for each round."""
    began, rounds, spent = monotonic(), 0, 0.0
    most = None if effort.work is None else effort.work * ROUNDS
    if most == 0:
        return
    while spent < 1:
        yield spent
        rounds += 1
        if most is not None:
            spent = rounds / most
        if rounds % LOOK == 0:
            clock = (monotonic() - began) / max(1e-9, effort.seconds)
            spent = max(spent, clock) if most is None or clock >= 1 else spent


ENGINE = Own()
