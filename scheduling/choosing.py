"""A whole plan made of what stands and of chosen parts of another, judged by every rule.

What facts take of the published stops is taken first, as in a repair; then the parts are put in. Of parts that break a
rule the lightest gives way until none is broken, and each that gave way hears which other parts it needs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid5

from scheduling.care.crews import shortened
from scheduling.care.eligibility import barriers
from scheduling.care.lookup import NeedKey, by_id, key_of, planned_doses
from scheduling.care.visit_length import ServiceTimes
from scheduling.holding import hold_published
from scheduling.objective import values
from scheduling.pins import NOBODY_LEFT, release_pins
from scheduling.plan import Plan, Reason, Unassigned, Violation, Visit
from scheduling.problem import Fixed, Problem
from scheduling.rules import check_added
from scheduling.standing import routes_of_fixed
from scheduling.visits.grouping import NAMESPACE, list_open_needs, visit_of
from scheduling.weights import weights

Doses = tuple[tuple[str, int], ...]
MOST_TRIED: Final = 12  # parts that are asked what they need, and others that each is tried with: a check takes tenths of seconds
SOLVER: Final = "chosen by a person"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a part of another plan would stand; start in seconds since the start of the horizon."""

    visit_id: str
    shift_id: str
    start: int
    product_id: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """What another plan does with some people of one location: from a published visit, to a spot, or both."""

    name: str
    location_id: str
    campaign_id: str | None
    doses: Doses  # none: the crisis visit
    old: str | None
    new: Spot | None


@dataclass(frozen=True, slots=True)
class RefusedPart:
    """A part that cannot stand: the rule that it breaks, and the parts with which it could."""

    name: str
    rule: str
    detail: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A plan that keeps every rule, and what became of the parts that were asked for."""

    plan: Plan
    standing: frozenset[str]
    refused: tuple[RefusedPart, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A stop of the plan that is made; `is_held`: published, and as it was published."""

    fixed: Fixed
    visit: Visit
    is_held: bool = False
    parts: frozenset[str] = frozenset()


def choose(
    problem: Problem,
    parts: Sequence[Part],
    wanted: Collection[str],
    reasons: Mapping[NeedKey, tuple[Reason, ...]],
) -> Chosen:
    """The published plan with the `wanted` parts of another, as many as can stand together.

    `reasons` say why people are in neither plan. The plan breaks no rule that its frozen stops did not break before it.
    """
    return _Choice(problem, parts, reasons).choose([one for one in parts if one.name in wanted])


