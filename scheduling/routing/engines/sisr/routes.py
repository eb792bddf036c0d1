"""Routes as flat lists by node, so that an insertion is tested in constant time and a table is copied in no time.

Nodes are the clients, then the start of each vehicle, then its end; the gap after a node lies between it and
the node behind it.
"""

from dataclasses import dataclass
from itertools import pairwise
from random import Random

import numpy as np

from scheduling.routing.engines.sisr.neighbours import list_neighbours, list_partners
from scheduling.routing.engines.sisr.schedule import (
    NEVER,
    VehicleSchedule,
    earliest_start,
    latest_start,
)
from scheduling.routing.params import DEFAULT, SisrParams
from scheduling.routing.problem import Client, Routes, RoutingProblem, Windows, group_alike

DEAR = 1 << 45  # the prize of a client that must be served: above any cost that a real problem has


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The table at one moment."""

    lists: dict[int, tuple[int, ...]]
    unassigned: set[int]
    by_node: tuple[list[int], ...]
    by_row: tuple[list[int], ...]
    rooms: list[tuple[int, ...]]
    cost: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a client may go: what it costs, the row, and its place in the route."""

    extra: int
    row: int
    after: int  # node


class RouteTable:
    """The routes of one problem: a row for each vehicle that drives, and one for an idle vehicle of each kind.

    By node: the node behind it and before it, the earliest departure from it, the latest arrival at it, and
    the cost of the arc that leaves it.
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
        self._before, self._behind = list_partners(problem, self.price, self.stays, params)
        self._number_nodes()
        self.lists: dict[int, tuple[int, ...]] = {}
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
        """What each client asks of each kind of vehicle."""
        problem = self.problem
        first = [who[0] for who in self.of_kind]
        self.windows = [[client.windows[v] for v in first] for client in problem.clients]
        crews = [problem.vehicles[v].crew for v in first]
        self.stays = [[client.service[crew] for crew in crews] for client in problem.clients]
        self.places = [client.place for client in problem.clients]
        kinds = max(1, max(len(vehicle.capacity) for vehicle in problem.vehicles))
        self.loads = [tuple([*client.load, *[0] * kinds][:kinds]) for client in problem.clients]
        self.capacity = [tuple([*v.capacity, *[NEVER] * kinds][:kinds]) for v in problem.vehicles]
        self.prizes = [DEAR if client.prize is None else client.prize for client in problem.clients]
        road = np.array(problem.seconds, dtype=np.int64)
        self.price = np.array(problem.cost, dtype=np.int64) + self.paid * road
        self.arcs: list[list[int]] = self.price.tolist()
        self.arcs_to: list[list[int]] = self.price.T.tolist()
        self.road_to: list[list[int]] = road.T.tolist()

    def _number_nodes(self) -> None:
        """Every vehicle at home, in a row that is not open yet."""
        problem = self.problem
        clients, fleet = len(problem.clients), problem.vehicles
        self._first_start, self._first_end = clients, clients + len(fleet)
        self._place = [*self.places, *[v.home for v in fleet], *[v.home for v in fleet]]
        starts = range(self._first_start, self._first_end)
        ends = range(self._first_end, self._first_end + len(fleet))
        self.where = [-1] * clients + [*range(len(fleet))] * 2
        self._next = [-1] * clients + [*ends, *[-1] * len(fleet)]
        self._last = [-1] * (clients + len(fleet)) + [*starts]
        self._ready = [0] * clients + [v.earliest for v in fleet] + [NEVER] * len(fleet)
        self._latest = [0] * (clients + len(fleet)) + [v.latest for v in fleet]
        self._arc = [0] * len(self._place)
        self._break_after = [-1] * len(fleet)  # the node after which the crew has its break
        self.row_costs = [0] * len(fleet)
        self.rooms = list(self.capacity)

    def list_neighbours(self, most: int) -> list[list[int]]:
        """The nearest clients of each client, itself first."""
        return list_neighbours(self.price[np.ix_(self.places, self.places)], most)

    def mean_arc(self) -> float:
        """The mean cost of the arcs that are driven."""
        driven = [
            self._arc[node]
            for v, route in self.lists.items()
            if route
            for node in (self._first_start + v, *route)
        ]
        return sum(driven) / max(1, len(driven))

    def routes(self) -> Routes:
        """The clients of every vehicle."""
        return tuple(self.lists.get(v, ()) for v in range(len(self.problem.vehicles)))

    def gaps(self, v: int) -> list[tuple[int, int, int]]:
        """Of every gap of a row in order: earliest departure before it, latest arrival behind it, cost of its arc."""
        nodes = [self._first_start + v, *self.lists[v]]
        return [(self._ready[u], self._latest[self._next[u]], self._arc[u]) for u in nodes]

    def snapshot(self) -> Snapshot:
        """What `restore` needs to go back."""
        by_node = (self.where, self._next, self._last, self._ready, self._latest, self._arc)
        return Snapshot(
            dict(self.lists),
            set(self.unassigned),
            tuple(x[:] for x in by_node),
            (self._break_after[:], self.row_costs[:]),
            self.rooms[:],
            self.cost,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot, which is used up."""
        self.lists, self.unassigned = snapshot.lists, snapshot.unassigned
        self.where, self._next, self._last, self._ready, self._latest, self._arc = snapshot.by_node
        self._break_after, self.row_costs = snapshot.by_row
        self.rooms, self.cost = snapshot.rooms, snapshot.cost

    def _open_rows(self) -> None:
        """See to it that each kind has one idle row to insert into."""
        for who in self.of_kind:
            if not any(self.lists.get(v) == () for v in who):
                empty = next((v for v in who if v not in self.lists), None)
                if empty is not None:
                    self._add_row(empty, ())

    def _drop_idle_rows(self) -> None:
        """Keep one idle row of each kind at most: more of them are the same insertion."""
        for who in self.of_kind:
            empty = [v for v in who if self.lists.get(v) == ()]
            for v in empty[1:]:
                del self.lists[v]

    def remove(self, v: int, places: list[int]) -> None:
        """Remove clients from their route, by position in rising order."""
        route = list(self.lists[v])
        for k in reversed(places):
            c = route.pop(k)
            self.where[c] = -1
            self.unassigned.add(c)
            self.cost += self.prizes[c]
            self.rooms[v] = tuple(a + b for a, b in zip(self.rooms[v], self.loads[c], strict=True))
        self._reschedule(v, tuple(route), places[0] - 1, places[-1] + 1 - len(places))
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
        """Insert a client where it costs least, passing over the `blinks` cheapest; False when it stays unassigned.

        Gaps beside its partners are tried first, and all gaps when it fits in none of these.
        """
        gap = None if blinks else self._find_cheapest(c, self._list_gaps_beside_partners(c))
        if gap is None:
            gap = self._find_cheapest(c, self._list_gaps(), blinks)
        if gap is None:
            return False
        v, route = gap.row, self.lists[gap.row]
        k = 0 if gap.after >= self._first_start else route.index(gap.after) + 1
        self._enter(v, c)
        self._reschedule(v, (*route[:k], c, *route[k:]), k, k)
        if not route:
            self._open_rows()
        return True

    def _list_gaps_beside_partners(self, c: int) -> list[int]:
        """The nodes after which a client is tried first; some come twice."""
        where, before = self.where, self._last
        nodes = [u for u in self._before[c] if where[u] >= 0]
        nodes += [before[u] for u in self._behind[c] if where[u] >= 0]
        nodes += [self._first_start + v for v in self.lists]
        return nodes

    def _list_gaps(self) -> list[int]:
        """The nodes of all rows that have a gap behind them."""
        return [u for v in sorted(self.lists) for u in (self._first_start + v, *self.lists[v])]

    def _find_cheapest(self, c: int, nodes: list[int], blinks: int = 0) -> Gap | None:
        """The gap in which a client costs least, and less than its prize."""
        here, place, behind, arc = self.places[c], self._place, self._next, self._arc
        arcs_to, arcs = self.arcs_to[here], self.arcs[here]
        least, best, found = self.prizes[c], -1, []
        for u in nodes:
            extra = arcs_to[place[u]] + arcs[place[behind[u]]] - arc[u]
            if extra < least and (extra := self._price(c, u, extra)) < least:
                if blinks:
                    found.append((extra, u))
                else:
                    least, best = extra, u
        if found[blinks:]:
            least, best = sorted(found)[blinks]
        return Gap(least, self.where[best], best) if best >= 0 else None

    def _price(self, c: int, u: int, extra: int) -> int:
        """What a client costs in the gap after a node, whose arcs cost `extra`; NEVER where it does not fit."""
        v = self.where[u]
        kind = self.kind[v]
        room, load = self.rooms[v], self.loads[c]
        if room[0] < load[0] or (
            len(load) > 1 and any(a < b for a, b in zip(room, load, strict=True))
        ):
            return NEVER
        here, after = self.places[c], self._next[u]
        ready, latest = self._ready[u], self._latest[after]
        arrival = ready + self.road_to[here][self._place[u]]
        drive = self.seconds[here][self._place[after]]
        stay, windows = self.stays[c][kind], self.windows[c][kind]
        if self._break_after[v] == u:
            fits = self._fits_beside_break(v, windows, (ready, arrival, stay, drive, latest))
        else:
            fits = earliest_start(windows, arrival) + stay + drive <= latest
        return extra + self.paid * stay if fits else NEVER

    def _fits_beside_break(
        self, v: int, windows: Windows, times: tuple[int, int, int, int, int]
    ) -> bool:
        """Whether a client can be served in time with the break of that leg before it or after it."""
        ready, arrival, stay, drive, latest = times
        pause = self.problem.vehicles[v].pause
        assert pause is not None  # it has a place in this row
        leaves = earliest_start(windows, arrival) + stay
        if leaves <= pause.latest and max(leaves + drive, pause.earliest) + pause.seconds <= latest:
            return True
        leaves = earliest_start(windows, max(arrival, pause.earliest) + pause.seconds) + stay
        return ready <= pause.latest and leaves + drive <= latest

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
        self.rooms[v] = tuple(a - b for a, b in zip(self.rooms[v], self.loads[c], strict=True))

    def _reschedule(
        self, v: int, route: tuple[int, ...], first: int = 0, last: int | None = None
    ) -> None:
        """Give a row another route, in which only stops from position `first` to `last` have other neighbours."""
        self.lists[v] = route
        first, last = max(0, first), len(route) - 1 if last is None else last
        nodes = (self._first_start + v, *route, self._first_end + v)
        before = self.row_costs[v]
        for a, b in pairwise(nodes[first : last + 3]):
            self._next[a], self._last[b] = b, a
            self._arc[a] = self.arcs[self._place[a]][self._place[b]]
        if not route:
            self._arc[nodes[0]] = 0
        self.row_costs[v] = sum([self._arc[node] for node in nodes[:-1]])
        if self.paid or self.problem.vehicles[v].pause is not None:
            self._schedule_exactly(v, nodes)
        else:
            self._schedule_forward(v, nodes, first, last)
            self._schedule_backward(v, nodes, first, last)
        self.cost += self.row_costs[v] - before

    def _schedule_forward(self, v: int, nodes: tuple[int, ...], first: int, last: int) -> None:
        """Earliest departures from the stop at `first` on; behind `last` as far as they change."""
        ready, kind, place = self._ready, self.kind[v], self._place
        now, at = ready[nodes[first]], place[nodes[first]]
        for k in range(first + 1, len(nodes) - 1):
            c = nodes[k]
            to = place[c]
            now += self.seconds[at][to]
            now = earliest_start(self.windows[c][kind], now) + self.stays[c][kind]
            if k > last + 1 and ready[c] == now:
                break
            ready[c], at = now, to

    def _schedule_backward(self, v: int, nodes: tuple[int, ...], first: int, last: int) -> None:
        """Latest arrivals at the stop at `last` and before it; before `first` as far as they change."""
        found, kind, place = self._latest, self.kind[v], self._place
        last = min(last, len(nodes) - 3)
        latest, at = found[nodes[last + 2]], place[nodes[last + 2]]
        for k in range(last + 1, 0, -1):
            c = nodes[k]
            leave = latest - self.seconds[place[c]][at] - self.stays[c][kind]
            latest = latest_start(self.windows[c][kind], leave)
            if k < first + 1 and found[c] == latest:
                break
            found[c], at = latest, place[c]

    def _schedule_exactly(self, v: int, nodes: tuple[int, ...]) -> None:
        """The schedule with its break, and with what the seconds cost that are neither driven nor served."""
        schedule = VehicleSchedule(self, v, nodes[1:-1])
        departures, arrivals = schedule.earliest_departures, schedule.latest_arrivals
        for k in range(len(departures)):
            self._ready[nodes[k]], self._latest[nodes[k + 1]] = departures[k], arrivals[k]
        self._break_after[v] = nodes[schedule.leg] if schedule.crew_break else -1
        if self.paid and len(nodes) > 2:
            driven = sum(schedule.drives)
            self.row_costs[v] += self.paid * (schedule.shortest_duration() - driven)

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
