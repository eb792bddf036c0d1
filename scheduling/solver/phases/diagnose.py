"""Why a visit or a resident is unassigned: what keeps them out of each shift of the finished plan.

Residents are asked about one by one, those who count alike together: a whole visit may be too long or too
many where one of its residents would fit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from scheduling.care.lookup import NeedKey, needs_by_key
from scheduling.care.members import may_inject
from scheduling.explain import Obstacle, reasons_of
from scheduling.plan import Reason, Visit
from scheduling.problem import Shift
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import can_be_alone
from scheduling.solver.model.stock import Stockroom
from scheduling.solver.operators.insertion import InsertionCosts

Reasons = tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The reasons of unassigned visits by id, and of residents where they have their own."""

    of_visits: dict[str, Reasons] = field(default_factory=dict)
    of_people: dict[NeedKey, Reasons] = field(default_factory=dict)


def diagnose(draft: Draft, insertions: InsertionCosts) -> Diagnosis:
    """The reasons of everything unassigned."""
    found = Diagnosis()
    finding = Finding(draft, insertions)
    for v in draft.unassigned():
        found.of_visits[draft.indexed.visits[v].id] = finding.find_reasons((v,))
    _diagnose_people(draft, insertions, found)
    return found


def _diagnose_people(draft: Draft, insertions: InsertionCosts, found: Diagnosis) -> None:
    """The reasons of residents of visits that can be cut, by a visit to each kind of them alone."""
    indexed = draft.indexed
    kinds = [
        row
        for v in draft.unassigned()
        if indexed.product[v] is not None
        and indexed.may_be_cut(v)
        and indexed.visits[v].id not in indexed.bound
        for row in _list_kinds(indexed, v)
    ]
    if not kinds:
        return
    finer = indexed.with_visits([*indexed.visits, *(one for _, row in kinds for one in row)])
    other = Draft(finer)
    for s in range(len(finer.shifts)):
        if draft.visits(s) != other.visits(s) and not other.set_route(s, draft.visits(s)):
            return
    finding = Finding(other, InsertionCosts(finer, insertions.params))
    for people, row in kinds:
        reasons = finding.find_reasons([finer.index[one.id] for one in row])
        found.of_people.update(dict.fromkeys(people, reasons))


def _list_kinds(indexed: IndexedProblem, v: int) -> Iterator[tuple[list[NeedKey], list[Visit]]]:
    """The residents of a visit who count alike, with a visit to one of them for each product that they may get."""
    visit, needs = indexed.visits[v], needs_by_key(indexed.problem)
    approved = {row.id for row in indexed.problem.products if row.approved}
    kinds: dict[object, list[NeedKey]] = {}
    for person, dose in visit.needs:
        key = (person, visit.campaign_id or "", dose)
        need = needs[key]
        kind = (need.first_day, need.last_day, need.products, need.skills, need.extra_seconds)
        kinds.setdefault((*kind, need.priority, dose), []).append(key)
    for n, people in enumerate(kinds.values()):
        need = needs[people[0]]
        alone = replace(
            visit,
            needs=((need.person_id, need.dose_no),),
            first_day=need.first_day,
            last_day=need.last_day,
            priority=need.priority,
            skills=need.skills,
        )
        yield (
            people,
            [
                replace(alone, id=f"{visit.id} {n} {product}", product_id=product)
                for product in need.products
                if product in approved
            ],
        )


