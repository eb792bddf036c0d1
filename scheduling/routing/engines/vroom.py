"""VROOM: the best plan in the first seconds; days are told by the clock, as its windows know no vehicle.

It serves whom it can in order of priority at any price; later rounds leave out whom it does not pay to
serve.
"""

from datetime import timedelta

import numpy as np
import vroom
from numpy.typing import NDArray
from typing_extensions import override
from vroom._vroom import VroomInputException

from scheduling.routing.engines import Engine
from scheduling.routing.params import EngineParams, VroomParams
from scheduling.routing.problem import Client, Effort, Routes, RoutingProblem, Vehicle

LEVELS = 5
MOST_COST = 1 << 30  # of a row's or column's maxima together: it counts in 32 bits
MOST_LOAD = 1 << 30
MOST_PRIORITY = 100
PROFILE = "car"
Grid = NDArray[np.int64]


class Vroom(Engine):
    """The heuristics and local search of VROOM."""

    name = "vroom"

    @override
    def can(self, problem: RoutingProblem) -> bool:
        """It can be told everything but paid waiting; a break is always on the road here, which is allowed."""
        return bool(problem.vehicles)

    @override
    def search(
        self,
        problem: RoutingProblem,
        start: Routes | None,
        effort: Effort,
        seed: int,
        params: EngineParams,
    ) -> Routes | None:
        """As much exploration as the effort allows; it cannot start from `start` and uses no seed."""
        try:
            solution = _to_input(problem).solve(
                exploration_level=choose_level(problem, effort, params.vroom),
                nb_threads=1,
                timeout=timedelta(seconds=max(params.vroom.shortest_seconds, effort.seconds)),
            )
        except VroomInputException:  # some number is beyond its limits
            return None
        routes: list[list[int]] = [[] for _ in problem.vehicles]
        steps = solution.routes
        steps = steps[steps["type"] == "job"]
        for v, c in zip(steps["vehicle_id"].tolist(), steps["id"].tolist(), strict=True):
            routes[v].append(c)
        return tuple(map(tuple, routes))


def choose_level(problem: RoutingProblem, effort: Effort, params: VroomParams) -> int:
    """The exploration level: the work, or by milliseconds for each client."""
    if effort.work is not None:
        return min(LEVELS, effort.work)
    share = 1000 * effort.seconds / max(1, len(problem.clients))
    return sum(share >= enough for enough in params.milliseconds_per_client)


def _to_input(problem: RoutingProblem) -> vroom.Input:
    vroom_input = vroom.Input()
    vroom_input.set_durations_matrix(PROFILE, np.array(problem.seconds))
    vroom_input.set_costs_matrix(PROFILE, _scale_costs(problem))
    days = _number_days(problem)
    span = _day_span(problem)
    kinds = max(len(vehicle.capacity) for vehicle in problem.vehicles)
    skills = _number_skills(problem, days)
    dearest = max((client.prize or 0 for client in problem.clients), default=0)
    for v, vehicle in enumerate(problem.vehicles):
        has = {number for who, number in skills.items() if v in who}
        vroom_input.add_vehicle(_to_vehicle(v, vehicle, days[v] * span, kinds, has))
    for c, client in enumerate(problem.clients):
        hours = _list_windows(client, days, span)
        if hours:
            asks = {skills[who]} if (who := _find_servers(client)) in skills else set()
            vroom_input.add_job(
                vroom.Job(
                    c,
                    location=client.place,
                    delivery=[*client.load, *[0] * kinds][:kinds],
                    skills=asks,
                    priority=_to_priority(client, dearest),
                    time_windows=[vroom.TimeWindow(opens, closes) for opens, closes in hours],
                    service_per_type={f"crew {k}": s for k, s in enumerate(client.service)},
                )
            )
    return vroom_input


def _to_vehicle(
    v: int, vehicle: Vehicle, midnight: int, kinds: int, skills: set[int]
) -> vroom.Vehicle:
    crew_break = vehicle.pause
    breaks = []
    if crew_break is not None:
        hours = vroom.TimeWindow(crew_break.earliest + midnight, crew_break.latest + midnight)
        breaks = [vroom.Break(v, [hours], crew_break.seconds)]
    return vroom.Vehicle(
        v,
        start=vehicle.home,
        end=vehicle.home,
        profile=PROFILE,
        capacity=[*vehicle.capacity, *[MOST_LOAD] * (kinds - len(vehicle.capacity))],
        skills=skills,
        time_window=vroom.TimeWindow(vehicle.earliest + midnight, vehicle.latest + midnight),
        type=f"crew {vehicle.crew}",
        breaks=breaks,
    )


def _scale_costs(problem: RoutingProblem) -> Grid:
    """Costs of the arcs with their paid seconds, scaled down when a sum would overflow."""
    cost: Grid = np.array(problem.cost, dtype=np.int64)
    cost = cost + problem.cost_per_second * np.array(problem.seconds, dtype=np.int64)
    sums = max(int(cost.max(axis=0).sum()), int(cost.max(axis=1).sum()))
    return cost if sums < MOST_COST else cost // (sums // MOST_COST + 1)


def _day_span(problem: RoutingProblem) -> int:
    """Seconds from one day to the next on its long clock: no route can reach the next day."""
    return 2 * max(vehicle.latest for vehicle in problem.vehicles) + 1


def _number_days(problem: RoutingProblem) -> list[int]:
    """A day for each vehicle: vehicles of one day agree on the windows of every client that both may serve."""
    numbers: dict[object, int] = {(): 0}
    grid = np.array(
        [
            [numbers.setdefault(windows, len(numbers)) for windows in client.windows]
            for client in problem.clients
        ]
    ).T
    agreed: list[Grid] = []
    days = []
    for own in grid:
        for day, known in enumerate(agreed):
            if ((own == known) | (own == 0) | (known == 0)).all():
                agreed[day] = np.maximum(own, known)
                days.append(day)
                break
        else:
            agreed.append(own)
            days.append(len(agreed) - 1)
    return days


def _list_windows(client: Client, days: list[int], span: int) -> list[tuple[int, int]]:
    """The windows of a client on every day, on one long clock."""
    hours = {
        (opens + day * span, min(closes, span // 2) + day * span)
        for day, windows in zip(days, client.windows, strict=True)
        for opens, closes in windows
        if opens <= span // 2
    }
    return sorted(hours)


def _find_servers(client: Client) -> frozenset[int]:
    return frozenset(v for v, windows in enumerate(client.windows) if windows)


def _number_skills(problem: RoutingProblem, days: list[int]) -> dict[frozenset[int], int]:
    """A skill for each set of vehicles that alone may serve some client, where the clock does not tell it."""
    skills: dict[frozenset[int], int] = {}
    for client in problem.clients:
        who = _find_servers(client)
        open_days = {days[v] for v in who}
        if any(day in open_days and v not in who for v, day in enumerate(days)):
            skills.setdefault(who, len(skills) + 1)
    return skills


def _to_priority(client: Client, dearest: int) -> int:
    if client.prize is None:
        return MOST_PRIORITY
    return max(1, (MOST_PRIORITY - 1) * client.prize // max(1, dearest))


ENGINE = Vroom()
