"""Make it fit: the smallest changes by which somebody who is unassigned gets a visit, each proven by solving again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from scheduling.care.doses import loaded
from scheduling.care.eligibility import barriers
from scheduling.care.lookup import NeedKey, by_id, key_of, needs_by_key, planned_doses
from scheduling.fitting.candidates import Candidate, Candidates, days_off, may_bend
from scheduling.fitting.changes import Change, apply_all
from scheduling.fitting.gaps import Trial
from scheduling.fitting.obstacles import Trying
from scheduling.fitting.params import DEFAULT, FittingParams
from scheduling.fitting.targets import Target, is_due, to_visit
from scheduling.limits import Limits
from scheduling.objective import values
from scheduling.plan import Plan, Reason, Visit
from scheduling.problem import Need, Problem, Shift
from scheduling.solve import try_repair

Solve = Callable[[Problem], Plan]


@dataclass(frozen=True, slots=True)
class Price:
    """What a suggestion costs, beside the plan as it stands; all of it may be negative but the calls."""

    working_seconds: int
    metres: int
    doses: int  # that leave the depots
    wasted: int  # of these doses
    calls: int  # to whom: each that is asked, and each location that is told of a visit


@dataclass(frozen=True, slots=True)
class Placed:
    """A visit that the changed plan makes of the target: where and when, and for whom."""

    shift_id: str
    start: int
    end: int
    campaign_id: str | None
    product_id: str | None
    doses: tuple[tuple[str, int], ...]  # person and dose number

    @property
    def people(self) -> int:
        """How many residents of the target."""
        return len(self.doses)


@dataclass(frozen=True, slots=True)
class Fit:
    """A suggestion that was solved again: with these changes the target is served, and nobody else moves or loses."""

    changes: tuple[Change, ...]  # none: it fits as everything is
    placed: tuple[Placed, ...]
    people: int  # of the target; 0 for a crisis visit
    others: int  # residents elsewhere who get a visit too
    alone: bool  # holds only while the others who wait are kept out of it: they would go first
    price: Price
    minutes: int  # how large the changes are, to compare


def find_fits(
    trying: Trying, target: Target, params: FittingParams = DEFAULT, enough: int | None = None
) -> list[Fit]:
    """The smallest changes for a target, the smallest for each resident served first.

    Raises nothing for a target that no change can serve: then there is none.
    """
    fitting = Fitting(trying, target, params)
    return fitting.find(params.enough if enough is None else enough)


class Fitting:
    """One target in one plan."""

    def __init__(self, trying: Trying, target: Target, params: FittingParams) -> None:
        self._trying, self._target, self._params = trying, target, params
        self._standing = trying.standing
        self._wanted = {*target.needs}
        self._only: tuple[Need, ...] | None = None  # the needs of who stands and of the target

    def find(self, enough: int) -> list[Fit]:
        """So many suggestions that hold, of different kinds where there are."""
        found: list[Fit] = []
        for candidate in _mix(self._list_candidates(), self._params.most_solved):
            fit = self.solve(candidate)
            if fit is not None and not any(_is_same(fit, one) for one in found):
                found.append(fit)
            if len(found) == enough or (fit is not None and not fit.changes):
                break
        return sorted(found, key=_rank)

    def _list_candidates(self) -> list[Candidate]:
        """Every way that is not too large, the smallest for each resident first."""
        candidates = Candidates(self._trying, self._params)
        found: dict[tuple[Change, ...], Candidate] = {}
        for visit, shift, trial in self._list_places():
            tried = self._trying.judge(visit, shift, trial)
            for one in candidates.list_for(tried):
                known = found.get(one.changes)
                if known is None or one.size < known.size:
                    found[one.changes] = one
        return sorted(found.values(), key=lambda one: (one.size, one.tried.shift_id))

    def _list_places(self) -> list[tuple[Visit, Shift, Trial]]:
        """Where the visits lack little time, those first that lack the least for each resident."""
        most = max(self._params.window_seconds, self._params.shift_seconds)
        found: list[tuple[float, int, Visit, Shift, Trial]] = []
        for n, (visit, shift) in enumerate(self._list_pairs()):
            trials = sorted(self._trying.list_trials(visit, shift), key=_lack)
            for trial in trials[:2]:
                if trial.late + trial.early <= self._params.shift_seconds and (
                    trial.outside <= most or trial.outside > 86400
                ):
                    size = _lack(trial) / max(1, len(visit.needs))
                    found.append((size, n, visit, shift, trial))
        found.sort(key=lambda row: row[:2])
        return [(visit, shift, trial) for _, _, visit, shift, trial in found][
            : self._params.most_judged
        ]

    def _list_pairs(self) -> Iterator[tuple[Visit, Shift]]:
        shifts = [row for row in self._standing.shifts.values() if self._standing.may_be_asked(row)]
        for visit in self.list_visits():
            for shift in sorted(shifts, key=lambda row: (row.start, row.id)):
                if is_due(self._standing, visit, shift) or self._may_be_asked(visit, shift):
                    yield visit, shift

    def _may_be_asked(self, visit: Visit, shift: Shift) -> bool:
        """Whether a clinician, or who wants a crisis visit, may be asked for the day although it is not due then."""
        if visit.product_id is None:
            crisis = by_id(self._standing.problem.crisis_visits)[visit.id]
            most = self._params.window_seconds
            near = shift.start <= crisis.last_second + most
            return near and shift.end >= crisis.first_second - most
        needs = needs_by_key(self._standing.problem)
        rows = [needs[person, visit.campaign_id or "", dose] for person, dose in visit.needs]
        off = [abs(days_off(row, shift.day)) for row in rows]
        return bool(rows) and all(map(may_bend, rows)) and max(off) <= self._params.interval_days

    def list_visits(self) -> list[Visit]:
        """The visits that a plan would make of the target, whole and one container of them; and to whom no day is due."""
        made = {stop.visit.id for route in self._standing.plan.routes for stop in route.stops}
        found: list[Visit] = []
        for visit in self._standing.visits:
            keys = {(person, visit.campaign_id or "", dose) for person, dose in visit.needs}
            if visit.id in made or not (keys & self._wanted or visit.id in self._target.crisis_ids):
                continue
            found.append(visit)
            product = self._trying.products.get(visit.product_id or "")
            size = product.doses_per_container if product else len(visit.needs)
            if len(visit.needs) > size:
                found.append(replace(visit, needs=visit.needs[:size]))
            if len(visit.needs) > 1:
                found.append(replace(visit, needs=visit.needs[:1]))
        return [*found, *self._list_overdue()]

    def _list_overdue(self) -> Iterator[Visit]:
        """Visits to whom only the interval keeps out: their last day has passed, or does not come in this plan."""
        barred, needs = barriers(self._standing.problem), needs_by_key(self._standing.problem)
        rows = [
            needs[key]
            for key in sorted(self._wanted)
            if barred.get(key) == (Reason.NOT_DUE,) and may_bend(needs[key])
        ]
        for product in sorted({row.products[0] for row in rows}):
            some = tuple(row for row in rows if row.products[0] == product)
            yield to_visit(some, product, f"{self._target.location_id} overdue {product}")

    def solve(self, candidate: Candidate) -> Fit | None:
        """Solves again with the changes; None when the target is not served or somebody else loses.

        First without the others who wait, which is the smaller problem: what fails then is not asked. Where they would take the
        room, the visit must be asked for by name.
        """
        problem = apply_all(self._standing.problem, candidate.changes)
        only = self._without_others(problem)
        alone = self._judge(candidate, only, try_repair(only, Limits(0.0)), alone=True)
        if alone is None:
            return None
        whole = self._trying.solve(candidate.changes, problem)
        return self._judge(candidate, problem, whole, alone=False) or alone

    def _without_others(self, problem: Problem) -> Problem:
        """The problem without everybody else who waits."""
        keys = self._wanted | self._standing.stop_of.keys()
        made = {stop.visit.id for route in self._standing.plan.routes for stop in route.stops}
        crises = made | {*self._target.crisis_ids}
        if self._only is None or problem.needs is not self._standing.problem.needs:
            self._only = tuple(need for need in problem.needs if key_of(need) in keys)
        return replace(
            problem,
            needs=self._only,
            crisis_visits=tuple(row for row in problem.crisis_visits if row.id in crises),
        )

    def _judge(
        self, candidate: Candidate, problem: Problem, plan: Plan, *, alone: bool
    ) -> Fit | None:
        standing = self._standing
        stops = {
            key: (route.shift_id, stop.start)
            for route in plan.routes
            for stop, key in planned_doses(replace(plan, routes=(route,)))
        }
        before = {key: (name, stop.start) for key, (name, stop) in standing.stop_of.items()}
        crises = {
            stop.visit.id: (route.shift_id, stop)
            for route in plan.routes
            for stop in route.stops
            if stop.visit.campaign_id is None
        }
        if plan.taken or any(stops.get(key) != place for key, place in before.items()):
            return None
        served = self._wanted & stops.keys()
        made = crises.keys() & {*self._target.crisis_ids}
        if not served and not made:
            return None
        placed = tuple(self._list_placed(plan, served, made))
        if any(not standing.may_be_asked(standing.shifts[one.shift_id]) for one in placed):
            return None
        others = len(stops.keys() - before.keys() - served)
        return Fit(
            changes=candidate.changes,
            placed=placed,
            people=len({person for person, _, _ in served}),
            others=others,
            alone=alone,
            price=self._price(candidate.changes, problem, plan, placed),
            minutes=candidate.minutes,
        )

    def _list_placed(
        self, plan: Plan, served: set[NeedKey], made: Iterable[str]
    ) -> Iterator[Placed]:
        crises = {*made}
        for route in plan.routes:
            for stop in route.stops:
                visit = stop.visit
                doses = tuple(
                    (person, dose)
                    for person, dose in visit.needs
                    if (person, visit.campaign_id or "", dose) in served
                )
                if doses or visit.id in crises:
                    yield Placed(
                        route.shift_id,
                        stop.start,
                        stop.departure,
                        visit.campaign_id,
                        visit.product_id,
                        doses,
                    )

    def _price(
        self, changes: tuple[Change, ...], problem: Problem, plan: Plan, placed: tuple[Placed, ...]
    ) -> Price:
        before, after = values(problem, self._standing.plan.routes), values(problem, plan.routes)
        doses = _count_doses(problem, plan) - _count_doses(problem, self._standing.plan)
        asked = {change.whom for change in changes}
        told = {self._target.location_id} if placed else set()
        return Price(
            working_seconds=after.working_seconds - before.working_seconds,
            metres=after.metres - before.metres,
            doses=doses,
            wasted=after.doses_wasted - before.doses_wasted,
            calls=len(asked | told),
        )


def _is_same(one: Fit, other: Fit) -> bool:
    """Whether two suggestions ask the same of people: the same kinds of change for the same visits."""
    kinds = [list(map(type, fit.changes)) for fit in (one, other)]
    return kinds[0] == kinds[1] and one.placed == other.placed


def _rank(fit: Fit) -> tuple[bool, float, int]:
    """What works by itself before what works only while others are kept waiting; then the smallest for each resident."""
    return fit.alone, fit.minutes / max(1, fit.people), fit.minutes


def _lack(trial: Trial) -> int:
    return trial.late + trial.early + min(trial.outside, 86400)


def _mix(candidates: list[Candidate], most: int) -> list[Candidate]:
    """So many candidates, at most two that ask for the same, else the smallest."""
    chosen: list[Candidate] = []
    later: list[Candidate] = []
    for one in candidates:
        same = sum(one.kinds == other.kinds for other in chosen)
        (later if same > 1 else chosen).append(one)
    return [*chosen, *later][:most]


def _count_doses(problem: Problem, plan: Plan) -> int:
    return sum(loaded(p, route.stops) for route in plan.routes for p in problem.products)


def find_first_fits(
    trying: Trying, targets: Iterable[Target], params: FittingParams = DEFAULT
) -> Iterator[tuple[Target, list[Fit]]]:
    """For each target the first suggestion that holds, in the background: one is enough to begin with."""
    for target in targets:
        yield target, find_fits(trying, target, params, enough=1)
