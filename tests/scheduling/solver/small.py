"""Problems of care so small that a reading of them can be looked through: by second, by dose, by order."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from scheduling.problem import Break, Problem, TimeWindow, Travel
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.visits.grouping import group
from tests.scheduling.builders import (
    a_campaign,
    a_location,
    a_problem,
    a_product,
    a_shift,
    a_visit,
    needs,
)
from tests.scheduling.plainest_route import Way

SECONDS = 60  # of a day


def a_case(problem: Problem) -> IndexedProblem:
    """The problem with the visits that a plan of it may make."""
    return IndexedProblem(problem, group(problem))


def visit_at(indexed: IndexedProblem, location_id: str) -> int:
    """The index of the one visit at a location."""
    (found,) = (v for v, visit in enumerate(indexed.visits) if visit.location_id == location_id)
    return found


def a_call(k: int, *windows: tuple[int, int], **changes):
    """Location Lk at place k: nobody loses time at its door, the visit takes a second per resident."""
    opened = tuple(TimeWindow(*window) for window in windows or ((0, SECONDS - 1),))
    usual = {"time_windows": opened, "setup_seconds": 0, "pack_seconds": 0, "seats": 99}
    return a_location(f"L{k}", k, **(usual | changes))


def a_day_of_seconds(
    *locations, people: Sequence[int] = (), road: int = 3, pause: Break | None = None, **changes
) -> Problem:
    """One day of 60 seconds, one team; places on a line, `road` seconds and 10 metres per second apart."""
    counts = people or (5,) * len(locations)
    places = range(1 + max((row.place for row in locations), default=0))
    seconds = tuple(tuple(road * abs(a - b) for b in places) for a in places)
    usual = {
        "day_starts": (0, SECONDS),
        "locations": locations,
        "needs": tuple(
            need for row, n in zip(locations, counts, strict=True) for need in needs(n, row.id)
        ),
        "campaigns": (a_campaign(seconds_per_person=1, observation_seconds=0),),
        "products": (a_product(open_seconds=10**6, transport_seconds=10**6),),
        "shifts": (a_shift(start=0, end=SECONDS, injectors=1, pause=pause),),
        "travel": Travel("line", seconds, tuple(tuple(10 * s for s in row) for row in seconds)),
    }
    return a_problem(**(usual | changes))


def of_locations(problem: Problem) -> IndexedProblem:
    """One visit per location, in the order of the locations, with everybody who lives there."""
    return IndexedProblem(problem, [a_visit(problem, row.id) for row in problem.locations])


def a_drawn_day(
    seed: int, calls: int = 3, *, pauses: bool = True, windows: int = 2, teams: int = 1
) -> Problem:
    """Doors, roads, teams and breaks drawn at random."""
    random = Random(seed)
    places = range(calls + 1)
    road = tuple(tuple(random.randrange(1, 8) if a != b else 0 for b in places) for a in places)
    shifts = []
    for t in range(teams):
        first = random.randrange(25)
        pause = Break(first, first + random.randrange(12), random.randrange(1, 7))
        start, end = random.randrange(5), random.randrange(40, SECONDS)
        has_pause = pauses and random.random() < 0.7
        shifts.append(
            a_shift(
                f"S{t}", start=start, end=end, injectors=1 + t, pause=pause if has_pause else None
            )
        )
    return a_day_of_seconds(
        *(a_call(k + 1, *_windows(random, windows)) for k in range(calls)),
        people=[random.randint(1, 6) for _ in range(calls)],
        now=random.choice((0, 0, 3)),
        shifts=tuple(shifts),
        travel=Travel("drawn", road, tuple(tuple(20 * s for s in row) for row in road)),
    )


def _windows(random: Random, most: int) -> list[tuple[int, int]]:
    ends = sorted(random.sample(range(0, 50, 2), 2 * random.randint(1, most)))
    return list(zip(ends[::2], ends[1::2], strict=True))


def way_of(indexed: IndexedProblem, s: int, visits: tuple[int, ...]) -> Way:
    """A route for the plain reading; of the doors it takes the windows of the problem as they are."""
    shift, home = indexed.shifts[s], indexed.home[s]
    places = [home, *(indexed.place[v] for v in visits), home]
    pause = shift.pause
    return Way(
        drives=tuple(indexed.travel[a][b] for a, b in pairwise(places)),
        stays=tuple(indexed.service[v][s] for v in visits),
        windows=tuple(indexed.windows[v][s] for v in visits),
        earliest=indexed.opens[s],
        latest=shift.end,
        rest=pause and (pause.earliest, pause.latest, pause.seconds),
    )


def a_draft(indexed: IndexedProblem, *routes: tuple[int, ...]) -> Draft:
    """A plan of these routes, by shift."""
    draft = Draft(indexed)
    for s, visits in enumerate(routes):
        assert not visits or draft.set_route(s, visits), visits
    return draft


def insert_at(visits: tuple[int, ...], v: int, position: int) -> tuple[int, ...]:
    """The visits with one more among them."""
    return (*visits[:position], v, *visits[position:])
