"""How a plan bears a day that goes otherwise: its routes are driven many times with drawn lengths of visits and roads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.care.crews import container_seconds
from scheduling.care.lookup import by_id, routes_with_shifts
from scheduling.care.members import injectors_for
from scheduling.plan import Plan, Route, Stop
from scheduling.problem import Problem, Shift
from scheduling.robustness_params import DEFAULT, ReplayParams

Seconds = NDArray[np.float64]  # one for each draw


@dataclass(frozen=True, slots=True)
class Robustness:
    """What the replays of one plan gave, over all stops and all draws."""

    stops: int  # of the plan
    inside: float  # share of stops that began inside the time window that they are planned in
    containers_late: (
        float  # opened containers that were not used up in time, per replay of the whole plan
    )
    back_late: float  # share of routes that came back after the end of the shift


def replay(problem: Problem, plan: Plan, params: ReplayParams = DEFAULT) -> Robustness:
    """Drive every route `params.draws` times: no team begins a stop before its planned start.

    Lengths of visits and of legs are drawn by themselves, uniformly. A break is taken on the leg that has it in the
    plan. The same plan and parameters give the same answer. Only routes of known shifts count.
    """
    road = _Road(problem, params)
    stops = inside = containers = routes = late = 0.0
    for shift, route in routes_with_shifts(problem, plan):
        if not route.stops:
            continue
        driven = road.drive(shift, route)
        routes += 1
        stops += len(route.stops)
        inside += driven.inside
        containers += driven.containers_late
        late += driven.back_late
    return Robustness(
        stops=int(stops),
        inside=inside / stops if stops else 1.0,
        containers_late=containers,
        back_late=late / routes if routes else 0.0,
    )


@dataclass(frozen=True, slots=True)
class _Driven:
    """Means over the draws for one route."""

    inside: float  # stops
    containers_late: float
    back_late: float


class _Road:
    """Replays routes of one problem, one draw after the other from the same source."""

    def __init__(self, problem: Problem, params: ReplayParams) -> None:
        self.problem, self.params = problem, params
        self.random = np.random.default_rng(params.seed)
        self.locations = by_id(problem.locations)
        self.homes = {depot.id: depot.place for depot in problem.depots}
        self.crises = by_id(problem.crisis_visits)
        self.products, self.campaigns = by_id(problem.products), by_id(problem.campaigns)

    def drive(self, shift: Shift, route: Route) -> _Driven:
        """All draws of one route at once."""
        home = self.homes[shift.depot_id]
        clock: Seconds = np.full(self.params.draws, float(route.departure))
        left, here, inside, containers = route.departure, home, 0.0, 0.0
        for stop in route.stops:
            place = self.locations[stop.visit.location_id].place
            clock += self._leg(here, place) + _pause_between(shift, route, left, stop.start)
            clock = np.maximum(clock, stop.start)
            inside += float(np.mean(clock <= self._latest(stop)))
            stretch = self._stretch(self.params.service)
            containers += self._late_containers(shift, stop, stretch)
            clock = clock + (stop.departure - stop.start) * stretch
            left, here = stop.departure, place
        clock += self._leg(here, home) + _pause_between(shift, route, left, route.back)
        return _Driven(inside, containers, float(np.mean(clock > shift.end)))

    def _leg(self, here: int, there: int) -> Seconds:
        return self.problem.travel.seconds[here][there] * self._stretch(self.params.travel)

    def _stretch(self, between: tuple[float, float]) -> Seconds:
        return self.random.uniform(*between, self.params.draws)

    def _latest(self, stop: Stop) -> int:
        """The end of the window in which the stop is planned; a stop outside every window has only its start."""
        if crisis := self.crises.get(stop.visit.id):
            return crisis.last_second
        windows = self.locations[stop.visit.location_id].time_windows
        ends = (row.latest for row in windows if row.earliest <= stop.start <= row.latest)
        return max(ends, default=stop.start)

    def _late_containers(self, shift: Shift, stop: Stop, stretch: Seconds) -> float:
        """Containers of this visit whose last dose came too late, in the mean: the visit's pace is the container's."""
        visit = stop.visit
        if visit.product_id is None or visit.campaign_id is None or not visit.needs:
            return 0.0
        product, campaign = self.products[visit.product_id], self.campaigns[visit.campaign_id]
        location = self.locations[visit.location_id]
        injectors = injectors_for(shift, product.id)
        usual = container_seconds(campaign, product, location, injectors, visit.doses)
        opened = -(-visit.doses // product.doses_per_container)
        return opened * float(np.mean(usual * stretch > product.open_seconds))


def _pause_between(shift: Shift, route: Route, left: int, until: int) -> int:
    """Seconds of the break, where the plan has it between these moments; the end of a leg is the next one's beginning."""
    start = route.pause_start
    if shift.pause is None or start is None or not left <= start < until:
        return 0
    return shift.pause.seconds
