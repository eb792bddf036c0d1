"""Where else a visit could go: slots with their price for who is on the phone, and why not there for every other team."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scheduling.care.eligibility import barriers
from scheduling.care.lookup import by_id, needs_by_key
from scheduling.objective import A_MOVE_SECONDS
from scheduling.plan import Visit
from scheduling.problem import (
    Assessment,
    Campaign,
    Consent,
    CrisisVisit,
    Fixed,
    Need,
    Problem,
    Shift,
)
from scheduling.steering.actual import Actual
from scheduling.steering.breaches import Breach, Unit, list_route_faults
from scheduling.steering.edits import Spot
from scheduling.steering.effect import Effect, describe
from scheduling.steering.timetable import Settled, StandingStop, Timetable
from scheduling.steering.trials import Refused, find_stop, join, with_crisis
from scheduling.steering.weighing import Weighed, rank, weigh
from scheduling.visits.grouping import group

MOST_TRIED: Final = 24  # slots that are judged by every rule; the cheapest ones by minutes go first
HYPOTHETICAL: Final = "caller"  # begins the names of people who are not registered yet


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is on the phone: a location, and how many people for which product; without a number those registered there."""

    location_id: str
    campaign_id: str | None = None
    product_id: str | None = None
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A slot that breaks no hard rule, and what it costs."""

    shift_id: str
    start: int
    effect: Effect


@dataclass(frozen=True, slots=True)
class NotThere:
    """A shift that cannot make the visit, and the rule that says so."""

    shift_id: str
    breach: Breach


@dataclass(frozen=True, slots=True)
class Places:
    """The cheapest slots first, and the shifts without any."""

    visit: Visit
    places: tuple[Place, ...]
    not_there: tuple[NotThere, ...]


def find_places(actual: Actual, asked: Caller | CrisisVisit, most: int = 5) -> Places:
    """Slots for people at a location, or for a crisis visit. Raises Refused when nobody there may be visited."""
    if isinstance(asked, CrisisVisit):
        actual, stop = with_crisis(actual, asked)
    else:
        actual, stop = with_caller(actual, asked)
    return search_gaps(actual, stop, None, most)


def find_alternatives(actual: Actual, visit_id: str, most: int = 3) -> Places:
    """The next best slots of a visit that stands, and why every other team cannot make it. Raises Refused."""
    shift_id, stop = find_stop(actual, visit_id)
    return search_gaps(actual, stop, shift_id, most)


def with_caller(actual: Actual, caller: Caller) -> tuple[Actual, StandingStop]:
    """The plan whose problem knows the people of a caller, and the visit to them. Raises Refused."""
    problem = actual.problem
    if caller.location_id not in by_id(problem.locations):
        raise Refused("time_windows", caller.location_id, "location unknown")
    if caller.people is not None:
        problem = replace(problem, needs=(*problem.needs, *_list_people(problem, caller)))
    served = {
        (person, visit.campaign_id or "", dose)
        for visit in actual.list_visits()
        for person, dose in visit.needs
    }
    rows = tuple(
        need
        for key, need in needs_by_key(problem).items()
        if key not in served and _is_asked(need, caller)
    )
    alone = replace(problem, needs=rows, published=(), crisis_visits=(), together_from=None)
    found = [row for row in group(alone) if caller.product_id in (None, row.product_id)]
    if not found:
        barred = barriers(alone)
        reasons = [why.value for reasons in barred.values() for why in reasons[:1]]
        raise Refused(
            reasons[0] if reasons else "nobody_waits", caller.location_id, "nobody can be visited"
        )
    visit = max(found, key=lambda row: (len(row.needs), row.priority, row.id))
    return replace(actual, problem=problem), to_stop(visit)


def _is_asked(need: Need, caller: Caller) -> bool:
    is_guessed = need.person_id.startswith(HYPOTHETICAL)
    return (
        need.location_id == caller.location_id
        and caller.campaign_id in (None, need.campaign_id)
        and is_guessed == (caller.people is not None)
    )


def _list_people(problem: Problem, caller: Caller) -> Iterator[Need]:
    """People of whom only the number is known: first doses, due from today on. Raises Refused without a campaign."""
    campaign = _choose_campaign(problem, caller)
    products = (caller.product_id,) if caller.product_id else campaign.products
    if not set(products) <= {row.id for row in problem.products}:
        raise Refused("gone", caller.product_id or "", "no such product")
    for k in range(min(caller.people or 0, problem.max_residents_per_visit)):
        yield Need(
            person_id=f"{HYPOTHETICAL} {k:03}",
            campaign_id=campaign.id,
            dose_no=1,
            location_id=caller.location_id,
            products=products,
            first_day=0,
            last_day=problem.days - 1,
            consent=Consent.GIVEN,
            assessment=Assessment.ELIGIBLE,
        )


def _choose_campaign(problem: Problem, caller: Caller) -> Campaign:
    """The campaign that was named, else the one of most people there, or anywhere. Raises Refused."""
    asked = [row for row in problem.campaigns if caller.campaign_id in (None, row.id)]
    if not asked:
        raise Refused("gone", caller.campaign_id or "", "no such campaign")
    there = Counter(
        need.campaign_id for need in problem.needs if need.location_id == caller.location_id
    )
    anywhere = Counter(need.campaign_id for need in problem.needs)
    return max(asked, key=lambda row: (there[row.id], anywhere[row.id]))


def to_stop(visit: Visit) -> StandingStop:
    """A visit as a stop of no route yet."""
    fixed = Fixed(
        visit_id=visit.id,
        shift_id="",
        start=0,
        person_ids=frozenset(person for person, _ in visit.needs),
        why="pinned",
        location_id=visit.location_id,
        campaign_id=visit.campaign_id,
        product_id=visit.product_id,
        service_seconds=0,
        doses=frozenset(visit.needs),
    )
    return StandingStop(fixed, visit)


def search_gaps(
    actual: Actual,
    stop: StandingStop,
    now: str | None,
    most: int,
    of: frozenset[str] | None = None,
) -> Places:
    """Weighs every gap of every shift, or of these, and judges the cheapest by every rule; `now` is where the visit stands."""
    problem, meant = actual.problem, frozenset({stop.visit.id})
    shifts = [
        row
        for row in problem.shifts
        if row.id not in actual.frozen_shifts and (of is None or row.id in of)
    ]
    visits = [*(row for row in actual.list_visits() if row.id != stop.visit.id), stop.visit]
    if not shifts:
        return Places(stop.visit, (), ())
    times = Timetable(problem, shifts, visits)
    found: list[tuple[int, tuple[bool, int, int], str, Weighed]] = []
    not_there: dict[str, NotThere] = {}
    known: dict[str, Settled] = {}
    for shift in shifts:
        trials = join(actual, stop, Spot(shift.id), now)
        ways = [weigh(actual, trial, times, known) for trial in trials]
        ways = [row for row in ways if not _is_same(stop, shift, row)]
        fitting = sorted((row for row in ways if _fits(row)), key=rank)
        if not fitting and ways and shift.id != now:
            not_there[shift.id] = _name_fault(actual, shift, stop, (times, ways))
        found += [(n, rank(row), shift.id, row) for n, row in enumerate(fitting)]
    places: list[Place] = []
    for _, _, shift_id, way in sorted(found, key=lambda row: row[:3])[:MOST_TRIED]:
        if len(places) == most:
            break
        if shift_id in not_there:
            continue
        effect = describe(actual, way, meant)
        if effect.hard:
            not_there.setdefault(shift_id, NotThere(shift_id, effect.hard[0]))
        else:
            places.append(Place(shift_id, _start_of(way, stop, shift_id), effect))
    return Places(stop.visit, tuple(places), _list_not_there(not_there, places))


def _list_not_there(found: dict[str, NotThere], places: Sequence[Place]) -> tuple[NotThere, ...]:
    there = {row.shift_id for row in places}
    return tuple(found[name] for name in sorted(found) if name not in there)


def _fits(way: Weighed) -> bool:
    return all(row.fits for row in way.after.values())


def _start_of(way: Weighed, stop: StandingStop, shift_id: str) -> int:
    rows = way.after[shift_id].stops
    return next(row.fixed.start for row in rows if row.visit.id == stop.visit.id)


def _is_same(stop: StandingStop, shift: Shift, way: Weighed) -> bool:
    """Whether it is where the visit stands already, but for some minutes."""
    if stop.fixed.shift_id != shift.id:
        return False
    return abs(_start_of(way, stop, shift.id) - stop.fixed.start) <= A_MOVE_SECONDS


def _name_fault(
    actual: Actual,
    shift: Shift,
    stop: StandingStop,
    tried: tuple[Timetable, Sequence[Weighed]],
) -> NotThere:
    """The rule that keeps the visit out of a shift: what it breaks there even alone, else that the day is full."""
    times, ways = tried
    (trial,) = join(replace(actual, standing={}), stop, Spot(shift.id), None)
    alone = times.settle(shift, trial[shift.id])
    assert alone.route is not None, "the visit is in it"
    faults = list_route_faults(actual.problem, alone.route, [row.fixed for row in alone.stops])
    if faults:
        return NotThere(shift.id, faults[0])
    routes = [row.after[shift.id].route for row in ways]
    late = [route.back - shift.end for route in routes if route and route.back > shift.end]
    amount = min(late) if len(late) == len(routes) else None
    return NotThere(shift.id, Breach("shift_full", shift.id, "", amount, Unit.SECONDS))
