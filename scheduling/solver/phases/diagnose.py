"""Why a visit or a resident is unassigned: what keeps them out of each shift of the finished plan.

Residents are asked about one by one, those who count alike together: a whole visit may be too long or too
many where one of its residents would fit.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
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
Place = tuple[int, int]  # visit and shift
Shelf = tuple[str, int]  # depot and day


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
    _diagnose_people(finding, found)
    _diagnose_tied(finding, found)
    return found


def _diagnose_people(finding: "Finding", found: Diagnosis) -> None:
    """The reasons of residents of visits that can be cut, by a visit to each kind of them alone."""
    draft, indexed = finding.draft, finding.draft.indexed
    kinds = [
        row
        for v in draft.unassigned()
        if indexed.product[v] is not None
        and indexed.may_be_cut(v)
        and indexed.visits[v].id not in indexed.bound
        for row in _list_kinds(indexed, v)
        if not _is_whole(indexed.visits[v], row[1])
    ]
    if not kinds:
        return
    finer = indexed.with_visits([*indexed.visits, *(one for _, row in kinds for one in row)])
    insertions = InsertionCosts(finer, finding.insertions.params)
    finding = Finding(draft.extended(finer), insertions, finding.closed)
    for people, row in kinds:
        reasons = finding.find_reasons([finer.index[one.id] for one in row])
        found.of_people.update(dict.fromkeys(people, reasons))


def _diagnose_tied(finding: "Finding", found: Diagnosis) -> None:
    """Whom a lack of stock does not keep out, although it keeps out the visit that they share with others of a series.

    Their own days or another product would do: it is the visit as a whole that gave way.
    """
    indexed = finding.draft.indexed
    for v in finding.draft.unassigned():
        is_tied = not indexed.may_be_cut(v) or indexed.visits[v].id in indexed.bound
        if is_tied and Reason.NO_STOCK in found.of_visits[indexed.visits[v].id]:
            for people, row in _list_kinds(indexed, v):
                if Reason.NO_STOCK not in _find_reasons_alone(finding, people[0], row):
                    found.of_people.update(dict.fromkeys(people, (Reason.BETTER_USE,)))


def _find_reasons_alone(finding: "Finding", key: NeedKey, visits: list[Visit]) -> Reasons:
    """The reasons of a resident in a region where nobody else is."""
    problem = finding.draft.indexed.problem
    need = replace(needs_by_key(problem)[key], since_dose=None)
    only = replace(problem, needs=(need,), fixed=(), published=(), crisis_visits=())
    indexed = IndexedProblem(only, visits)
    insertions = InsertionCosts(indexed, finding.insertions.params)
    return Finding(Draft(indexed), insertions).find_reasons(range(len(visits)))


def _list_kinds(indexed: IndexedProblem, v: int) -> Iterator[tuple[list[NeedKey], list[Visit]]]:
    """The residents of a visit who count alike, with a visit to one of them for each product that they may get."""
    visit, needs = indexed.visits[v], needs_by_key(indexed.problem)
    approved = {row.id for row in indexed.problem.products if row.approved}
    kinds: dict[object, list[NeedKey]] = {}
    for person, dose in visit.needs:
        key = (person, visit.campaign_id or "", dose)
        need = needs[key]
        kind = (need.first_day, need.last_day, need.products, need.skills, need.priority, dose)
        takes = (need.extra_seconds, need.observation_seconds)  # how long a visit to them alone is
        kinds.setdefault((*kind, *takes), []).append(key)
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


def _is_whole(visit: Visit, row: Sequence[Visit]) -> bool:
    """Whether the visits to a resident alone are the visit itself, whose reasons are found already."""
    return [replace(one, id=visit.id) for one in row] == [visit]


class Finding:
    """Finds what keeps visits out of the shifts of one plan."""

    def __init__(
        self, draft: Draft, insertions: InsertionCosts, closed: Container[int] | None = None
    ) -> None:
        self.draft, self.insertions = draft, insertions
        self.closed = _find_closed(draft) if closed is None else closed
        self._empty = Stockroom(draft.indexed)
        self._shelves = [(shift.depot_id, shift.day) for shift in draft.indexed.shifts]
        self._stops = [len(draft.visits(s)) for s in range(len(draft.routes))]
        self._least: dict[tuple[str, str | None, int], int] = {}
        self._lacking: dict[tuple[str, str | None, int, int], Obstacle] = {}

    def find_reasons(self, visits: Sequence[int]) -> Reasons:
        """The reasons of visits that are alternatives of each other: none of them could be made."""
        draft, indexed, v = self.draft, self.draft.indexed, visits[0]
        if any(f.after == v and draft.where[f.before] == NOWHERE for f in indexed.follows):
            return (Reason.NOT_DUE,)
        if not indexed.start_windows.is_known(indexed.visits[v]):
            return (Reason.LOCATION_UNKNOWN,)
        if v in indexed.unplannable:
            return (Reason.NO_TWO_TEAMS,)
        most = {place: found for u in visits for place, found in self._list_most(u)}
        alone = any(self._empty.fits(u, s) for u in visits for s in self._list_one_of_each_shelf(u))
        obstacles = self._find_decisive(most)
        if max(obstacles, default=Obstacle.NO_DAY) < Obstacle.LOT:
            # what leaves a visit no moment in a shift says nothing where another shift could have made it
            obstacles |= {found for u in visits for found in self._list_lasting(u)}
        found = reasons_of(obstacles, fits_alone=alone)
        if found[0] is Reason.STOCK_TO_OTHERS and self._went_to_priority(most):
            return (Reason.STOCK_TO_PRIORITY, *found[1:])
        return found

    def _find_decisive(self, most: Mapping[Place, Obstacle]) -> set[Obstacle]:
        """The furthest obstacle of any place, and whether doses went to others where next doses are not secured.

        Whether a route has room takes longest to find: it is not asked where the answer would change nothing.
        """
        found: set[Obstacle] = set()
        # a route with few stops has room soonest
        ranked = [(-o, self._stops[one[1]], one) for one, o in most.items()]
        for _, _, place in sorted(ranked):
            furthest = max(found, default=Obstacle.NO_DAY)
            is_beside = furthest is Obstacle.NEXT_DOSE and most[place] is Obstacle.STOCK
            if most[place] > furthest or (is_beside and Obstacle.STOCK not in found):
                found.add(self.find_obstacle(*place, most[place], min(furthest, Obstacle.FULL)))
        return found

    def _list_most(self, v: int) -> Iterator[tuple[Place, Obstacle]]:
        """What keeps a visit out of each shift that has a moment for it if all routes had room; of one depot and day the lots say the same."""
        of_shelf = dict[Shelf, Obstacle]()
        for s in self.draft.indexed.possible_shifts[v]:
            if s not in self.closed:
                shelf = self._shelves[s]
                found = of_shelf.get(shelf)
                if found is None:
                    found = of_shelf[shelf] = self._find_most(v, s)
                yield (v, s), found

    def _list_lasting(self, v: int) -> Iterator[Obstacle]:
        """What keeps a visit out of each shift that has no moment for it."""
        indexed = self.draft.indexed
        for s, windows in enumerate(indexed.windows[v]):
            if s not in self.closed and not windows:
                yield _find_lasting_obstacle(indexed, v, s)

    def _list_one_of_each_shelf(self, v: int) -> Iterable[int]:
        """Of the shifts that could make a visit one for each depot and day: its lots are asked once."""
        possible = self.draft.indexed.possible_shifts[v]
        return {self._shelves[s]: s for s in possible if s not in self.closed}.values()

    def _find_most(self, v: int, s: int) -> Obstacle:
        """What keeps a visit out of a shift if the route had room for the visit: never an earlier obstacle."""
        indexed, stockroom = self.draft.indexed, self.draft.stockroom
        if s in self.closed:
            return Obstacle.NO_DAY
        if not indexed.windows[v][s]:
            return _find_lasting_obstacle(indexed, v, s)
        if stockroom.fits(v, s):
            return Obstacle.NOTHING
        shift, visit = indexed.shifts[s], indexed.visits[v]
        asked = (shift.depot_id, visit.product_id, shift.day, indexed.load[v])
        if asked not in self._lacking:
            self._lacking[asked] = self._find_lacking(v, s)
        return self._lacking[asked]

    def _find_lacking(self, v: int, s: int) -> Obstacle:
        """What the lots lack for a visit that they do not suffice for."""
        if self.draft.stockroom.has_stock(v, s):
            return Obstacle.NEXT_DOSE
        return Obstacle.STOCK if self._empty.has_stock(v, s) else Obstacle.LOT

    def find_obstacle(
        self, v: int, s: int, most: Obstacle | None = None, known: Obstacle = Obstacle.NO_DAY
    ) -> Obstacle:
        """The first thing that keeps visit `v` out of shift `s`; `most` if the route has room.

        What is not beyond `known` is not told apart.
        """
        most = self._find_most(v, s) if most is None else most
        if most > Obstacle.FULL and not self._has_room(v, s):
            most = Obstacle.FULL
        if most < Obstacle.LOT or most <= known or can_be_alone(self.draft.indexed, v, s):
            return most
        return Obstacle.LENGTH

    def _has_room(self, v: int, s: int) -> bool:
        return self.insertions.find_feasible_position(self.draft, v, s) is not None

    def _went_to_priority(self, most: Mapping[Place, Obstacle]) -> bool:
        """Whether all who got doses of the lots in question are of as high a priority."""
        visits = self.draft.indexed.visits
        return not any(
            obstacle is Obstacle.STOCK
            and self._find_least_served(v, s) < visits[v].priority
            and self.find_obstacle(v, s, obstacle, Obstacle.FULL) is Obstacle.STOCK
            for (v, s), obstacle in most.items()
        )

    def _find_least_served(self, v: int, s: int) -> int:
        """The lowest priority among those who get doses of the lots that the visit would be made from."""
        indexed, draft = self.draft.indexed, self.draft
        depot, product, day = (
            indexed.shifts[s].depot_id,
            indexed.visits[v].product_id,
            indexed.day[s],
        )
        if (depot, product, day) not in self._least:
            days = {
                day
                for line in indexed.problem.stock
                if (line.depot_id, line.product_id) == (depot, product)
                and line.first_day <= indexed.day[s] <= line.last_day
                for day in range(
                    max(0, line.first_day), min(indexed.problem.days, line.last_day + 1)
                )
            }
            self._least[depot, product, day] = min(
                (
                    self._least_priority(u)
                    for u, t in enumerate(draft.where)
                    if t != NOWHERE
                    and indexed.visits[u].product_id == product
                    and indexed.shifts[t].depot_id == depot
                    and indexed.day[t] in days
                ),
                default=100,
            )
        return self._least[depot, product, day]

    def _least_priority(self, v: int) -> int:
        visit, needs = self.draft.indexed.visits[v], needs_by_key(self.draft.indexed.problem)
        keys = [(person, visit.campaign_id or "", dose) for person, dose in visit.needs]
        return min((needs[key].priority for key in keys), default=100)


def _find_closed(draft: Draft) -> set[int]:
    """Shifts longer than a week of their crew may be, whatever else they do: nobody works them."""
    full = {s for s in range(len(draft.routes)) if draft.fills_week(s)}
    idle = Draft(draft.indexed) if full else draft
    return {s for s in full if idle.fills_week(s)}


def _find_lasting_obstacle(indexed: IndexedProblem, v: int, s: int) -> Obstacle:
    """What leaves the visit no moment in the shift, whatever else is planned."""
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
    return Obstacle.LENGTH


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
