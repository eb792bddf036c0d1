"""The routes that can break a rule together with those that a change touches: judging these says as much as judging all.

Whoever shares something with a route that changed has all that a rule says of it judged; what these share with still others is
looked at too, so that a fault that stood before is known for one. Everything else is the same before and after.
"""

from collections.abc import Collection, Iterator, Mapping
from types import ModuleType
from typing import Final

from scheduling.care.lookup import by_id
from scheduling.care.members import people_of
from scheduling.plan import Route
from scheduling.problem import Problem
from scheduling.rules import dose_interval, duty, once, outbreak, rest, stock

OF_CREWS: Final[tuple[ModuleType, ...]] = (outbreak, rest, duty)
OF_PEOPLE: Final[tuple[ModuleType, ...]] = (once, dose_interval)
OF_SHELVES: Final[tuple[ModuleType, ...]] = (stock,)
STEPS: Final = 2  # to who shares something with a changed route, and from there once more

Routes = Mapping[str, Route]  # by shift


class Concerned:
    """The routes before and after a change that each rule must be asked of, of shifts whose routes are not the same."""

    def __init__(
        self, problem: Problem, before: Routes, after: Routes, changed: Collection[str]
    ) -> None:
        self._routes, self._changed = (before, after), frozenset(changed)
        self._shifts, self._names = by_id(problem.shifts), before.keys() | after.keys()
        self._found: dict[tuple[ModuleType, ...], frozenset[str]] = {}

    def by(self, rule: ModuleType) -> frozenset[str] | None:
        """The shifts whose routes say all that the rule says otherwise than before; None: every shift."""
        for rules, find in (
            (OF_CREWS, self._share_crew),
            (OF_PEOPLE, self._share_people),
            (OF_SHELVES, self._share_depot),
        ):
            if rule in rules:
                if rules not in self._found:
                    self._found[rules] = find()
                return self._found[rules]
        return None

    def _share_crew(self) -> frozenset[str]:
        shifts = {name: self._shifts[name] for name in self._names if name in self._shifts}
        names = {*self._changed}
        for _ in range(STEPS):
            people = {one for name in names if name in shifts for one in people_of(shifts[name])}
            more = {
                name
                for name, shift in shifts.items()
                if name not in names and not people.isdisjoint(people_of(shift))
            }
            if not more:
                break
            names |= more
        return frozenset(names)

    def _share_people(self) -> frozenset[str]:
        """Shifts in which the same people are visited, or a visit is made that the change touches."""
        _, after = self._routes
        names, met, new = {*self._changed}, set[str](), {*self._changed}
        for _ in range(STEPS):
            for routes in self._routes:
                for name in new & routes.keys():
                    met.update(_list_met(routes[name]))
            new = {
                name
                for name, route in after.items()  # of what did not change both are the same
                if name not in names and not met.isdisjoint(_list_met(route))
            }
            if not new:
                break
            names |= new
        return frozenset(names)

    def _share_depot(self) -> frozenset[str]:
        depots = {self._shifts[name].depot_id for name in self._changed if name in self._shifts}
        return self._changed.union(
            name
            for name in self._names
            if name in self._shifts and self._shifts[name].depot_id in depots
        )


def _list_met(route: Route) -> Iterator[str]:
    """Who is visited, and by which visits."""
    for stop in route.stops:
        yield stop.visit.id
        for person, _ in stop.visit.needs:
            yield person
