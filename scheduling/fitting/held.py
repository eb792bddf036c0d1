"""A plan that stands: everybody stays where it has them, and whoever is unassigned is looked at beside them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from scheduling.care.lookup import NeedKey, by_id, key_of, planned_doses
from scheduling.care.members import shares_crew
from scheduling.holding import hold_published as find_taken
from scheduling.plan import Plan, Route, Stop, Visit
from scheduling.problem import Location, Problem, Shift
from scheduling.rules import hold_published
from scheduling.visits.grouping import group


@dataclass(frozen=True)
class Standing:
    """A problem with its plan, of which nothing may change; what is asked of it often is indexed once."""

    problem: Problem  # in which the plan is what was published
    plan: Plan
    closed: frozenset[str] = frozenset()  # shifts that begin too soon to be asked

    @cached_property
    def made(self) -> Problem:
        """The problem with every stop of the plan fixed, as the rules are to judge it."""
        return hold_published(self.problem, self.plan)

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """The visits that a plan would make of everybody, who stands and who waits."""
        return tuple(group(self.made))

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

    def may_be_asked(self, shift: Shift) -> bool:
        """Whether anybody can still be asked to do more in a shift: ours, and neither begun nor about to."""
        ours = shift.region in ("", self.problem.region) and shift.id not in self.closed
        in_time = shift.start > self.problem.now and 0 <= shift.day < self.problem.days
        return ours and in_time


def stand(
    problem: Problem,
    plan: Plan,
    routes: Iterable[Route],
    gone: Collection[NeedKey] = (),
    closed: Collection[str] = (),
) -> Standing:
    """What stands at this moment, whatever the plan had: these routes, of the published stops of the problem.

    `gone` are doses that are given, or planned where the problem knows no shift. Who was planned and stands no more,
    by hand or by facts, is for the next plan: nobody is suggested in their place, nor they in another's.
    """
    routes = [route for route in routes if route.stops]
    stops = {stop.visit.id for route in routes for stop in route.stops}
    standing = {key for _, key in planned_doses(replace(plan, routes=tuple(routes)))}
    away = {*gone} | {key for _, key in planned_doses(plan)} - standing
    problem = replace(
        problem,
        needs=tuple(need for need in problem.needs if key_of(need) not in away),
        published=tuple(row for row in problem.published if row.visit_id in stops),
        fixed=(),
    )
    lost = {row.visit_id for row in find_taken(problem).taken}
    kept = tuple(
        replace(route, stops=tuple(s for s in route.stops if s.visit.id not in lost))
        for route in routes
    )
    published = tuple(row for row in problem.published if row.visit_id not in lost)
    served = {key for _, key in planned_doses(replace(plan, routes=kept))}
    waiting = tuple(
        row
        for row in plan.unassigned
        if (row.person_id or "", row.campaign_id or "", row.dose_no or 0) not in served | away
        and row.visit_id not in stops - lost
    )
    return Standing(
        replace(problem, published=published),
        replace(
            plan,
            routes=kept,
            unassigned=waiting,
            held=tuple(sorted(row.visit_id for row in published)),
            taken=(),
            released_pins=(),
            moved=(),
        ),
        frozenset(closed),
    )
