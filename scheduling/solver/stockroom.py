"""What a growing plan takes from the lots, and what it promises as next doses."""

from scheduling.doses import in_containers
from scheduling.lookup import by_id
from scheduling.solver.case import Case
from scheduling.supply import END_OF_TIME, Span, allocate, lines_by_depot, unsecured


class Stockroom:
    """Doses taken by depot, product and day, and next doses promised by product and day."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._lines = lines_by_depot(case.problem)
        self._depots = sorted({depot for depot, _ in self._lines})
        self._owed = {
            product: Span(case.problem.days, END_OF_TIME, doses)
            for product, doses in case.problem.reserved.items()
        }
        self.promised = _promised(case)
        self._taken: dict[tuple[str, str], dict[int, int]] = {}
        self._promises: dict[str, dict[tuple[int, int], int]] = {}
        self._left: dict[tuple[str, str], list[Span]] = {}

    def fits(self, v: int, s: int) -> bool:
        """Whether lots and promises still hold when visit `v` is added to shift `s`."""
        return self.has_stock(v, s) and self.secures(v, s)

    def has_stock(self, v: int, s: int) -> bool:
        """Whether lots of the depot can serve that day too."""
        product = self._case.visits[v].product_id
        if product is None or not self._case.load[v]:
            return True
        key, day = (self._case.shifts[s].depot_id, product), self._case.shifts[s].day
        taken = dict(self._taken.get(key, {}))
        taken[day] = taken.get(day, 0) + self._case.load[v]
        short, _ = allocate(self._lines.get(key, []), taken)
        return not short

    def secures(self, v: int, s: int) -> bool:
        """Whether every promised next dose is still secured, this visit's included."""
        product = self._case.visits[v].product_id
        if product is None or not self._case.load[v]:
            return True
        self.add(v, s)
        secured = self._is_secured(product)
        self.remove(v, s)
        return secured

    def _is_secured(self, product: str) -> bool:
        promises = self._promises.get(product)
        if not promises:
            return True
        wanted = [Span(first, last, doses) for (first, last), doses in promises.items()]
        if product in self._owed:
            wanted.append(self._owed[product])
        have = [span for depot in self._depots for span in self._remaining(depot, product)]
        return unsecured(have, wanted) == 0

    def _remaining(self, depot: str, product: str) -> list[Span]:
        key = (depot, product)
        if key not in self._left:
            lines = self._lines.get(key, [])
            _, left = allocate(lines, self._taken.get(key, {}))
            self._left[key] = [
                Span(line.first_day, line.last_day, doses)
                for line, doses in zip(lines, left, strict=True)
                if line.confirmed and doses
            ]
        return self._left[key]

    def add(self, v: int, s: int) -> None:
        """Take the doses of a visit and promise its next doses."""
        self._move(v, s, 1)

    def remove(self, v: int, s: int) -> None:
        """Put them back."""
        self._move(v, s, -1)

    def _move(self, v: int, s: int, sign: int) -> None:
        product, shift = self._case.visits[v].product_id, self._case.shifts[s]
        if product is None:
            return
        key = (shift.depot_id, product)
        taken = self._taken.setdefault(key, {})
        taken[shift.day] = taken.get(shift.day, 0) + sign * self._case.load[v]
        self._left.pop(key, None)
        doses, first, last = self.promised[v]
        if doses and v not in self._case.is_pinned:
            promises = self._promises.setdefault(product, {})
            span = (shift.day + first, shift.day + last)
            promises[span] = promises.get(span, 0) + sign * doses
            if not promises[span]:
                del promises[span]


def _promised(case: Case) -> list[tuple[int, int, int]]:
    """For every visit the next doses that it promises, in whole containers, and the days until then."""
    problem = case.problem
    campaigns, products = by_id(problem.campaigns), by_id(problem.products)
    rows = []
    for visit in case.visits:
        if visit.product_id is None or visit.campaign_id is None:
            rows.append((0, 0, 0))
            continue
        campaign = campaigns[visit.campaign_id]
        people = sum(dose < campaign.doses for _, dose in visit.needs)
        if not campaign.reserve_next_dose:
            people = 0
        doses = in_containers(products[visit.product_id], people)
        rows.append((doses, campaign.min_days, campaign.max_days))
    return rows
