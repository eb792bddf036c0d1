"""Random small problems with everything at once: what no region should be, but every plan must survive."""

from dataclasses import replace
from random import Random

from scheduling.plan import Plan, Stop
from scheduling.problem import (
    Campaign,
    Consent,
    CrisisVisit,
    Depot,
    Fixed,
    Location,
    Need,
    Outbreak,
    Problem,
    Published,
    Shift,
    StockLine,
    TimeWindow,
    Travel,
)
from tests.scheduling.builders import (
    DAY,
    HOUR,
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_pause,
    a_problem,
    a_product,
    a_shift,
    at,
)

PRODUCTS = ("moderna", "pfizer")
SKILLS = ("crisis", "sedation")
CHANCE = 0.15


def a_strange_problem(seed: int) -> Problem:
    """The same seed gives the same problem."""
    random = Random(seed)
    days = random.randint(1, 9)
    depots = tuple(Depot(f"D{k}", k) for k in range(random.randint(1, 2)))
    count = random.randint(0, 7)
    locations = tuple(_location(random, k, len(depots) + k, days) for k in range(count))
    campaigns = (
        _campaign(random, "C1", PRODUCTS),
        _campaign(random, "C2", ("pfizer",)),
    )
    shifts = tuple(
        shift
        for team in range(random.randint(0, 3))
        for day in range(days)
        for shift in _shifts(random, team, day, depots)
    )
    problem = a_problem(
        day_starts=tuple(day * DAY for day in range(days + 1)),
        now=random.choice((0, 0, at(0, 10), at(min(1, days - 1), 12))),
        locations=locations,
        depots=depots,
        products=(
            a_product("moderna", open_may_travel=random.random() < 0.3),
            a_product(
                "pfizer", doses_per_container=6, transport_seconds=random.choice((4, 12)) * HOUR
            ),
        ),
        campaigns=campaigns,
        needs=tuple(_needs(random, locations, days)),
        crisis_visits=_crises(random, locations, days),
        shifts=shifts,
        stock=_stock(random, depots, days),
        travel=_travel(random, len(depots) + count),
        reserved={"moderna": random.choice((0, 0, 10))},
        max_residents_per_visit=random.choice((4, 12, 40)),
    )
    return _with_history(random, problem)


def _location(random: Random, k: int, place: int, days: int) -> Location:
    windows = []
    for day in range(-1, days + 1):
        if random.random() > CHANCE:
            for opens, closes in random.choice((((9, 17),), ((9, 12), (13, 16)), ((18, 22),))):
                windows.append(TimeWindow(at(day, opens), at(day, closes)))
    random.shuffle(windows)
    return a_location(
        f"L{k}",
        place,
        time_windows=tuple(windows),
        seats=random.choice((1, 4, 6, 10)),
        has_contact=random.random() > CHANCE,
        known=random.random() > CHANCE / 2,
        outbreak=random.choices(tuple(Outbreak), (8, 1, 2))[0],
    )


def _campaign(random: Random, campaign_id: str, products: tuple[str, ...]) -> Campaign:
    least = random.choice((2, 28))
    return a_campaign(
        id=campaign_id,
        products=products,
        min_days=least,
        ideal_days=least,
        max_days=least + random.choice((1, 14)),
        reserve_next_dose=random.random() < 0.6,
    )


def _needs(random: Random, locations: tuple[Location, ...], days: int) -> list[Need]:
    found = []
    for location in locations:
        common = random.choice((PRODUCTS, ("moderna",), ("pfizer",)))
        first = random.choice((-5, -5, 0, 1, 3))
        for k in range(random.choice((1, 3, 6, 9, 15, 45))):
            need = a_need(
                f"{location.id}-{k}",
                location.id if random.random() > CHANCE / 5 else "nowhere",
                products=common if random.random() > CHANCE else ("moderna",),
                first_day=first,
                last_day=first + random.choice((2, 40, 40)),
                priority=random.choice((0, 50, 100)),
                observation_seconds=1800 if random.random() < CHANCE else None,
                skills=frozenset({"sedation"}) if random.random() < CHANCE / 3 else frozenset(),
                dose_no=2 if random.random() < CHANCE else 1,
            )
            found.append(need)
            if need.dose_no == 1 and random.random() < CHANCE:
                found.append(
                    replace(need, dose_no=2, since_dose=1, first_day=0, last_day=days + 30)
                )
            if random.random() < CHANCE:
                found.append(replace(need, campaign_id="C2", products=("pfizer",), since_dose=None))
    return found


def _shifts(random: Random, team: int, day: int, depots: tuple[Depot, ...]) -> list[Shift]:
    hours = random.choice((((8, 17),), ((8, 13), (14, 20)), ((13, 22),), ()))
    return [
        a_shift(
            f"T{team} {day} {part}",
            day,
            team_id=f"T{team}",
            depot_id=random.choice(depots).id,
            start=at(day, opens),
            end=at(day, closes),
            capacity=random.choice((5, 40, 100)),
            skills=frozenset(skill for skill in SKILLS if random.random() < 0.5),
            injectors=random.choice((0, 1, 2, 2, 3, 3)),
            doctor=random.random() < 0.7,
            assistants_only=random.random() < 0.3,
            ordered_products=frozenset(p for p in PRODUCTS if random.random() < 0.8),
            pause=a_pause(day, opens + 2, opens + 4) if random.random() < 0.6 else None,
            region=random.choice(("GG2607", "GG2607", "GG2607", "", "GG0111")),
            **_crew(Random(f"T{team} {day} {part}")),
        )
        for part, (opens, closes) in enumerate(hours)
    ]


