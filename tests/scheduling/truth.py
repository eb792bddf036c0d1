"""The rules a third time, as slowly and plainly as can be: what a plan breaks, by brute force.

Nothing of `scheduling.rules` is used, and little else: days are counted, doses are drawn one by one, and
whether lots suffice is asked of every set of days. For small plans without frozen stops.
"""

from collections.abc import Iterator
from itertools import combinations

from scheduling.care.visit_length import service_seconds
from scheduling.plan import Plan, Route, Stop, Visit
from scheduling.problem import (
    Location,
    Need,
    Outbreak,
    Problem,
    Product,
    Shift,
)
from scheduling.visits.grouping import group
from tests.scheduling.draws import drawn
from tests.scheduling.plainly import interval, meet, needles, people
from tests.scheduling.truth_of_lots import reservation, stock
from tests.scheduling.truth_of_promises import promise

Called = tuple[Shift, Route, Stop]


class Truth:
    """One plan of one problem, looked at from all sides."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.calls: list[Called] = [
            (shift, route, stop)
            for route in plan.routes
            for shift in problem.shifts
            if shift.id == route.shift_id
            for stop in route.stops
        ]
        self.fixed = {row.visit_id for row in problem.fixed}

    def faults(self) -> set[str]:
        """The names of the rules that the plan breaks."""
        return {name for name, broken in TESTS.items() if any(broken(self))}

    def day(self, second: int) -> int:
        starts = list(self.problem.day_starts)
        starts += [starts[-1] + days * 86400 for days in range(1, 9)]
        early = [starts[0] - days * 86400 for days in range(1, 9)]
        return sum(second >= start for start in starts) - 1 - sum(second < s for s in early)

    def need(self, person: str, campaign: str | None, dose: int) -> Need:
        (found,) = (
            row
            for row in self.problem.needs
            if (row.person_id, row.campaign_id, row.dose_no) == (person, campaign, dose)
        )
        return found

    def doses(self) -> Iterator[tuple[Stop, Need]]:
        for _, _, stop in self.calls:
            for person, dose in stop.visit.needs:
                yield stop, self.need(person, stop.visit.campaign_id, dose)

    def location(self, visit: Visit) -> Location:
        return next(row for row in self.problem.locations if row.id == visit.location_id)

    def product(self, visit: Visit) -> Product | None:
        return next((row for row in self.problem.products if row.id == visit.product_id), None)

    def crisis(self, visit: Visit):
        return next((row for row in self.problem.crisis_visits if row.id == visit.id), None)

    def way(self, shift: Shift, route: Route) -> list[int]:
        home = next(row.place for row in self.problem.depots if row.id == shift.depot_id)
        return [home, *(self.location(stop.visit).place for stop in route.stops), home]


def consent(truth: Truth) -> Iterator[bool]:
    return (need.consent.value != "given" for _, need in truth.doses())


def eligibility(truth: Truth) -> Iterator[bool]:
    for stop, need in truth.doses():
        yield need.assessment.value != "eligible"
        yield stop.visit.product_id not in need.products
        yield stop.visit.location_id != need.location_id
        for row in (*truth.problem.campaigns, *truth.problem.products):
            yield row.id in (need.campaign_id, stop.visit.product_id) and not row.approved


def due(truth: Truth) -> Iterator[bool]:
    for stop, need in truth.doses():
        yield truth.day(stop.start) not in range(need.first_day, need.last_day + 1)


def dose_interval(truth: Truth) -> Iterator[bool]:
    for stop, need in truth.doses():
        if need.since_dose is None:
            continue
        before = [
            one
            for one, other in truth.doses()
            if (other.person_id, other.campaign_id) == (need.person_id, need.campaign_id)
            and other.dose_no == need.since_dose
        ]
        yield not before
        campaign = next(row for row in truth.problem.campaigns if row.id == need.campaign_id)
        for one in before[-1:]:
            days = truth.day(stop.start) - truth.day(one.start)
            least, most = interval(campaign, truth.product(one.visit))
            yield days < least or days > most
            yield one.visit.product_id != stop.visit.product_id


def once(truth: Truth) -> Iterator[bool]:
    people = [(need.person_id, need.campaign_id, need.dose_no) for _, need in truth.doses()]
    visits = [stop.visit.id for _, _, stop in truth.calls]
    shifts = [route.shift_id for route in truth.plan.routes]
    yield any(len(set(rows)) != len(rows) for rows in (people, visits, shifts))
    yield any(visit in truth.problem.done_visits for visit in visits)
    for one, other in combinations(truth.doses(), 2):
        if one[1].person_id == other[1].person_id:
            earlier, later = sorted((one[0], other[0]), key=lambda s: (s.start, s.departure))
            yield later.start < earlier.departure


def time_windows(truth: Truth) -> Iterator[bool]:
    for _, _, stop in truth.calls:
        place, crisis = truth.location(stop.visit), truth.crisis(stop.visit)
        yield not place.known
        if crisis is not None:
            yield stop.start not in range(crisis.first_second, crisis.last_second + 1)
        else:
            yield not place.has_contact or place.doubted
            yield not any(stop.start in range(w.earliest, w.latest + 1) for w in place.time_windows)


def outbreak(truth: Truth) -> Iterator[bool]:
    for shift, route, stop in truth.calls:
        state = truth.location(stop.visit).outbreak
        if state is Outbreak.NONE:
            continue
        yield state is Outbreak.BLOCKED and stop.visit.product_id is not None
        behind = route.stops[route.stops.index(stop) + 1 :]
        yield any(later.visit.location_id != stop.visit.location_id for later in behind)
        for other, then, _ in truth.calls:
            if other.id != shift.id and other.day == shift.day and meet(other, shift):
                yield then.departure >= route.departure


def shift_hours(truth: Truth) -> Iterator[bool]:
    for route in truth.plan.routes:
        shift = next((s for s in truth.problem.shifts if s.id == route.shift_id), None)
        if shift is None or not route.stops:
            continue
        yield route.departure < shift.start or route.back > shift.end
        clock = route.departure
        way = truth.way(shift, route)
        for k, stop in enumerate(route.stops):
            if stop.visit.id not in truth.fixed:
                clock = max(clock, truth.problem.now)
            clock += truth.problem.travel.seconds[way[k]][way[k + 1]]
            yield stop.arrival < clock or stop.start < stop.arrival
            yield stop.departure - stop.start != service_seconds(truth.problem, stop.visit, shift)
            clock = stop.departure
        yield route.back < clock + truth.problem.travel.seconds[way[-2]][way[-1]]


def breaks(truth: Truth) -> Iterator[bool]:
    for route in truth.plan.routes:
        shift = next((s for s in truth.problem.shifts if s.id == route.shift_id), None)
        if shift is None or shift.pause is None or not route.stops:
            continue
        start = route.pause_start
        yield start is None or start not in range(shift.pause.earliest, shift.pause.latest + 1)
        if start is None:
            continue
        end, way = start + shift.pause.seconds, truth.way(shift, route)
        free = [(shift.start, route.departure, 0), (route.back, shift.end, 0)]
        leaves = [route.departure, *(stop.departure for stop in route.stops)]
        begins = [*(stop.start for stop in route.stops), route.back]
        for k, (leave, begin) in enumerate(zip(leaves, begins, strict=True)):
            free.append((leave, begin, truth.problem.travel.seconds[way[k]][way[k + 1]]))
        yield not any(
            begin <= start and end <= until and until - begin - drive >= end - start
            for begin, until, drive in free
        )


def _used(truth: Truth) -> list[Shift]:
    named = {route.shift_id for route in truth.plan.routes if route.stops}
    return [shift for shift in truth.problem.shifts if shift.id in named]


def rest(truth: Truth) -> Iterator[bool]:
    used = _used(truth)
    for one, other in combinations((*truth.problem.standing_shifts, *used), 2):
        if meet(one, other) and (one in used or other in used):
            gap = max(one.start, other.start) - min(one.end, other.end)
            yield gap < truth.problem.rest_seconds


def duty(truth: Truth) -> Iterator[bool]:
    longest, most = truth.problem.max_duty_seconds, truth.problem.max_week_seconds
    for shift, route, _ in truth.calls:
        yield longest is not None and route.back > shift.start + longest
    for first in range(-8, truth.problem.days + 1) if most is not None else ():
        for one in {person for shift in _used(truth) for person in people(shift)}:
            mine = [
                shift
                for shift in (*truth.problem.standing_shifts, *_used(truth))
                if one in people(shift) and first <= shift.day < first + 7
            ]
            hours = [min(s.end - s.start, longest or 10**9) for s in mine]
            yield sum(hours) > most and any(shift in _used(truth) for shift in mine)


def crew(truth: Truth) -> Iterator[bool]:
    for shift, _, stop in truth.calls:
        if stop.visit.product_id is not None:
            yield needles(shift, stop.visit.product_id) == 0
            yield stop.visit.product_id not in shift.ordered_products


def skills(truth: Truth) -> Iterator[bool]:
    for shift, _, stop in truth.calls:
        crisis = truth.crisis(stop.visit)
        asked = set(stop.visit.skills) | set(crisis.skills if crisis else ())
        for person, dose in stop.visit.needs:
            asked |= truth.need(person, stop.visit.campaign_id, dose).skills
        yield any(skill not in shift.skills for skill in asked)


def cool_box(truth: Truth) -> Iterator[bool]:
    for route in truth.plan.routes:
        for shift in truth.problem.shifts:
            if shift.id == route.shift_id:
                yield sum(drawn(p, route.stops) for p in truth.problem.products) > shift.capacity


def open_container(truth: Truth) -> Iterator[bool]:
    for shift, _, stop in truth.calls:
        visit, product = stop.visit, truth.product(stop.visit)
        if product is None or not visit.needs:
            continue
        campaign = next(c for c in truth.problem.campaigns if c.id == visit.campaign_id)
        seats, people = truth.location(visit).seats, len(visit.needs)
        one = min(people, product.doses_per_container)
        waves = 0
        while waves * max(1, needles(shift, product.id)) < one:
            waves += 1
        took = waves * campaign.seconds_per_person
        if people > seats:
            slots = {1: 900, 2: 420, 3: 300, 4: 300, 5: 240, 6: 180}
            slot = slots.get(max(1, seats), 120) * campaign.observation_seconds
            took = max(took, one * -(-slot // 900))
        yield took > product.open_seconds


def transport(truth: Truth) -> Iterator[bool]:
    for _, route, stop in truth.calls:
        product = truth.product(stop.visit)
        if product is not None and stop.visit.needs:
            yield stop.arrival - route.departure > product.transport_seconds


def fixed(truth: Truth) -> Iterator[bool]:
    for row in truth.problem.fixed:
        here = [(shift, stop) for shift, _, stop in truth.calls if stop.visit.id == row.visit_id]
        yield not here
        for shift, stop in here[-1:]:
            yield (shift.id, stop.start) != (row.shift_id, row.start)
            yield (stop.visit.location_id, stop.visit.product_id) != (
                row.location_id,
                row.product_id,
            )
            yield any(person not in row.person_ids for person, _ in stop.visit.needs)


def lent(truth: Truth) -> Iterator[bool]:
    return (shift.region not in ("", truth.problem.region) for shift in _used(truth))


def asked(truth: Truth) -> Iterator[bool]:
    for row in truth.problem.asked:
        for shift, _, stop in truth.calls:
            if stop.visit.id == row.visit_id:
                yield row.shift_id not in (None, shift.id)
                yield row.earliest is not None and row.earliest > stop.start
                yield row.latest is not None and row.latest < stop.start


def together(truth: Truth) -> Iterator[bool]:
    if truth.problem.together_from is None:
        return
    made = {stop.visit.id: (shift, stop) for shift, _, stop in truth.calls}
    for half in group(truth.problem):
        if half.together_with is None:
            continue
        people = {(person, half.campaign_id, dose) for person, dose in half.needs}
        for _, _, stop in truth.calls:
            calls = {(person, stop.visit.campaign_id, dose) for person, dose in stop.visit.needs}
            if people & calls:
                other = made.get(half.together_with)
                yield stop.visit.id != half.id or other is None
                if stop.visit.id == half.id and other is not None:
                    yield meet(other[0], made[half.id][0])
                    yield other[1].start != made[half.id][1].start


def coverage(truth: Truth) -> Iterator[bool]:
    rows = [(r.person_id, r.campaign_id, r.dose_no) for r in truth.plan.unassigned if r.person_id]
    rows += [(need.person_id, need.campaign_id, need.dose_no) for _, need in truth.doses()]
    wanted = [(need.person_id, need.campaign_id, need.dose_no) for need in truth.problem.needs]
    yield sorted(rows) != sorted(wanted)
    calls = [row.visit_id for row in truth.plan.unassigned if row.person_id is None]
    crises = {crisis.id for crisis in truth.problem.crisis_visits}
    calls += [stop.visit.id for _, _, stop in truth.calls if stop.visit.id in crises]
    yield sorted(map(str, calls)) != sorted(crises)
    for _, _, stop in truth.calls:
        crisis = truth.crisis(stop.visit)
        if crisis is not None:
            visit = stop.visit
            wrong = visit.location_id != crisis.location_id
            yield wrong or bool(visit.product_id or visit.campaign_id or visit.needs)
    yield any(not row.reasons for row in truth.plan.unassigned)


TESTS = {
    test.__name__: test
    for test in (
        *(consent, eligibility, due, dose_interval, once, time_windows, outbreak, shift_hours),
        *(breaks, rest, duty, crew, skills, cool_box, open_container, transport, stock),
        *(reservation, asked, fixed, promise, lent, together, coverage),
    )
}
