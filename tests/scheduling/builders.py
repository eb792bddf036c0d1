"""Small problems for tests: one place to say what a usual row looks like."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from scheduling.care.visit_length import service_seconds
from scheduling.objective import values
from scheduling.plan import Plan, Route, Stop, Visit
from scheduling.problem import (
    Break,
    Campaign,
    Consent,
    CrisisVisit,
    Depot,
    Fixed,
    Location,
    Need,
    Problem,
    Product,
    Published,
    Shift,
    StockLine,
    TimeWindow,
    Travel,
)

DAY = 86400
HOUR = 3600


def at(day: int, hour: float) -> int:
    """Seconds since the start of the horizon."""
    return day * DAY + int(hour * HOUR)


def a_location(location_id: str = "L1", place: int = 1, **changes) -> Location:
    windows = tuple(TimeWindow(at(day, 9), at(day, 17)) for day in range(14))
    return replace(Location(location_id, place, "area", windows), **changes)


def a_need(person_id: str = "P1", location_id: str = "L1", **changes) -> Need:
    need = Need(person_id, "C1", 1, location_id, ("moderna",), 0, 60, 50, Consent.GIVEN)
    return replace(need, **changes)


def needs(count: int, location_id: str = "L1", **changes) -> tuple[Need, ...]:
    return tuple(a_need(f"{location_id}-P{k:02}", location_id, **changes) for k in range(count))


def a_shift(shift_id: str = "S1", day: int = 0, **changes) -> Shift:
    shift = Shift(
        shift_id,
        team_id=f"team of {shift_id}",
        depot_id="D1",
        day=day,
        start=at(day, 8),
        end=at(day, 17),
        capacity=100,
        ordered_products=frozenset({"moderna"}),
        injectors=2,
        region="GG2607",
    )
    return replace(shift, **changes)


def a_lot(doses: int = 1000, **changes) -> StockLine:
    return replace(StockLine("D1", "moderna", "lot 1", 0, 60, doses), **changes)


def a_product(product_id: str = "moderna", **changes) -> Product:
    return replace(Product(product_id, 10, 6 * HOUR, 12 * HOUR), **changes)


def a_campaign(**changes) -> Campaign:
    campaign = Campaign("C1", ("moderna",), 2, 28, 28, 42, reserve_next_dose=False)
    return replace(campaign, **changes)


def a_crisis(visit_id: str = "X1", **changes) -> CrisisVisit:
    crisis = CrisisVisit(visit_id, "L1", at(0, 8), at(0, 20), HOUR, frozenset({"crisis"}), 90)
    return replace(crisis, **changes)


def a_pause(day: int = 0, earliest: float = 12, latest: float = 13.5, seconds: int = 1800) -> Break:
    return Break(at(day, earliest), at(day, latest), seconds)


def a_problem(**changes) -> Problem:
    """Two locations ten minutes apart, one depot, one team today, stock enough for all."""
    problem = Problem(
        region="GG2607",
        as_of=(1, 1),
        horizon_start="2021-02-15",
        day_starts=tuple(day * DAY for day in range(15)),
        now=0,
        locations=(a_location("L1", 1), a_location("L2", 2)),
        depots=(Depot("D1", 0),),
        products=(a_product(),),
        campaigns=(a_campaign(),),
        needs=needs(10),
        crisis_visits=(),
        shifts=(a_shift(),),
        stock=(a_lot(),),
        travel=a_travel(3),
    )
    return replace(problem, **changes)


def a_travel(places: int, seconds: int = 600) -> Travel:
    """Every place as far from every other."""
    rows = tuple(tuple(0 if a == b else seconds for b in range(places)) for a in range(places))
    metres = tuple(tuple(value * 15 for value in row) for row in rows)
    return Travel("test", rows, metres)


def a_region(
    seed: int, *, locations: int = 250, teams: int = 8, supply: tuple[int, ...] = (2991, 5608, 7477)
) -> Problem:
    """A region of the real size: towns, five depots, 14 days, stock that is short until day 10."""
    random = Random(seed)
    towns = [(random.uniform(0, 60), random.uniform(0, 45)) for _ in range(14)]
    weights = [1 / (k + 1) for k in range(14)]
    points = []
    for _ in range(5 + locations):
        x, y = random.choices(towns, weights)[0]
        points.append((x + random.gauss(0, 3), y + random.gauss(0, 3)))
    rows = tuple(_region_location(random, k, 5 + k) for k in range(locations))
    depots = tuple(Depot(f"D{k}", k) for k in range(5))
    people = tuple(need for row in rows for need in _region_needs(random, row))
    shifts = tuple(
        shift
        for team in range(teams)
        for day in range(14)
        if (shift := _region_shift(random, team, day)) is not None
    )
    return a_problem(
        locations=rows,
        depots=depots,
        campaigns=(a_campaign(reserve_next_dose=True),),
        needs=people,
        shifts=shifts,
        stock=_region_stock(supply),
        travel=_distances(points),
        crisis_visits=(
            CrisisVisit("X1", "L2", at(1, 9), at(1, 21), HOUR, frozenset({"crisis"}), 95),
            CrisisVisit("X2", "L1", at(3, 9), at(4, 21), HOUR, frozenset({"crisis"}), 70),
        ),
    )


def _region_location(random: Random, k: int, place: int) -> Location:
    windows = []
    pattern = random.choice(((9, 16), (9, 12), (13, 17), (9.5, 11.5, 13.5, 16), (10, 20)))
    closed = {day for day in range(14) if random.random() < 0.15}
    for day in range(14):
        if day % 7 in (5, 6) and random.random() < 0.7:
            closed.add(day)
        if day not in closed:
            hours = list(zip(pattern[::2], pattern[1::2], strict=True))
            windows += [TimeWindow(at(day, opens), at(day, closes)) for opens, closes in hours]
    return Location(
        f"L{k}",
        place,
        f"area {k % 26}",
        tuple(windows),
        seats=random.choice((4, 6, 8)),
        has_contact=random.random() > 0.02,
    )


def _region_needs(random: Random, location: Location) -> list[Need]:
    found = []
    for k in range(random.randint(5, 35)):
        consent = Consent.GIVEN if random.random() < 0.9 else Consent.UNKNOWN
        found.append(
            a_need(
                f"{location.id}-{k}",
                location.id,
                consent=consent,
                priority=random.choice((50, 50, 60, 70)),
            )
        )
    return found


def _region_shift(random: Random, team: int, day: int) -> Shift | None:
    if day % 7 == 6 or random.random() < 0.06:
        return None
    opens, closes = random.choice(((8, 17), (8, 17), (9, 18), (12, 21)))
    pause = a_pause(day, opens + 3.5, opens + 5.5)
    return a_shift(
        f"T{team} day {day}",
        day,
        team_id=f"T{team}",
        depot_id=f"D{team % 5}",
        start=at(day, opens),
        end=at(day, closes),
        capacity=150,
        injectors=random.choice((1, 2, 2, 3)),
        skills=frozenset({"crisis"}) if team % 4 == 0 else frozenset(),
        pause=pause,
    )


def _region_stock(supply: tuple[int, ...]) -> tuple[StockLine, ...]:
    """Deliveries of 11 February, 25 February and 20 March 2021, an equal share to each depot."""
    days = ((-4, 26), (10, 40), (33, 63))
    return tuple(
        StockLine(f"D{depot}", "moderna", f"lot {k}", first, last, doses // 5 // 10 * 10)
        for k, ((first, last), doses) in enumerate(zip(days, supply, strict=False))
        for depot in range(5)
    )


def _distances(points: list[tuple[float, float]]) -> Travel:
    metres = tuple(
        tuple(int(1300 * ((a - c) ** 2 + (b - d) ** 2) ** 0.5) for c, d in points)
        for a, b in points
    )
    seconds = tuple(
        tuple(0 if value == 0 else 240 + value * 36 // 600 for value in row) for row in metres
    )
    return Travel("generated", seconds, metres)


def a_visit(problem: Problem, location_id: str = "L1", **changes) -> Visit:
    """A call on everybody who needs something at a location."""
    found = [need for need in problem.needs if need.location_id == location_id]
    visit = Visit(
        id=f"visit of {location_id}",
        location_id=location_id,
        campaign_id="C1",
        product_id="moderna",
        needs=tuple(sorted((need.person_id, need.dose_no) for need in found)),
        first_day=0,
        last_day=60,
        priority=50,
        skills=frozenset(),
    )
    return replace(visit, **changes)


def a_route(
    problem: Problem, shift_id: str, *calls: tuple[Visit, int], pause_start: int | None = None
) -> Route:
    """The calls with their starts, and drives that just suffice."""
    shift = next(shift for shift in problem.shifts if shift.id == shift_id)
    places = {location.id: location.place for location in problem.locations}
    home = next(depot.place for depot in problem.depots if depot.id == shift.depot_id)
    travel = problem.travel.seconds
    stops: list[Stop] = []
    here = home
    for visit, start in calls:
        there = places[visit.location_id]
        arrival = stops[-1].departure + travel[here][there] if stops else start
        stay = service_seconds(problem, visit, shift)
        stops.append(Stop(visit, arrival, start, start + stay))
        here = there
    departure = stops[0].start - travel[home][places[stops[0].visit.location_id]]
    return Route(
        shift_id, tuple(stops), departure, stops[-1].departure + travel[here][home], pause_start
    )


def a_plan(problem: Problem, *routes: Route, **changes) -> Plan:
    """A plan of these routes alone."""
    plan = Plan(
        region=problem.region,
        as_of=problem.as_of,
        horizon_start=problem.horizon_start,
        routes=routes,
        unassigned=(),
        values=values(problem, routes),
    )
    return replace(plan, **changes)


def a_pin(visit_id: str, start: int, people: Iterable[str], **changes) -> Fixed:
    fixed = Fixed(
        visit_id, "S1", start, frozenset(people), "pinned", "L1", "C1", "moderna", 3000, 1
    )
    return replace(fixed, **changes)


def a_told(visit: Visit, shift_id: str, start: int, **changes) -> Published:
    """A published stop with those whom it serves."""
    row = Published(
        visit.id,
        shift_id,
        start,
        visit.location_id,
        visit.campaign_id,
        visit.product_id,
        visit.needs,
    )
    return replace(row, **changes)


def published(plan: Plan, *, told: bool = True) -> tuple[Published, ...]:
    """Everything in a plan as published, to people who were told or not."""
    return tuple(
        a_told(
            stop.visit,
            route.shift_id,
            stop.start,
            service_seconds=stop.departure - stop.start,
            told=told,
        )
        for route in plan.routes
        for stop in route.stops
    )
