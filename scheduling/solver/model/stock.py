"""What the routes of a draft take from the lots, and the next doses that they reserve."""

from collections.abc import Iterable, Sequence
from copy import copy

from scheduling.care.doses import Call, in_containers, interval_of, opened
from scheduling.care.lookup import by_id, needs_by_key
from scheduling.care.next_doses import next_doses_of, next_doses_of_kept
from scheduling.care.stock import END_OF_TIME, Span, allocate, lines_by_depot, unsecured
from scheduling.plan import Visit
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import RouteSchedule

Shelf = tuple[str, str]  # depot and product
Promises = tuple[
    tuple[int, int, int], ...
]  # doses, and the fewest and most days until they are due


class Stockroom:
    """Doses taken by depot, product and day, and next doses reserved by product and span of days."""

    def __init__(self, indexed: IndexedProblem) -> None:
        self._indexed = indexed
        self._lines = lines_by_depot(indexed.problem)
        self._depots = sorted({depot for depot, _ in self._lines})
        self._owed: dict[str, list[Span]] = {}  # by product, of who is in no visit of this plan
        self._promised = _list_promised(indexed, indexed.visits)
        self._short: dict[str, int] = {}  # next doses that the given stops alone leave unsecured
        self._taken: dict[Shelf, dict[int, int]] = {}
        self._promises: dict[str, dict[tuple[int, int], int]] = {}
        self._left: dict[Shelf, list[Span]] = {}
        self._most: dict[Shelf, dict[int, int]] = {}  # doses that can still be given, by day
        self._known: dict[str, dict[tuple[str, int, int, Promises], bool]] = {}

    def copy(self) -> "Stockroom":
        """The same state, to be changed independently."""
        twin = copy(self)
        twin.unshare()
        return twin

    def extend(self, indexed: IndexedProblem) -> None:
        """Know further visits of the same problem, which stand behind those that are known."""
        self._indexed = indexed
        further = _list_promised(indexed, indexed.visits[len(self._promised) :])
        self._promised = [*self._promised, *further]  # copies share the old one

    def unshare(self) -> None:
        """Copy what changes, so that it is not shared with the stockroom that this one was copied from."""
        self._taken = {shelf: dict(by_day) for shelf, by_day in self._taken.items()}
        self._promises = {product: dict(spans) for product, spans in self._promises.items()}
        self._left = dict(self._left)
        self._most = {shelf: dict(by_day) for shelf, by_day in self._most.items()}
        self._known = {product: dict(known) for product, known in self._known.items()}

    def kind_of(self, v: int) -> tuple[object, ...]:
        """What visits have in common for which the lots suffice alike in every shift."""
        visit = self._indexed.visits[v]
        return visit.product_id, visit.doses, self._indexed.load[v], self._promised[v]

    def fits(self, v: int, s: int, load: int | None = None) -> bool:
        """Whether the lots still suffice when visit `v` makes shift `s` take `load` doses more."""
        product = self._indexed.visits[v].product_id
        load = self._indexed.load[v] if load is None else load
        return product is None or not self._indexed.load[v] or self.holds(s, product, load, (v,))

    def holds(self, s: int, product: str, load: int, visits: Sequence[int]) -> bool:
        """Whether the lots suffice for `load` doses more in a shift and for the next doses of these visits."""
        shift, promised = self._indexed.shifts[s], self._promised
        if len(visits) == 1:
            promises: Promises = (promised[visits[0]],)
        else:
            promises = tuple([promised[v] for v in visits])
        asked = (shift.depot_id, shift.day, load, promises)
        known = self._known.setdefault(product, {})
        answer = known.get(asked)
        if answer is None:
            shelf = (shift.depot_id, product)
            spans = tuple(span for v in visits if (span := self.promise(v, shift.day)))
            answer = self._gives(shelf, shift.day, load) and self._secures(
                shelf, shift.day, load, spans
            )
            known[asked] = answer
        return answer

    def has_stock(self, v: int, s: int) -> bool:
        """Whether the lots of the depot suffice for this visit on the day of the shift."""
        product, load = self._indexed.visits[v].product_id, self._indexed.load[v]
        if product is None or not load:
            return True
        shift = self._indexed.shifts[s]
        return load <= self.doses_left((shift.depot_id, product), shift.day)

    def _gives(self, shelf: Shelf, day: int, load: int) -> bool:
        """Whether the depot can give so many doses more on that day."""
        if load <= 0:
            return True
        short, _ = allocate(self._lines.get(shelf, []), self._add_taken(shelf, day, load))
        return not short

    def _secures(self, shelf: Shelf, day: int, load: int, spans: tuple[Span, ...]) -> bool:
        """Whether confirmed lots still cover all reserved next doses, and these spans, with so much less at one depot."""
        product = shelf[1]
        promises = self._promises.get(product, {})
        wanted = [Span(first, last, doses) for (first, last), doses in promises.items()]
        wanted += spans
        if not wanted:
            return True
        wanted += self._list_owed(product)
        have = []
        for depot in self._depots:
            if depot == shelf[0]:
                have += self._list_spans(shelf, self._add_taken(shelf, day, load))
            else:
                have += self._list_remaining((depot, product))
        return unsecured(have, wanted) <= self._short.get(product, 0)

    def draw(
        self, s: int, before: Iterable[tuple[str, int]], after: Iterable[tuple[str, int]]
    ) -> None:
        """A shift takes other doses than before, both by product."""
        change = dict(after)
        for product, doses in before:
            change[product] = change.get(product, 0) - doses
        shift = self._indexed.shifts[s]
        for product, doses in change.items():
            if doses:
                shelf = (shift.depot_id, product)
                taken = self._taken.setdefault(shelf, {})
                taken[shift.day] = taken.get(shift.day, 0) + doses
                self._left.pop(shelf, None)
                self._most.pop(shelf, None)
                self._known.pop(product, None)

    def given_out(self) -> dict[Shelf, dict[int, int]]:
        """Doses that leave the depots, by depot and product, then by day."""
        rows = {
            shelf: {day: doses for day, doses in by_day.items() if doses}
            for shelf, by_day in self._taken.items()
        }
        return {shelf: by_day for shelf, by_day in rows.items() if by_day}

    def record_promise(self, v: int, s: int, sign: int) -> None:
        """Reserve the next doses of a visit in a shift (sign 1), or release them (sign -1)."""
        product = self._indexed.visits[v].product_id
        promise = self.promise(v, self._indexed.shifts[s].day)
        if promise is None or product is None:
            return
        promises = self._promises.setdefault(product, {})
        span = (promise.first_day, promise.last_day)
        promises[span] = promises.get(span, 0) + sign * promise.doses
        if not promises[span]:
            del promises[span]
        self._known.pop(product, None)

    def doses_left(self, shelf: Shelf, day: int) -> int:
        """The most doses that a depot can still give on that day, reserved next doses not considered."""
        most = self._most.setdefault(shelf, {})
        if day not in most:
            most[day] = self._count_left(shelf, day)
        return most[day]

    def _count_left(self, shelf: Shelf, day: int) -> int:
        lines = self._lines.get(shelf, [])
        # by bisection: what suffices for so many doses suffices for fewer
        low, high = 0, sum(line.doses for line in lines)
        while low < high:
            middle = (low + high + 1) // 2
            short, _ = allocate(lines, self._add_taken(shelf, day, middle))
            low, high = (low, middle - 1) if short else (middle, high)
        return low

    def promises_left(self, product: str, span: Span) -> int:
        """The most next doses that can still be reserved within a span of days."""
        promises = self._promises.get(product, {})
        wanted = [Span(first, last, doses) for (first, last), doses in promises.items()]
        wanted += self._list_owed(product)
        have = [one for depot in self._depots for one in self._list_remaining((depot, product))]
        low, high = 0, sum(one.doses for one in have)
        while low < high:
            middle = (low + high + 1) // 2
            more = Span(span.first_day, span.last_day, middle)
            fails = unsecured(have, [*wanted, more]) > self._short.get(product, 0)
            low, high = (low, middle - 1) if fails else (middle, high)
        return low

    def doses_unpromised(self, product: str) -> int:
        """Doses in all lots that are neither taken nor reserved."""
        left = 0
        for (depot, of_product), lines in self._lines.items():
            if of_product == product:
                _, doses = allocate(lines, self._taken.get((depot, product), {}))
                left += sum(doses)
        promised = sum(self._promises.get(product, {}).values())
        owed = sum(span.doses for span in self._list_owed(product))
        return max(0, left - promised - owed)

    def promise(self, v: int, day: int) -> Span | None:
        """The next doses that a visit on that day reserves."""
        doses, first, last = self._promised[v]
        return Span(day + first, day + last, doses) if doses else None

    def excuse_given(self) -> None:
        """What the stops that are given leave unsecured is not asked of others, which may add nothing to it.

        Called when they are all there is. A next dose that the plan may give itself is no excuse.
        """
        indexed = self._indexed
        may_be_planned = set(needs_by_key(indexed.problem))
        for product in indexed.problem.products:
            spans = (
                next_doses_of(
                    indexed.problem,
                    visit.product_id,
                    visit.campaign_id,
                    indexed.fixed_start[v],
                    visit.needs,
                    may_be_planned,
                )
                for v, visit in enumerate(indexed.visits)
                if v in indexed.fixed_visits and visit.product_id == product.id
            )
            wanted = [*self._list_owed(product.id), *(span for span in spans if span)]
            have = [
                one for depot in self._depots for one in self._list_remaining((depot, product.id))
            ]
            self._short[product.id] = unsecured(have, wanted)

    def _list_owed(self, product: str) -> list[Span]:
        if product not in self._owed:
            problem = self._indexed.problem
            later = Span(problem.days, END_OF_TIME, problem.reserved.get(product, 0))
            self._owed[product] = [later, *next_doses_of_kept(problem, product)]
        return self._owed[product]

    def _add_taken(self, shelf: Shelf, day: int, load: int) -> dict[int, int]:
        taken = dict(self._taken.get(shelf, {}))
        taken[day] = taken.get(day, 0) + load
        return taken

    def _list_remaining(self, shelf: Shelf) -> list[Span]:
        if shelf not in self._left:
            self._left[shelf] = self._list_spans(shelf, self._taken.get(shelf, {}))
        return self._left[shelf]

    def _list_spans(self, shelf: Shelf, taken: dict[int, int]) -> list[Span]:
        """The doses that confirmed lots have left, with the days on which they can be used."""
        lines = self._lines.get(shelf, [])
        _, left = allocate(lines, taken)
        return [
            Span(line.first_day, line.last_day, doses)
            for line, doses in zip(lines, left, strict=True)
            if line.confirmed and doses
        ]


