"""The plain vehicle routing problem: as much of a plan as any routing engine can be told.

Every number is an integer. Time runs over one day (folded: the day of a client follows from the
vehicles that may serve it), in seconds. Costs have no unit of their own; whoever makes the problem
chooses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

from scheduling.routing.params import DEFAULT

Windows = tuple[tuple[int, int], ...]
"""Intervals in which service may begin, both ends included, sorted, not touching."""

Routes = tuple[tuple[int, ...], ...]
"""The clients of every vehicle in order, by vehicle; () for a vehicle that stays at home."""


@dataclass(frozen=True, slots=True)
class Break:
    """A break of the crew between clients; it must start within the window."""

    earliest: int
    latest: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A shift: leaves home at `earliest` or later and returns by `latest`."""

    home: int  # place
    crew: int  # column of `Client.service`
    earliest: int
    latest: int
    capacity: tuple[int, ...] = ()  # one for each kind of load
    pause: Break | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A visit: where, seconds of service by crew, load, windows by vehicle, and its prize."""

    place: int
    service: tuple[int, ...]  # seconds by crew
    windows: tuple[Windows, ...]  # by vehicle; () where that vehicle may not come
    load: tuple[int, ...] = ()
    prize: int | None = None  # the cost of leaving it out; None: it must be served


@dataclass(frozen=True, slots=True)
class RoutingProblem:
    """Clients, vehicles, and the matrices between places: `seconds[a][b]` and `cost[a][b]`.

    The cost of a route is that of its arcs plus `cost_per_second` for each second from leaving home to
    returning. The cost of a solution is that of its routes plus the prizes of the unassigned clients.
    """

    clients: tuple[Client, ...]
    vehicles: tuple[Vehicle, ...]
    seconds: tuple[tuple[int, ...], ...]
    cost: tuple[tuple[int, ...], ...]
    cost_per_second: int = 0


@dataclass(frozen=True, slots=True)
class Effort:
    """When an engine stops: after so many seconds, or after so much work, counted in its own unit.

    An engine with a cooling schedule begins at the share `cooled` of it.
    """

    seconds: float
    work: int | None = None
    cooled: float = 0.0

    def since(self, began: float) -> "Effort":
        """What is left of it, after a moment of the monotonic clock."""
        return replace(
            self,
            seconds=max(DEFAULT.engines.shortest_seconds, self.seconds - (monotonic() - began)),
        )


def group_alike(problem: RoutingProblem) -> list[list[int]]:
    """Vehicles in groups that are alike in everything, also in the windows of every client; in order of their first."""
    alike: dict[object, list[int]] = {}
    for v, vehicle in enumerate(problem.vehicles):
        windows = tuple(client.windows[v] for client in problem.clients)
        alike.setdefault((vehicle, windows), []).append(v)
    return list(alike.values())


def list_unassigned(problem: RoutingProblem, routes: Sequence[Sequence[int]]) -> list[int]:
    """The clients that are in no route."""
    made = {c for route in routes for c in route}
    return [c for c in range(len(problem.clients)) if c not in made]
