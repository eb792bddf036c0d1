"""Routes as arrays of the gaps between stops, so that all insertions of a client are evaluated at once."""

from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from scheduling.routing.engines.sisr.schedule import NEVER, VehicleSchedule
from scheduling.routing.params import DEFAULT, SisrParams
from scheduling.routing.problem import Client, Routes, RoutingProblem, group_alike

Grid = NDArray[np.int64]
Flags = NDArray[np.bool_]
PLANES = 8
PICK = np.ndarray.take  # the values of a row at many places
DEAR = 1 << 45  # the prize of a client that must be served: above any cost that a real problem has


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The table at one moment."""

    lists: dict[int, tuple[int, ...]]
    where: list[int]
    unassigned: set[int]
    grids: Grid
    rooms: Grid
    row_costs: list[int]
    cost: int


class RouteTable:
    """The routes of one problem: a row for each vehicle that drives, and one for an idle vehicle of each kind.

    Planes of the gap after stop k of a row: place of the stop, place of the next stop, earliest
    departure, latest arrival at the next stop, cost of the arc; and where the crew has its break, that
    break's window and seconds.
    """

    def __init__(
        self, problem: RoutingProblem, routes: Routes, params: SisrParams = DEFAULT.engines.sisr
    ) -> None:
        self.break_legs_tried = params.break_legs_tried
        self.problem = problem
        self.seconds = [list(row) for row in problem.seconds]
        self.paid = problem.cost_per_second
        self._number_kinds()
        self._index_clients()
        longest = max((len(route) for route in routes), default=0)
        rows = len(problem.vehicles)
        self.has_breaks = any(vehicle.pause for vehicle in problem.vehicles)
        self.grids = _make_planes(
            rows, max(8, 2 * longest), PLANES if self.has_breaks else PLANES - 3
        )
        self.row_costs = [0] * rows
        self.rooms = np.zeros((rows, self.loads.shape[1]), dtype=np.int64)
        self.lists: dict[int, tuple[int, ...]] = {}
        self.where = [-1] * len(problem.clients)
        self.unassigned = set(range(len(problem.clients)))
        self.cost = sum(self.prizes)
        for v, route in enumerate(routes):
            if route:
                self._add_row(v, tuple(route))
        self._open_rows()

    def _number_kinds(self) -> None:
        """Vehicles that are alike in everything share a kind."""
        self.of_kind = group_alike(self.problem)
        self.kind = [0] * len(self.problem.vehicles)
        for k, who in enumerate(self.of_kind):
            for v in who:
                self.kind[v] = k

    def _index_clients(self) -> None:
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
        self.places = [client.place for client in problem.clients]
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
        self.price = np.array(problem.cost, dtype=np.int64) + self.paid * self.road
        self.arcs: list[list[int]] = self.price.tolist()
        self.price_to = self.price.T.copy()

    def list_neighbours(self, most: int) -> list[list[int]]:
        """The nearest clients of each client, itself first."""
        places = [client.place for client in self.problem.clients]
        price = self.price[np.ix_(places, places)].copy()
        np.fill_diagonal(price, -1)
        order = np.argsort(price, axis=1, kind="stable")[:, : most + 1]
        return [list(map(int, row)) for row in order]

    def mean_arc(self) -> float:
        """The mean cost of the arcs that are driven."""
        arcs = [len(route) + 1 for route in self.lists.values() if route]
        driven = sum(int(self.grids[4, v].sum()) for v, route in self.lists.items() if route)
        return driven / max(1, sum(arcs))

    def routes(self) -> Routes:
        """The clients of every vehicle."""
        return tuple(self.lists.get(v, ()) for v in range(len(self.problem.vehicles)))

    def snapshot(self) -> Snapshot:
        """What `restore` needs to go back."""
        return Snapshot(
            dict(self.lists),
            list(self.where),
            set(self.unassigned),
            self.grids.copy(),
            self.rooms.copy(),
            list(self.row_costs),
            self.cost,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot."""
        self.lists, self.where, self.unassigned = (
            snapshot.lists,
            snapshot.where,
            snapshot.unassigned,
        )
        self.grids, self.rooms = snapshot.grids, snapshot.rooms
        self.row_costs, self.cost = snapshot.row_costs, snapshot.cost
        self._list_rows()

    def _open_rows(self) -> None:
        """See to it that each kind has one idle row to insert into."""
        for who in self.of_kind:
            if not any(self.lists.get(v) == () for v in who):
                empty = next((v for v in who if v not in self.lists), None)
                if empty is not None:
                    self._add_row(empty, ())
        self._list_rows()

    def _list_rows(self) -> None:
        self._rows = np.array(sorted(self.lists), dtype=np.int64)
        self._row_kinds = np.array([self.kind[v] for v in sorted(self.lists)], dtype=np.int64)

    def _drop_idle_rows(self) -> None:
        """Keep one idle row of each kind at most: more of them are the same insertion."""
        for who in self.of_kind:
            empty = [v for v in who if self.lists.get(v) == ()]
            for v in empty[1:]:
                del self.lists[v]
        self._list_rows()

    def remove(self, v: int, places: list[int]) -> None:
        """Remove clients from their route, by position."""
        route = list(self.lists[v])
        for k in reversed(places):
            c = route.pop(k)
            self.where[c] = -1
            self.unassigned.add(c)
            self.cost += self.prizes[c]
            self.rooms[v] += self.loads[c]
        self._reschedule(v, tuple(route))
        if not route:
            self._drop_idle_rows()

    def split(self, v: int, k: int) -> None:
        """The clients of a row from position k on get an idle vehicle of the same kind, if there is one."""
        other = next((o for o in self.of_kind[self.kind[v]] if self.lists.get(o) == ()), None)
        tail = self.lists[v][k:]
        if (
            other is None
            or VehicleSchedule(self, other, tail).return_time > self.problem.vehicles[other].latest
        ):
            return
        self.remove(v, list(range(k, k + len(tail))))
        for c in tail:
            self._enter(other, c)
        self._reschedule(other, tail)
        self._open_rows()

    def insert_cheapest(self, c: int, blinks: int) -> bool:
        """Insert a client where it costs least, passing over the `blinks` cheapest; False when it stays unassigned."""
        rows, kinds, here = self._rows, self._row_kinds, self.problem.clients[c].place
        planes = self.grids[:, rows]
        spot, after, arc = planes[0], planes[1], planes[4]
        fits = self._find_fits(c, planes, kinds)
        full = (self.rooms[rows] < self.loads[c]).any(axis=1)
        extra = PICK(self.price_to[here], spot) + PICK(self.price[here], after) - arc
        if self.paid:
            extra += self.paid * self.stay_grid[c, kinds][:, None]
        extra[~fits | full[:, None]] = NEVER
        best = int(extra.argmin())
        if blinks:
            best = int(np.argsort(extra, axis=None, kind="stable")[min(blinks, extra.size - 1)])
        row, k = divmod(best, extra.shape[1])
        if extra[row, k] >= self.prizes[c]:
            return False
        v = int(rows[row])
        route = self.lists[v]
        self._enter(v, c)
        self._reschedule(v, (*route[:k], c, *route[k:]))
        if not route:
            self._open_rows()
        return True

    def _find_fits(self, c: int, planes: Grid, kinds: Grid) -> Flags:
        """In which gaps a client can be served in time, with the break of that leg before it or after it."""
        here = self.problem.clients[c].place
        stay = self.stay_grid[c, kinds][:, None]
        spot, after, ready, latest = planes[:4]
        arrival = ready + PICK(self.road_to[here], spot)
        drive = PICK(self.road[here], after)
        leaves = self._earliest_start(c, kinds, arrival) + stay
        if not self.has_breaks:
            fits: Flags = leaves + drive <= latest
            return fits
        opens, closes, length = planes[5:8]
        behind = (leaves <= closes) & (np.maximum(leaves + drive, opens) + length <= latest)
        leaves = self._earliest_start(c, kinds, np.maximum(arrival, opens) + length) + stay
        ahead = (ready <= closes) & (leaves + drive <= latest)
        either: Flags = ahead | behind
        return either

    def _earliest_start(self, c: int, kinds: Grid, arrival: Grid) -> Grid:
        """The earliest start of service; NEVER when it is too late."""
        opens, closes = self.opens[c, kinds], self.closes[c, kinds]
        start: Grid = np.where(arrival <= closes[:, :1], np.maximum(arrival, opens[:, :1]), NEVER)
        for n in range(1, opens.shape[1]):
            other = np.where(
                arrival <= closes[:, n : n + 1], np.maximum(arrival, opens[:, n : n + 1]), NEVER
            )
            start = np.minimum(start, other)
        return start

    def _add_row(self, v: int, route: tuple[int, ...]) -> None:
        """A new row with its route."""
        self.rooms[v] = self.capacity[v]
        for c in route:
            self._enter(v, c)
        self._reschedule(v, route)

    def _enter(self, v: int, c: int) -> None:
        """Note that a client is in a row, without its schedule."""
        self.where[c] = v
        self.unassigned.discard(c)
        self.cost -= self.prizes[c]
        self.rooms[v] -= self.loads[c]

    def _reschedule(self, v: int, route: tuple[int, ...]) -> None:
        """Give a row another route and its schedule."""
        self.lists[v] = route
        if len(route) >= self.grids.shape[2]:
            wider = _make_planes(self.grids.shape[1], 2 * len(route) + 2, len(self.grids))
            wider[:, :, : self.grids.shape[2]] = self.grids
            self.grids = wider
        self.cost -= self.row_costs[v]
        self._fill_row(v, VehicleSchedule(self, v, route))
        self.cost += self.row_costs[v]

    def _fill_row(self, v: int, schedule: VehicleSchedule) -> None:
        size = len(schedule.earliest_departures)
        arcs = [self.arcs[a][b] for a, b in pairwise(schedule.places)]
        if size == 1:
            arcs = [0]
        row = self.grids[:, v]
        row[:5, :size] = (
            schedule.places[:-1],
            schedule.places[1:],
            schedule.earliest_departures,
            schedule.latest_arrivals,
            arcs,
        )
        # behind the last stop there is no gap: nothing arrives in time
        row[3, size:] = -NEVER
        row[4, size:] = 0
        if schedule.crew_break and self.has_breaks:
            row[5, :size], row[6, :size], row[7, :size] = -NEVER, NEVER, 0
            crew_break = schedule.crew_break
            row[5:8, schedule.leg] = (crew_break.earliest, crew_break.latest, crew_break.seconds)
        self.row_costs[v] = sum(arcs) + self._idle_cost(schedule) if size > 1 else 0

    def _idle_cost(self, schedule: VehicleSchedule) -> int:
        """The cost of the paid seconds without driving or service; arcs hold those of driving."""
        if not self.paid:
            return 0
        driven = sum(self.seconds[a][b] for a, b in pairwise(schedule.places))
        return self.paid * (schedule.shortest_duration() - driven)

    def sort_unassigned(self, order: str, random: Random) -> list[int]:
        """The unassigned clients in the order in which they are inserted."""
        unassigned = sorted(self.unassigned)
        random.shuffle(unassigned)
        if order == "random":
            return unassigned
        clients = self.problem.clients
        return sorted(unassigned, key=lambda c: _sort_key(order, clients[c], self))


def _sort_key(order: str, client: Client, table: RouteTable) -> int:
    home = table.problem.vehicles[0].home
    if order == "load":
        return -sum(client.load)
    if order == "far":
        return -table.arcs[home][client.place]
    if order == "near":
        return table.arcs[home][client.place]
    windows = next(filter(None, client.windows), ((0, 0),))
    return windows[-1][1] - windows[0][0] if order == "tight" else windows[0][0]


def _make_planes(rows: int, columns: int, planes: int) -> Grid:
    """Planes in which no gap fits any client."""
    grids = np.zeros((planes, rows, columns), dtype=np.int64)
    grids[3] = -NEVER
    if planes == PLANES:
        grids[5], grids[6] = -NEVER, NEVER
    return grids
