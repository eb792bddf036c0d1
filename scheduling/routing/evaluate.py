"""The judge: what routes of a plain routing problem cost, and whether they are feasible; written without any engine.

A crew has its break before driving, on the road, at a door, or at home before or after the route; at
home it is not paid. A vehicle leaves as late as it can without returning later or waiting longer.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from scheduling.routing.problem import Break, RoutingProblem, Windows

NEVER = 1 << 60
NO_LEG = -1


def evaluate(problem: RoutingProblem, routes: Sequence[Sequence[int]]) -> int | None:
    """The cost of the routes and of the unassigned clients; None when a rule is broken."""
    return Judge(problem).cost(routes)


class Judge:
    """The judge of one problem, who remembers the routes judged before."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self._seen: list[dict[tuple[int, ...], int | None]] = [{} for _ in problem.vehicles]
        self._all_prizes = sum(client.prize or 0 for client in problem.clients)
        self._required = sum(client.prize is None for client in problem.clients)

    def cost(self, routes: Sequence[Sequence[int]]) -> int | None:
        """The cost of the routes and of the unassigned clients; None when a rule is broken."""
        if len(routes) != len(self.problem.vehicles):
            return None
        made = [c for route in routes for c in route]
        if len(set(made)) < len(made) or not all(0 <= c < len(self.problem.clients) for c in made):
            return None
        prizes = [self.problem.clients[c].prize for c in made]
        if prizes.count(None) < self._required:
            return None
        total = self._all_prizes - sum(prize or 0 for prize in prizes)
        for v, route in enumerate(routes):
            if route:
                cost = self.route(v, tuple(route))
                if cost is None:
                    return None
                total += cost
        return total

    def route(self, v: int, route: tuple[int, ...]) -> int | None:
        """The cost of a vehicle's route; None when it is infeasible."""
        if not route:
            return 0
        seen = self._seen[v]
        if route not in seen:
            seen[route] = route_cost(self.problem, v, route)
        return seen[route]


def route_cost(problem: RoutingProblem, v: int, route: Sequence[int]) -> int | None:
    """The cost of a route with clients: its arcs and its paid seconds; None when it is infeasible."""
    vehicle = problem.vehicles[v]
    clients = [problem.clients[c] for c in route]
    for k, most in enumerate(vehicle.capacity):
        if sum(client.load[k] for client in clients if k < len(client.load)) > most:
            return None
    seconds = shortest_duration(problem, v, route)
    if seconds is None:
        return None
    places = [vehicle.home, *(client.place for client in clients), vehicle.home]
    cost = problem.cost
    return sum(cost[a][b] for a, b in pairwise(places)) + problem.cost_per_second * seconds


def shortest_duration(problem: RoutingProblem, v: int, route: Sequence[int]) -> int | None:
    """The fewest seconds from leaving home to returning; None when the route is infeasible.

    When seconds are not paid for, any feasible number of them will do.
    """
    exact = problem.cost_per_second > 0
    best: int | None = None
    for drive in _list_drives(problem, v, route):
        took = drive.shortest_duration() if exact else drive.duration_at_once()
        if took is not None and (best is None or took < best):
            best = took
            if not exact:
                break
    return best


def _list_drives(problem: RoutingProblem, v: int, route: Sequence[int]) -> Iterator["TimedRoute"]:
    """The ways to drive a route: with the break on each of its legs, or at home."""
    vehicle = problem.vehicles[v]
    clients = [problem.clients[c] for c in route]
    places = [vehicle.home, *(client.place for client in clients), vehicle.home]
    seconds = problem.seconds
    drives = [seconds[a][b] for a, b in pairwise(places)]
    stays = [client.service[vehicle.crew] for client in clients]
    windows = [client.windows[v] for client in clients]
    earliest, latest, crew_break = vehicle.earliest, vehicle.latest, vehicle.pause
    if crew_break is None:
        yield TimedRoute(drives, stays, windows, (earliest, latest))
        return
    for leg in range(len(drives)):
        yield TimedRoute(drives, stays, windows, (earliest, latest), leg, crew_break)
    begins = max(earliest, crew_break.earliest)
    if begins <= crew_break.latest:
        yield TimedRoute(drives, stays, windows, (begins + crew_break.seconds, latest))
    if crew_break.earliest + crew_break.seconds <= latest:
        yield TimedRoute(
            drives, stays, windows, (earliest, min(crew_break.latest, latest - crew_break.seconds))
        )


