"""Problems of Gehring and Homberger's kind, drawn from a seed, as the text of a Solomon file."""

import math
from random import Random

SIDE = {100: 100, 200: 140, 400: 200}
CAPACITY = {"1": 200, "2": 1000}
WIDTHS = {"1": (20, 60, 120), "2": (120, 240, 480)}


def drawn(name: str) -> str:
    """`RC1_200_3`: clustered and not, short routes, 200 customers, seed 3."""
    kind, size, _ = name.split("_")
    random, customers, side = Random(name), int(size), SIDE[int(size)]
    depot = (side // 2, side // 2)
    points = _points(random, kind[:-1], customers, side)
    service = 90 if kind.startswith("C") else 10
    far = max(math.dist(depot, point) for point in points)
    turns = {"1": 4.4, "2": 16.0}[kind[-1]] * (3 if kind == "C2" else 1)
    horizon = int(turns * far) + service
    width = random.choice(WIDTHS[kind[-1]]) * (2 if kind.startswith("C") else 1)
    share = random.choice((0.5, 0.75, 1.0))
    rows = [(0, *depot, 0, 0, horizon, 0)]
    for number, point in enumerate(points, start=1):
        first = math.ceil(math.dist(depot, point))
        last = horizon - first - service
        opens, closes = 0, last
        if random.random() < share:
            middle = random.randint(first, max(first, last))
            opens, closes = max(0, middle - width // 2), max(first, min(last, middle + width // 2))
        demand = random.choice((5, 10, 10, 20, 20, 30, 40))
        rows.append((number, *point, demand, opens, closes, service))
    lines = [" ".join(map(str, row)) for row in rows]
    head = (
        f"{name}\n\nVEHICLE\nNUMBER CAPACITY\n{customers // 4} {CAPACITY[kind[-1]]}\n\nCUSTOMER\n"
    )
    titles = "CUST NO. XCOORD. YCOORD. DEMAND READY TIME DUE DATE SERVICE TIME\n\n"
    return head + titles + "\n".join(lines) + "\n"


def _points(random: Random, geography: str, customers: int, side: int) -> list[tuple[int, int]]:
    """At random, around centres, or by turns."""
    centres = [(random.uniform(5, side - 5), random.uniform(5, side - 5)) for _ in range(10)]
    points = []
    for k in range(customers):
        if geography == "C" or (geography == "RC" and k % 2):
            x, y = random.choice(centres)
            points.append((_within(random.gauss(x, 4), side), _within(random.gauss(y, 4), side)))
        else:
            points.append((random.randrange(side + 1), random.randrange(side + 1)))
    return points


def _within(value: float, side: int) -> int:
    return min(side, max(0, round(value)))
