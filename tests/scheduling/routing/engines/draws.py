"""Small plain routing problems drawn at random, with every rule that such a problem can have."""

from random import Random

from scheduling.routing.problem import Break, Client, RoutingProblem, Vehicle, Windows

OPENING: tuple[Windows, ...] = (
    ((0, 7200),),
    ((3600, 5400),),
    ((0, 2400), (5000, 8000)),
    ((1000, 2000), (3000, 4000), (9000, 12000)),
    ((6000, 14400),),
)


def a_draw(
    seed: int, clients: int = 12, vehicles: int = 4, *, pauses: bool = True, paid: int = 1
) -> RoutingProblem:
    """Clients with windows by day, skills, crews and prizes; vehicles of two homes and two days."""
    random = Random(seed)
    points = [(random.randrange(1800), random.randrange(1800)) for _ in range(clients + 2)]
    road = tuple(
        tuple(abs(a - c) + abs(b - d) + (60 if (a, b) != (c, d) else 0) for c, d in points)
        for a, b in points
    )
    fleet = tuple(_a_vehicle(random, clients + v % 2, v % 3, pauses) for v in range(vehicles))
    day = [v // 2 % 2 for v in range(vehicles)]
    return RoutingProblem(
        clients=tuple(_a_client(random, place, day) for place in range(clients)),
        vehicles=fleet,
        seconds=road,
        cost=tuple(tuple(2 * s + (s and 7) for s in row) for row in road),
        cost_per_second=paid,
    )


def _a_vehicle(random: Random, home: int, crew: int, pauses: bool) -> Vehicle:
    begins = random.choice((0, 1800))
    pause = Break(begins + 4000, begins + 7000, 1800) if pauses and random.random() < 0.6 else None
    return Vehicle(home, crew, begins, begins + 14400, (random.choice((40, 60)), 100), pause)


def _a_client(random: Random, place: int, day: list[int]) -> Client:
    by_day = (random.choice(OPENING), random.choice((*OPENING, ())))
    closed = {v for v in range(len(day)) if random.random() < 0.2}
    stay = random.randrange(300, 1500)
    return Client(
        place=place,
        service=(stay, stay // 2 + 60, stay),
        windows=tuple(() if v in closed else by_day[d] for v, d in enumerate(day)),
        load=(random.randrange(1, 20), random.randrange(5)),
        prize=random.choice((300, 5_000, 60_000)),
    )