def _crew(random: Random) -> dict[str, object]:
    """Somebody may be in several crews, or inject some products only; of its own stream, so that other draws stay."""
    found: dict[str, object] = {"assistants": random.choice((0, 0, 0, 1))}
    if random.random() < 0.2:
        found["product_injectors"] = (("pfizer", 1),)
    if random.random() < 0.2:
        found["members"] = frozenset({f"M{random.randrange(6)}"})
    return found


def _crises(random: Random, locations: tuple[Location, ...], days: int) -> tuple[CrisisVisit, ...]:
    found = []
    for k in range(random.choice((0, 0, 2)) if locations else 0):
        first = at(random.randrange(days), random.choice((8, 19)))
        found.append(
            a_crisis(
                f"X{k}",
                location_id=random.choice(locations).id,
                first_second=first,
                last_second=first + random.choice((0, 3, 30)) * HOUR,
            )
        )
    return tuple(found)


def _stock(random: Random, depots: tuple[Depot, ...], days: int) -> tuple[StockLine, ...]:
    return tuple(
        a_lot(
            random.choice((0, 30, 200, 500)),
            depot_id=random.choice(depots).id,
            product_id=random.choice(PRODUCTS),
            lot=f"lot {k}",
            first_day=first,
            last_day=first + random.choice((0, 3, 60)),
            confirmed=random.random() < 0.8,
        )
        for k in range(random.randint(0, 14))
        for first in (random.randint(-3, days),)
    )


def _travel(random: Random, places: int) -> Travel:
    points = [(random.uniform(0, 30), random.uniform(0, 30)) for _ in range(places)]
    metres = tuple(
        tuple(int(1000 * (abs(a - c) + abs(b - d))) for c, d in points) for a, b in points
    )
    return Travel("strange", tuple(tuple(m // 15 for m in row) for row in metres), metres)


def a_day_later(seed: int, problem: Problem, plan: Plan) -> Problem:
    """The same region some hours into a published plan: stops frozen and pinned, people and teams lost."""
    random = Random(seed)
    now = problem.now + random.choice((0, 5, 12, 26)) * HOUR
    if now >= problem.day_starts[-1]:
        return replace(problem, now=now)
    # A file may hold stops that are frozen one by one: those that begin within the hour, and all before them.
    fixed: dict[str, Fixed] = {}
    for route in plan.routes:
        begun = [k for k, stop in enumerate(route.stops) if stop.start <= now + HOUR]
        for stop in route.stops[: max(begun, default=-1) + 1]:
            fixed[stop.visit.id] = _to_fixed(route.shift_id, stop, "frozen")
    kept = {row.shift_id for row in fixed.values()}
    for route in plan.routes:
        for stop in route.stops:
            if random.random() < 0.3:
                pin = _to_fixed(route.shift_id, stop, "pinned")
                fixed.setdefault(stop.visit.id, pin)
                kept.add(route.shift_id)
    return replace(
        problem,
        now=now,
        fixed=tuple(fixed.values()),
        published=tuple(
            Published(stop.visit.id, route.shift_id, stop.start)
            for route in plan.routes
            for stop in route.stops
        ),
        shifts=tuple(s for s in problem.shifts if s.id in kept or random.random() > CHANCE),
        needs=tuple(
            replace(need, consent=Consent.WITHDRAWN) if random.random() < CHANCE / 2 else need
            for need in problem.needs
            if random.random() > CHANCE / 3
        ),
        stock=tuple(
            replace(line, doses=line.doses // 2) if random.random() < CHANCE else line
            for line in problem.stock
        ),
    )


def _to_fixed(shift_id: str, stop: Stop, why: str) -> Fixed:
    """A stop as it stands, to be kept."""
    doses = {dose for _, dose in stop.visit.needs}
    return Fixed(
        visit_id=stop.visit.id,
        shift_id=shift_id,
        start=stop.start,
        person_ids=frozenset(person for person, _ in stop.visit.needs),
        why=why,
        location_id=stop.visit.location_id,
        campaign_id=stop.visit.campaign_id,
        product_id=stop.visit.product_id,
        service_seconds=stop.departure - stop.start,
        dose_no=doses.pop() if len(doses) == 1 else None,
    )


def _with_history(random: Random, problem: Problem) -> Problem:
    """Pins and published stops that may be lawful or nonsense."""
    published, fixed = [], []
    teams: set[str] = set()
    people = {need.location_id: need for need in problem.needs if need.campaign_id == "C1"}
    for location in problem.locations:
        if not problem.shifts or random.random() > 0.4:
            continue
        shift = random.choice(problem.shifts)
        start = random.randint(shift.start, shift.end)
        visit_id = f"told {location.id}"
        published.append(Published(visit_id, shift.id, start))
        if shift.team_id not in teams and location.id in people:
            teams.add(shift.team_id)
            need = people[location.id]
            who = frozenset(n.person_id for n in problem.needs if n.location_id == location.id)
            why = "frozen" if start <= problem.now else "pinned"
            product = random.choice(need.products)
            fixed.append(
                Fixed(visit_id, shift.id, start, who, why, location.id, "C1", product, 3600)
            )
    return replace(problem, published=tuple(published), fixed=tuple(fixed))
