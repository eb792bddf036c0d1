"""A sound plan made worse in one of many ways, as a mistake anywhere could make it."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from scheduling.plan import Plan, Route, Stop
from scheduling.problem import Problem
from tests.scheduling.builders import DAY

Way = Callable[[Random, Problem, Plan], Plan]
JUMPS = (1, 60, 600, 3600, 4 * 3600)


def corrupt(random: Random, problem: Problem, plan: Plan) -> Plan:
    """The plan with one thing changed; sometimes it is still sound."""
    way: Way = random.choice(WAYS)
    return way(random, problem, plan)


def _jump(random: Random) -> int:
    return random.choice((-1, 1)) * random.choice(JUMPS)


def _pick(random: Random, plan: Plan) -> tuple[int, int]:
    """A route and a stop in it; every plan that comes here has one."""
    r = random.choice([k for k, route in enumerate(plan.routes) if route.stops])
    return r, random.randrange(len(plan.routes[r].stops))


def _with_route(plan: Plan, r: int, route: Route) -> Plan:
    routes = list(plan.routes)
    routes[r] = route
    return replace(plan, routes=tuple(routes))


def _with_stop(plan: Plan, r: int, k: int, *stops: Stop) -> Plan:
    route = plan.routes[r]
    return _with_route(
        plan, r, replace(route, stops=(*route.stops[:k], *stops, *route.stops[k + 1 :]))
    )


def _moved(stop: Stop, seconds: int) -> Stop:
    return replace(
        stop,
        arrival=stop.arrival + seconds,
        start=stop.start + seconds,
        departure=stop.departure + seconds,
    )


def another_moment(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    r, k = _pick(random, plan)
    return _with_stop(plan, r, k, _moved(plan.routes[r].stops[k], _jump(random)))


def a_later_start(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    r, k = _pick(random, plan)
    stop, jump = plan.routes[r].stops[k], abs(_jump(random))
    return _with_stop(
        plan, r, k, replace(stop, start=stop.start + jump, departure=stop.departure + jump)
    )


def the_whole_route_later(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    r, _ = _pick(random, plan)
    route = plan.routes[r]
    jump = random.choice((_jump(random), DAY, -DAY, 2 * DAY))
    pause = None if route.pause_start is None else route.pause_start + jump
    stops = tuple(_moved(stop, jump) for stop in route.stops)
    return _with_route(
        plan, r, Route(route.shift_id, stops, route.departure + jump, route.back + jump, pause)
    )


def another_shift(random: Random, problem: Problem, plan: Plan) -> Plan:
    r, _ = _pick(random, plan)
    other = random.choice(problem.shifts).id
    return _with_route(plan, r, replace(plan.routes[r], shift_id=other))


def another_shift_on_its_day(random: Random, problem: Problem, plan: Plan) -> Plan:
    """The whole route by another shift, as many days earlier or later."""
    r, _ = _pick(random, plan)
    route = plan.routes[r]
    shift = next(shift for shift in problem.shifts if shift.id == route.shift_id)
    other = random.choice(problem.shifts)
    jump = (other.day - shift.day) * DAY
    stops = tuple(_moved(stop, jump) for stop in route.stops)
    pause = None if route.pause_start is None else route.pause_start + jump
    return _with_route(
        plan, r, Route(other.id, stops, route.departure + jump, route.back + jump, pause)
    )


def a_stop_in_another_route(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    r, k = _pick(random, plan)
    stop = plan.routes[r].stops[k]
    without = _with_stop(plan, r, k)
    to = random.randrange(len(plan.routes))
    route = without.routes[to]
    at = random.randint(0, len(route.stops))
    return _with_route(
        without, to, replace(route, stops=(*route.stops[:at], stop, *route.stops[at:]))
    )


def two_stops_swapped(random: Random, problem: Problem, plan: Plan) -> Plan:
    """Each at the moment of the other, with its own length."""
    del problem
    r, k = _pick(random, plan)
    q, m = _pick(random, plan)
    one, other = plan.routes[r].stops[k], plan.routes[q].stops[m]

    def at(stop: Stop, there: Stop) -> Stop:
        return Stop(
            stop.visit, there.arrival, there.start, there.start + stop.departure - stop.start
        )

    return _with_stop(_with_stop(plan, r, k, at(other, one)), q, m, at(one, other))


def another_product(random: Random, problem: Problem, plan: Plan) -> Plan:
    r, k = _pick(random, plan)
    stop = plan.routes[r].stops[k]
    product = random.choice(problem.products).id
    visit = replace(stop.visit, product_id=product if stop.visit.product_id else None)
    return _with_stop(plan, r, k, replace(stop, visit=visit))


def another_person(random: Random, problem: Problem, plan: Plan) -> Plan:
    """Somebody added whom the problem knows, and no longer listed as left out."""
    r, k = _pick(random, plan)
    stop = plan.routes[r].stops[k]
    campaign = stop.visit.campaign_id
    rows = [need for need in problem.needs if need.campaign_id == campaign]
    if not rows:
        return plan
    need = random.choice(rows)
    visit = replace(stop.visit, needs=(*stop.visit.needs, (need.person_id, need.dose_no)))
    listed = tuple(
        row
        for row in plan.unassigned
        if (row.person_id, row.campaign_id, row.dose_no) != (need.person_id, campaign, need.dose_no)
    )
    longer = random.choice((0, 180, 360))
    changed = replace(stop, visit=visit, departure=stop.departure + longer)
    return replace(_with_stop(plan, r, k, changed), unassigned=listed)


def a_person_less(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    r, k = _pick(random, plan)
    stop = plan.routes[r].stops[k]
    return _with_stop(
        plan, r, k, replace(stop, visit=replace(stop.visit, needs=stop.visit.needs[1:]))
    )


def a_stop_twice(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    r, k = _pick(random, plan)
    stop = plan.routes[r].stops[k]
    return _with_stop(plan, r, k, stop, _moved(stop, stop.departure - stop.arrival))


def a_stop_less(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    return _with_stop(plan, *_pick(random, plan))


def routes_in_one(random: Random, problem: Problem, plan: Plan) -> Plan:
    """Two routes by one team, as if its box and its clock had no end."""
    del problem
    r, _ = _pick(random, plan)
    q, _ = _pick(random, plan)
    if r == q:
        return plan
    both = tuple(
        sorted((*plan.routes[r].stops, *plan.routes[q].stops), key=lambda stop: stop.start)
    )
    joined = _with_route(plan, r, replace(plan.routes[r], stops=both))
    return replace(joined, routes=tuple(x for k, x in enumerate(joined.routes) if k != q))


def other_ends(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    r, _ = _pick(random, plan)
    route = plan.routes[r]
    changed = random.choice(
        (
            replace(route, departure=route.departure + _jump(random)),
            replace(route, back=route.back + _jump(random)),
            replace(route, pause_start=None),
            replace(route, pause_start=(route.pause_start or route.departure) + _jump(random)),
        )
    )
    return _with_route(plan, r, changed)


def another_list(random: Random, problem: Problem, plan: Plan) -> Plan:
    del problem
    rows = list(plan.unassigned)
    if not rows:
        return plan
    k = random.randrange(len(rows))
    rows[k : k + 1] = random.choice(([], [rows[k], rows[k]], [replace(rows[k], reasons=())]))
    return replace(plan, unassigned=tuple(rows))


WAYS: tuple[Way, ...] = (
    another_moment,
    a_later_start,
    the_whole_route_later,
    another_shift,
    another_shift_on_its_day,
    a_stop_in_another_route,
    two_stops_swapped,
    another_product,
    another_person,
    a_person_less,
    a_stop_twice,
    a_stop_less,
    routes_in_one,
    other_ends,
    another_list,
)
