"""A plan that stands: everybody stays where it has them, and whoever is unassigned is looked at beside them."""

from dataclasses import dataclass, replace
from functools import cached_property

from scheduling.care.lookup import NeedKey, by_id, planned_doses
from scheduling.care.members import shares_crew
from scheduling.plan import Plan, Route, Stop
from scheduling.problem import Fixed, Location, Problem, Published, Shift
from scheduling.rules import hold_published


@dataclass(frozen=True)
class Standing:
    """A problem with its plan, of which nothing may change; what is asked of it often is indexed once."""

    problem: Problem  # in which the plan is what was published
    plan: Plan

    @cached_property
    def made(self) -> Problem:
        """The problem with every stop of the plan fixed, as the rules are to judge it."""
        return hold_published(self.problem, self.plan)

    @cached_property
    def routes(self) -> dict[str, Route]:
        """The routes with stops, by shift."""
        return {route.shift_id: route for route in self.plan.routes if route.stops}

    @cached_property
    def shifts(self) -> dict[str, Shift]:
        """All shifts that may be planned."""
        return by_id(self.problem.shifts)

    @cached_property
    def locations(self) -> dict[str, Location]:
        """All locations."""
        return by_id(self.problem.locations)

    @cached_property
    def homes(self) -> dict[str, int]:
        """The place in the travel matrix of every depot."""
        return {depot.id: depot.place for depot in self.problem.depots}

    @cached_property
    def stop_of(self) -> dict[NeedKey, tuple[str, Stop]]:
        """Shift and stop of every dose that the plan gives."""
        shift_of = {stop.visit.id: r.shift_id for r in self.plan.routes for stop in r.stops}
        return {key: (shift_of[stop.visit.id], stop) for stop, key in planned_doses(self.plan)}

    @cached_property
    def shifts_of(self) -> dict[str, set[str]]:
        """The shifts in which somebody has a stop, by person."""
        found: dict[str, set[str]] = {}
        for (person, _, _), (name, _) in self.stop_of.items():
            found.setdefault(person, set()).add(name)
        return found

    @cached_property
    def beside(self) -> dict[str, tuple[str, ...]]:
        """By shift the other shifts with a route that share its team or somebody of its crew."""
        return {
            name: tuple(
                other
                for other in self.routes
                if other != name and shares_crew(self.shifts[other], shift)
            )
            for name, shift in self.shifts.items()
        }

    def lists_askable(self, shift: Shift) -> bool:
        """Whether anybody can still be asked to do more in a shift: ours, and not begun."""
        ours = shift.region in ("", self.problem.region)
        in_time = shift.start > self.problem.now and 0 <= shift.day < self.problem.days
        return ours and in_time


def stand(problem: Problem, plan: Plan, now: int | None = None) -> Standing:
    """The plan as if it were published: what it makes stands to the second.

    With `now` (seconds since the start of the horizon) later than the problem's own, what has begun since is frozen.
    """
    now = max(problem.now, now or problem.now)
    told = {(row.visit_id, row.shift_id, row.start) for row in problem.published if row.told}
    known = {row.visit_id for row in problem.fixed} - {*plan.released_pins}
    published: list[Published] = []
    frozen: list[Fixed] = []
    for route in plan.routes:
        for stop in route.stops:
            if stop.visit.id in known:
                continue
            if stop.start < now:
                frozen.append(_to_frozen(route.shift_id, stop))
            else:
                is_told = (stop.visit.id, route.shift_id, stop.start) in told
                published.append(_to_published(route.shift_id, stop, told=is_told))
    released = {*plan.released_pins}
    pinned = tuple(row for row in problem.fixed if row.visit_id not in released)
    held = tuple(sorted(row.visit_id for row in published))
    return Standing(
        replace(problem, now=now, published=tuple(published), fixed=(*pinned, *frozen)),
        replace(plan, held=held, taken=(), released_pins=(), moved=()),
    )


def _to_published(shift_id: str, stop: Stop, *, told: bool) -> Published:
    visit = stop.visit
    return Published(
        visit_id=visit.id,
        shift_id=shift_id,
        start=stop.start,
        location_id=visit.location_id,
        campaign_id=visit.campaign_id,
        product_id=visit.product_id,
        doses=visit.needs,
        service_seconds=stop.departure - stop.start,
        told=told,
    )


def _to_frozen(shift_id: str, stop: Stop) -> Fixed:
    visit = stop.visit
    return Fixed(
        visit_id=visit.id,
        shift_id=shift_id,
        start=stop.start,
        person_ids=frozenset(person for person, _ in visit.needs),
        why="frozen",
        location_id=visit.location_id,
        campaign_id=visit.campaign_id,
        product_id=visit.product_id,
        service_seconds=stop.departure - stop.start,
        doses=frozenset(visit.needs),
    )
