"""The schedule of a vehicle: earliest departures and latest arrivals, with its break on one leg."""

from typing import Protocol

from scheduling.routing.problem import Break, RoutingProblem, Windows

NEVER = 1 << 50


def earliest_start(windows: Windows, arrival: int) -> int:
    """When service begins after an arrival; NEVER when it is too late."""
    for opens, closes in windows:
        if arrival <= closes:
            return arrival if arrival > opens else opens
    return NEVER


def latest_start(windows: Windows, latest: int) -> int:
    """The latest moment up to `latest` at which service may begin; -NEVER when there is none."""
    for opens, closes in reversed(windows):
        if opens <= latest:
            return latest if latest < closes else closes
    return -NEVER


class ScheduleData(Protocol):
    """What the schedule of a route depends on."""

    problem: RoutingProblem
    kind: list[int]
    seconds: list[list[int]]
    places: list[int]
    stays: list[list[int]]
    windows: list[list[Windows]]
    break_legs_tried: int


class VehicleSchedule:
    """The schedule of one route: `earliest_departures[k]` from stop k, `latest_arrivals[k]` at the stop after it."""

    __slots__ = (
        "crew_break",
        "drives",
        "earliest",
        "earliest_departures",
        "latest_arrivals",
        "leg",
        "places",
        "return_time",
        "stays",
        "windows",
    )

    def __init__(self, data: ScheduleData, v: int, route: tuple[int, ...]) -> None:
        vehicle, kind = data.problem.vehicles[v], data.kind[v]
        self.places = [vehicle.home, *[data.places[c] for c in route], vehicle.home]
        seconds = data.seconds
        self.drives = [seconds[a][b] for a, b in zip(self.places, self.places[1:], strict=False)]
        self.stays = [data.stays[c][kind] for c in route]
        self.windows = [data.windows[c][kind] for c in route]
        self.earliest = vehicle.earliest
        self.crew_break = vehicle.pause
        self.leg = -1
        self.earliest_departures, self.return_time = self._schedule_forward()
        if self.crew_break is not None:
            self._place_break(self.crew_break, vehicle.latest, data.break_legs_tried)
        self.latest_arrivals = self._schedule_backward(vehicle.latest)

    def _place_break(self, crew_break: Break, latest: int, tried: int) -> None:
        """Put the break on the leg with which the crew returns first."""
        free = self.earliest_departures
        legs = [k for k, ready in enumerate(free) if ready <= crew_break.latest]
        soon = [
            k
            for k in legs
            if free[k] >= crew_break.earliest
            or k + 1 not in legs
            or free[k + 1] >= crew_break.earliest
        ]
        best = NEVER, 0
        for chosen in (soon[:tried], legs):
            for leg in chosen:
                self.leg = leg
                best = min(best, (self._schedule_forward()[1], leg))
            if best[0] <= latest:
                break
        self.leg = best[1]
        self.earliest_departures, self.return_time = self._schedule_forward()

    def _schedule_forward(self) -> tuple[list[int], int]:
        """The earliest departure from each stop, and the earliest return."""
        now, leg = self.earliest, self.leg
        ready = [now]
        for k, windows in enumerate(self.windows):
            now = self._earliest_arrival(now, k) if k == leg else now + self.drives[k]
            now = min(NEVER, earliest_start(windows, now) + self.stays[k])
            ready.append(now)
        k = len(self.windows)
        return ready, self._earliest_arrival(now, k) if k == leg else now + self.drives[k]

    def _earliest_arrival(self, ready: int, k: int) -> int:
        crew_break = self.crew_break
        if crew_break is None:
            return ready + self.drives[k]
        if ready > crew_break.latest:
            return NEVER
        return max(ready + self.drives[k], crew_break.earliest) + crew_break.seconds

    def _schedule_backward(self, back: int) -> list[int]:
        """The latest arrival at each next stop that still allows a return by `back`."""
        latest = [back]
        for k in range(len(self.windows), 0, -1):
            leave = self._latest_departure(latest[-1], k) - self.stays[k - 1]
            latest.append(latest_start(self.windows[k - 1], leave))
        latest.reverse()
        return latest

    def _latest_departure(self, latest: int, k: int) -> int:
        crew_break = self.crew_break
        if crew_break is None or k != self.leg:
            return latest - self.drives[k]
        if crew_break.earliest + crew_break.seconds > latest:
            return -NEVER
        return min(latest - self.drives[k] - crew_break.seconds, crew_break.latest)

    def shortest_duration(self) -> int:
        """Seconds from the latest departure that allows the earliest return; a break at home is not paid."""
        late = self._latest_departure(self._schedule_backward(self.return_time)[0], 0)
        took = self.return_time - late
        crew_break = self.crew_break
        if crew_break is None:
            return took
        if self.leg == 0 and late >= max(self.earliest, crew_break.earliest):
            return took - crew_break.seconds
        home = self._latest_departure(self.return_time, len(self.windows)) + self.drives[-1]
        if self.leg == len(self.windows) and home <= crew_break.latest:
            return home - late
        return took
