"""The objective: what makes one plan better than another, each value by itself, in lexicographic order."""

from collections.abc import Container, Mapping, Sequence
from itertools import pairwise

from scheduling.care.doses import wasted
from scheduling.care.eligibility import barriers
from scheduling.care.lookup import NeedKey, by_id, day_of, key_of, needs_by_key
from scheduling.care.told import told_doses
from scheduling.care.wishes import Unmet, seconds_of, unmet
from scheduling.plan import Route, Stop, Values, Visit
from scheduling.problem import Need, Problem, Published, Travel

# A crisis visit weighs as much as a full vaccination visit: `Problem.max_residents_per_visit` where a region says nothing else.
PEOPLE_IN_A_CRISIS_VISIT = 40
# Who was told and lost the place comes before anybody who was not, whatever the priority (1 to 101 of `weight_of`).
TOLD_WEIGHT = 101
A_MOVE_SECONDS = 900  # a start that shifts by more than this must be phoned through


def weight_of(priority: int, *, told: bool = False) -> int:
    """Weight of one unserved person; priority 0 counts too."""
    return priority + 1 + told * TOLD_WEIGHT


def weight_of_visit(
    visit: Visit, needs: Mapping[NeedKey, Need], told: Container[NeedKey] = frozenset()
) -> int:
    """Weight of leaving this visit unassigned; `told` are the doses for which somebody was told a moment."""
    if visit.campaign_id is None:
        return weight_of(visit.priority) * PEOPLE_IN_A_CRISIS_VISIT
    return sum(
        weight_of(needs[key].priority, told=key in told)
        for key in ((person, visit.campaign_id, dose) for person, dose in visit.needs)
    )


def values(problem: Problem, routes: Sequence[Route]) -> Values:
    """Computes the objective of a plan from its routes alone.

    Whoever has no stop is unserved. People whom no plan may serve count nowhere: they make no plan better or worse.
    """
    stops = [stop for route in routes for stop in route.stops]
    unserved = _unserved(problem, stops)
    crises = _unserved_crises(problem, stops)
    wishes = _unmet(problem, routes)
    return Values(
        unserved_weight=_weigh(problem, unserved) + crises,
        late_next_doses=sum(is_late(problem, need) for need in unserved),
        doses_wasted=sum(
            wasted(product, route.stops) for route in routes for product in problem.products
        ),
        moved_stops=_moved(problem, routes),
        working_seconds=sum(route.back - route.departure for route in routes if route.stops),
        metres=_metres(problem, routes),
        wish_seconds=seconds_of(problem, wishes),
        other_team=wishes[0],
        days_off=wishes[1],
    )


def is_moved(published: Published, shift_id: str, start: int) -> bool:
    """Whether people must be told again: another shift, or a start that moved by more than a few minutes."""
    return shift_id != published.shift_id or abs(start - published.start) > A_MOVE_SECONDS


def is_late(problem: Problem, need: Need) -> bool:
    """Whether a next dose would be late if unserved: its last day passes within the horizon."""
    return need.dose_no > 1 and need.last_day < problem.days


def _weigh(problem: Problem, unserved: list[Need]) -> int:
    told = told_doses(problem)
    return sum(weight_of(need.priority, told=key_of(need) in told) for need in unserved)


def _unserved(problem: Problem, stops: list[Stop]) -> list[Need]:
    served = {
        (person, stop.visit.campaign_id, dose)
        for stop in stops
        for person, dose in stop.visit.needs
    }
    barred = barriers(problem)
    return [
        need
        for key, need in needs_by_key(problem).items()
        if key not in served and key not in barred
    ]


def _unserved_crises(problem: Problem, stops: list[Stop]) -> int:
    made = {stop.visit.id for stop in stops}
    return sum(
        weight_of(crisis.priority) * PEOPLE_IN_A_CRISIS_VISIT
        for crisis in problem.crisis_visits
        if crisis.id not in made
    )


def _moved(problem: Problem, routes: Sequence[Route]) -> int:
    """Counts published visits still to be made that this plan moves or drops."""
    if not problem.published:
        return 0
    now = {stop.visit.id: (route.shift_id, stop.start) for route in routes for stop in route.stops}
    moved, wanted = 0, needs_by_key(problem)
    for row in problem.published:
        if row.start >= problem.now and not _is_over(row, wanted):
            place = now.get(row.visit_id)
            moved += place is None or is_moved(row, *place)
    return moved


def _is_over(row: Published, wanted: Container[NeedKey]) -> bool:
    """Whether nobody of a published visit needs anything any more: nobody is left to be told."""
    keys = [(person, row.campaign_id or "", dose) for person, dose in row.doses]
    return bool(keys) and not any(key in wanted for key in keys)


def _unmet(problem: Problem, routes: Sequence[Route]) -> Unmet:
    """Sums the unmet wishes of everybody who gets a next dose in the plan."""
    needs, shifts = needs_by_key(problem), by_id(problem.shifts)
    other = off = 0
    for route in routes:
        for stop in route.stops:
            team, day = shifts[route.shift_id].team_id, day_of(problem, stop.start)
            found = unmet(stop.visit, needs, team, day)
            other, off = other + found[0], off + found[1]
    return other, off


def _metres(problem: Problem, routes: Sequence[Route]) -> int:
    places = {row.id: row.place for row in problem.locations}
    homes = {depot.id: depot.place for depot in problem.depots}
    shifts = by_id(problem.shifts)
    total = 0
    for route in routes:
        if route.stops:
            home = homes[shifts[route.shift_id].depot_id]
            way = [home, *(places[stop.visit.location_id] for stop in route.stops), home]
            total += _length(problem.travel, way)
    return total


def _length(travel: Travel, way: list[int]) -> int:
    return sum(travel.metres[a][b] for a, b in pairwise(way))
