"""When a vehicle is ready at each stop of a route, and how late it may be, with its pause on one leg."""

from typing import Protocol

from scheduling.routing.problem import Pause, RoutingProblem, Windows

NEVER = 1 << 50
TRIED = 3  # legs on which the pause is tried before all are


class Ground(Protocol):
    """What the times of a route depend on."""

    problem: RoutingProblem
    kind: list[int]
    seconds: list[list[int]]
    places: list[int]
    stays: list[list[int]]
    windows: list[list[Windows]]


class Times:
    """The times of one route: `ready[k]` to leave stop k, `latest[k]` to be at the stop after it."""

    __slots__ = (
        "back",
        "drives",
        "earliest",
        "latest",
        "leg",
        "pause",
        "places",
        "ready",
        "stays",
        "windows",
    )

    def __init__(self, ground: Ground, v: int, route: tuple[int, ...]) -> None:
        vehicle, kind = ground.problem.vehicles[v], ground.kind[v]
        self.places = [vehicle.home, *[ground.places[c] for c in route], vehicle.home]
        seconds = ground.seconds
        self.drives = [seconds[a][b] for a, b in zip(self.places, self.places[1:], strict=False)]
        self.stays = [ground.stays[c][kind] for c in route]
        self.windows = [ground.windows[c][kind] for c in route]
        self.earliest = vehicle.earliest
        self.pause = vehicle.pause
        self.leg = -1
        self.ready, self.back = self._forward()
        if self.pause is not None:
            self._place_pause(self.pause, vehicle.latest)
        self.latest = self._backward(vehicle.latest)

    def _place_pause(self, pause: Pause, latest: int) -> None:
        """The pause goes on the leg with which the crew is back first."""
        free = self.ready
        legs = [k for k, ready in enumerate(free) if ready <= pause.latest]
        soon = [
            k
            for k in legs
            if free[k] >= pause.earliest or k + 1 not in legs or free[k + 1] >= pause.earliest
        ]
        best = NEVER, 0
        for chosen in (soon[:TRIED], legs):
            for leg in chosen:
                self.leg = leg
                best = min(best, (self._forward()[1], leg))
            if best[0] <= latest:
                break
        self.leg = best[1]
        self.ready, self.back = self._forward()

    def _forward(self) -> tuple[list[int], int]:
        """When the vehicle is ready to leave each stop, and when it is back."""
        now, leg = self.earliest, self.leg
        ready = [now]
        for k, windows in enumerate(self.windows):
            now = self._arrive(now, k) if k == leg else now + self.drives[k]
            for window in windows:
                if now <= window[1]:
                    now = (now if now > window[0] else window[0]) + self.stays[k]
                    break
            else:
                now = NEVER
            ready.append(now)
        k = len(self.windows)
        return ready, self._arrive(now, k) if k == leg else now + self.drives[k]

    def _arrive(self, ready: int, k: int) -> int:
        pause = self.pause
        if pause is None:
            return ready + self.drives[k]
        if ready > pause.latest:
            return NEVER
        return max(ready + self.drives[k], pause.earliest) + pause.seconds

    def _backward(self, back: int) -> list[int]:
        """How late the vehicle may be at each next stop in order to be back by then."""
        latest = [back]
        for k in range(len(self.windows), 0, -1):
            leave = self._leave_by(latest[-1], k) - self.stays[k - 1]
            for window in reversed(self.windows[k - 1]):
                if window[0] <= leave:
                    leave = leave if leave < window[1] else window[1]
                    break
            else:
                leave = -NEVER
            latest.append(leave)
        latest.reverse()
        return latest

    def _leave_by(self, latest: int, k: int) -> int:
        pause = self.pause
        if pause is None or k != self.leg:
            return latest - self.drives[k]
        if pause.earliest + pause.seconds > latest:
            return -NEVER
        return min(latest - self.drives[k] - pause.seconds, pause.latest)

    def shortest(self) -> int:
        """The seconds on the road, having left as late as being back that soon allows; a pause at home is free."""
        late = self._leave_by(self._backward(self.back)[0], 0)
        took = self.back - late
        pause = self.pause
        if pause is None:
            return took
        if self.leg == 0 and late >= max(self.earliest, pause.earliest):
            return took - pause.seconds
        home = self._leave_by(self.back, len(self.windows)) + self.drives[-1]
        if self.leg == len(self.windows) and home <= pause.latest:
            return home - late
        return took