def _list_promised(indexed: IndexedProblem, visits: Iterable[Visit]) -> list[tuple[int, int, int]]:
    """The next doses that each visit reserves, in whole containers, and the fewest and most days until they are due."""
    campaigns, products = by_id(indexed.problem.campaigns), by_id(indexed.problem.products)
    found: list[tuple[int, int, int]] = []
    for visit in visits:
        campaign, product = (
            campaigns.get(visit.campaign_id or ""),
            products.get(visit.product_id or ""),
        )
        if product is None or campaign is None or not campaign.reserve_next_dose:
            found.append((0, 0, 0))
            continue
        people = sum(dose < campaign.doses for _, dose in visit.needs)
        found.append((in_containers(product, people), *interval_of(campaign, product)))
    return found


Loads = tuple[tuple[str, int], ...]  # product and doses, by product
NOTHING: Loads = ()


def compute_loads(indexed: IndexedProblem, schedule: RouteSchedule | None) -> Loads:
    """Doses that a route takes from stock, by product, as `doses.loaded` counts them."""
    if schedule is None:
        return NOTHING
    stops: dict[str, list[Call]] = {}
    products = {}
    for v, start in zip(schedule.sequence, schedule.starts, strict=True):
        product = indexed.product[v]
        if product is not None:
            products[product.id] = product
            departure = start + indexed.service[v][schedule.shift]
            stops.setdefault(product.id, []).append((indexed.visits[v].doses, start, departure))
    loads = ((name, opened(products[name], stops[name])) for name in sorted(stops))
    return tuple((name, doses) for name, doses in loads if doses)


