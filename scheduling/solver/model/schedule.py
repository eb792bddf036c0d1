"""The schedule of one route: earliest departures and latest arrivals, so that an insertion is tested in constant time.

After Savelsbergh's forward time slack (1992), with several time windows for each visit. Leg k leads to
stop k, the last leg back to the depot. The crew has its break on one leg (before driving, on the road
or at the door), or at the depot after the last leg. All moments are seconds since the start of the
horizon.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from scheduling.problem import Break
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.windows import Windows

NO_LEG = -1
AFTER_ONE = 2  # the leg after the return of a route with one stop
NEVER = 1 << 40


def earliest_start(windows: Windows, arrival: int) -> int:
    """The earliest start of service, in seconds, at or after an arrival; NEVER when every window has closed."""
    for opens, closes in windows:
        if arrival <= closes:
            return arrival if arrival > opens else opens
    return NEVER


def latest_start(windows: Windows, latest: int) -> int:
    """The latest start of service, in seconds, that is not after `latest`; -NEVER when no window has opened by then."""
    i = bisect_right(windows, (latest, NEVER)) - 1
    return min(latest, windows[i][1]) if i >= 0 else -NEVER


def earliest_arrival(ready: int, drive_seconds: int, crew_break: Break | None) -> int:
    """The earliest moment at the door with the break of this leg taken; NEVER when that would begin too late."""
    if crew_break is None:
        return ready + drive_seconds
    if ready > crew_break.latest:
        return NEVER
    return max(ready + drive_seconds, crew_break.earliest) + crew_break.seconds


def latest_departure(latest: int, drive_seconds: int, crew_break: Break | None) -> int:
    """The latest departure, in seconds, that still arrives by `latest` with the break of this leg taken."""
    if crew_break is None:
        return latest - drive_seconds
    if crew_break.earliest + crew_break.seconds > latest:
        return -NEVER
    return min(latest - drive_seconds - crew_break.seconds, crew_break.latest)


class RouteSchedule:
    """The schedule of one sequence of visits in one shift; `feasible` tells whether it can be driven.

    Of several only the one that is kept is completed: `latest_arrivals` and `metres` are what insertions ask for.
    """

    __slots__ = (
        "break_leg",
        "departure",
        "earliest_departures",
        "feasible",
        "latest_arrivals",
        "metres",
        "places",
        "return_time",
        "sequence",
        "shift",
        "starts",
    )

    def __init__(
        self,
        indexed: IndexedProblem,
        shift: int,
        sequence: tuple[int, ...],
        break_leg: int = NO_LEG,
    ) -> None:
        self.shift = shift
        self.sequence = sequence
        self.break_leg = break_leg  # the number of legs: after the return
        home = indexed.home[shift]
        self.places = [home, *(indexed.place[v] for v in sequence), home]
        self.starts: list[int] = []
        self.earliest_departures = [indexed.opens[shift]]
        self.latest_arrivals: list[int] = []
        self.return_time = self.departure = indexed.opens[shift]
        self.metres = 0
        self.feasible = self._schedule_forward(indexed)
        if self.feasible:
            self._delay_starts(indexed)
            self._try_later_windows(indexed)
            self.feasible = self._keeps_doses_fresh(indexed)

    def completed(self, indexed: IndexedProblem) -> "RouteSchedule":
        """This schedule with its latest arrivals and metres."""
        if self.feasible:
            self._schedule_backward(indexed)
            self.metres = sum(indexed.metres[a][b] for a, b in pairwise(self.places))
        return self

    def break_on(self, indexed: IndexedProblem, leg: int) -> Break | None:
        """The break of the crew when it is taken on this leg."""
        return indexed.shifts[self.shift].pause if leg == self.break_leg else None

    def drive_seconds(self, indexed: IndexedProblem, leg: int) -> int:
        """Seconds of driving on a leg."""
        return indexed.travel[self.places[leg]][self.places[leg + 1]]

    def latest_return(self, indexed: IndexedProblem) -> int:
        """The latest return to the depot, in seconds; earlier than the end of the shift when the break follows."""
        shift = indexed.shifts[self.shift]
        if shift.pause is None or self.break_leg != len(self.sequence) + 1:
            return shift.end
        return min(shift.pause.latest, shift.end - shift.pause.seconds)

    def _schedule_forward(self, indexed: IndexedProblem) -> bool:
        """Every stop as early as possible; False when some stop or the return comes too late."""
        s, places, opens = self.shift, self.places, indexed.opens[self.shift]
        travel, break_leg = indexed.travel, self.break_leg
        leave = opens
        for k, v in enumerate(self.sequence):
            windows = indexed.windows[v][s]
            arrival = leave + travel[places[k]][places[k + 1]]
            if k == break_leg:
                arrival = earliest_arrival(leave, arrival - leave, indexed.shifts[s].pause)
            start = earliest_start(windows, arrival)
            if start == NEVER:
                if not self._is_fixed_up_to(indexed, k):
                    return False
                start = windows[0][0]
            self.starts.append(start)
            # a fixed stop may lie before now, when nothing can be planned any more
            leave = max(start + indexed.service[v][s], opens)
            self.earliest_departures.append(leave)
        last = len(self.sequence)
        if last and self._is_fixed_up_to(indexed, last):
            left = self.starts[-1] + indexed.service[self.sequence[-1]][s]
            self.return_time = left + self.drive_seconds(indexed, last)
            return True
        self.return_time = earliest_arrival(
            self.earliest_departures[last],
            self.drive_seconds(indexed, last),
            self.break_on(indexed, last),
        )
        return self.return_time <= self.latest_return(indexed)

    def _is_fixed_up_to(self, indexed: IndexedProblem, k: int) -> bool:
        """Whether stops 0 to k are all fixed by the problem: what is done or promised is not judged here."""
        return self.break_leg == NO_LEG and all(
            v in indexed.fixed_visits for v in self.sequence[: k + 1]
        )

    def _delay_starts(self, indexed: IndexedProblem) -> None:
        """Start each stop as late as the next one allows, so that the crew waits at the depot and not at a door."""
        s = self.shift
        for k in range(len(self.sequence) - 2, -1, -1):
            v = self.sequence[k]
            if v in indexed.is_pinned:
                continue
            leave = latest_departure(
                self.starts[k + 1],
                self.drive_seconds(indexed, k + 1),
                self.break_on(indexed, k + 1),
            )
            late = latest_start(indexed.windows[v][s], leave - indexed.service[v][s])
            self.starts[k] = max(self.starts[k], late)
        self.departure = self._delay_departure(indexed)

    def _try_later_windows(self, indexed: IndexedProblem) -> None:
        """Start some stop in a later window when that shortens the working day.

        With one window for each stop the earliest return gives the shortest day; with several it need not.
        """
        case_windows = [indexed.windows[v][self.shift] for v in self.sequence]
        if all(len(windows) == 1 for windows in case_windows):
            return
        waits = self.return_time - self.departure > self._busy_seconds(indexed)
        if not waits or not indexed.is_pinned.isdisjoint(self.sequence):
            return
        best = (self.return_time - self.departure, self.return_time, self.departure, self.starts)
        for k, windows in enumerate(case_windows):
            for opens, _ in windows:
                if opens > self.starts[k] and self._start_stop_at(indexed, k, opens):
                    best = min(
                        best,
                        (
                            self.return_time - self.departure,
                            self.return_time,
                            self.departure,
                            self.starts,
                        ),
                    )
                _, self.return_time, self.departure, self.starts = best
        _, self.return_time, self.departure, self.starts = best

    def _busy_seconds(self, indexed: IndexedProblem) -> int:
        """Seconds of the route without any waiting: a day that short cannot become shorter."""
        crew_break = indexed.shifts[self.shift].pause
        stays = sum(indexed.service[v][self.shift] for v in self.sequence)
        roads = sum(indexed.travel[a][b] for a, b in pairwise(self.places))
        is_inside = crew_break is not None and 0 <= self.break_leg <= len(self.sequence)
        return stays + roads + (crew_break.seconds if crew_break is not None and is_inside else 0)

    def _start_stop_at(self, indexed: IndexedProblem, k: int, start: int) -> bool:
        """Start stop k at a moment, later stops as early and earlier stops as late as possible."""
        s = self.shift
        starts = [*self.starts[:k], start]
        for m in range(k, len(self.sequence)):
            left = starts[m] + indexed.service[self.sequence[m]][s]
            moment = earliest_arrival(
                left, self.drive_seconds(indexed, m + 1), self.break_on(indexed, m + 1)
            )
            if m + 1 == len(self.sequence):
                if moment > self.latest_return(indexed):
                    return False
                self.return_time = moment
            else:
                starts.append(earliest_start(indexed.windows[self.sequence[m + 1]][s], moment))
                if starts[-1] == NEVER:
                    return False
        self.starts = starts
        self._delay_starts(indexed)
        return True

    def _delay_departure(self, indexed: IndexedProblem) -> int:
        """The latest departure from the depot that is in time for the first stop."""
        if not self.starts:
            return self.departure
        just_in_time = self.starts[0] - self.drive_seconds(indexed, 0)
        crew_break = self.break_on(indexed, 0)
        if crew_break is None:
            return just_in_time
        ends = max(indexed.opens[self.shift], crew_break.earliest) + crew_break.seconds
        return just_in_time if ends <= just_in_time else just_in_time - crew_break.seconds

    def _keeps_doses_fresh(self, indexed: IndexedProblem) -> bool:
        """Whether doses around fixed stops are not under way too long; the start windows see to all other routes."""
        if indexed.is_pinned.isdisjoint(self.sequence) or self._is_fixed_up_to(
            indexed, len(self.sequence)
        ):
            return True
        return all(
            start - self.departure <= indexed.fresh_seconds[v]
            for v, start in zip(self.sequence, self.starts, strict=True)
        )

    def _schedule_backward(self, indexed: IndexedProblem) -> None:
        """The latest arrival at each stop, and at the depot, that keeps the rest of the route feasible."""
        s = self.shift
        latest = [self.latest_return(indexed)]
        for k in range(len(self.sequence) - 1, -1, -1):
            v = self.sequence[k]
            leave = latest_departure(
                latest[-1], self.drive_seconds(indexed, k + 1), self.break_on(indexed, k + 1)
            )
            latest.append(latest_start(indexed.windows[v][s], leave - indexed.service[v][s]))
        latest.reverse()
        self.latest_arrivals = latest


def best_schedule(
    indexed: IndexedProblem, shift: int, visits: tuple[int, ...]
) -> RouteSchedule | None:
    """The schedule with the break on the leg that makes the working day shortest; None when none is feasible."""
    if indexed.shifts[shift].pause is None or not visits:
        schedule = RouteSchedule(indexed, shift, visits)
        return schedule.completed(indexed) if schedule.feasible else None
    best: RouteSchedule | None = None
    for leg in _list_break_legs(indexed, shift, visits):
        schedule = RouteSchedule(indexed, shift, visits, leg)
        if schedule.feasible and (best is None or _duration(schedule) < _duration(best)):
            best = schedule
    return None if best is None else best.completed(indexed)


def can_be_driven(indexed: IndexedProblem, shift: int, visits: tuple[int, ...]) -> bool:
    """Whether `best_schedule` finds one."""
    if indexed.shifts[shift].pause is None or not visits:
        return RouteSchedule(indexed, shift, visits).feasible
    legs = _list_break_legs(indexed, shift, visits)
    return any(RouteSchedule(indexed, shift, visits, leg).feasible for leg in legs)


def _list_break_legs(indexed: IndexedProblem, shift: int, visits: tuple[int, ...]) -> range:
    """The legs before which a crew without a break yet is in time for it; on a later leg it has it too late."""
    pause = indexed.shifts[shift].pause
    assert pause is not None
    here, leave = indexed.home[shift], indexed.opens[shift]
    for k, v in enumerate(visits):
        if leave > pause.latest:
            return range(k)
        arrival = leave + indexed.travel[here][indexed.place[v]]
        start = earliest_start(indexed.windows[v][shift], arrival)
        if start == NEVER:
            return range(k + 1)
        leave = max(start + indexed.service[v][shift], indexed.opens[shift])
        here = indexed.place[v]
    return range(len(visits) + 2)


def _duration(schedule: RouteSchedule) -> tuple[int, int]:
    """Seconds of the working day, then the return, to compare schedules by."""
    return schedule.return_time - schedule.departure, schedule.return_time


def can_be_alone(indexed: IndexedProblem, v: int, s: int) -> bool:
    """Whether a shift could make this visit alone."""
    if (v, s) in indexed.solo_schedules:
        return indexed.solo_schedules[v, s] is not None
    if not indexed.windows[v][s]:
        return False
    legs = range(3) if indexed.shifts[s].pause is not None else (NO_LEG,)
    return any(RouteSchedule(indexed, s, (v,), leg).feasible for leg in legs)


def solo_schedule(indexed: IndexedProblem, v: int, s: int) -> RouteSchedule | None:
    """The schedule of a shift that makes this visit alone; None when it cannot make it at all."""
    if (v, s) not in indexed.solo_schedules:
        indexed.solo_schedules[v, s] = (
            best_schedule(indexed, s, (v,)) if indexed.windows[v][s] else None
        )
    schedule = indexed.solo_schedules[v, s]
    assert schedule is None or isinstance(schedule, RouteSchedule)
    return schedule


def count_solo_seconds(indexed: IndexedProblem, v: int, s: int) -> int | None:
    """The working day of `solo_schedule`; of a visit that is not pinned it takes no schedule to know."""
    if v in indexed.is_pinned:
        schedule = solo_schedule(indexed, v, s)
        return schedule.return_time - schedule.departure if schedule else None
    pause = indexed.shifts[s].pause
    legs = range(3) if pause is not None else (NO_LEG,)
    days = [day for leg in legs for day in _list_solo_days(indexed, v, s, leg)]
    return min(days, default=None)


def _list_solo_days(indexed: IndexedProblem, v: int, s: int, leg: int) -> Iterator[int]:
    """Seconds of the working day with the break on this leg, for every window in which the visit may start."""
    shift, home, place = indexed.shifts[s], indexed.home[s], indexed.place[v]
    there, back, opens = indexed.travel[home][place], indexed.travel[place][home], indexed.opens[s]
    pause, latest = shift.pause, shift.end
    if pause is not None and leg == AFTER_ONE:
        latest = min(pause.latest, shift.end - pause.seconds)
    arrival = earliest_arrival(opens, there, pause if leg == 0 else None)
    usable = [window for window in indexed.windows[v][s] if arrival <= window[1]]
    for k, (first, _) in enumerate(usable):
        start = max(arrival, first)
        left = start + indexed.service[v][s]
        returned = earliest_arrival(left, back, pause if leg == 1 else None)
        if returned > latest:
            return
        departure = start - there
        if pause is not None and leg == 0:
            rested = max(opens, pause.earliest) + pause.seconds
            departure -= 0 if rested <= departure else pause.seconds
        yield returned - departure
        # as in `_try_later_windows`: without waiting in the first no later window is tried
        rest = pause.seconds if pause is not None and leg in (0, 1) else 0
        busy = there + indexed.service[v][s] + back + rest
        if k == 0 and returned - departure <= busy:
            return
