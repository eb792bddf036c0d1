"""Small problems drawn at random, and the same with more of one thing: more is never less served."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Need, Problem, TimeWindow
from scheduling.solve import solve
from tests.scheduling.builders import (
    a_location,
    a_lot,
    a_need,
    a_pause,
    a_problem,
    a_product,
    a_shift,
    a_travel,
    at,
)

WORK = Limits(600, rounds=4, workers=1)  # equal work: no clock decides


def a_scarce_problem(seed: int) -> Problem:
    """A few locations and days, fewer doses or hours than are asked for."""
    random = Random(seed)
    count, days = random.randint(2, 6), random.randint(1, 3)
    places = tuple(
        a_location(
            f"L{k}",
            k + 1,
            time_windows=tuple(
                TimeWindow(at(day, opens), at(day, opens + random.choice((0.5, 2, 4))))
                for day in range(days)
                if (opens := random.choice((9, 10, 11, 13))) and random.random() < 0.85
            ),
            seats=50,
        )
        for k in range(count)
    )
    people = tuple(
        a_need(f"L{k}-{n}", f"L{k}", priority=random.choice((20, 50, 80)))
        for k in range(count)
        for n in range(random.randint(1, 45))
    )
    shifts = tuple(
        a_shift(
            f"T{team} day {day}",
            day,
            team_id=f"T{team}",
            end=at(day, random.choice((11, 13, 16))),
            pause=random.choice((None, a_pause(day, 10, 12))),
        )
        for day in range(days)
        for team in range(random.randint(1, 2))
    )
    return a_problem(
        locations=places,
        needs=people,
        shifts=shifts,
        products=(a_product(doses_per_container=random.choice((1, 6, 10))),),
        stock=(a_lot(random.randrange(10, 30 * count)),),
        travel=a_travel(count + 1, random.choice((300, 900))),
    )


def more_residents(random: Random, problem: Problem) -> Problem:
    """Up to twelve residents more at one location."""
    place = random.choice(problem.locations).id
    more = [
        a_need(f"more-{k}", place, priority=random.choice((20, 50, 80)))
        for k in range(random.randint(1, 12))
    ]
    return replace(problem, needs=(*problem.needs, *more))


def more_hours(random: Random, problem: Problem) -> Problem:
    """One location is open half an hour to two hours longer, on all of its days."""
    longer = random.randrange(problem.locations.__len__())
    places = list(problem.locations)
    seconds = random.choice((1800, 3600, 7200))
    places[longer] = replace(
        places[longer],
        time_windows=tuple(
            TimeWindow(row.earliest, row.latest + seconds) for row in places[longer].time_windows
        ),
    )
    return replace(problem, locations=tuple(places))


def more_doses(random: Random, problem: Problem) -> Problem:
    """One lot more of one to thirty doses."""
    return replace(problem, stock=(*problem.stock, a_lot(random.randint(1, 30), lot="more")))


def more_shifts(random: Random, problem: Problem) -> Problem:
    """Another team for one day."""
    day = random.choice(problem.shifts).day
    return replace(problem, shifts=(*problem.shifts, a_shift("more", day, team_id="more")))


MORE: dict[str, Callable[[Random, Problem], Problem]] = {
    "residents": more_residents,
    "opening hours": more_hours,
    "doses": more_doses,
    "shifts": more_shifts,
}


def served_weight(problem: Problem, plan: Plan) -> int:
    """Everybody served, by priority."""
    weight: dict[str, int] = {row.person_id: weigh(row) for row in problem.needs}
    return sum(
        weight[person]
        for route in plan.routes
        for stop in route.stops
        for person, _ in stop.visit.needs
    )


def weigh(need: Need) -> int:
    return need.priority + 1


def losses(seed: int, kinds: tuple[str, ...] = tuple(MORE)) -> dict[str, float]:
    """By what there is more of: the share of the served weight that is lost by it; 0 where nothing is."""
    problem = a_scarce_problem(seed)
    before = served_weight(problem, solve(problem, WORK, seed=seed))
    found = {}
    for kind in kinds:
        larger = MORE[kind](Random(seed), problem)
        after = served_weight(larger, solve(larger, WORK, seed=seed))
        found[kind] = max(0, before - after) / max(1, before)
    return found
