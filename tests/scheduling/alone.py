"""Who is unserved and would fit alone into a finished plan: by the rules of the checker, without any solver.

Every other stop stays where and when it stands. Somebody is tried in a stop of their own in every gap of every shift, and
in every stop of the location. Doses count as under way from the beginning of the shift until the visit begins, as the search
counts them: the checker would let a team wait with them at a closed door.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from scheduling.care.eligibility import approved_names, barriers
from scheduling.care.lookup import NeedKey, day_of, key_of
from scheduling.care.members import may_inject
from scheduling.care.visit_length import ServiceTimes
from scheduling.plan import Plan, Route, Stop, Visit
from scheduling.problem import Need, Problem, Shift
from scheduling.rules import check, check_added, hold_published


@dataclass(frozen=True)
class Fit:
    """A place for somebody whom the plan leaves out, and the plan with it."""

    key: NeedKey
    product: str
    shift_id: str
    joins: str | None  # the visit that they join; None: a stop of their own
    plan: Plan


def list_fitting(problem: Problem, plan: Plan) -> list[Fit]:
    """One place for everybody who is unserved and would fit alone."""
    alone = _Alone(problem, plan)
    found: dict[object, Fit | None] = {}
    barred = barriers(problem)
    people = Counter(need.person_id for need in problem.needs)
    left = {(row.person_id, row.campaign_id, row.dose_no) for row in plan.unassigned}
    for need in problem.needs:
        if key_of(need) in left and key_of(need) not in barred:
            # who counts alike fits alike; of a series everybody for themselves
            is_alone = people[need.person_id] == 1
            kind = replace(need, person_id="", priority=0, ideal_day=None) if is_alone else need
            if kind not in found:
                found[kind] = next(alone.fits(need), None)
    return [one for one in found.values() if one is not None]


class _Alone:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.routes = {route.shift_id: route for route in plan.routes}
        self.times = ServiceTimes(hold_published(problem, plan))
        self.places = {row.id: row.place for row in problem.locations}
        self.homes = {row.id: row.place for row in problem.depots}
        self.windows = {row.id: row.time_windows for row in problem.locations}
        self.approved = approved_names(problem)
        self.given = {row.visit_id for row in hold_published(problem, plan).fixed}
        # what frozen stops break already nobody else may make worse, though the checker would not see it
        faults = {row.where for row in check(problem, plan)}
        self.faulty = {
            route.shift_id
            for route in plan.routes
            if not faults.isdisjoint({route.shift_id, *(s.visit.id for s in route.stops)})
        }
        self.fresh = {row.id: row.transport_seconds for row in problem.products}

    def fits(self, need: Need) -> Iterator[Fit]:
        for product in need.products:
            if product not in self.approved:
                continue
            for shift in self.problem.shifts:
                if self._may(need, product, shift):
                    for joins, route in (
                        *self._joined(need, product, shift),
                        *self._own(need, product, shift),
                    ):
                        plan = self._with(need, route)
                        if not check_added(self.problem, plan):
                            yield Fit(key_of(need), product, shift.id, joins, plan)

    def _may(self, need: Need, product: str, shift: Shift) -> bool:
        return (
            need.first_day <= shift.day <= need.last_day
            and shift.region in ("", self.problem.region)
            and need.skills <= shift.skills
            and may_inject(shift, product)
            and shift.end > self.problem.now
            and shift.id not in self.faulty
        )

    def _with(self, need: Need, route: Route) -> Plan:
        routes = {**self.routes, route.shift_id: route}
        left = tuple(
            row
            for row in self.plan.unassigned
            if (row.person_id, row.campaign_id, row.dose_no) != key_of(need)
        )
        return replace(self.plan, routes=tuple(routes.values()), unassigned=left)

    def _joined(self, need: Need, product: str, shift: Shift) -> Iterator[tuple[str, Route]]:
        route = self.routes.get(shift.id)
        for k, stop in enumerate(route.stops if route else ()):
            visit = stop.visit
            same = (need.location_id, need.campaign_id, product)
            if (visit.location_id, visit.campaign_id, visit.product_id) != same:
                continue
            if visit.id in self.given or visit.doses >= self.problem.max_residents_per_visit:
                continue
            more = replace(
                visit,
                needs=tuple(sorted((*visit.needs, (need.person_id, need.dose_no)))),
                priority=max(visit.priority, need.priority),
                skills=visit.skills | need.skills,
            )
            length = self.times.seconds(more, shift)
            longer = replace(stop, visit=more, departure=stop.start + length)
            rows = (*route.stops[:k], longer, *route.stops[k + 1 :])
            for timed in self._timed(shift, rows, route):
                yield visit.id, timed

    def _own(self, need: Need, product: str, shift: Shift) -> Iterator[tuple[None, Route]]:
        visit = Visit(
            id="alone",
            location_id=need.location_id,
            campaign_id=need.campaign_id,
            product_id=product,
            needs=((need.person_id, need.dose_no),),
            first_day=need.first_day,
            last_day=need.last_day,
            priority=need.priority,
            skills=need.skills,
        )
        route = self.routes.get(shift.id)
        stops = route.stops if route else ()
        length = self.times.seconds(visit, shift)
        travel, place = self.problem.travel.seconds, self.places[need.location_id]
        home = self.homes[shift.depot_id]
        for k in range(len(stops) + 1):
            before = self.places[stops[k - 1].visit.location_id] if k else home
            after = self.places[stops[k].visit.location_id] if k < len(stops) else home
            ready = max(stops[k - 1].departure if k else shift.start, self.problem.now)
            until = stops[k].start if k < len(stops) else shift.end
            first, last = ready + travel[before][place], until - length - travel[place][after]
            pause = shift.pause.seconds if shift.pause else 0
            last = min(last, shift.start + self.fresh[product])
            starts: set[int] = set()
            for window in self.windows[need.location_id]:
                low, high = max(first, window.earliest), min(last, window.latest)
                if low <= high:
                    starts |= {low, high, min(high, low + pause), max(low, high - pause)}
            for start in sorted(starts):
                if day_of(self.problem, start) == shift.day:
                    own = Stop(visit, start, start, start + length)
                    for timed in self._timed(shift, (*stops[:k], own, *stops[k:]), route):
                        yield None, timed

    def _timed(self, shift: Shift, stops: Sequence[Stop], was: Route | None) -> Iterator[Route]:
        """The route of these stops at their moments, with the break in each gap that has room for it."""
        travel, home = self.problem.travel.seconds, self.homes[shift.depot_id]
        way = [home, *(self.places[s.visit.location_id] for s in stops), home]
        for k, (one, other) in enumerate(pairwise(stops), start=1):
            if one.departure + travel[way[k]][way[k + 1]] > other.start:
                return
        departs = stops[0].start - travel[home][way[1]]
        rows: list[Stop] = []
        for k, stop in enumerate(stops):
            ready = rows[-1].departure if rows else departs
            rows.append(replace(stop, arrival=min(stop.start, ready + travel[way[k]][way[k + 1]])))
        back = stops[-1].departure + travel[way[-2]][home]
        if was is not None and was.stops[0].visit.id == stops[0].visit.id:
            departs = min(was.departure, departs)
            rows[0] = replace(rows[0], arrival=min(was.stops[0].arrival, rows[0].start))
        for pause, route in self._pauses(shift, rows, (departs, back), way):
            yield replace(route, pause_start=pause)

    def _pauses(
        self, shift: Shift, rows: list[Stop], road: tuple[int, int], way: list[int]
    ) -> Iterator[tuple[int | None, Route]]:
        departs, back = road
        plain = Route(shift.id, tuple(rows), departs, back)
        if back > shift.end or departs < shift.start:
            return
        if shift.pause is None:
            yield None, plain
            return
        row, travel = shift.pause, self.problem.travel.seconds
        first, last = travel[way[0]][way[1]], travel[way[-2]][way[-1]]
        leaves = max(shift.start, rows[0].start - first - row.seconds)
        home = max(rows[-1].departure, row.earliest) + row.seconds + last
        gaps = [  # from, until, and the drive between them
            (shift.start, departs, 0, plain),
            (back, shift.end, 0, plain),
            (leaves, rows[0].start, first, replace(plain, departure=leaves)),
            (rows[-1].departure, shift.end, last, replace(plain, back=home)),
        ]
        for k, (one, other) in enumerate(pairwise(rows), start=1):
            gaps.append((one.departure, other.start, travel[way[k]][way[k + 1]], plain))
        for begins, until, drive, route in gaps:
            begin = max(begins, row.earliest)
            in_time = begin + row.seconds <= until and begins + drive + row.seconds <= until
            if begin <= row.latest and in_time and route.back <= shift.end:
                yield begin, route
