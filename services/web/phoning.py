"""Says what keeps a visit out of a shift, and puts each suggestion as a question that one can ask by phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import singledispatchmethod
from typing import TYPE_CHECKING
from uuid import UUID

from events.identifiers import Skill
from events.local_time import to_local_date
from infra.postgres.pages import frame, places, planner
from scheduling.fitting.changes import (
    AddCrew,
    BendInterval,
    BiggerBox,
    Change,
    DeliverSooner,
    GiveOrder,
    LetIn,
    MoreStock,
    MoveStock,
    Wait,
    WorkLonger,
)
from scheduling.fitting.fit import Fit, Price
from scheduling.fitting.obstacles import Obstacle, ObstacleKind
from scheduling.problem import Shift
from services.web import moments
from services.web.fitting_apart import Around
from services.web.wording import Wording

if TYPE_CHECKING:
    from infra.postgres.database import Connection

AT, UNTIL = 300, 900  # seconds to which one rounds on the phone
IN_MINUTES = frozenset(
    {
        ObstacleKind.WINDOW,
        ObstacleKind.HOURS,
        ObstacleKind.FULL,
        ObstacleKind.BREAK,
        ObstacleKind.LONG_DUTY,
    }
)
IN_DOSES = frozenset({ObstacleKind.COOL_BOX, ObstacleKind.STOCK, ObstacleKind.NEXT_DOSE})


@dataclass(frozen=True, slots=True)
class Names:
    """What teams, places, depots and products are called, by id."""

    teams: Mapping[UUID, str]
    places: Mapping[UUID, str]
    depots: Mapping[UUID, str]
    products: Mapping[str, str]


async def read_names(tx: "Connection", region: str) -> Names:
    """Reads the names that answers about a plan of the region need."""
    rows = await places.locations(tx, region)
    depots = await frame.organisations(tx, region, ("post", "depot"))
    return Names(
        teams=await planner.team_names(tx, region),
        places={row.location_id: row.name for row in rows},
        depots={row.id: row.name for row in depots},
        products=await frame.product_names(tx, region),
    )


@dataclass(frozen=True)
class Phrasing:
    """Words for the answers about one plan, in one language."""

    t: Wording
    names: Names
    around: Around

    def name_team(self, shift: Shift) -> str:
        """The name of the team of a shift."""
        return self.names.teams.get(UUID(shift.team_id), self.t("place.unknown"))

    def name_place(self, location_id: str) -> str:
        """The name of a location."""
        return self.names.places.get(UUID(location_id), self.t("place.unknown"))

    def write_obstacle(self, one: Obstacle) -> str:
        """One thing that is in the way, with its amount."""
        key = f"obstacle.{one.kind.value}"
        if one.kind is ObstacleKind.OTHER:
            return self.t(f"rule.{one.rule}")
        if one.kind is ObstacleKind.SKILLS:
            return self.t(key, skills=self._name_skills(one.what))
        if one.kind in IN_MINUTES and one.amount:
            return self.t.count(key, -(-one.amount // 60))
        if one.kind in IN_DOSES:
            return self.t.count(key, one.amount)
        return self.t(f"{key}.some" if one.kind in IN_MINUTES else key)

    def write_question(self, fit: Fit) -> str:
        """What to ask on the phone, and who is helped when the answer is yes."""
        asked = [self._ask(change, fit) for change in fit.changes]
        start = [self._say_at_once(fit)] if not asked else []
        both = [self.t("fit.and", question=one) if n else one for n, one in enumerate(asked)]
        people = self.t.count("fit.people", fit.people) if fit.people else self.t("fit.crisis")
        caution = [self.t("fit.alone")] if fit.alone else []
        return " ".join((*start, *both, people, *caution))

    def write_price(self, price: Price) -> str:
        """What it costs."""
        return " ".join(
            (
                self.t.count("fit.price.minutes", round(price.working_seconds / 60)),
                self.t("fit.price.km", km=self.t.number(price.metres / 1000)),
                self.t.count("fit.price.doses", price.doses) if price.doses else "",
                self.t.count("fit.price.calls", price.calls),
            )
        ).replace("  ", " ")

    def _say_at_once(self, fit: Fit) -> str:
        one = fit.placed[0]
        team = self.name_team(self.around.shifts[one.shift_id])
        return self.t(
            "fit.at_once", team=team, day=self._day_at(one.start), time=self._time(one.start)
        )

    @singledispatchmethod
    def _ask(self, change: Change, fit: Fit) -> str:
        raise AssertionError(change, fit)

    @_ask.register
    def _(self, change: LetIn, fit: Fit) -> str:
        inside = [one for one in fit.placed if change.earliest <= one.start <= change.latest]
        first = inside[0] if inside else fit.placed[0]
        place, day = self.name_place(change.location_id), self._day_at(first.start)
        if change.usual is None:
            return self.t("fit.let_in.closed", place=place, day=day, time=self._at(first.start))
        if change.latest > change.usual.latest:
            until = max(first.end, change.usual.latest)
            return self.t("fit.let_in.later", place=place, day=day, time=self._until(until))
        return self.t("fit.let_in.sooner", place=place, day=day, time=self._at(first.start))

    @_ask.register
    def _(self, change: Wait, fit: Fit) -> str:
        start = fit.placed[0].start
        place, day = self.name_place(change.location_id), self._day_at(start)
        return self.t("fit.wait", place=place, day=day, time=self._at(start))

    @_ask.register
    def _(self, change: WorkLonger, _fit: Fit) -> str:
        team, day = self._team_on(change.shift_id)
        if change.end > change.usual_end:
            return self.t("fit.work_longer.end", team=team, day=day, time=self._until(change.end))
        return self.t("fit.work_longer.start", team=team, day=day, time=self._at(change.start))

    @_ask.register
    def _(self, change: AddCrew, _fit: Fit) -> str:
        team, day = self._team_on(change.shift_id)
        if change.product_id is not None:
            product = self._name_product(change.product_id)
            return self.t("fit.add_crew.inject", team=team, day=day, product=product)
        skills = self._name_skills(change.skills)
        return self.t("fit.add_crew.skills", team=team, day=day, skills=skills)

    @_ask.register
    def _(self, change: GiveOrder, _fit: Fit) -> str:
        team, day = self._team_on(change.shift_id)
        product = self._name_product(change.product_id)
        return self.t("fit.give_order", team=team, day=day, product=product)

    @_ask.register
    def _(self, change: BiggerBox, _fit: Fit) -> str:
        team, day = self._team_on(change.shift_id)
        return self.t.count("fit.bigger_box", change.doses, team=team, day=day)

    @_ask.register
    def _(self, change: MoreStock, _fit: Fit) -> str:
        return self.t.count(
            "fit.more_stock",
            change.containers,
            product=self._name_product(change.product_id),
            depot=self._name_depot(change.depot_id),
            day=self._day(change.day),
            doses=self.t.number(change.doses),
        )

    @_ask.register
    def _(self, change: DeliverSooner, _fit: Fit) -> str:
        return self.t(
            "fit.deliver_sooner",
            product=self._name_product(change.product_id),
            depot=self._name_depot(change.depot_id),
            day=self._day(change.day),
            usual=self._day(change.usual_day),
        )

    @_ask.register
    def _(self, change: MoveStock, _fit: Fit) -> str:
        return self.t.count(
            "fit.move_stock",
            change.doses,
            product=self._name_product(change.product_id),
            giver=self._name_depot(change.from_depot_id),
            depot=self._name_depot(change.to_depot_id),
            day=self._day(change.day),
        )

    @_ask.register
    def _(self, change: BendInterval, _fit: Fit) -> str:
        key = "fit.bend.later" if change.days > 0 else "fit.bend.sooner"
        return self.t.count(
            key,
            len(change.needs),
            place=self.name_place(change.location_id),
            day=self._day(change.day),
            days=self.t.count("fit.bend.days", abs(change.days)),
        )

    def _team_on(self, shift_id: str) -> tuple[str, str]:
        shift = self.around.shifts[shift_id]
        return self.name_team(shift), self._day(shift.day)

    def _day_at(self, second: int) -> str:
        return self._write_day(to_local_date(self.around.calendar.to_moment(second)))

    def _day(self, day: int) -> str:
        return self._write_day(self.around.horizon_start + timedelta(days=day))

    def _write_day(self, day: date) -> str:
        return moments.long_day(day, self.t)

    def _at(self, second: int) -> str:
        """From when, in words for the phone: at most five minutes before it is needed."""
        return self._time(second // AT * AT)

    def _until(self, second: int) -> str:
        """Until when, in words for the phone: at most a quarter of an hour after it is needed."""
        return self._time(-(-second // UNTIL) * UNTIL)

    def _time(self, second: int) -> str:
        return moments.clock_time(self.around.calendar.to_moment(second))

    def _name_depot(self, depot_id: str) -> str:
        return self.names.depots.get(UUID(depot_id), self.t("place.unknown"))

    def _name_product(self, product_id: str) -> str:
        return self.names.products.get(product_id, product_id)

    def _name_skills(self, skills: tuple[str, ...]) -> str:
        return ", ".join(self.t(f"skill.{Skill(one).value}") for one in skills)
