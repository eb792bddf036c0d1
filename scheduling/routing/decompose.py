"""Sub-problems of a plain routing problem: related vehicles with their clients, solved apart and merged again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from scheduling.routing.params import DEFAULT, DecompositionParams
from scheduling.routing.problem import Routes, RoutingProblem, list_unassigned


@dataclass(frozen=True, slots=True)
class RoutingSubProblem:
    """A smaller problem; its client k is `clients[k]` of the whole, its vehicle k is `vehicles[k]`."""

    problem: RoutingProblem
    start: Routes
    clients: tuple[int, ...]
    vehicles: tuple[int, ...]
    stays_home: tuple[int, ...] = ()  # vehicles that must not drive

    def merge_into(self, routes: Routes, found: Routes) -> Routes:
        """The routes of the whole, with those of the sub-problem as they were found."""
        whole = list(routes)
        for v in self.stays_home:
            whole[v] = ()
        for v, route in zip(self.vehicles, found, strict=True):
            whole[v] = tuple(self.clients[c] for c in route)
        return tuple(whole)


def extract(
    problem: RoutingProblem,
    routes: Routes,
    vehicles: Sequence[int],
    params: DecompositionParams = DEFAULT.decomposition,
) -> RoutingSubProblem:
    """The sub-problem of these vehicles, with the nearest unassigned clients."""
    vehicles = sorted(vehicles)
    most = None if len(vehicles) == len(problem.vehicles) else params.unassigned
    unassigned = _list_nearest_unassigned(problem, routes, vehicles)[:most]
    return _extract(problem, routes, vehicles, unassigned)


def extract_with_fewer(
    problem: RoutingProblem, routes: Routes, vehicles: Sequence[int]
) -> RoutingSubProblem | None:
    """The sub-problem in which one vehicle less drives and its clients are unassigned; None with different vehicles."""
    driving = sorted(v for v in vehicles if routes[v])
    if len(driving) < 2 or len({problem.vehicles[v] for v in driving}) > 1:
        return None
    fewest = min(driving, key=lambda v: (len(routes[v]), v))
    stays = [v for v in driving if v != fewest]
    return _extract(problem, routes, stays, [*routes[fewest]], [fewest])


def _list_nearest_unassigned(
    problem: RoutingProblem, routes: Routes, vehicles: Sequence[int]
) -> list[int]:
    """Unassigned clients that these vehicles could serve, the nearest first."""
    made = [c for v in vehicles for c in routes[v]]
    unassigned = [
        c
        for c in list_unassigned(problem, routes)
        if any(problem.clients[c].windows[v] for v in vehicles)
    ]
    here = {problem.clients[c].place for c in made} | {problem.vehicles[v].home for v in vehicles}
    unassigned.sort(key=lambda c: min(problem.cost[p][problem.clients[c].place] for p in here))
    return unassigned


def _extract(
    problem: RoutingProblem,
    routes: Routes,
    vehicles: list[int],
    unassigned: list[int],
    stays_home: Sequence[int] = (),
) -> RoutingSubProblem:
    clients = tuple(sorted([c for v in vehicles for c in routes[v]] + unassigned))
    number = {c: k for k, c in enumerate(clients)}
    return RoutingSubProblem(
        _restrict(problem, clients, vehicles),
        tuple(tuple(number[c] for c in routes[v]) for v in vehicles),
        clients,
        tuple(vehicles),
        tuple(stays_home),
    )


def _restrict(
    problem: RoutingProblem, clients: Sequence[int], vehicles: Sequence[int]
) -> RoutingProblem:
    """The problem of some clients and vehicles, with the matrices of their places only."""
    ours = [problem.clients[c] for c in clients]
    fleet = [problem.vehicles[v] for v in vehicles]
    places = sorted({client.place for client in ours} | {vehicle.home for vehicle in fleet})
    number = {place: k for k, place in enumerate(places)}
    return replace(
        problem,
        clients=tuple(
            replace(
                client,
                place=number[client.place],
                windows=tuple(client.windows[v] for v in vehicles),
            )
            for client in ours
        ),
        vehicles=tuple(replace(vehicle, home=number[vehicle.home]) for vehicle in fleet),
        seconds=tuple(tuple(problem.seconds[a][b] for b in places) for a in places),
        cost=tuple(tuple(problem.cost[a][b] for b in places) for a in places),
    )


class VehicleNeighbours:
    """Which vehicles are related: those whose clients are near each other."""

    def __init__(
        self, problem: RoutingProblem, params: DecompositionParams = DEFAULT.decomposition
    ) -> None:
        self.problem = problem
        self._idle = params.idle_vehicles
        self._near: dict[int, list[int]] = {}

    def draw_groups(self, routes: Routes, sizes: Sequence[int], random: Random) -> list[list[int]]:
        """Disjoint groups of related vehicles with about so many clients as asked; one group when there are few."""
        where = {c: v for v, route in enumerate(routes) for c in route}
        if not where:
            return [list(range(len(routes)))]
        free = set(where.values())
        idle = [v for v, route in enumerate(routes) if not route]
        groups = [self._grow(routes, where, free, clients, random) for clients in sizes if free]
        if not free and len(groups) == 1:
            return [list(range(len(routes)))]
        return [
            group + idle_shared
            for group, idle_shared in zip(groups, self._share_idle(idle, groups), strict=True)
        ]

    def _grow(
        self,
        routes: Routes,
        where: dict[int, int],
        free: set[int],
        clients: int,
        random: Random,
    ) -> list[int]:
        seed = random.choice(sorted(c for c, v in where.items() if v in free))
        group: list[int] = []
        size = 0
        for c in self._list_nearest(seed):
            v = where.get(c, -1)
            if v in free:
                if group and size + len(routes[v]) > clients:
                    break
                free.remove(v)
                group.append(v)
                size += len(routes[v])
        return group

    def _share_idle(self, idle: list[int], groups: list[list[int]]) -> Iterator[list[int]]:
        """Some idle vehicles of every kind for each group."""
        kinds: dict[object, list[int]] = {}
        for v in idle:
            kinds.setdefault(self.problem.vehicles[v], []).append(v)
        for k in range(len(groups)):
            yield [
                v for kind in kinds.values() for v in kind[k * self._idle : (k + 1) * self._idle]
            ]

    def _list_nearest(self, c: int) -> list[int]:
        """All clients, the nearest to this one first."""
        if c not in self._near:
            cost, clients = self.problem.cost, self.problem.clients
            here = clients[c].place
            self._near[c] = sorted(
                range(len(clients)),
                key=lambda o: cost[here][clients[o].place] + cost[clients[o].place][here],
            )
        return self._near[c]
