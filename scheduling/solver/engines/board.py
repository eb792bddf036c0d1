"""Routes as tables of places between stops, so that all places for a client are looked at in one go."""

from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from scheduling.routing import Client, Routes, RoutingProblem

Grid = NDArray[np.int64]
NEVER = 1 << 50
DEAR = 1 << 45  # the price of leaving out who must be served, unless costs are larger


@dataclass(frozen=True, slots=True)
class Kept:
    """The board at one moment."""

    lists: dict[int, tuple[int, ...]]
    where: list[int]
    out: set[int]
    grids: Grid
    rooms: Grid
    cost: int


class Board:
    """Routes of one problem: a row for each vehicle that drives, and one that stands for each kind at home.

    Of the place after stop k of a row: where it is, where the next stop is, when the vehicle is ready to
    leave, how late it may be at the next stop, what the arc costs.
    """

    def __init__(self, problem: RoutingProblem, routes: Routes) -> None:
        self.problem = problem
        self.seconds = [list(row) for row in problem.seconds]
        self.cost_of = [list(row) for row in problem.cost]
        self._kinds()
        self._clients()
        longest = max((len(route) for route in routes), default=0)
        rows = len(problem.vehicles)
        self.grids = np.zeros((5, rows, max(8, 2 * longest)), dtype=np.int64)
        self.grids[3] = -NEVER
        self.rooms = np.zeros((rows, self.loads.shape[1]), dtype=np.int64)
        self.lists: dict[int, tuple[int, ...]] = {}
        self.where = [-1] * len(problem.clients)
        self.out = set(range(len(problem.clients)))
        self.cost = sum(self.prizes)
        for v, route in enumerate(routes):
            if route:
                self._set(v, tuple(route))
        self._open_rows()

    def _kinds(self) -> None:
        """Vehicles that are alike in everything share a kind."""
        problem = self.problem
        columns = list(zip(*[client.windows for client in problem.clients], strict=True))
        numbers: dict[object, int] = {}
        self.kind = []
        self.of_kind: list[list[int]] = []
        for v, vehicle in enumerate(problem.vehicles):
            k = numbers.setdefault((vehicle, columns[v]), len(numbers))
            if k == len(self.of_kind):
                self.of_kind.append([])
            self.of_kind[k].append(v)
            self.kind.append(k)

    def _clients(self) -> None:
        """What each client asks of each kind of vehicle, as arrays."""
        problem = self.problem
        first = [who[0] for who in self.of_kind]
        self.windows = [[client.windows[v] for v in first] for client in problem.clients]
        most = max(1, max(len(w) for row in self.windows for w in row))
        shape = (len(problem.clients), len(first), most)
        self.opens = np.full(shape, NEVER, dtype=np.int64)
        self.closes = np.full(shape, -NEVER, dtype=np.int64)
        for c, row in enumerate(self.windows):
            for k, windows in enumerate(row):
                for n, (opens, closes) in enumerate(windows):
                    self.opens[c, k, n], self.closes[c, k, n] = opens, closes
        crews = [problem.vehicles[v].crew for v in first]
        self.stays = [[client.service[crew] for crew in crews] for client in problem.clients]
        self.stay_grid = np.array(self.stays, dtype=np.int64)
        kinds = max(1, max(len(vehicle.capacity) for vehicle in problem.vehicles))
        self.loads = np.array(
            [[*client.load, *[0] * kinds][:kinds] for client in problem.clients], dtype=np.int64
        )
        self.capacity = np.array(
            [[*v.capacity, *[NEVER] * kinds][:kinds] for v in problem.vehicles], dtype=np.int64
        )
        self.prizes = [DEAR if client.prize is None else client.prize for client in problem.clients]
        self.road = np.array(problem.seconds, dtype=np.int64)
        self.road_to = self.road.T.copy()
        self.price = np.array(problem.cost, dtype=np.int64)
        self.price_to = self.price.T.copy()

    def near(self, most: int) -> list[list[int]]:
        """The nearest clients of each client, itself first."""
        places = [client.place for client in self.problem.clients]
        price = self.price[np.ix_(places, places)].copy()
        np.fill_diagonal(price, -1)
        order = np.argsort(price, axis=1, kind="stable")[:, : most + 1]
        return [list(map(int, row)) for row in order]

    def mean_arc(self) -> float:
        """The mean cost of an arc that is driven."""
        arcs = [len(route) + 1 for route in self.lists.values() if route]
        driven = sum(int(self.grids[4, v, : len(r) + 1].sum()) for v, r in self.lists.items() if r)
        return driven / max(1, sum(arcs))

    def routes(self) -> Routes:
        """The clients of every vehicle."""
        return tuple(self.lists.get(v, ()) for v in range(len(self.problem.vehicles)))

    def keep(self) -> Kept:
        """What `restore` brings back."""
        return Kept(
            dict(self.lists),
            list(self.where),
            set(self.out),
            self.grids.copy(),
            self.rooms.copy(),
            self.cost,
        )

    def restore(self, kept: Kept) -> None:
        """The board as it was."""
        self.lists, self.where, self.out = kept.lists, kept.where, kept.out
        self.grids, self.rooms, self.cost = kept.grids, kept.rooms, kept.cost
        self._list_rows()

    def _open_rows(self) -> None:
        """One empty row of each kind is there to be filled."""
        for who in self.of_kind:
            if not any(self.lists.get(v) == () for v in who):
                empty = next((v for v in who if v not in self.lists), None)
                if empty is not None:
                    self._set(empty, ())
        self._list_rows()

    def _list_rows(self) -> None:
        self._rows = np.array(sorted(self.lists), dtype=np.int64)
        self._row_kinds = np.array([self.kind[v] for v in sorted(self.lists)], dtype=np.int64)

    def _close_rows(self) -> None:
        """Of each kind no more than one empty row is looked at."""
        for who in self.of_kind:
            empty = [v for v in who if self.lists.get(v) == ()]
            for v in empty[1:]:
                del self.lists[v]
        self._list_rows()

    def take_out(self, v: int, places: list[int]) -> None:
        """Clients leave their route."""
        route, gone = self.lists[v], set(places)
        self._set(v, tuple(c for k, c in enumerate(route) if k not in gone))
        if not self.lists[v]:
            self._close_rows()

    def put_in(self, c: int, blinks: int) -> bool:
        """A client goes where it costs least (the cheapest `blinks` places are not seen), or stays out."""
        rows, kinds, here = self._rows, self._row_kinds, self.problem.clients[c].place
        spot, after, ready, latest, arc = self.grids[:, rows]
        arrival = ready + self.road_to[here][spot]
        start = self._begin(c, kinds, arrival)
        leaves = start + self.stay_grid[c, kinds][:, None]
        late = leaves + self.road[here][after] > latest
        full = (self.rooms[rows] < self.loads[c]).any(axis=1)
        extra = self.price_to[here][spot] + self.price[here][after] - arc
        extra[late | full[:, None]] = NEVER
        best = int(extra.argmin())
        if blinks:
            best = int(np.argsort(extra, axis=None, kind="stable")[min(blinks, extra.size - 1)])
        row, k = divmod(best, extra.shape[1])
        if extra[row, k] >= self.prizes[c]:
            return False
        v = int(rows[row])
        route = self.lists[v]
        self._set(v, (*route[:k], c, *route[k:]))
        if not route:
            self._open_rows()
        return True

    def _begin(self, c: int, kinds: Grid, arrival: Grid) -> Grid:
        """When service begins; NEVER when it is too late."""
        opens, closes = self.opens[c, kinds], self.closes[c, kinds]
        start: Grid = np.where(arrival <= closes[:, :1], np.maximum(arrival, opens[:, :1]), NEVER)
        for n in range(1, opens.shape[1]):
            other = np.where(
                arrival <= closes[:, n : n + 1], np.maximum(arrival, opens[:, n : n + 1]), NEVER
            )
            start = np.minimum(start, other)
        return start

    def _set(self, v: int, route: tuple[int, ...]) -> None:
        """A row becomes another route."""
        for c in self.lists.get(v, ()):
            self.where[c] = -1
            self.out.add(c)
            self.cost += self.prizes[c]
            self.rooms[v] += self.loads[c]
        if v not in self.lists:
            self.rooms[v] = self.capacity[v]
        else:
            self.cost -= int(self.grids[4, v].sum())
        self.lists[v] = route
        for c in route:
            self.where[c] = v
            self.out.discard(c)
            self.cost -= self.prizes[c]
            self.rooms[v] -= self.loads[c]
        self._time(v, route)

    def _time(self, v: int, route: tuple[int, ...]) -> None:
        """The columns of a row."""
        clients, vehicle, k = self.problem.clients, self.problem.vehicles[v], self.kind[v]
        size = len(route) + 1
        if size > self.grids.shape[2]:
            wider = np.zeros((5, self.grids.shape[1], 2 * size), dtype=np.int64)
            wider[3] = -NEVER
            wider[:, :, : self.grids.shape[2]] = self.grids
            self.grids = wider
        places = [vehicle.home, *[clients[c].place for c in route], vehicle.home]
        ready, now, here = [vehicle.earliest], vehicle.earliest, vehicle.home
        for c in route:
            now += self.seconds[here][clients[c].place]
            here = clients[c].place
            now = _begin(self.windows[c][k], now) + self.stays[c][k]
            ready.append(now)
        latest = [vehicle.latest]
        for n in range(len(route) - 1, -1, -1):
            c = route[n]
            leave = latest[-1] - self.seconds[places[n + 1]][places[n + 2]] - self.stays[c][k]
            latest.append(_begin_by(self.windows[c][k], leave))
        latest.reverse()
        cost = self.cost_of
        arcs = [cost[a][b] for a, b in pairwise(places)]
        if not route:
            arcs = [0]
        row = self.grids[:, v]
        row[:, :size] = (places[:-1], places[1:], ready, latest, arcs)
        row[3, size:] = -NEVER
        row[4, size:] = 0
        self.cost += sum(arcs)

    def in_order(self, order: str, random: Random) -> list[int]:
        """Who is out, in the order in which they are to be put back."""
        out = sorted(self.out)
        random.shuffle(out)
        if order == "random":
            return out
        clients = self.problem.clients
        return sorted(out, key=lambda c: _key(order, clients[c], self))


def _key(order: str, client: Client, board: Board) -> int:
    home = board.problem.vehicles[0].home
    if order == "load":
        return -sum(client.load)
    if order == "far":
        return -board.cost_of[home][client.place]
    if order == "near":
        return board.cost_of[home][client.place]
    windows = next(filter(None, client.windows), ((0, 0),))
    return windows[-1][1] - windows[0][0] if order == "tight" else windows[0][0]


def _begin(windows: tuple[tuple[int, int], ...], arrival: int) -> int:
    for opens, closes in windows:
        if arrival <= closes:
            return arrival if arrival > opens else opens
    return NEVER


def _begin_by(windows: tuple[tuple[int, int], ...], latest: int) -> int:
    for opens, closes in reversed(windows):
        if opens <= latest:
            return latest if latest < closes else closes
    return -NEVER
