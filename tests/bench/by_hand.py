"""The old way: how a careful planner with a list, a map and a telephone fills the days of the teams.

Day by day and team by team. The first call of a team's day is the most urgent one that it may make: crisis, then second
doses by their last day, then people by priority. The day is then filled with the call that is nearest to where the
team is, as long as it is home in time; nobody goes back over what was agreed. Appointments begin on the quarter of an hour. The crew
eats as soon as its pause may begin, or before a call that would last too long. What a rule forbids
(stock and doses kept back for second doses, skills, orders, rest, outbreak) is not agreed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scheduling.care.lookup import by_id, day_of
from scheduling.care.visit_length import ServiceTimes
from scheduling.objective import values
from scheduling.plan import Plan, Reason, Route, Stop, Visit
from scheduling.problem import Problem, Shift
from scheduling.rules import check
from scheduling.visits.grouping import group

QUARTER = 900
TRIES = 6  # calls that a planner considers before the day is closed
NEVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Day:
    """A team's day so far."""

    shift: Shift
    stops: tuple[Stop, ...]
    ready: int
    here: int
    departure: int
    pause_start: int | None


class ByHand:
    """One planner at work."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.locations, self.depots = by_id(problem.locations), by_id(problem.depots)
        self.crises = by_id(problem.crisis_visits)
        self.service = ServiceTimes(problem)
        needs = {(n.person_id, n.campaign_id, n.dose_no): n for n in problem.needs}
        self.second = {
            visit.id: any(
                needs[person, visit.campaign_id or "", dose].dose_no > 1
                for person, dose in visit.needs
            )
            for visit in group(problem)
        }
        self.waiting = {visit.id: visit for visit in group(problem)}
        self.asked: set[str] = set()  # locations that were phoned
        self.routes: list[Route] = []

    def plan(self) -> Plan:
        """Every team-day in order."""
        for shift in sorted(self.problem.shifts, key=lambda s: (s.day, s.start, s.id)):
            self._fill(shift)
        return self._plan(tuple(self.routes))

    def _plan(self, routes: tuple[Route, ...]) -> Plan:
        problem = self.problem
        found = values(problem, routes)
        return Plan(problem.region, problem.as_of, problem.horizon_start, routes, (), found)

    def _fill(self, shift: Shift) -> None:
        home = self.depots[shift.depot_id].place
        begins = max(shift.start, self.problem.now)
        day = Day(shift, (), begins, home, begins, None)
        while (longer := self._one_more(day)) is not None:
            day = longer
        if day.stops:
            self.routes.append(self._written(day))
            for stop in day.stops:
                del self.waiting[stop.visit.id]

    def _one_more(self, day: Day) -> Day | None:
        """The day with the next call agreed; None when the planner closes it."""
        tried = 0
        for visit in self._candidates(day):
            longer = self._with(day, visit)
            if longer is None:
                continue
            self.asked.add(visit.location_id)
            if self._is_allowed(longer):
                return longer
            tried += 1
            if tried == TRIES:
                break
        return None

    def _candidates(self, day: Day) -> Sequence[Visit]:
        """The most urgent first for an empty day, the nearest first after that."""
        used = {stop.visit.id for stop in day.stops}
        open_calls = [
            visit
            for visit in self.waiting.values()
            if visit.id not in used
            and visit.first_day <= day.shift.day <= visit.last_day
            and visit.skills <= day.shift.skills
        ]
        travel = self.problem.travel.seconds[day.here]

        def distance(visit: Visit) -> int:
            return travel[self.locations[visit.location_id].place]

        def urgency(visit: Visit) -> tuple[bool, bool, int, int, int]:
            second = self.second[visit.id]
            last = visit.last_day if second else 0
            return (
                visit.campaign_id is not None,
                not second,
                last,
                -visit.priority,
                distance(visit),
            )

        return sorted(open_calls, key=urgency if not day.stops else distance)

    def _with(self, day: Day, visit: Visit) -> Day | None:
        """The day with this call at its end, when the clock allows it."""
        shift, place = day.shift, self.locations[visit.location_id].place
        home = self.depots[shift.depot_id].place
        drive, stay = (
            self.problem.travel.seconds[day.here][place],
            self.service.seconds(visit, shift),
        )
        way_back = self.problem.travel.seconds[place][home]
        for pause_first in self._ways_to_eat(day):
            ready, pause_start = day.ready, day.pause_start
            if pause_first and shift.pause:
                pause_start = max(ready, shift.pause.earliest)
                ready = pause_start + shift.pause.seconds
            start = self._agreed(visit, day, ready + drive)
            done = start + stay
            eats = (
                pause_start is not None
                or shift.pause is None
                or self._eats_after(shift, done + way_back)
            )
            if start < NEVER and eats and done + way_back <= self._home_by(shift, pause_start):
                departure = (
                    day.departure if day.stops else self._leaves(start - drive, pause_start, day)
                )
                stop = Stop(visit, max(ready, departure) + drive, start, done)
                return Day(shift, (*day.stops, stop), done, place, departure, pause_start)
        return None

    def _leaves(self, just_in_time: int, pause_start: int | None, day: Day) -> int:
        """The first drive begins as late as can be, and before a pause that is had on the way."""
        return (
            just_in_time if pause_start is None else min(just_in_time, max(day.ready, pause_start))
        )

    def _ways_to_eat(self, day: Day) -> Iterator[bool]:
        """With the pause first when it is time for it, or when it can not wait for the next call."""
        pause = day.shift.pause
        if pause is None or day.pause_start is not None:
            yield False
        elif pause.earliest <= day.ready <= pause.latest:
            yield True
        else:
            yield False
            if day.ready <= pause.latest:
                yield True

    def _eats_after(self, shift: Shift, back: int) -> bool:
        pause = shift.pause
        return pause is not None and max(back, pause.earliest) <= pause.latest

    def _home_by(self, shift: Shift, pause_start: int | None) -> int:
        if shift.pause is None or pause_start is not None:
            return shift.end
        return min(shift.pause.latest, shift.end - shift.pause.seconds)

    def _agreed(self, visit: Visit, day: Day, arrival: int) -> int:
        """The first quarter of an hour at which the door is open."""
        crisis = self.crises.get(visit.id)
        windows = (
            [(crisis.first_second, crisis.last_second)]
            if crisis
            else [
                (w.earliest, w.latest)
                for w in self.locations[visit.location_id].time_windows
                if day_of(self.problem, w.earliest) == day.shift.day
            ]
        )
        for opens, closes in sorted(windows):
            start = -(-max(arrival, opens) // QUARTER) * QUARTER
            if start <= closes:
                return start
        return NEVER

    def _written(self, day: Day) -> Route:
        shift = day.shift
        back = day.ready + self.problem.travel.seconds[day.here][self.depots[shift.depot_id].place]
        pause = day.pause_start
        if shift.pause and pause is None:
            pause = max(back, shift.pause.earliest)
        return Route(shift.id, day.stops, day.departure, back, pause)

    def _is_allowed(self, day: Day) -> bool:
        """Every rule, whatever is still to be planned."""
        plan = self._plan((*self.routes, self._written(day)))
        return all(row.rule == "coverage" for row in check(self.problem, plan))


def reasons_for_nobody(problem: Problem) -> dict[str, tuple[Reason, ...]]:
    """A planner by hand gives no reasons."""
    return {visit.id: (Reason.SHIFTS_FULL,) for visit in group(problem)}
