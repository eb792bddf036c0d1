"""A problem in arrays: visits, shifts and places by index, with all that can be known before the search.

In all of `solver`, `v` (and `u`) is the index of a visit in `IndexedProblem.visits`, `s` (and `t`) that
of a shift in `IndexedProblem.shifts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.care.doses import in_containers
from scheduling.care.lookup import NeedKey, by_id, needs_by_key
from scheduling.care.members import injectors_for, people_of, shares_crew
from scheduling.care.told import told_doses
from scheduling.care.visit_length import ServiceTimes
from scheduling.care.wishes import Unmet, has_wishes, unmet
from scheduling.objective import is_late, weight_of_visit
from scheduling.plan import Visit
from scheduling.problem import Need, Outbreak, Problem, Shift
from scheduling.solver.model.series import Follow, find_clashes, find_follows
from scheduling.solver.model.windows import StartWindows, Windows

LONG = 1 << 40  # seconds under way of what never spoils


@dataclass(frozen=True, slots=True)
class Pinned:
    """A stop that the search may not touch, by index, with its start and departure."""

    visit: int
    shift: int
    start: int
    departure: int


class IndexedProblem:
    """One problem and its visits in arrays; after the pairs are pinned nothing in it changes."""

    def __init__(
        self, problem: Problem, visits: Sequence[Visit], like: "IndexedProblem | None" = None
    ) -> None:
        """Indexes the visits; what another index of the same problem knows of the same visits is taken from there."""
        self.problem = problem
        self.visits = tuple(visits)
        self.shifts = tuple(sorted(problem.shifts, key=lambda shift: (shift.day, shift.id)))
        self.index = {visit.id: v for v, visit in enumerate(self.visits)}
        self.shift_index = {shift.id: s for s, shift in enumerate(self.shifts)}
        self.travel = problem.travel.seconds
        self.metres = problem.travel.metres
        locations = by_id(problem.locations)
        depots = by_id(problem.depots)
        self.place = [locations[visit.location_id].place for visit in self.visits]
        self.day = [shift.day for shift in self.shifts]
        self.home = [depots[shift.depot_id].place for shift in self.shifts]
        self.opens = [max(shift.start, problem.now) for shift in self.shifts]
        self.must_be_last = [
            locations[visit.location_id].outbreak is not Outbreak.NONE for visit in self.visits
        ]
        self._count_doses()
        needs = needs_by_key(problem)
        self.told: frozenset[NeedKey] = like.told if like else told_doses(problem)
        self.weight = self._weigh(needs, like)
        self.insertion_class = [_insertion_class(visit) for visit in self.visits]
        self._index_fixed()
        self._find_windows(like)
        self._relate_shifts(like)
        self._relate_visits()
        self._count_people(needs, like)
        self.solo_schedules: dict[
            tuple[int, int], object
        ] = {}  # filled by `schedule.solo_schedule`
        self._index_published()

    def _find_windows(self, like: "IndexedProblem | None") -> None:
        """How long each visit takes in each shift, and when it may start there."""
        known = like.known_rows() if like else {}
        self.service = self._compute_service({key: row for key, (row, _) in known.items()})
        self.start_windows: StartWindows = (
            like.start_windows if like else StartWindows(self.problem, self.shifts)
        )
        self.windows: list[list[Windows]] = self.start_windows.compute_all(
            self.visits, self.service, {key: row for key, (_, row) in known.items()}
        )
        self.possible_shifts = [
            [s for s, windows in enumerate(row) if windows] for row in self.windows
        ]

    def with_visits(self, visits: Sequence[Visit]) -> "IndexedProblem":
        """The same problem with other visits; what the search itself bound or pinned is so there too.

        Only visits that `may_be_cut` may be other ones.
        """
        other = IndexedProblem(self.problem, visits, self)
        for name, day in self.bound.items():
            if name in other.index:
                other.bind_to_day(other.index[name], day, self.bound_weight)
        for row in self.pinned:
            if row.visit not in self.fixed_visits:
                other.pin(replace(row, visit=other.index[self.visits[row.visit].id]))
        for v in self.unplannable:
            other.make_unplannable(other.index[self.visits[v].id])
        return other

    def known_rows(self) -> dict[int, tuple[list[int], list[Windows]]]:
        """Service and windows by shift, by the identity of every visit: to compare all their residents takes longer."""
        rows = zip(self.service, self.windows, strict=True)
        return dict(zip(map(id, self.visits), rows, strict=True))

    def may_be_cut(self, v: int) -> bool:
        """Whether others may share the visit or be left out of it: no other visit depends on it as a whole."""
        tied = self.in_series[v] or self.visits[v].together_with is not None
        tied = tied or any(row.visit_id == self.visits[v].id for row in self.problem.asked)
        return not tied and v not in self.is_pinned

    @property
    def size(self) -> int:
        """The number of visits."""
        return len(self.visits)

    def _index_fixed(self) -> None:
        """The stops that are fixed by the problem; `pin` adds those that the search fixes itself."""
        self.pinned = self._list_fixed()
        self.fixed_visits = {row.visit for row in self.pinned}
        self.fixed_start = {row.visit: row.start for row in self.pinned}
        self.fixed_departure = {row.visit: row.departure for row in self.pinned}
        self.is_pinned = set(self.fixed_visits)
        # joint visits for which no two teams have a common start
        self.unplannable: set[int] = set()
        self.bound: dict[str, int] = {}  # visits that keep their day, by id
        self.bound_weight = 0  # added to the weight of each of them

    def pin(self, row: Pinned) -> None:
        """Fix a visit in a shift at a moment for the whole search."""
        self.pinned = sorted([*self.pinned, row], key=lambda one: (one.shift, one.start))
        self.is_pinned.add(row.visit)
        self.windows[row.visit] = [
            ((row.start, row.start),) if s == row.shift else () for s in range(len(self.shifts))
        ]
        self.possible_shifts[row.visit] = [row.shift]

    def bind_to_day(self, v: int, day: int, weight: int) -> None:
        """Keep a visit on one day for the whole search, and let this weight be added to what leaving it out costs."""
        self.bound[self.visits[v].id], self.bound_weight = day, weight
        self.weight[v] += weight
        windows = [found if self.day[s] == day else () for s, found in enumerate(self.windows[v])]
        self.windows[v] = windows
        self.possible_shifts[v] = [s for s, found in enumerate(windows) if found]

    def make_unplannable(self, v: int) -> None:
        """Leave a visit no shift at all."""
        self.unplannable.add(v)
        self.windows[v] = [() for _ in self.shifts]
        self.possible_shifts[v] = []

    def _relate_shifts(self, like: "IndexedProblem | None") -> None:
        """Which shifts leave a crew no rest, and which are later or earlier on the same day."""
        self.conflicts: list[list[int]] = (
            like.conflicts if like else _find_conflicts(self.problem, self.shifts)
        )
        self.duties: list[list[Duty]] = (
            like.duties if like else _find_duties(self.shifts, self.problem.standing_shifts)
        )
        self.later_that_day: list[list[int]] = (
            like.later_that_day if like else _find_later_shifts(self.shifts)
        )
        self.earlier_that_day = [
            [t for t, later in enumerate(self.later_that_day) if s in later]
            for s in range(len(self.shifts))
        ]

    def _relate_visits(self) -> None:
        """Which visits form a series of doses, and which share a resident."""
        self.follows: list[Follow] = find_follows(self.problem, self.visits, self.index)
        series = {v for follow in self.follows for v in (follow.before, follow.after)}
        self.in_series = [v in series for v in range(self.size)]
        self.clashes = find_clashes(self.visits)

    def _index_published(self) -> None:
        """The published stops that are still to come."""
        self.published = {
            self.index[row.visit_id]: row
            for row in self.problem.published
            if row.visit_id in self.index and row.start >= self.problem.now
        }
        self.published_shift = {
            v: self.shift_index.get(row.shift_id, -1) for v, row in self.published.items()
        }

    def _weigh(self, needs: Mapping[NeedKey, Need], like: "IndexedProblem | None") -> list[int]:
        """What leaving out each visit costs; taken from another index, which may have bound visits to a day, less that."""
        self.own_weight: dict[int, int] = {}  # by the identity of each visit
        known = like.own_weight if like else {}
        for visit in self.visits:
            weight = known.get(id(visit))
            if weight is None:
                weight = weight_of_visit(visit, needs, self.told)
            self.own_weight[id(visit)] = weight
        return [self.own_weight[id(visit)] for visit in self.visits]

    def _count_people(self, needs: Mapping[NeedKey, Need], like: "IndexedProblem | None") -> None:
        """Next doses that become late without each visit, and wishes that each shift would leave unfulfilled."""
        late = dict(zip(map(id, like.visits), like.late, strict=True)) if like else {}
        self.late: list[int] = [
            _count_late(self.problem, visit, needs)
            if late.get(id(visit)) is None
            else late[id(visit)]
            for visit in self.visits
        ]
        wishing = {id(like.visits[v]): row for v, row in like.unmet.items()} if like else {}
        self.unmet: dict[int, list[Unmet]] = {
            v: wishing.get(id(visit))
            or [unmet(visit, needs, shift.team_id, shift.day) for shift in self.shifts]
            for v, visit in enumerate(self.visits)
            if id(visit) in wishing or (id(visit) not in late and has_wishes(visit, needs))
        }

    def _count_doses(self) -> None:
        """What each visit takes from stock, and how long that may be under way."""
        products = by_id(self.problem.products)
        self.product = [products.get(visit.product_id or "") for visit in self.visits]
        self.load = self._compute_loads()
        self.min_load = self._compute_min_loads()
        self.fresh_seconds = self._list_fresh_seconds()

    def _compute_loads(self) -> list[int]:
        """Doses in the containers that each visit opens when no opened container travels."""
        return [
            in_containers(product, visit.doses) if product else 0
            for product, visit in zip(self.product, self.visits, strict=True)
        ]

    def _compute_min_loads(self) -> list[int]:
        """The fewest doses that leave the stock for each visit, whatever else its route does."""
        return [
            visit.doses if product and product.open_may_travel else load
            for product, visit, load in zip(self.product, self.visits, self.load, strict=True)
        ]

    def _list_fresh_seconds(self) -> list[int]:
        """Seconds that the doses of each visit may be under way."""
        return [product.transport_seconds if product else LONG for product in self.product]

    def _list_fixed(self) -> list[Pinned]:
        rows = [
            Pinned(
                self.index[row.visit_id],
                self.shift_index[row.shift_id],
                row.start,
                row.start + row.service_seconds,
            )
            for row in self.problem.fixed
        ]
        return sorted(rows, key=lambda row: (row.shift, row.start))

    def _compute_service(self, known: Mapping[int, list[int]]) -> list[list[int]]:
        """Seconds of service by visit and shift; crews with as many injectors for each product take equally long."""
        times = ServiceTimes(self.problem)
        products = sorted({visit.product_id or "" for visit in self.visits})
        self.crew = [
            tuple(injectors_for(shift, product) for product in products) for shift in self.shifts
        ]
        crews: dict[tuple[int, ...], Shift] = {}
        for crew, shift in zip(self.crew, self.shifts, strict=True):
            crews.setdefault(crew, shift)
        rows = []
        for visit in self.visits:
            if id(visit) in known:
                rows.append(known[id(visit)])
                continue
            of_crew = {crew: times.seconds(visit, shift) for crew, shift in crews.items()}
            rows.append([of_crew[crew] for crew in self.crew])
        return rows


def _count_late(problem: Problem, visit: Visit, needs: Mapping[NeedKey, Need]) -> int:
    """Next doses that pass their last day when the visit is not made."""
    return sum(
        is_late(problem, needs[person, visit.campaign_id or "", dose])
        for person, dose in visit.needs
    )


def _insertion_class(visit: Visit) -> int:
    """Crisis visits are inserted first, then next doses, which have few possible days, then the rest."""
    if visit.campaign_id is None:
        return 0
    return 1 if any(dose > 1 for _, dose in visit.needs) else 2


Duty = tuple[tuple[int, ...], tuple[Shift, ...]]  # shifts to plan, and those that stand already


def _find_duties(shifts: Sequence[Shift], standing: Sequence[Shift]) -> list[list[Duty]]:
    """By shift the rosters of its team and of each member of its crew; those who always work together are one.

    The search asks for the hours of a crew whenever it opens a shift, and most crews are the same people all week.
    """
    planned: dict[str, list[int]] = {}
    for s, shift in enumerate(shifts):
        for person in people_of(shift):
            planned.setdefault(person, []).append(s)
    worked: dict[str, list[Shift]] = {}
    for shift in standing:
        for person in people_of(shift):
            worked.setdefault(person, []).append(shift)
    found: list[list[Duty]] = []
    for shift in shifts:
        rosters: dict[tuple[tuple[int, ...], tuple[str, ...]], Duty] = {}
        for person in sorted(people_of(shift)):
            stands = tuple(worked.get(person, ()))
            mine = tuple(planned[person])
            rosters.setdefault((mine, tuple(one.id for one in stands)), (mine, stands))
        found.append(list(rosters.values()))
    return found


def _find_conflicts(problem: Problem, shifts: Sequence[Shift]) -> list[list[int]]:
    """By shift the other shifts of its team or crew that leave no rest in between."""
    rest = problem.rest_seconds
    return [
        [
            t
            for t, other in enumerate(shifts)
            if t != s
            and shares_crew(other, shift)
            and other.start < shift.end + rest
            and shift.start < other.end + rest
        ]
        for s, shift in enumerate(shifts)
    ]


def _find_later_shifts(shifts: Sequence[Shift]) -> list[list[int]]:
    """By shift the other shifts of its team or crew that day that do not begin earlier."""
    return [
        [
            t
            for t, other in enumerate(shifts)
            if t != s
            and shares_crew(other, shift)
            and other.day == shift.day
            and other.start >= shift.start
        ]
        for s, shift in enumerate(shifts)
    ]
