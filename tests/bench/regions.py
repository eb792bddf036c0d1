"""Seeded problems to measure plans on. Seeds 1 to 3 are for tuning, 11 and up for measuring only.

`region` is uncoupled (ample stock, containers of one dose), so that other engines can be told all of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from scheduling.problem import (
    Campaign,
    Consent,
    Depot,
    Location,
    Need,
    Problem,
    Product,
    Shift,
    StockLine,
    TimeWindow,
)
from tests.bench import country
from tests.bench.country import Area, Land
from tests.bench.judge import Clerk

DAY, HOUR, MINUTE = 86_400, 3_600, 60
DAYS = 14
SKILL = "sedation"
PATTERNS = (  # hours at which a team may begin
    ((9.0, 16.5),),
    ((9.0, 12.0),),
    ((13.0, 17.0),),
    ((9.5, 11.5), (13.5, 16.5)),
    ((10.0, 11.5), (15.0, 19.5)),
)
HOURS = ((8.5, 16.5), (8.5, 16.5), (8.5, 13.0), (12.5, 20.5))  # day twice as often, morning, late
STAFF = {2: (1, 60), 3: (2, 80), 4: (3, 100)}  # injectors and doses in the cool box
PRIORITIES = (30, 60, 90)
ROOM = {
    "loose": 2.1,
    "medium": 1.65,
    "short": 1.35,  # a little
    "scarce": 1.1,
}  # hours of all shifts for an hour of calls: windows, days and ways take the rest
DRIVE = 11 * MINUTE  # a call, roughly


@dataclass(frozen=True, slots=True)
class Size:
    """How large the calls and how many the days are."""

    visits: int = 300
    days: int = DAYS
    smallest: int = 4
    largest: int = 30
    posts: int = 3


def region(
    seed: int,
    visits: int = 300,
    capacity: str = "medium",
    roads: str = country.ROADS,
    code: str | None = None,
) -> Problem:
    """A region of 100 to 400 visits; capacity loose, medium, short or scarce; roads utrecht or estimate.

    With estimated roads a region is drawn from the 25, unless its code is given.
    """
    random = Random(f"region {seed} {visits} {capacity} {roads}")
    drawn = random.choice(country.codes())
    where = country.UTRECHT if roads == country.ROADS else code or drawn
    return _uncoupled(random, country.land(where), Size(visits), capacity, roads)


def day(seed: int, visits: int = 2000, roads: str = country.ROADS) -> Problem:
    """One day of a whole region: short calls by very many teams."""
    size = Size(visits, days=1, smallest=1, largest=9, posts=5)
    return _uncoupled(
        Random(f"day {seed} {visits}"), country.land(country.UTRECHT), size, "medium", roads
    )


def national(
    seed: int, visits: int = 300, capacity: str = "medium"
) -> Iterator[tuple[str, Problem]]:
    """All 25 regions, one after the other; Utrecht with its real roads."""
    for code in country.codes():
        roads = country.ROADS if code == country.UTRECHT else country.ESTIMATE
        random = Random(f"national {seed} {code}")
        yield code, _uncoupled(random, country.land(code), Size(visits), capacity, roads)


def coupled(seed: int, visits: int = 140, pairs: int = 20) -> Problem:
    """Four teams on ten days from three depots: two products in large containers, series, three deliveries."""
    random = Random(f"coupled {seed}")
    ground = country.land(country.UTRECHT)
    draft = _Draft(random, ground, Size(visits - pairs, days=10, smallest=4, largest=22))
    draft.products = (
        Product("adenoza", 10, 6 * HOUR, 12 * HOUR, open_may_travel=True),
        Product("messenra", 15, 6 * HOUR, 12 * HOUR, open_may_travel=True),
    )
    draft.place()
    draft.people(second_doses=0.0)
    draft.follow(pairs)
    draft.teams(4)
    return draft.problem(country.ROADS, draft.deliveries())


def _uncoupled(random: Random, ground: Land, size: Size, capacity: str, roads: str) -> Problem:
    draft = _Draft(random, ground, size)
    draft.place()
    draft.people(second_doses=0.4)
    draft.crews(ROOM[capacity])
    return possible(draft.problem(roads, draft.ample()))


def possible(problem: Problem) -> Problem:
    """Whoever no shift could call on, even if there were nobody else, is due on all days and needs no skill."""
    clerk = Clerk(problem)
    hard = {
        visit.location_id
        for visit in clerk.visits.values()
        if not any(
            visit.first_day <= shift.day <= visit.last_day
            and visit.skills <= shift.skills
            and clerk.route(shift.id, [visit.id])
            for shift in problem.shifts
        )
    }
    eased = (
        replace(need, first_day=0, last_day=problem.days, skills=frozenset[str]())
        if need.location_id in hard
        else need
        for need in problem.needs
    )
    return replace(problem, needs=tuple(eased)) if hard else problem


class _Draft:
    """A problem while it is drawn."""

    def __init__(self, random: Random, ground: Land, size: Size) -> None:
        self.random, self.ground, self.size = random, ground, size
        self.products: tuple[Product, ...] = (Product("single", 1, 6 * HOUR, 12 * HOUR),)
        posts = list(ground.posts)
        random.shuffle(posts)
        self.posts = posts[: size.posts]
        self.spots = list(self.posts)
        self.locations: list[Location] = []
        self.needs: list[Need] = []
        self.shifts: list[Shift] = []

    def place(self) -> None:
        """Institutions where people live, each with its opening hours."""
        areas = self.ground.areas
        drawn = self.random.choices(areas, [area.people for area in areas], k=self.size.visits)
        self.locations = [self._location(k, area) for k, area in enumerate(drawn)]

    def _location(self, k: int, area: Area) -> Location:
        self.spots.append(country.spot_in(self.random, area))
        pattern = self.random.choice(PATTERNS)
        days = [day for day in range(self.size.days) if self.random.random() >= 0.15]
        days = days or [self.random.randrange(self.size.days)]
        windows = tuple(
            TimeWindow(_at(day, opens), _at(day, closes)) for day in days for opens, closes in pattern
        )  # fmt: skip
        return Location(
            f"L{k:04}",
            len(self.spots) - 1,
            area.municipality,
            windows,
            seats=self.random.choice((6, 8, 10)),
        )

    def people(self, second_doses: float) -> None:
        """One call at each location: how many, since when and until when, how urgent, with which skill."""
        for location in self.locations:
            open_days = sorted({window.earliest // DAY for window in location.time_windows})
            first, last, dose = 0, self.size.days, 1
            if self.random.random() < second_doses:
                # the days are drawn round an open one, so that nobody is left out by the draw
                length, dose = self.random.randint(3, 7), 2
                first = max(0, self.random.choice(open_days) - self.random.randrange(length))
                last = first + length - 1
            count = round(
                self.random.triangular(
                    self.size.smallest, self.size.largest, self.size.smallest + 6
                )
            )
            products = (self.random.choice(self.products).id,)
            skills = frozenset({SKILL}) if self.random.random() < 0.1 else frozenset[str]()
            priority = self.random.choice(PRIORITIES)
            self.needs += [
                Need(
                    f"{location.id}-{n:02}",
                    "campaign",
                    dose,
                    location.id,
                    products,
                    first,
                    last,
                    priority,
                    Consent.GIVEN,
                    skills=skills,
                )
                for n in range(count)
            ]

    def follow(self, pairs: int) -> None:
        """At some locations everybody is due again, 3 to 5 days after the first call."""
        chosen = {row.id for row in self.random.sample(self.locations, pairs)}
        self.needs += [
            Need(
                need.person_id,
                need.campaign_id,
                2,
                need.location_id,
                need.products,
                0,
                self.size.days,
                need.priority,
                Consent.GIVEN,
                skills=need.skills,
                since_dose=1,
            )
            for need in self.needs
            if need.location_id in chosen
        ]

    def crews(self, room: float) -> None:
        """So many shifts that their hours are so many times the hours of all calls, 6 % absent."""
        wanted = room * self._hours_of_calls() / (sum(b - a for a, b in HOURS) / len(HOURS))
        self.teams(max(1, round(wanted / self.size.days / 0.94)))
        self.random.shuffle(self.shifts)
        self.shifts = sorted(
            self.shifts[: round(wanted)], key=lambda shift: (shift.day, shift.team_id)
        )

    def teams(self, count: int) -> None:
        """Every team on nearly every day, from its own post."""
        for team in range(count):
            staff = self.random.choice((2, 3, 4))
            injectors, doses = STAFF[staff]
            hours = self.random.choice(HOURS)
            skilled = team % 3 == 0
            for day in range(self.size.days):
                if self.random.random() < 0.3:
                    hours = self.random.choice(HOURS)
                if self.random.random() < 0.06:
                    continue
                self.shifts.append(
                    Shift(
                        f"T{team:03} day {day:02}",
                        f"T{team:03}",
                        f"D{team % len(self.posts)}",
                        day,
                        _at(day, hours[0]),
                        _at(day, hours[1]),
                        doses,
                        frozenset({SKILL}) if skilled else frozenset(),
                        injectors,
                        ordered_products=frozenset(product.id for product in self.products),
                    )
                )

    def _hours_of_calls(self) -> float:
        """With a crew of three: set up, waves, seats, observation, packing, and the way there."""
        people: dict[str, int] = {}
        for need in self.needs:
            people[need.location_id] = people.get(need.location_id, 0) + 1
        seconds = sum(
            1200 + 900 + DRIVE + max(-(-count // 2) * 180, max(0, count - 8) * 120)
            for count in people.values()
        )
        return seconds / HOUR

    def ample(self) -> list[StockLine]:
        """More than anybody can use."""
        doses = 10 * len(self.needs)
        return [
            StockLine(f"D{k}", product.id, f"{product.id} {k}", -1, 99, doses)
            for k in range(len(self.posts))
            for product in self.products
        ]

    def deliveries(self) -> list[StockLine]:
        """Three deliveries to each depot; together a fifth more than everybody needs, shared unevenly."""
        lines = []
        shares = [self.random.uniform(0.8, 1.2) for _ in self.posts]
        for product in self.products:
            wanted = sum(need.products == (product.id,) for need in self.needs)
            for k, share in enumerate(shares):
                for day, part in ((-1, 0.4), (3, 0.35), (6, 0.25)):
                    doses = 1.25 * wanted * part * share / sum(shares)
                    whole = -(-doses // product.doses_per_container) * product.doses_per_container
                    lot = f"{product.id} {k} {day}"
                    lines.append(StockLine(f"D{k}", product.id, lot, day, 40, int(whole)))
        return lines

    def problem(self, roads: str, stock: list[StockLine]) -> Problem:
        """All that was drawn."""
        products = tuple(product.id for product in self.products)
        return Problem(
            region=self.ground.code,
            as_of=(1, 1),
            horizon_start="2021-02-15",
            day_starts=tuple(day * DAY for day in range(self.size.days + 1)),
            now=0,
            locations=tuple(self.locations),
            depots=tuple(Depot(f"D{k}", k) for k in range(len(self.posts))),
            products=self.products,
            campaigns=(Campaign("campaign", products, 2, 3, 4, 5, reserve_next_dose=False),),
            needs=tuple(self.needs),
            crisis_visits=(),
            shifts=tuple(self.shifts),
            stock=tuple(stock),
            travel=country.travel(self.spots, roads),
        )


def _at(day: int, hour: float) -> int:
    return day * DAY + int(hour * HOUR)
