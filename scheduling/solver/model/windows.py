"""When each visit may start in each shift; never when that shift may not make it.

All rules that do not depend on the rest of a route meet here: opening hours, due days, crew, orders,
skills, region, size of the cool box, life of an opened container, time under way, hours of the shift.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Final

from scheduling.care.crews import keeps_container
from scheduling.care.doses import in_containers
from scheduling.care.lookup import by_id
from scheduling.care.members import injectors_for, may_inject, shares_crew
from scheduling.plan import Visit
from scheduling.problem import Fixed, Problem, Shift

Windows = tuple[tuple[int, int], ...]
Suitable = tuple[
    int, Windows, int
]  # shift, when the team is there, the latest second of a departure

# by location, product and skills
KnownSuitable = dict[tuple[str, str, frozenset[str]], list[Suitable]]


def merge_windows(windows: Iterable[tuple[int, int]]) -> Windows:
    """The same moments as sorted windows that do not touch."""
    found: list[tuple[int, int]] = []
    for opens, closes in sorted(windows):
        if found and opens <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(closes, found[-1][1]))
        else:
            found.append((opens, closes))
    return tuple(found)


def overlap(windows: Windows, earliest: int, latest: int) -> Windows:
    """The windows between two moments, both included."""
    if windows and earliest <= windows[0][0] and windows[-1][1] <= latest:
        return windows  # mostly: then there is nothing to build
    found: list[tuple[int, int]] = []
    for opens, closes in windows:
        first = opens if opens > earliest else earliest
        last = closes if closes < latest else latest
        if first <= last:
            found.append((first, last))
    return tuple(found)


# A repair indexes a region twice, and only other people are to be served.
_KNOWN: Final[deque[tuple[tuple[object, ...], KnownSuitable]]] = deque(maxlen=2)


def _find_known(problem: Problem) -> KnownSuitable:
    """What was found of the same locations and shifts, of any day and of nobody who was told."""
    parts = tuple(
        value
        for name, value in ((field.name, getattr(problem, field.name)) for field in fields(problem))
        if name not in ("needs", "fixed", "published", "crisis_visits")
    )
    for known, found in tuple(_KNOWN):
        if all(one is other for one, other in zip(known, parts, strict=True)):
            return found
    _KNOWN.append((parts, {}))
    return _KNOWN[-1][1]


class StartWindows:
    """The windows in which service may start, by visit and shift."""

    def __init__(self, problem: Problem, shifts: Sequence[Shift]) -> None:
        self._problem = problem
        self._shifts = shifts
        self._locations = by_id(problem.locations)
        self._depots = by_id(problem.depots)
        self._products = by_id(problem.products)
        self._campaigns = by_id(problem.campaigns)
        self._crisis = by_id(problem.crisis_visits)
        self._fixed = {row.visit_id: row for row in problem.fixed}
        self._asked = {row.visit_id: row for row in problem.asked}
        self._published = {(row.visit_id, row.shift_id): row for row in problem.published}
        self._told: dict[str, list[int]] = {}  # by visit the shifts in which it was published
        index = {shift.id: s for s, shift in enumerate(shifts)}
        for row in problem.published:
            if row.shift_id in index:
                self._told.setdefault(row.visit_id, []).append(index[row.shift_id])
        self._suitable = _find_known(problem)
        self._rows: dict[tuple[object, ...], list[Windows]] = {}
        self._begins: dict[int, int] = {}
        for shift in shifts:
            self._begins[shift.day] = min(shift.start, self._begins.get(shift.day, shift.start))
        self._ours: dict[str, bool] = {}
        self._hours: dict[tuple[str, int], Windows] = {}
        self._slack_hours: dict[tuple[str, int], Windows] = {}

    def compute_all(
        self,
        visits: Sequence[Visit],
        service: list[list[int]],
        known: Mapping[int, list[Windows]],
    ) -> list[list[Windows]]:
        """By visit and shift, those that are known of the same object as they are; a fixed stop has one moment in one shift."""
        return [
            self._list_fixed(self._fixed[visit.id])
            if visit.id in self._fixed
            else known.get(id(visit)) or self._find_row(visit, service[v])
            for v, visit in enumerate(visits)
        ]

    def _list_fixed(self, fixed: Fixed) -> list[Windows]:
        moment = ((fixed.start, fixed.start),)
        return [moment if fixed.shift_id == shift.id else () for shift in self._shifts]

    def _find_row(self, visit: Visit, service: Sequence[int]) -> list[Windows]:
        """By shift; residents who are tried one by one mostly have the windows of one another."""
        if visit.product_id is None or visit.id in self._asked or visit.id in self._told:
            return self._compute_row(visit, service)
        place = (visit.location_id, visit.campaign_id, visit.product_id, visit.skills)
        kind = (*place, visit.first_day, visit.last_day, visit.doses, *service)
        if kind not in self._rows:
            self._rows[kind] = self._compute_row(visit, service)
        return self._rows[kind]

    def _compute_row(self, visit: Visit, service: Sequence[int]) -> list[Windows]:
        """By shift; in most shifts only the length of the visit and its doses tell it from the others at its location."""
        row: list[Windows] = [()] * len(self._shifts)
        fits: dict[tuple[int, int], bool] = {}  # by cool box and injectors: few kinds of crew
        for s, windows, latest in self._list_suitable(visit):
            shift = self._shifts[s]
            crew = (shift.capacity, injectors_for(shift, visit.product_id))
            if crew not in fits:
                fits[crew] = self._fits_container(visit, shift)
            if fits[crew]:
                row[s] = overlap(windows, 0, latest - service[s])
        return self._keep_asked(visit, row)

    def _keep_asked(self, visit: Visit, row: list[Windows]) -> list[Windows]:
        """The windows in which what was asked of a visit holds."""
        asked = self._asked.get(visit.id)
        if asked is None:
            return row
        first, last = asked.earliest or 0, asked.latest
        return [
            overlap(windows, first, windows[-1][1] if last is None else last)
            if windows and asked.shift_id in (None, self._shifts[s].id)
            else ()
            for s, windows in enumerate(row)
        ]

    def _list_suitable(self, visit: Visit) -> list[Suitable]:
        """The shifts that may make a visit, however long it takes and whatever it opens."""
        if visit.product_id is None:
            return list(self._find_suitable(visit, range(len(self._shifts))))
        kind = (visit.location_id, visit.product_id, visit.skills)
        if kind not in self._suitable:
            whenever = replace(visit, id="", first_day=0, last_day=self._problem.days)
            every = range(len(self._shifts))
            self._suitable[kind] = list(self._find_suitable(whenever, every))
        first, last, shifts = visit.first_day, visit.last_day, self._shifts
        rows = [row for row in self._suitable[kind] if first <= shifts[row[0]].day <= last]
        if told := self._told.get(visit.id):
            own = self._find_suitable(visit, told)
            rows = sorted([*(row for row in rows if row[0] not in told), *own])
        return rows

    def _find_suitable(self, visit: Visit, among: Iterable[int]) -> Iterator[Suitable]:
        place, travel = self._locations[visit.location_id].place, self._problem.travel.seconds
        for s in among:
            shift = self._shifts[s]
            if not 0 <= shift.day < self._problem.days or not self._suits(visit, shift):
                continue
            home = self._depots[shift.depot_id].place
            earliest = max(shift.start, self._problem.now) + travel[home][place]
            latest = shift.end - travel[place][home]
            hours = self.list_day_windows(visit, s)
            if told := self._published.get((visit.id, shift.id)):
                hours = merge_windows(
                    (*hours, *overlap(self._list_day(visit, s), told.start, told.start))
                )
            if windows := overlap(hours, earliest, latest):
                yield s, windows, latest

    def list_day_windows(self, visit: Visit, s: int) -> Windows:
        """When the visit may start on the day of a shift, wherever the team is; with slack before closing time."""
        return self._list_day(visit, s, self.list_hours_with_slack)

    def _list_day(
        self, visit: Visit, s: int, hours: Callable[[str, int], Windows] | None = None
    ) -> Windows:
        if visit.product_id is None:
            return (self.find_crisis_window(visit),)
        # the departure is not known before the route is: count time under way from the start of the
        # shift, the safe side
        fresh = self._shifts[s].start + self._products[visit.product_id].transport_seconds
        return overlap((hours or self.list_opening_hours)(visit.location_id, s), 0, fresh)

    def list_reachable_windows(self, visit: Visit, s: int) -> Windows:
        """When the visit may start while the team could be there, however long the visit takes."""
        shift = self._shifts[s]
        if not 0 <= shift.day < self._problem.days:
            return ()
        place = self._locations[visit.location_id].place
        home = self._depots[shift.depot_id].place
        travel = self._problem.travel.seconds
        earliest = max(shift.start, self._problem.now) + travel[home][place]
        latest = shift.end - travel[place][home]
        if visit.product_id is None:
            return overlap((self.find_crisis_window(visit),), earliest, latest)
        return overlap(self.list_opening_hours(visit.location_id, s), earliest, latest)

    def find_crisis_window(self, visit: Visit) -> tuple[int, int]:
        """The first and last second at which a crisis visit may start."""
        crisis = self._crisis[visit.id]
        return (crisis.first_second, crisis.last_second)

    def list_opening_hours(self, location_id: str, s: int) -> Windows:
        """Opening hours of a location on the day of the shift."""
        key = (location_id, self._shifts[s].day)
        if key not in self._hours:
            starts = self._problem.day_starts
            first, last = starts[key[1]], starts[key[1] + 1] - 1
            windows = self._locations[location_id].time_windows
            whole = merge_windows((w.earliest, w.latest) for w in windows if w.earliest <= w.latest)
            self._hours[key] = overlap(whole, first, last)
        return self._hours[key]

    def list_hours_with_slack(self, location_id: str, s: int) -> Windows:
        """Opening hours that close earlier, the more so the longer teams are under way by then.

        What is late adds up over a route: a stop late in the day needs more slack than the first one. No window closes
        before it opens, so that slack alone makes no visit impossible.
        """
        hours, slack = self.list_opening_hours(location_id, s), self._problem.slack_minutes
        if not slack:
            return hours
        key = (location_id, self._shifts[s].day)
        if key not in self._slack_hours:
            begins = self._begins[key[1]]
            self._slack_hours[key] = tuple(
                (opens, min(closes, max(opens, begins + (closes - begins) * 60 // (60 + slack))))
                for opens, closes in hours
            )
        return self._slack_hours[key]

    def is_allowed(self, visit: Visit, shift: Shift) -> bool:
        """Whether crew, skills, product, day and region allow the visit in a shift."""
        return self._suits(visit, shift) and self._fits_container(visit, shift)

    def _suits(self, visit: Visit, shift: Shift) -> bool:
        """The same, whatever the visit opens."""
        if not self.is_ours(shift) or not visit.skills <= shift.skills:
            return False
        if visit.product_id is None:
            return self.is_known(visit)
        return visit.first_day <= shift.day <= visit.last_day and may_inject(
            shift, visit.product_id
        )

    def is_known(self, visit: Visit) -> bool:
        """Whether somebody registered the location; people at an unknown one are barred before planning."""
        return self._locations[visit.location_id].known

    def is_ours(self, shift: Shift) -> bool:
        """Whether the region may plan the shift, and its crew has rested from what it worked already."""
        if shift.id not in self._ours:
            rest = self._problem.rest_seconds
            self._ours[shift.id] = shift.region in ("", self._problem.region) and not any(
                shares_crew(standing, shift)
                and standing.start < shift.end + rest
                and shift.start < standing.end + rest
                for standing in self._problem.standing_shifts
            )
        return self._ours[shift.id]

    def _fits_container(self, visit: Visit, shift: Shift) -> bool:
        """Whether the doses fit the cool box, and the visit is over before its containers spoil."""
        if visit.product_id is None:
            return True
        product = self._products[visit.product_id]
        return in_containers(product, visit.doses) <= shift.capacity and keeps_container(
            self._campaigns[visit.campaign_id or ""],
            product,
            self._locations[visit.location_id],
            injectors_for(shift, visit.product_id),
            visit.doses,
        )
