"""Routing problems of the literature (Solomon, Gehring and Homberger, VRPLIB) and the judge of their routes.

Everything is a whole number: `scale` units make one unit of the file. Nodes are counted from 0, the depot.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from scheduling.plan import Violation
from scheduling.routing.problem import Client, RoutingProblem, Vehicle


class Convention(StrEnum):
    """How a distance becomes a number, and what is better.

    DIMACS (2021): arcs cut to one decimal, least distance. SOLOMON: no rounding (four decimals here),
    fewest vehicles, then least distance. WHOLE (CVRPLIB): nearest whole number, least distance.
    """

    DIMACS = "dimacs"
    SOLOMON = "solomon"
    WHOLE = "whole"


class LeftOut(StrEnum):
    """Why a customer is in no route."""

    DEMAND_ABOVE_CAPACITY = "demand_above_capacity"
    WINDOW_CLOSED = "window_closed"
    NOT_IN_TIME = "not_in_time"  # not even by a vehicle of its own
    VEHICLES_FULL = "vehicles_full"


@dataclass(frozen=True, slots=True)
class Instance:
    """One depot, its vehicles, all alike, and customers."""

    name: str
    convention: Convention
    scale: int
    numbers: tuple[int, ...]  # what the file calls each node
    demands: tuple[int, ...]
    windows: tuple[tuple[int, int], ...]  # service begins within; of the depot: out and back
    services: tuple[int, ...]
    seconds: tuple[tuple[int, ...], ...]  # travel time, never less than the true one
    distance: tuple[tuple[int, ...], ...]
    capacity: int
    vehicles: int  # at most

    @property
    def size(self) -> int:
        """Nodes, with the depot."""
        return len(self.numbers)


def find_barred(instance: Instance) -> dict[int, LeftOut]:
    """Customers that no vehicle can serve, even when it serves nobody else."""
    found = {}
    for node in range(1, instance.size):
        reason = _find_barrier(instance, node)
        if reason is not None:
            found[node] = reason
    return found


def _find_barrier(instance: Instance, node: int) -> LeftOut | None:
    if instance.demands[node] > instance.capacity:
        return LeftOut.DEMAND_ABOVE_CAPACITY
    earliest, latest = instance.windows[node]
    if earliest > latest:
        return LeftOut.WINDOW_CLOSED
    opens, closes = instance.windows[0]
    start = max(opens + instance.seconds[0][node], earliest)
    back = start + instance.services[node] + instance.seconds[node][0]
    return LeftOut.NOT_IN_TIME if start > latest or back > closes else None


def to_routing(instance: Instance, nodes: Sequence[int]) -> RoutingProblem:
    """The problem of these customers for any engine: client k is `nodes[k]`, places are nodes.

    Where fewer vehicles are better, leaving the depot costs more than all driving can.
    """
    opens, closes = instance.windows[0]
    fleet = min(instance.vehicles, len(nodes))
    leaving = 0
    if instance.convention is Convention.SOLOMON:
        leaving = 1 + sum(instance.distance[0][node] + instance.distance[node][0] for node in nodes)
    first = tuple(cost + leaving * (c > 0) for c, cost in enumerate(instance.distance[0]))
    return RoutingProblem(
        clients=tuple(
            Client(
                place=node,
                service=(instance.services[node],),
                windows=((instance.windows[node],),) * fleet,
                load=(instance.demands[node],),
            )
            for node in nodes
        ),
        vehicles=(Vehicle(0, 0, opens, closes, (instance.capacity,)),) * fleet,
        seconds=instance.seconds,
        cost=(first, *instance.distance[1:]),
    )


def total_distance(instance: Instance, routes: Sequence[Sequence[int]]) -> int:
    """The distance of all routes, in units of 1 / scale."""
    return sum(
        instance.distance[a][b] for route in routes if route for a, b in pairwise((0, *route, 0))
    )


def find_faults(instance: Instance, routes: Sequence[Sequence[int]]) -> tuple[Violation, ...]:
    """Every rule that the routes break; customers in no route are no fault here, the caller has to report them."""
    made = [route for route in routes if route]
    found = [*_find_doubles(instance, made)]
    if len(made) > instance.vehicles:
        found.append(Violation("vehicles", "routes", f"{len(made)} of {instance.vehicles}"))
    for k, route in enumerate(made, start=1):
        found += _judge_route(instance, f"route {k}", route)
    return tuple(found)


def _find_doubles(instance: Instance, routes: Sequence[Sequence[int]]) -> Iterator[Violation]:
    for node, times in Counter(node for route in routes for node in route).items():
        if times > 1:
            yield Violation("once", f"customer {instance.numbers[node]}", f"{times} times")


def _judge_route(instance: Instance, name: str, route: Sequence[int]) -> Iterator[Violation]:
    load = sum(instance.demands[node] for node in route)
    if load > instance.capacity:
        yield Violation("capacity", name, f"{load} of {instance.capacity}")
    now, closes = instance.windows[0]
    here = 0
    for node in route:
        earliest, latest = instance.windows[node]
        now = max(now + instance.seconds[here][node], earliest)
        if now > latest:
            late = (now - latest) / instance.scale
            yield Violation("window", f"customer {instance.numbers[node]}", f"{late:g} late")
        now += instance.services[node]
        here = node
    if now + instance.seconds[here][0] > closes:
        late = (now + instance.seconds[here][0] - closes) / instance.scale
        yield Violation("depot_window", name, f"{late:g} late")