class _Choice:
    """One problem with the parts that may be chosen."""

    def __init__(
        self, problem: Problem, parts: Sequence[Part], reasons: Mapping[NeedKey, tuple[Reason, ...]]
    ) -> None:
        self._problem, self._parts, self._reasons = problem, parts, reasons
        released, self._pin_faults = release_pins(shortened(problem))
        self._holding = hold_published(released)
        self._times = ServiceTimes(replace(released, fixed=()))
        self._shifts = by_id(released.shifts)
        self._crises = by_id(released.crisis_visits)
        self._open = list_open_needs(released)
        self._frozen = {row.id for row in problem.standing_shifts}
        self._settled = {
            row.visit_id for row in self._holding.problem.fixed if row.why in ("pinned", "frozen")
        }
        self._base = self._stand()

    def _stand(self) -> dict[str, Made]:
        """What stands by itself: pinned, frozen, and what facts left of what was published."""
        left, found = dict(self._open), {}
        for row in self._holding.problem.fixed:
            visit = visit_of(self._problem, row, left)
            for person, dose in visit.needs:
                del left[person, visit.campaign_id or "", dose]
            found[row.visit_id] = Made(row, visit, row.visit_id in self._holding.held)
        return found

    def choose(self, wanted: Sequence[Part]) -> Chosen:
        """As many of the wanted parts as can stand together."""
        refused: dict[str, RefusedPart] = {}
        standing = {one.name: one for one in wanted}
        for part in wanted:
            if fault := self._find_fault(part):
                refused[part.name] = fault
                del standing[part.name]
        plan = self._reduce(standing, refused)
        for part in self._list_again(wanted, refused):
            tried = [*standing.values(), part]
            again = self.make(tried)
            if not check_added(self._problem, again):
                standing[part.name], plan = part, again
                del refused[part.name]
        return Chosen(
            plan,
            frozenset(standing),
            tuple(self._with_needs(row, standing) for row in refused.values()),
        )

    def _find_fault(self, part: Part) -> RefusedPart | None:
        """Why a part can not be tried at all."""
        if part.old is not None and part.old in self._settled:
            return RefusedPart(part.name, "fixed", "the stop is pinned")
        if part.new is None:
            return None
        if part.new.shift_id not in self._shifts:
            rule = "frozen" if part.new.shift_id in self._frozen else "withdrawn"
            return RefusedPart(part.name, rule, "its shift can not be planned")
        if part.new.visit_id in self._settled:
            return RefusedPart(part.name, "fixed", "the stop is pinned")
        made = self._visit_at(part.new, part, part.doses)
        if part.campaign_id is None:
            known = part.new.visit_id in self._crises
            return None if known else RefusedPart(part.name, "gone", "nobody asks for it now")
        if not made.needs:
            return RefusedPart(part.name, NOBODY_LEFT, "none of its people may be served then")
        return None

    def _reduce(self, standing: dict[str, Part], refused: dict[str, RefusedPart]) -> Plan:
        """Takes out parts until no rule is broken; returns the plan of the others."""
        while True:
            plan = self.make(list(standing.values()))
            broken = check_added(self._problem, plan)
            if not broken or not standing:
                if broken:  # what stands breaks it by itself: for the planner's own answer to mend
                    raise CannotStand(broken)
                return plan
            touched: set[str] = set()
            beside = dict(standing)
            for row in broken:
                concerned = self._find_concerned(row, plan, beside)
                if touched.isdisjoint(one.name for one in concerned):
                    part = min(concerned, key=lambda one: (len(one.doses), one.name))
                    refused[part.name] = RefusedPart(part.name, row.rule, row.detail)
                    del standing[part.name]
                    touched |= {one.name for one in concerned}

    def _list_again(self, wanted: Sequence[Part], refused: Mapping[str, RefusedPart]) -> list[Part]:
        """Parts that gave way and may fit after all, the heaviest first."""
        found = [one for one in wanted if one.name in refused and self._find_fault(one) is None]
        return sorted(found, key=lambda one: (-len(one.doses), one.name))[:MOST_TRIED]

    def _find_concerned(
        self, row: Violation, plan: Plan, standing: Mapping[str, Part]
    ) -> list[Part]:
        """The parts that a violation is about: of the stop, else of the shift or the stock, else all."""
        parts = standing.values()
        shift_of = {stop.visit.id: route.shift_id for route in plan.routes for stop in route.stops}
        here = shift_of.get(row.where, row.where)
        of_stop = [one for one in parts if row.where in (one.old, self._id_of(one, plan))]
        of_shift = [one for one in parts if one.new and one.new.shift_id == here]
        of_store = [one for one in parts if one.new and row.where.startswith(self._store(one.new))]
        return of_stop or of_shift or of_store or list(parts)

    def _id_of(self, part: Part, plan: Plan) -> str | None:
        """The visit that a part became in a plan: sometimes with a name of its own."""
        if part.new is None:
            return None
        named = {stop.visit.id for route in plan.routes for stop in route.stops}
        own = self._own_name(part.new)
        return own if own in named else part.new.visit_id

    def _store(self, spot: Spot) -> str:
        return f"{self._shifts[spot.shift_id].depot_id} {spot.product_id} "

    def _with_needs(self, row: RefusedPart, standing: Mapping[str, Part]) -> RefusedPart:
        """The refused part with the fewest other parts that let it stand, as far as a dozen tries find them."""
        part = next(one for one in self._parts if one.name == row.name)
        if self._find_fault(part):
            return row
        others = [one for one in self._parts if one.name not in standing and one is not part]
        beside = [one for one in others if self._touches(one, part)][:MOST_TRIED]
        now = list(standing.values())
        if not beside or check_added(self._problem, self.make([*now, part, *beside])):
            return row
        for one in tuple(beside):
            fewer = [other for other in beside if other is not one]
            if not check_added(self._problem, self.make([*now, part, *fewer])):
                beside = fewer
        return replace(row, needs=tuple(one.name for one in beside))

    def _touches(self, one: Part, other: Part) -> bool:
        """Whether two parts may depend on each other: a shift, a stock, a place, or people that both have."""
        if self._find_fault(one):
            return False
        if one.location_id == other.location_id or set(one.doses) & set(other.doses):
            return True
        mine, theirs = self._shifts_of(one), self._shifts_of(other)
        stores = [{self._store(part.new)} if part.new else set() for part in (one, other)]
        stores = [
            found | self._old_store(part) for found, part in zip(stores, (one, other), strict=True)
        ]
        return bool(mine & theirs or stores[0] & stores[1])

    def _shifts_of(self, part: Part) -> set[str]:
        found = {self._base[part.old].fixed.shift_id} if part.old in self._base else set()
        return found | ({part.new.shift_id} if part.new else set())

    def _old_store(self, part: Part) -> set[str]:
        if part.old is None or part.old not in self._base:
            return set()
        row = self._base[part.old].fixed
        return {self._store(Spot("", row.shift_id, 0, row.product_id))}

    def make(self, parts: Sequence[Part]) -> Plan:
        """The plan of what stands with these parts, whether or not it keeps the rules."""
        made = dict(self._base)
        for part in parts:
            if part.old in made:
                self._leave(made, part)
        for part in parts:
            if part.new is not None:
                self._arrive(made, part, part.new)
        fixed = tuple(row.fixed for row in made.values())
        routes = routes_of_fixed(
            replace(self._holding.problem, fixed=fixed), [row.visit for row in made.values()]
        )
        plan = Plan(
            region=self._problem.region,
            as_of=self._problem.as_of,
            horizon_start=self._problem.horizon_start,
            routes=routes,
            unassigned=(),
            values=values(self._problem, routes),
            solver=SOLVER,
            weights=weights(self._problem),
            released_pins=tuple(row.visit_id for row in self._pin_faults),
            pin_faults=(*self._problem.refused_pins, *self._pin_faults),
            held=tuple(sorted(name for name, row in made.items() if row.is_held)),
            taken=self._holding.taken,
        )
        return replace(plan, unassigned=self._list_unassigned(plan))

    def _leave(self, made: dict[str, Made], part: Part) -> None:
        """Takes the people of a part out of the visit where they are."""
        assert part.old is not None
        row = made.pop(part.old)
        rest = tuple(dose for dose in row.visit.needs if dose not in part.doses)
        if rest and part.campaign_id is not None:
            visit = replace(row.visit, needs=rest)
            takes = self._times.seconds(visit, self._shifts[row.fixed.shift_id])
            made[part.old] = Made(replace(row.fixed, service_seconds=takes), visit)

    def _arrive(self, made: dict[str, Made], part: Part, spot: Spot) -> None:
        """Puts the people of a part where it says: into the visit that stands there, or one of their own."""
        there, name = made.get(spot.visit_id), spot.visit_id
        if there is not None and not _is_at(there.fixed, spot):
            name = self._own_name(spot)
            there = made.get(name)
        doses = (*(there.visit.needs if there else ()), *part.doses)
        visit = replace(self._visit_at(spot, part, doses), id=name)
        shift = self._shifts[spot.shift_id]
        made[name] = Made(
            replace(
                self._fixed_at(spot, part, doses),
                visit_id=name,
                service_seconds=self._times.seconds(visit, shift),
            ),
            visit,
        )

    def _own_name(self, spot: Spot) -> str:
        """A name for people who get a visit beside one that keeps its name elsewhere."""
        return str(
            uuid5(NAMESPACE, "\n".join((spot.visit_id, "chosen", spot.shift_id, str(spot.start))))
        )

    def _visit_at(self, spot: Spot, part: Part, doses: Doses) -> Visit:
        return visit_of(self._problem, self._fixed_at(spot, part, doses), self._open)

    def _fixed_at(self, spot: Spot, part: Part, doses: Doses) -> Fixed:
        return Fixed(
            visit_id=spot.visit_id,
            shift_id=spot.shift_id,
            start=spot.start,
            person_ids=frozenset(person for person, _ in doses),
            why="chosen",
            location_id=part.location_id,
            campaign_id=part.campaign_id,
            product_id=spot.product_id,
            service_seconds=0,
            doses=frozenset(doses),
        )

    def _list_unassigned(self, plan: Plan) -> tuple[Unassigned, ...]:
        """Everybody without a stop: what no plan may serve, what the plans say of them, else that a person left them out."""
        served = {key for _, key in planned_doses(plan)}
        visits = {stop.visit.id for route in plan.routes for stop in route.stops}
        barred = barriers(self._problem)
        rows = [
            Unassigned(need.location_id, need.campaign_id, need.person_id, need.dose_no, None, why)
            for need in self._problem.needs
            if (key := key_of(need)) not in served
            for why in [barred.get(key) or self._reasons.get(key) or (Reason.LEFT_OUT,)]
        ]
        rows += [
            Unassigned(row.location_id, None, None, None, row.id, (Reason.LEFT_OUT,))
            for row in self._problem.crisis_visits
            if row.id not in visits
        ]
        return tuple(sorted(rows, key=_order))


class CannotStand(Exception):
    """What stands breaks a rule by itself, whatever is chosen: the next answer of the planner has to mend it."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("; ".join(f"{row.rule} at {row.where}" for row in self.violations[:5]))


def _is_at(fixed: Fixed, spot: Spot) -> bool:
    here = (fixed.shift_id, fixed.start, fixed.product_id)
    return here == (spot.shift_id, spot.start, spot.product_id)


def _order(row: Unassigned) -> tuple[str, str, str, int, str]:
    return (
        row.location_id,
        row.campaign_id or "",
        row.person_id or "",
        row.dose_no or 0,
        row.visit_id or "",
    )