class TimedRoute:
    """One way to drive a route: leg k leads to stop k, the last leg home; one leg may have the break."""

    __slots__ = ("crew_break", "drives", "earliest", "latest", "leg", "stays", "windows")

    def __init__(
        self,
        drives: list[int],
        stays: list[int],
        windows: list[Windows],
        shift: tuple[int, int],
        leg: int = NO_LEG,
        crew_break: Break | None = None,
    ) -> None:
        self.drives, self.stays, self.windows = drives, stays, windows
        self.earliest, self.latest = shift
        self.leg, self.crew_break = leg, crew_break

    def duration_at_once(self) -> int | None:
        """The seconds of a route that leaves as early as it may; None when it is infeasible."""
        found = self.drive_from(self.earliest)
        return None if found is None else found[0] - self.earliest

    def shortest_duration(self) -> int | None:
        """The fewest seconds from leaving home to returning; None when the route is infeasible.

        With several windows a later departure can be shorter: departures are tried from one change of
        windows to the next.
        """
        leaves = self.earliest
        found = self.drive_from(leaves)
        best: int | None = None
        while found is not None:
            back, slack = found
            late = self.latest_departure(back)
            best = back - late if best is None else min(best, back - late)
            if late > leaves:
                found = self.drive_from(late)
                slack = found[1] if found else 0
            # until then the return shifts along with the departure;
            # after it some stop falls into a later window
            leaves = late + slack + 1
            found = self.drive_from(leaves)
        return best

    def drive_from(self, leaves: int) -> tuple[int, int] | None:
        """The return of a vehicle that leaves then, and how much later it may leave within the same windows."""
        now, slack = leaves, NEVER
        for k, windows in enumerate(self.windows):
            arrival, room = self._earliest_arrival(now, k)
            for window in windows:
                if arrival <= window[1]:
                    break
            else:
                return None
            start = max(window[0], arrival)
            slack = min(slack, room, window[1] - start)
            now = start + self.stays[k]
        back, room = self._earliest_arrival(now, len(self.windows))
        return None if back > self.latest else (back, min(slack, room, self.latest - back))

    def latest_departure(self, back: int) -> int:
        """The latest departure from home that returns by `back`, in seconds of the problem's clock."""
        latest = self._latest_leaving(back, len(self.windows))
        for k in range(len(self.windows) - 1, -1, -1):
            start = latest_start(self.windows[k], latest - self.stays[k])
            latest = self._latest_leaving(start, k)
        return latest

    def _earliest_arrival(self, ready: int, leg: int) -> tuple[int, int]:
        """The moment at the door, and how much later the crew may be ready for this leg."""
        if leg != self.leg or self.crew_break is None:
            return ready + self.drives[leg], NEVER
        if ready > self.crew_break.latest:
            return NEVER, 0
        arrival = max(ready + self.drives[leg], self.crew_break.earliest) + self.crew_break.seconds
        return arrival, self.crew_break.latest - ready

    def _latest_leaving(self, latest: int, leg: int) -> int:
        """The latest departure that arrives by `latest`."""
        if leg != self.leg or self.crew_break is None:
            return latest - self.drives[leg]
        if self.crew_break.earliest + self.crew_break.seconds > latest:
            return -NEVER
        return min(latest - self.drives[leg] - self.crew_break.seconds, self.crew_break.latest)


def latest_start(windows: Windows, latest: int) -> int:
    """The latest start of service, in seconds, that is not after `latest`; -NEVER when there is none."""
    for opens, closes in reversed(windows):
        if opens <= latest:
            return min(latest, closes)
    return -NEVER
