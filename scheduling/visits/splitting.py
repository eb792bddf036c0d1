"""How many residents one visit may serve, and how a large location is split into several."""

from collections.abc import Iterator

from scheduling.care.crews import seconds_of as on_duty
from scheduling.care.doses import in_containers
from scheduling.care.lookup import by_id
from scheduling.care.members import injectors_for, may_inject
from scheduling.care.visit_length import of_people
from scheduling.problem import Location, Need, Problem, Shift


def sizes(people: int, largest: int, container: int, *, in_pairs: bool = False) -> list[int]:
    """Splits people over visits: as equal as possible, and in whole containers when that costs no extra visit.

    With `in_pairs` the number of visits is even, so that two teams can begin each pair at the same moment.
    """
    parts = -(-people // largest)
    if in_pairs:
        parts += parts % 2
    even = -(-people // parts)
    full = -(-even // container) * container
    size = full if full <= largest and -(-people // full) == parts else even
    found = []
    while people > 0:
        found.append(min(size, people))
        people -= size
    return found


class LargestVisit:
    """The most residents of one location that any shift can serve in one visit."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._locations = by_id(problem.locations)
        self._campaigns = by_id(problem.campaigns)
        self._products = by_id(problem.products)
        self._depots = by_id(problem.depots)

    def container(self, product_id: str) -> int:
        """Doses in one container of the product."""
        return self._products[product_id].doses_per_container

    def of(self, needs: list[Need], product_id: str, first_day: int, last_day: int) -> int:
        """Residents that fit one visit, at least 1. When no shift can serve anybody: the limit of the problem,
        so that the visit exists and gets a reason."""
        limit = min(len(needs), self._problem.max_residents_per_visit)
        largest = 0
        tried: set[tuple[int, int, int]] = set()
        for shift, room in self._rooms(needs[0], product_id, first_day, last_day):
            crew = (injectors_for(shift, product_id), shift.capacity, room)
            if crew in tried:
                continue
            tried.add(crew)
            largest = max(largest, self._people(shift, room, needs, product_id, limit))
            if largest == limit:
                break
        return largest or limit

    def may_come_together(self, need: Need, product_id: str, first_day: int, last_day: int) -> bool:
        """Whether two teams have shifts on the same day that may serve this need."""
        teams: dict[int, set[str]] = {}
        for shift, _ in self._rooms(need, product_id, first_day, last_day):
            teams.setdefault(shift.day, set()).add(shift.team_id)
        return any(len(of_day) > 1 for of_day in teams.values())

    def _rooms(
        self, need: Need, product_id: str, first_day: int, last_day: int
    ) -> Iterator[tuple[Shift, int]]:
        """Shifts that may inject the product at this location, each with the seconds left for the visit itself."""
        location = self._locations[need.location_id]
        for shift in self._problem.shifts:
            if (
                first_day <= shift.day <= last_day
                and may_inject(shift, product_id)
                and need.skills <= shift.skills
            ):
                room = self._room(shift, location)
                if room > 0:
                    yield shift, room

    def _room(self, shift: Shift, location: Location) -> int:
        depot = self._depots[shift.depot_id].place
        there = self._problem.travel.seconds[depot][location.place]
        back = self._problem.travel.seconds[location.place][depot]
        pause = shift.pause.seconds if shift.pause else 0
        arrival = max(shift.start, self._problem.now) + there
        begins = (
            max(window.earliest, arrival)
            for window in location.time_windows
            if window.latest >= arrival
        )
        end = shift.start + on_duty(self._problem, shift)
        return end - back - pause - min(begins, default=end)

    def _people(
        self, shift: Shift, room: int, needs: list[Need], product_id: str, limit: int
    ) -> int:
        """Bisects for the most residents: a longer list never takes less time or fewer doses."""
        location = self._locations[needs[0].location_id]
        campaign = self._campaigns[needs[0].campaign_id]
        product, injectors = self._products[product_id], injectors_for(shift, product_id)
        low, high = 0, limit
        while low < high:
            middle = (low + high + 1) // 2
            takes = of_people(campaign, location, needs[:middle], injectors)
            if takes <= room and in_containers(product, middle) <= shift.capacity:
                low = middle
            else:
                high = middle - 1
        return low
