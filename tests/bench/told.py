"""A problem as far as a plain routing engine can be told it: folded to the time of day, the day by the shift."""

from dataclasses import dataclass
from functools import cached_property

from scheduling.care.lookup import by_id, needs_by_key
from scheduling.care.members import may_inject
from scheduling.care.visit_length import ServiceTimes
from scheduling.objective import weight_of_visit
from scheduling.plan import Visit
from scheduling.problem import Problem, Shift
from scheduling.visits.grouping import group

DAY = 86_400
Windows = tuple[tuple[int, int], ...]


@dataclass
class Told:
    """Visits and shifts by index. Every day has 24 hours, no crew has a pause, nothing is fixed."""

    problem: Problem

    def __post_init__(self) -> None:
        problem = self.problem
        self.visits = [visit for visit in group(problem) if visit.campaign_id is not None]
        self.shifts = sorted(problem.shifts, key=lambda shift: (shift.day, shift.id))
        assert not problem.fixed
        assert not any(shift.pause for shift in self.shifts)
        locations, depots, needs = (
            by_id(problem.locations),
            by_id(problem.depots),
            needs_by_key(problem),
        )
        self.place = [locations[visit.location_id].place for visit in self.visits]
        self.home = [depots[shift.depot_id].place for shift in self.shifts]
        self.weight = [weight_of_visit(visit, needs) for visit in self.visits]
        self.crews = sorted({shift.injectors for shift in self.shifts})
        times = ServiceTimes(problem)
        by_crew = {shift.injectors: shift for shift in self.shifts}
        self.service = [
            {crew: times.seconds(visit, by_crew[crew]) for crew in self.crews}
            for visit in self.visits
        ]
        self.windows = [self._windows(visit) for visit in self.visits]

    def _windows(self, visit: Visit) -> dict[int, Windows]:
        """Seconds since midnight by day on which the visit is due and the place open."""
        found: dict[int, list[tuple[int, int]]] = {}
        location = by_id(self.problem.locations)[visit.location_id]
        for window in sorted(location.time_windows, key=lambda w: w.earliest):
            day = window.earliest // DAY
            if visit.first_day <= day <= visit.last_day and 0 <= day < self.problem.days:
                found.setdefault(day, []).append(
                    (window.earliest - day * DAY, window.latest - day * DAY)
                )
        return {day: tuple(rows) for day, rows in found.items()}

    def may(self, v: int, shift: Shift) -> bool:
        """Day, skills and order allow it."""
        visit = self.visits[v]
        return (
            shift.day in self.windows[v]
            and visit.skills <= shift.skills
            and may_inject(shift, visit.product_id or "")
        )

    @cached_property
    def shapes(self) -> list[list[tuple[Windows, frozenset[int]]]]:
        """By visit the different opening hours of a day, each with its days."""
        rows = []
        for windows in self.windows:
            days: dict[Windows, set[int]] = {}
            for day, hours in windows.items():
                days.setdefault(hours, set()).add(day)
            rows.append([(hours, frozenset(found)) for hours, found in sorted(days.items())])
        return rows
