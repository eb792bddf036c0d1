"""What no plan can do better, by a linear program without routes: people served, by weight and by number, and waste.

Residents of a location are served by groups of shifts (a depot, between two changes of its stock) in any
numbers. Whoever is served takes at least these doses, seconds of a crew and share of a way there. Valid
for every plan that keeps the fixed stops, however it groups people into visits.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace

from ortools.linear_solver import pywraplp

from scheduling.care.lookup import NeedKey, by_id, key_of
from scheduling.care.members import injectors_for
from scheduling.care.told import told_doses
from scheduling.objective import PEOPLE_IN_A_CRISIS_VISIT, weight_of
from scheduling.plan import Visit
from scheduling.problem import Need
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import BoundParams
from scheduling.solver.phases.moments import list_spans
from scheduling.solver.phases.shift_groups import Group, group_shifts
from scheduling.visits.grouping import list_open_needs, of_crisis


@dataclass(frozen=True, slots=True)
class Alike:
    """Residents of one location who count alike."""

    location: str
    campaign: str
    products: tuple[str, ...]
    first_day: int
    last_day: int
    skills: frozenset[str]
    weight: int
    extra_seconds: int
    promises: bool  # a next dose has to be reserved


Places = tuple[tuple[str, int, int], ...]  # product, group and injectors


@dataclass(frozen=True, slots=True)
class Most:
    """What no plan can exceed."""

    weight: int
    people: int


class Relaxation:
    """The linear program of one problem; the fixed stops stand, and all else is free."""

    def __init__(self, indexed: IndexedProblem, params: BoundParams) -> None:
        self._indexed, self._problem, self._params = indexed, indexed.problem, params
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.SetSolverSpecificParametersAsString(params.glop)
        self._far = self._solver.infinity()
        self._served: list[tuple[pywraplp.Variable, int, int]] = []  # with weight and people
        # by group: a share, the seconds of each and their location
        self._work = defaultdict[int, list[tuple[pywraplp.Variable, float, str]]](list)
        self._wasted: list[tuple[pywraplp.Variable, float]] = []
        self._campaigns, self._products = (
            by_id(self._problem.campaigns),
            by_id(self._problem.products),
        )
        self._locations = by_id(self._problem.locations)
        self._count_classes()
        # one row of hours for each shift says more, and takes too long where there are many
        self._is_fine = len(self._classes) * len(indexed.shifts) <= params.most_shares
        self._groups = list(group_shifts(indexed, apart=self._is_fine))
        self._ways: dict[int, int] = {}
        self._crews: dict[tuple[object, ...], list[tuple[int, int]]] = {}
        free = (v for v, visit in enumerate(indexed.visits) if visit.product_id is None)
        self._led_to = {indexed.place[v] for v in {*free, *indexed.fixed_visits}}
        self._limit_groups()
        self._limit_stock()
        self._add_people()
        self._add_crises()
        if self._is_fine:
            self._limit_moments()

    def find_most(self) -> Most | None:
        """The most weight and the most people that can be served; None when the solver fails."""
        found = []
        for column in (1, 2):
            objective = self._solver.Objective()
            objective.Clear()
            for row in self._served:
                objective.SetCoefficient(row[0], row[column])
            objective.SetMaximization()
            if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
                return None
            # whole numbers: what GLOP leaves inexact is far below one half
            found.append(round(float(objective.Value())))
            if found == [self._everybody()]:
                # everybody can be served: no second program is needed to count them
                found.append(sum(self._classes.values()))
                break
        return Most(self._fixed_weight + found[0], self._fixed_people + found[1])

    def _everybody(self) -> int:
        """The weight of all residents and crisis visits that are not fixed."""
        fixed = {self._indexed.visits[v].id for v in self._indexed.fixed_visits}
        crises = (row for row in self._problem.crisis_visits if row.id not in fixed)
        people = sum(alike.weight * count for alike, count in self._classes.items())
        return people + sum(weight_of(row.priority) for row in crises) * PEOPLE_IN_A_CRISIS_VISIT

    def find_least_waste(self, weight: int) -> int | None:
        """The fewest doses in opened containers that reach nobody when so much weight is served; None as above."""
        row = self._solver.Constraint(float(weight - self._fixed_weight - 1), self._far)
        for share, mine, _ in self._served:
            row.SetCoefficient(share, mine)
        objective = self._solver.Objective()
        objective.Clear()
        for variable, doses in self._wasted:
            objective.SetCoefficient(variable, doses)
        objective.SetMinimization()
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        return max(0, round(float(objective.Value())))

    def _row(self, most: float) -> pywraplp.Constraint:
        return self._solver.Constraint(-self._far, float(max(0.0, most)))

    def _limit_groups(self) -> None:
        """A crew works no longer than its shifts without the breaks; cool boxes hold so many doses."""
        indexed = self._indexed
        fixed = [row for row in indexed.pinned if row.visit in indexed.fixed_visits]
        stays, self._taken = defaultdict[int, int](int), defaultdict[tuple[int, str], int](int)
        for row in fixed:
            stays[row.shift] += min(
                row.departure - row.start, max(0, row.departure - indexed.opens[row.shift])
            )
            product = indexed.visits[row.visit].product_id
            if product is not None:
                self._taken[row.shift, product] += indexed.min_load[row.visit]
        self._hours, self._boxes = [], []
        for group in self._groups:
            hours = boxes = 0
            for s in group.shifts:
                shift, opens = indexed.shifts[s], indexed.opens[s]
                pause = shift.pause
                inside = (
                    pause and opens <= pause.earliest and pause.latest + pause.seconds <= shift.end
                )
                rest = pause.seconds if pause and inside else 0
                hours += max(0, shift.end - opens - rest - stays[s])
                boxes += max(0, shift.capacity)
            self._hours.append(self._row(hours))
            self._boxes.append(self._row(boxes))

    def _limit_stock(self) -> None:
        """For every interval of days a depot gives no more than the lots that can be used in it hold."""
        self._stock: dict[tuple[int, str], list[pywraplp.Constraint]] = defaultdict(list)
        self._empty: set[tuple[int, str]] = set()  # groups without any dose of a product
        self._loads: dict[tuple[int, str], pywraplp.Constraint] = {}
        lines = self._problem.stock
        for product in self._products:
            everything = sum(row.doses for row in lines if row.product_id == product)
            whole = self._row(
                everything - sum(n for (_, p), n in self._taken.items() if p == product)
            )
            for g in range(len(self._groups)):
                self._stock[g, product].append(whole)
        for depot in sorted({group.depot for group in self._groups}):
            mine = [g for g, group in enumerate(self._groups) if group.depot == depot]
            days = sorted({(self._groups[g].first_day, self._groups[g].last_day) for g in mine})
            for a, (first, _) in enumerate(days):
                for _, last in days[a:]:
                    within = [g for g in mine if first <= self._groups[g].first_day]
                    within = [g for g in within if self._groups[g].last_day <= last]
                    self._limit_interval(depot, within)

    def _limit_interval(self, depot: str, within: Sequence[int]) -> None:
        first = min(self._groups[g].first_day for g in within)
        last = max(self._groups[g].last_day for g in within)
        for product in self._products:
            doses = sum(
                row.doses
                for row in self._problem.stock
                if row.depot_id == depot
                and row.product_id == product
                and row.first_day <= last
                and row.last_day >= first
            )
            shifts = {s for g in within for s in self._groups[g].shifts}
            doses -= sum(n for (s, p), n in self._taken.items() if s in shifts and p == product)
            row = self._row(doses)
            for g in within:
                self._stock[g, product].append(row)
                if doses <= 0:
                    self._empty.add((g, product))

    def _count_classes(self) -> None:
        """Who may still be served, counted alike; and what the fixed stops serve."""
        indexed, problem = self._indexed, self._problem
        open_needs, told = list_open_needs(problem), told_doses(problem)
        self._fixed_weight = sum(indexed.weight[v] for v in indexed.fixed_visits)
        self._fixed_people = sum(len(indexed.visits[v].needs) for v in indexed.fixed_visits)
        fixed = {
            (person, indexed.visits[v].campaign_id, dose)
            for v in indexed.fixed_visits
            for person, dose in indexed.visits[v].needs
        }
        self._classes = defaultdict[Alike, int](int)
        self._people = defaultdict[tuple[str, str, str], int](int)
        self._free: list[Need] = []
        self._at_door = defaultdict[int, int](int)
        for key, need in open_needs.items():
            if key in fixed:
                continue
            self._free.append(need)
            weight = weight_of(need.priority, told=key_of(need) in told)
            self._classes[self._alike(need, weight, open_needs)] += 1
            self._at_door[self._locations[need.location_id].place] += 1
            for product in need.products:
                self._people[need.location_id, need.campaign_id, product] += 1

    def _alike(self, need: Need, weight: int, open_needs: Container[NeedKey]) -> Alike:
        campaign = self._campaigns[need.campaign_id]
        is_next_planned = (need.person_id, campaign.id, need.dose_no + 1) in open_needs
        promises = (
            campaign.reserve_next_dose and need.dose_no < campaign.doses and not is_next_planned
        )
        return Alike(
            need.location_id,
            need.campaign_id,
            need.products,
            need.first_day,
            need.last_day,
            need.skills,
            weight,
            need.extra_seconds,
            promises,
        )

    def _add_people(self) -> None:
        """Whom of every class somebody serves, in which groups they are served, and the doses that these take."""
        by_family: dict[tuple[str, str, str], dict[int, list[pywraplp.Variable]]] = {}
        for (alike, places), counts in sorted(self._list_together().items(), key=repr):
            whole = self._row(0)  # no more are served than places are taken
            for weight, count in counts:
                served = self._solver.NumVar(0, count, "")
                whole.SetCoefficient(served, 1)
                self._served.append((served, weight, 1))
            for product, g, injectors in places:
                share = self._solver.NumVar(0, sum(count for _, count in counts), "")
                whole.SetCoefficient(share, -1)
                seconds = self._least_seconds(alike, product, self._groups[g], injectors)
                self._hours[g].SetCoefficient(share, seconds)
                self._work[g].append((share, seconds, alike.location))
                family = (alike.location, alike.campaign, product)
                by_family.setdefault(family, {}).setdefault(g, []).append(share)
                if alike.promises:
                    self._stock[g, product][0].SetCoefficient(share, 1)
        for family, by_group in by_family.items():
            self._add_doses(family, by_group)

    def _list_together(self) -> dict[tuple[Alike, Places], list[tuple[int, int]]]:
        """Weights and numbers of people, of those together whom the same groups serve in the same time."""
        found: dict[tuple[Alike, Places], list[tuple[int, int]]] = {}
        for alike, count in sorted(self._classes.items(), key=repr):
            if places := tuple(self._list_places(alike)):
                kind = replace(alike, weight=0, first_day=0, last_day=0, skills=frozenset[str]())
                found.setdefault((kind, places), []).append((alike.weight, count))
        return found

    def _list_places(self, alike: Alike) -> Iterator[tuple[str, int, int]]:
        """Product, group and injectors of all groups that could serve one of them."""
        for product in alike.products:
            visit = self._alone(alike, product)
            for g, injectors in self._find_crews(visit):
                if (g, product) not in self._empty:
                    yield product, g, injectors

    def _find_crews(self, visit: Visit) -> list[tuple[int, int]]:
        """Groups that could make a visit to one resident, with the injectors of their largest crew; most are alike."""
        place = (visit.location_id, visit.campaign_id, visit.product_id, visit.skills)
        kind = (*place, visit.first_day, visit.last_day)
        if kind not in self._crews:
            found = ((g, self._most_injectors(visit, one)) for g, one in enumerate(self._groups))
            self._crews[kind] = [row for row in found if row[1]]
        return self._crews[kind]

    def _add_doses(
        self, family: tuple[str, str, str], by_group: dict[int, list[pywraplp.Variable]]
    ) -> None:
        """Full containers first, and what is left over in one more: no other numbers of residents take fewer doses."""
        product, people = self._products[family[2]], self._people[family]
        size = 1 if product.open_may_travel else product.doses_per_container
        kinds = [(people // size * size, 1.0)]
        if people % size:
            kinds.append((people % size, size / (people % size)))
        cover = {g: self._row(0) for g in by_group}
        for g, shares in by_group.items():
            for share in shares:
                cover[g].SetCoefficient(share, 1)
        for most, doses in kinds:
            whole = self._row(most)
            for g in by_group:
                some = self._solver.NumVar(0, most, "")
                whole.SetCoefficient(some, 1)
                cover[g].SetCoefficient(some, -1)
                self._wasted.append((some, doses - 1))
                self._load_of(g, product.id).SetCoefficient(some, doses)

    def _load_of(self, g: int, product: str) -> pywraplp.Constraint:
        """What sums up the doses of a product that a group takes from its stock, into its boxes."""
        if (g, product) not in self._loads:
            load = self._solver.NumVar(0, self._far, "")
            self._loads[g, product] = self._row(0)
            self._loads[g, product].SetCoefficient(load, -1)
            self._boxes[g].SetCoefficient(load, 1)
            for row in self._stock[g, product]:
                row.SetCoefficient(load, 1)
        return self._loads[g, product]

    def _limit_moments(self) -> None:
        """What begins between two moments of a shift takes no longer than the time between, and one last stop."""
        for g, group in enumerate(self._groups):
            here = {location for _, _, location in self._work[g]}
            needs = [need for need in self._free if need.location_id in here]
            for s in group.shifts:
                for span in list_spans(self._indexed, s, needs, self._params.most_doors):
                    row = self._row(span.most_seconds)
                    for share, seconds, location in self._work[g]:
                        if location in span.locations:
                            row.SetCoefficient(share, seconds)

    def _alone(self, alike: Alike, product: str) -> Visit:
        """A visit to one of them."""
        return Visit(
            id="",
            location_id=alike.location,
            campaign_id=alike.campaign,
            product_id=product,
            needs=((alike.location, 1),),
            first_day=alike.first_day,
            last_day=alike.last_day,
            priority=0,
            skills=alike.skills,
        )

    def _most_injectors(self, visit: Visit, group: Group) -> int:
        """Injectors of the largest crew of a group that could make the visit; 0 when none could."""
        indexed, windows = self._indexed, self._indexed.start_windows
        found = 0
        for s in group.shifts:
            shift = indexed.shifts[s]
            more = injectors_for(shift, visit.product_id) if visit.product_id else 1
            could = more > found and windows.is_allowed(visit, shift)
            if could and windows.list_reachable_windows(visit, s):
                found = more
        return found

    def _least_seconds(self, alike: Alike, product: str, group: Group, injectors: int) -> float:
        """One resident's share of a stop that serves everybody at the location, and of the shortest way there."""
        location, campaign = self._locations[alike.location], self._campaigns[alike.campaign]
        largest = max(self._indexed.shifts[s].capacity for s in group.shifts)
        together = min(self._people[alike.location, alike.campaign, product], max(1, largest))
        once = location.setup_seconds + location.pack_seconds + campaign.observation_seconds
        way = self._shortest_way(location.place) / self._at_door[location.place]
        return campaign.seconds_per_person / injectors + alike.extra_seconds + once / together + way

    def _shortest_way(self, place: int) -> int:
        """Seconds of the shortest way to a place; none where a fixed stop or a crisis visit may lead there."""
        indexed = self._indexed
        if place not in self._ways:
            others = {*indexed.home, *indexed.place} - {place}
            ways = [indexed.travel[other][place] for other in others]
            self._ways[place] = 0 if place in self._led_to else min(ways, default=0)
        return self._ways[place]

    def _add_crises(self) -> None:
        indexed = self._indexed
        fixed = {indexed.visits[v].id for v in indexed.fixed_visits}
        for crisis in self._problem.crisis_visits:
            if crisis.id in fixed:
                continue
            visit = of_crisis(self._problem, crisis)
            whole = self._row(1)
            for g, group in enumerate(self._groups):
                if self._most_injectors(visit, group):
                    share = self._solver.NumVar(0, 1, "")
                    whole.SetCoefficient(share, 1)
                    self._hours[g].SetCoefficient(share, crisis.service_seconds)
                    weight = weight_of(crisis.priority) * PEOPLE_IN_A_CRISIS_VISIT
                    self._served.append((share, weight, 0))
