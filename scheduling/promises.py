"""What was published, as promises: who may still be served where and when they were told, and what facts take of it.

A promise that breaks no rule among the promises and the pinned and frozen stops alone can be kept by every plan. Of
those that break a rule together the lightest is taken first; what then fits again is given back, the heaviest first.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from scheduling.care.lookup import NeedKey, by_id, needs_by_key
from scheduling.care.told import is_told
from scheduling.care.visit_length import ServiceTimes
from scheduling.objective import weight_of_visit
from scheduling.plan import Plan, Taken, Values, Violation, Visit
from scheduling.problem import Fixed, Need, Problem, Published
from scheduling.standing import KnownRoutes, routes_of_fixed
from scheduling.visits.grouping import list_open_needs, to_fixed, visit_of

Names = Collection[str]
Judge = Callable[[Problem, Plan, Names], Iterable[Violation]]  # by these rules, or by all
IsBroken = Callable[[Collection["Promise"], str], bool]  # promises, and the likely rule
Doses = tuple[tuple[str, int], ...]
NOTHING = Values(0, 0, 0, 0, 0, 0)  # promises are judged by rules alone


@dataclass(frozen=True, slots=True)
class Promise:
    """A published stop with those of its people who may still be served there and then."""

    fixed: Fixed
    visit: Visit


@dataclass(frozen=True, slots=True)
class Part:
    """What is given up of a promise, all of it or some doses, by which violation."""

    promise: Promise
    doses: Doses
    by: Violation


def to_promises(problem: Problem, rows: Iterable[Published]) -> list[Promise]:
    """Who may still be served of published visits; a visit without anybody left is no promise."""
    rows = sorted(rows, key=lambda row: (row.start, row.visit_id))
    if not rows:
        return []
    needs = list_open_needs(problem)
    for given in _pinned_or_frozen(problem):
        _remove(visit_of(problem, given, needs), needs)
    crises, times = by_id(problem.crisis_visits), _Lengths(problem)
    found: list[Promise] = []
    for row in rows:
        fixed = to_fixed(row, "told" if is_told(problem, row) else "published")
        visit = visit_of(problem, fixed, needs)
        crisis = crises.get(row.visit_id) if row.campaign_id is None else None
        if visit.needs or (crisis is not None and crisis.location_id == row.location_id):
            _remove(visit, needs)
            found.append(times.stretch(Promise(fixed, visit)))
    return found


def _pinned_or_frozen(problem: Problem) -> list[Fixed]:
    return [row for row in problem.fixed if row.why in ("pinned", "frozen")]


def _remove(visit: Visit, needs: dict[NeedKey, Need]) -> None:
    for person, dose in visit.needs:
        needs.pop((person, visit.campaign_id or "", dose), None)


def without(problem: Problem, promises: Iterable[Promise], taken: Iterable[Taken]) -> list[Promise]:
    """The promises without the doses that were taken of them."""
    lost = {row.visit_id: set(row.doses) for row in taken}
    times = _Lengths(problem)
    return [
        times.resize(one, [dose for dose in one.visit.needs if dose not in lost[one.visit.id]])
        if one.visit.id in lost
        else one
        for one in promises
    ]


class _Lengths:
    """How long a promise takes: as published, or longer where the crew of today needs longer."""

    def __init__(self, problem: Problem) -> None:
        self._times = ServiceTimes(replace(problem, fixed=()))
        self._shifts = by_id(problem.shifts)

    def stretch(self, promise: Promise) -> Promise:
        """The same promise with the length that it takes."""
        shift = self._shifts.get(promise.fixed.shift_id)
        if shift is None:
            return promise
        takes = self._times.seconds(promise.visit, shift)
        if promise.visit.campaign_id is not None:
            takes = max(takes, promise.fixed.service_seconds)
        return replace(promise, fixed=replace(promise.fixed, service_seconds=takes))

    def resize(self, promise: Promise, doses: Iterable[tuple[str, int]]) -> Promise:
        """The same promise to others of its people."""
        needs = tuple(sorted(doses))
        return replace(
            promise,
            fixed=replace(promise.fixed, doses=frozenset(needs)),
            visit=replace(promise.visit, needs=needs),
        )


class Weighing:
    """Which promises can be kept together."""

    def __init__(self, problem: Problem, judge: Judge) -> None:
        self._problem = replace(problem, fixed=tuple(_pinned_or_frozen(problem)))
        self._judge = judge
        self._needs = needs_by_key(problem)
        self._containers = {row.id: row.doses_per_container for row in problem.products}
        self._travelling = {row.id for row in problem.products if row.open_may_travel}
        self._shifts, self._lengths = by_id(problem.shifts), _Lengths(problem)
        opened = list_open_needs(problem) if self._problem.fixed else {}
        self._given = [visit_of(problem, row, opened) for row in self._problem.fixed]
        self._shift_of = {row.visit_id: row.shift_id for row in self._problem.fixed}
        self._routes = KnownRoutes()
        self._of_store: dict[str, list[str]] = {}  # visits, by what they take from
        self._last_doses: dict[str, tuple[Promise, Doses]] = {}
        self._weights: dict[str, tuple[Doses, int]] = {}
        self._before = frozenset(self.broken(()))

    def weigh(
        self, promises: Sequence[Promise], beside: Sequence[Promise] = ()
    ) -> tuple[list[Promise], tuple[Taken, ...]]:
        """The promises that stand, those `beside` them not among them, and what is taken of the others."""
        known = [one for one in promises if one.fixed.shift_id in self._shifts]
        for one in known:
            self._of_store.setdefault(self._store(one), []).append(one.visit.id)
        given_up = [
            Part(one, one.visit.needs, Violation("withdrawn", one.visit.id, "unknown shift"))
            for one in promises
            if one.fixed.shift_id not in self._shifts
        ]
        standing = {one.visit.id: one for one in known}
        parts = sorted(self._reduce(standing, beside), key=self._weight_of_part, reverse=True)
        # by the likely rule alone first: a lost lot has hundreds of parts, and all rules take long for each
        found, lost = self._give_back(parts, standing, beside, self._is_likely_broken)
        if found != standing and self.broken((*beside, *found.values())):
            found, lost = self._give_back(parts, standing, beside, self._is_broken)
        return list(found.values()), _to_taken([*given_up, *lost])

    def _give_back(
        self,
        parts: Sequence[Part],
        standing: dict[str, Promise],
        beside: Sequence[Promise],
        is_broken: IsBroken,
    ) -> tuple[dict[str, Promise], list[Part]]:
        """What stands with the parts that fit again, and the others."""
        lost: list[Part] = []
        for part in parts:
            again = dict(standing)
            self._restore(again, part)
            if not is_broken((*beside, *again.values()), part.by.rule):
                standing = again
                continue
            standing, rest = self._restore_some(standing, beside, part, is_broken)
            lost.append(rest)
        return standing, lost

    def _restore_some(
        self,
        standing: dict[str, Promise],
        beside: Sequence[Promise],
        part: Part,
        is_broken: IsBroken,
    ) -> tuple[dict[str, Promise], Part]:
        """Gives back as many as still fit of those for whom doses lack, the highest priorities first; the others are lost.

        Only where an opened container travels on: of any other each part is the people of one container.
        """
        if part.by.rule != "stock" or part.promise.visit.product_id not in self._travelling:
            return standing, part
        first = self._rank(part.promise, part.doses)
        found, low, high = standing, 0, len(first) - 1
        while low < high:
            middle = (low + high + 1) // 2
            again = dict(standing)
            self._restore(again, replace(part, doses=tuple(first[:middle])))
            if is_broken((*beside, *again.values()), part.by.rule):
                high = middle - 1
            else:
                found, low = again, middle
        return found, replace(part, doses=tuple(sorted(first[low:])))

    def _rank(self, promise: Promise, doses: Doses) -> list[tuple[str, int]]:
        """Doses of a promise, those of the highest priority first.

        Who began a series comes before all: a next dose that is missed costs the dose before it.
        """
        return sorted(doses, key=lambda dose: (dose[1] == 1, -self._priority(promise, dose), dose))

    def _reduce(self, standing: dict[str, Promise], beside: Sequence[Promise]) -> list[Part]:
        """Gives up parts until no rule is broken any more; returns them.

        A lost lot takes a hundred parts, one at a time: after the first only what was broken is judged, at last all.
        """
        given_up: list[Part] = []
        names: Names = ()
        while True:
            broken = self.broken((*beside, *standing.values()), names)
            parts = self._give_up(broken, standing)
            if not parts and not names:
                return given_up
            for part in parts:
                self._apply(standing, part)
            given_up += parts
            names = {row.rule for row in broken} if parts else ()

    def broken(self, promises: Collection[Promise], names: Names = ()) -> list[Violation]:
        """Rules that promises break together, of these or of all, beyond those that pinned and frozen stops break."""
        before = self._before if promises else frozenset()
        return [row for row in self._judge(*self.plan_of(promises), names) if row not in before]

    def _is_likely_broken(self, promises: Collection[Promise], likely: str) -> bool:
        return bool(self.broken(promises, {likely}))

    def _is_broken(self, promises: Collection[Promise], likely: str) -> bool:
        """Whether promises break a rule together; the likely one is asked first."""
        return self._is_likely_broken(promises, likely) or bool(self.broken(promises))

    def plan_of(self, promises: Collection[Promise]) -> tuple[Problem, Plan]:
        """The plan of promises and of pinned and frozen stops alone, and the problem in which all of them are fixed."""
        fixed = (*self._problem.fixed, *(one.fixed for one in promises))
        problem = replace(self._problem, fixed=fixed)
        visits = (*self._given, *(one.visit for one in promises))
        return problem, Plan(
            region=problem.region,
            as_of=problem.as_of,
            horizon_start=problem.horizon_start,
            routes=routes_of_fixed(problem, visits, self._routes),
            unassigned=(),
            values=NOTHING,
        )

    def _give_up(self, broken: Iterable[Violation], standing: dict[str, Promise]) -> list[Part]:
        """For each violation the lightest part of what it concerns; one part of what violations share."""
        parts: list[Part] = []
        touched: set[str] = set()
        for violation in broken:
            concerned = self._find_concerned(violation, standing)
            if concerned and touched.isdisjoint(one.visit.id for one in concerned):
                part = min(
                    (self._part(one, violation) for one in concerned), key=self._weight_of_part
                )
                parts.append(part)
                touched |= {one.visit.id for one in concerned}
        return parts

    def _find_concerned(
        self, violation: Violation, standing: dict[str, Promise]
    ) -> Collection[Promise]:
        """The promises that could mend a violation: the stop, the stops of its shift, or those of the same stock."""
        where = violation.where
        if where in standing and violation.rule not in ("shift_hours", "once", "outbreak"):
            return [standing[where]]
        stop = standing.get(where)
        shift_id = stop.fixed.shift_id if stop else self._shift_of.get(where, where)
        rows = standing.values()
        found = [one for one in rows if one.fixed.shift_id == shift_id]
        if not found:
            stores = (names for store, names in self._of_store.items() if where.startswith(store))
            found = [standing[name] for names in stores for name in names if name in standing]
        return found or [one for one in rows if one.visit.product_id == where] or rows

    def _store(self, promise: Promise) -> str:
        """How a violation of the stock that a promise takes from begins."""
        return f"{self._shifts[promise.fixed.shift_id].depot_id} {promise.visit.product_id} "

    def _part(self, promise: Promise, violation: Violation) -> Part:
        """All of a promise; where doses lack, the people of its last container, first doses and the lowest priorities."""
        if violation.rule != "stock":
            return Part(promise, promise.visit.needs, violation)
        known = self._last_doses.get(promise.visit.id)
        if known is None or known[0] is not promise:
            known = promise, self._list_last_container(promise)
            self._last_doses[promise.visit.id] = known
        return Part(promise, known[1], violation)

    def _list_last_container(self, promise: Promise) -> Doses:
        needs = promise.visit.needs
        size = self._containers[promise.visit.product_id or ""]
        first = self._rank(promise, needs)
        kept = (len(needs) - 1) // size * size
        return tuple(sorted(first[kept:]))

    def _priority(self, promise: Promise, dose: tuple[str, int]) -> int:
        return self._needs[dose[0], promise.visit.campaign_id or "", dose[1]].priority

    def _weight_of_part(self, part: Part) -> tuple[bool, bool, int, int, str]:
        """Who was told weighs more than who was not; where doses lack next doses more than first ones; then people by priority.

        The latest is the lightest.
        """
        visit, fixed = part.promise.visit, part.promise.fixed
        known = self._weights.get(visit.id)
        if known is None or known[0] is not part.doses:
            of_part = replace(visit, needs=part.doses)
            known = part.doses, weight_of_visit(of_part, self._needs)
            self._weights[visit.id] = known
        is_next = part.by.rule == "stock" and any(dose > 1 for _, dose in part.doses)
        return fixed.why == "told", is_next, known[1], -fixed.start, visit.id

    def _apply(self, standing: dict[str, Promise], part: Part) -> None:
        now = standing.pop(part.promise.visit.id)
        rest = [dose for dose in now.visit.needs if dose not in part.doses]
        if rest:
            standing[now.visit.id] = self._lengths.resize(now, rest)

    def _restore(self, standing: dict[str, Promise], part: Part) -> None:
        now = standing.get(part.promise.visit.id)
        doses = (*(now.visit.needs if now else ()), *part.doses)
        standing[part.promise.visit.id] = self._lengths.resize(part.promise, doses)


def _to_taken(parts: Iterable[Part]) -> tuple[Taken, ...]:
    """One row for each visit, with the first rule that took something of it."""
    rows: dict[str, Taken] = {}
    for part in parts:
        fixed = part.promise.fixed
        known = rows.get(fixed.visit_id)
        rule, detail = (known.rule, known.detail) if known else (part.by.rule, part.by.detail)
        doses = tuple(sorted((*(known.doses if known else ()), *part.doses)))
        rows[fixed.visit_id] = Taken(
            fixed.visit_id, doses, rule, detail, fixed.shift_id, fixed.start
        )
    return tuple(rows[name] for name in sorted(rows))