class Finding:
    """Finds what keeps visits out of the shifts of one plan."""

    def __init__(self, draft: Draft, insertions: InsertionCosts) -> None:
        self.draft, self._insertions = draft, insertions
        self._empty, idle = Stockroom(draft.indexed), Draft(draft.indexed)
        # longer than a week of its crew may be, whatever else they do: nobody works it
        self._closed = {s for s in range(len(draft.indexed.shifts)) if idle.fills_week(s)}

    def find_reasons(self, visits: Sequence[int]) -> Reasons:
        """The reasons of visits that are alternatives of each other: none of them could be made."""
        draft, indexed, v = self.draft, self.draft.indexed, visits[0]
        if any(f.after == v and draft.where[f.before] == NOWHERE for f in indexed.follows):
            return (Reason.NOT_DUE,)
        if not indexed.start_windows.is_known(indexed.visits[v]):
            return (Reason.LOCATION_UNKNOWN,)
        if v in indexed.unplannable:
            return (Reason.NO_TWO_TEAMS,)
        obstacles = {
            (u, s): Obstacle.NO_DAY if s in self._closed else self.find_obstacle(u, s)
            for u in visits
            for s in range(len(indexed.shifts))
        }
        alone = any(
            self._empty.fits(u, s)
            for u in visits
            for s in indexed.possible_shifts[u]
            if s not in self._closed
        )
        found = reasons_of(obstacles.values(), fits_alone=alone)
        if found[0] is Reason.STOCK_TO_OTHERS and self._went_to_priority(obstacles):
            return (Reason.STOCK_TO_PRIORITY, *found[1:])
        return found

    def find_obstacle(self, v: int, s: int) -> Obstacle:
        """The first thing that keeps visit `v` out of shift `s`."""
        draft = self.draft
        lasting = _find_lasting_obstacle(draft.indexed, v, s)
        if lasting is not None:
            return lasting
        if not self._empty.has_stock(v, s):
            return Obstacle.LOT
        if self._insertions.find_feasible_position(draft, v, s) is None:
            return Obstacle.FULL
        if not draft.stockroom.has_stock(v, s):
            return Obstacle.STOCK
        if not draft.stockroom.secures(v, s):
            return Obstacle.NEXT_DOSE
        return Obstacle.NOTHING

    def _went_to_priority(self, obstacles: dict[tuple[int, int], Obstacle]) -> bool:
        """Whether all who got doses of the lots in question are of as high a priority."""
        indexed, draft = self.draft.indexed, self.draft
        for (v, s), obstacle in obstacles.items():
            if obstacle is not Obstacle.STOCK:
                continue
            depot, product = indexed.shifts[s].depot_id, indexed.visits[v].product_id
            days = {
                day
                for line in indexed.problem.stock
                if (line.depot_id, line.product_id) == (depot, product)
                and line.first_day <= indexed.day[s] <= line.last_day
                for day in range(
                    max(0, line.first_day), min(indexed.problem.days, line.last_day + 1)
                )
            }
            for u, t in enumerate(draft.where):
                took = t != NOWHERE and indexed.shifts[t].depot_id == depot
                mine = took and indexed.visits[u].product_id == product and indexed.day[t] in days
                if mine and self._least_priority(u) < indexed.visits[v].priority:
                    return False
        return True

    def _least_priority(self, v: int) -> int:
        visit, needs = self.draft.indexed.visits[v], needs_by_key(self.draft.indexed.problem)
        keys = [(person, visit.campaign_id or "", dose) for person, dose in visit.needs]
        return min((needs[key].priority for key in keys), default=100)


def _find_lasting_obstacle(indexed: IndexedProblem, v: int, s: int) -> Obstacle | None:
    """What keeps the visit out of the shift whatever else is planned; None when nothing does."""
    visit, shift = indexed.visits[v], indexed.shifts[s]
    if not _has_day(indexed, visit, shift):
        return Obstacle.NO_DAY
    if not visit.skills <= shift.skills:
        return Obstacle.SKILLS
    if visit.product_id is not None and not may_inject(shift, visit.product_id):
        is_ordered = visit.product_id in shift.ordered_products
        return Obstacle.INJECTOR if is_ordered else Obstacle.ORDER
    if not indexed.start_windows.list_reachable_windows(visit, s):
        return Obstacle.WINDOW
    if not indexed.windows[v][s] or not can_be_alone(indexed, v, s):
        return Obstacle.LENGTH
    return None


def _has_day(indexed: IndexedProblem, visit: Visit, shift: Shift) -> bool:
    """Whether the region may plan the shift and the visit is due on its day."""
    problem = indexed.problem
    ours = indexed.start_windows.is_ours(shift) and shift.end > problem.now
    if not ours or not 0 <= shift.day < problem.days:
        return False
    if visit.product_id is None:
        first, last = indexed.start_windows.find_crisis_window(visit)
        return shift.start <= last and shift.end >= first
    return visit.first_day <= shift.day <= visit.last_day