def count_doses(loads: Loads) -> int:
    """Doses of all products together."""
    return sum(doses for _, doses in loads)


def compute_spare(indexed: IndexedProblem, visits: Iterable[int], loads: Loads) -> dict[str, int]:
    """Doses on board that reach nobody, by product."""
    spare = dict(loads)
    for v in visits:
        product = indexed.product[v]
        if product is not None and product.id in spare:
            spare[product.id] -= indexed.visits[v].doses
    return spare


def count_extra_doses(indexed: IndexedProblem, v: int, spare: dict[str, int]) -> int:
    """The fewest doses that a route takes more when it makes visit `v` too: spare ones on board are used first."""
    product = indexed.product[v]
    if product is None or not product.open_may_travel:
        return indexed.load[v]
    return in_containers(product, max(0, indexed.visits[v].doses - spare.get(product.id, 0)))


def is_scarce(indexed: IndexedProblem) -> bool:
    """Whether some depot holds less of a product than all visits could take, next doses included.

    Then stock decides who is served, which routing engines do not know.
    """
    available: dict[tuple[str, str], int] = {}
    for line in indexed.problem.stock:
        if line.first_day <= 0:
            key = (line.depot_id, line.product_id)
            available[key] = available.get(key, 0) + line.doses
    depots = {shift.depot_id for shift in indexed.shifts}
    wanted: dict[str, int] = {}
    for v, visit in enumerate(indexed.visits):
        if visit.product_id is not None:
            wanted[visit.product_id] = wanted.get(visit.product_id, 0) + 2 * indexed.load[v]
    return any(
        available.get((depot, product), 0) < doses
        for depot in depots
        for product, doses in wanted.items()
    )
