"""Plain routing problems of a few clients and of so few seconds that every second can be looked at."""

from dataclasses import replace
from itertools import pairwise
from random import Random

from scheduling.routing.problem import Break, Client, RoutingProblem, Vehicle, Windows
from tests.scheduling.plainest_route import Way

DAY = 60  # seconds


def a_vehicle(**changes) -> Vehicle:
    """Home at place 0, on the road from second 0 to 60, room for 10."""
    return replace(Vehicle(0, 0, 0, DAY, (10,)), **changes)


def a_client(place: int, *windows: tuple[int, int], vehicles: int = 1, **changes) -> Client:
    """A stay of 5 seconds, the same hours for every vehicle, a load of 1; it must be served."""
    client = Client(place, (5,), (windows or ((0, DAY),),) * vehicles, (1,))
    return replace(client, **changes)


def a_line(*clients: Client, vehicles: tuple[Vehicle, ...] = (), paid: int = 1) -> RoutingProblem:
    """Places on a line, 3 seconds apart; an arc costs 10 for each place that it passes."""
    places = range(1 + max((client.place for client in clients), default=0))
    return RoutingProblem(
        clients,
        vehicles or (a_vehicle(),),
        tuple(tuple(3 * abs(a - b) for b in places) for a in places),
        tuple(tuple(10 * abs(a - b) for b in places) for a in places),
        paid,
    )


def a_short_day(
    seed: int, *, clients: int = 3, vehicles: int = 1, pauses: bool = True, windows: int = 3
) -> RoutingProblem:
    """Clients with up to so many windows, drives that are no triangle's, a break for some vehicles."""
    random = Random(seed)
    places = range(clients + 2)
    road = [[random.randrange(1, 9) if a != b else 0 for b in places] for a in places]
    fleet = tuple(
        Vehicle(
            home=clients + random.randrange(2),
            crew=random.randrange(2),
            earliest=random.randrange(6),
            latest=random.randrange(35, DAY),
            capacity=(random.randrange(3, 9), 5),
            pause=_a_pause(random) if pauses and random.random() < 0.7 else None,
        )
        for _ in range(vehicles)
    )
    made = tuple(
        Client(
            place=c,
            service=(random.randrange(6), random.randrange(6)),
            windows=tuple(_windows(random, windows) for _ in fleet),
            load=(random.randrange(4), random.randrange(2)),
            prize=random.choice((None, 15, 60, 200)),
        )
        for c in range(clients)
    )
    cost = tuple(tuple(2 * s + (s and 3) for s in row) for row in road)
    return RoutingProblem(made, fleet, tuple(map(tuple, road)), cost, random.randrange(3))


def _a_pause(random: Random) -> Break:
    first = random.randrange(25)
    return Break(first, first + random.randrange(12), random.randrange(1, 7))


def _windows(random: Random, most: int) -> Windows:
    ends = sorted(random.sample(range(0, 50, 2), 2 * random.randrange(1, most + 1)))
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def way_of(problem: RoutingProblem, v: int, route: tuple[int, ...]) -> Way:
    """A route of the problem, for the plain reading."""
    vehicle, clients = problem.vehicles[v], [problem.clients[c] for c in route]
    places = [vehicle.home, *(client.place for client in clients), vehicle.home]
    pause = vehicle.pause
    return Way(
        drives=tuple(problem.seconds[a][b] for a, b in pairwise(places)),
        stays=tuple(client.service[vehicle.crew] for client in clients),
        windows=tuple(client.windows[v] for client in clients),
        earliest=vehicle.earliest,
        latest=vehicle.latest,
        rest=pause and (pause.earliest, pause.latest, pause.seconds),
    )
