"""How much work fits between two moments of one shift: rows for the bound of people served.

A team is at one door at a time. All its stops at locations that open and close between two moments begin
there, one after the other, so that they take no longer than the time between, and one last stop. Long hours say
nothing by this; half-hour windows do.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from scheduling.care.lookup import by_id
from scheduling.care.members import injectors_for
from scheduling.care.visit_length import injection_seconds
from scheduling.problem import Need
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.windows import Windows, overlap


@dataclass(frozen=True, slots=True)
class Door:
    """A location as one shift meets it, in seconds: when a stop may begin, the longest stop, and the shortest ways."""

    location: str
    first: int
    last: int
    longest_stop: int
    way_in: int
    way_out: int


@dataclass(frozen=True, slots=True)
class Span:
    """Locations at which every stop begins between two moments, and the most seconds that stops there take, ways included."""

    locations: frozenset[str]
    most_seconds: int


def list_spans(indexed: IndexedProblem, s: int, needs: Iterable[Need], most: int) -> list[Span]:
    """Of one shift and those who could be served; of many locations, more than `most`, only all of them together."""
    doors = _list_doors(indexed, s, needs)
    if not doors:
        return []
    begins, ends = sorted({one.first for one in doors}), sorted({one.last for one in doors})
    if len(doors) > most:
        begins, ends = begins[:1], ends[-1:]
    found: dict[frozenset[str], int] = {}
    for begin in begins:
        for end in ends:
            within = [one for one in doors if begin <= one.first and one.last <= end]
            if within:
                names = frozenset(one.location for one in within)
                seconds = _most_seconds(within, indexed.shifts[s].end)
                found[names] = min(seconds, found.get(names, seconds))
    return [Span(names, seconds) for names, seconds in found.items()]


def _most_seconds(doors: Collection[Door], shift_end: int) -> int:
    """From the first beginning to the end of the last stop; on the way to the first one the team may be before."""
    end = max(min(one.last + one.longest_stop, shift_end - one.way_out) for one in doors)
    return max(0, end - min(one.first for one in doors)) + max(one.way_in for one in doors)


def _list_doors(indexed: IndexedProblem, s: int, needs: Iterable[Need]) -> list[Door]:
    by_location: dict[str, list[Need]] = {}
    for need in needs:
        by_location.setdefault(need.location_id, []).append(need)
    places, shift = by_id(indexed.problem.locations), indexed.shifts[s]
    everywhere = {*indexed.home, *indexed.place}
    doors: list[Door] = []
    for name, people in sorted(by_location.items()):
        place = places[name].place
        others = everywhere - {place}
        way_in = min((indexed.travel[one][place] for one in others), default=0)
        way_out = min((indexed.travel[place][one] for one in others), default=0)
        hours = indexed.start_windows.list_opening_hours(name, s)
        begins: Windows = overlap(hours, indexed.opens[s] + way_in, shift.end - way_out)
        if begins:
            stop = _longest_stop(indexed, s, people)
            doors.append(Door(name, begins[0][0], begins[-1][1], stop, way_in, way_out))
    return doors


def _longest_stop(indexed: IndexedProblem, s: int, people: list[Need]) -> int:
    """Seconds of a visit to as many of these as one visit may serve, with the smallest crew and the longest observation."""
    problem, shift = indexed.problem, indexed.shifts[s]
    location = by_id(problem.locations)[people[0].location_id]
    campaigns = by_id(problem.campaigns)
    count = min(len(people), largest_visit(indexed))
    extra = sum(sorted((one.extra_seconds for one in people), reverse=True)[:count])
    stay = max(
        injection_seconds(
            campaigns[one.campaign_id],
            location.seats,
            min(injectors_for(shift, product) or 1 for product in one.products),
            count,
        )
        + max(campaigns[one.campaign_id].observation_seconds, one.observation_seconds or 0)
        for one in people
    )
    # who is observed for long is injected first; to add that beside the others is more than any visit takes
    return location.setup_seconds + location.pack_seconds + stay + extra


def largest_visit(indexed: IndexedProblem) -> int:
    """Residents of one visit at most; what was published may be larger than the limit of today."""
    return max(
        indexed.problem.max_residents_per_visit,
        *(len(row.doses) for row in indexed.problem.published),
        *(len(visit.needs) for visit in indexed.visits),
        1,
    )
