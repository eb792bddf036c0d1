"""Which clients are near each other, and which go well one behind the other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scheduling.routing.engines.sisr.schedule import NEVER
from scheduling.routing.params import SisrParams
from scheduling.routing.problem import Client, RoutingProblem

Grid = NDArray[np.int64]


def list_neighbours(price: Grid, most: int) -> list[list[int]]:
    """The nearest clients of each client, itself first."""
    price = price.copy()
    np.fill_diagonal(price, -1)
    order = np.argsort(price, axis=1, kind="stable")[:, : most + 1]
    return [list(map(int, row)) for row in order]


def list_partners(
    problem: RoutingProblem, price: Grid, stays: Sequence[Sequence[int]], params: SisrParams
) -> tuple[list[list[int]], list[list[int]]]:
    """For each client those that go best before it and those that go best behind it, the cheapest first.

    `stays` are seconds by client and kind of vehicle.
    """
    places = [client.place for client in problem.clients]
    between = np.ix_(places, places)
    road = np.array(problem.seconds, dtype=np.int64)[between]
    cost = price[between].astype(float)
    opens = np.array([_first_opening(client) for client in problem.clients])
    closes = np.array([_last_closing(client) for client in problem.clients])
    shortest = np.array([min(row) for row in stays])
    leaves = shortest[:, None] + road
    waits = np.maximum(0, opens[None, :] - closes[:, None] - leaves)
    rate = cost.mean() / max(1.0, float(road.mean())) if cost.size else 0.0
    cost += params.waiting_share * rate * waits
    cost[opens[:, None] + leaves > closes[None, :]] = np.inf
    np.fill_diagonal(cost, np.inf)
    is_alike = len(stays[0]) == 1 if stays else True
    most = params.partners if is_alike else params.partners_of_kinds
    return _list_least(cost.T, most), _list_least(cost, most)


def _list_least(cost: NDArray[np.float64], most: int) -> list[list[int]]:
    """Of each row the places of its least values, without those that are infinite."""
    order = np.argsort(cost, axis=1, kind="stable")[:, :most]
    return [
        [int(k) for k in least if row[k] != np.inf] for row, least in zip(cost, order, strict=True)
    ]


def _first_opening(client: Client) -> int:
    return min((windows[0][0] for windows in client.windows if windows), default=NEVER)


def _last_closing(client: Client) -> int:
    return max((windows[-1][1] for windows in client.windows if windows), default=-NEVER)
