"""Says what is supposed, what would come of it and why it cannot become the plan, in plain words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from infra.postgres.pages import supply
from infra.postgres.pages.supply import ComingRow
from scheduling.scenarios.comparison import Figures
from services.plan_life.difference import Line
from services.web import moments, phoning, plan_difference
from services.web.plan_difference import name_team, write_line
from services.web.scenario_changes import (
    ChangeIn,
    DeliveryLate,
    DosesChanged,
    LocationClosed,
    LongerShift,
    LotLost,
    SupposedDays,
    TeamAway,
    TeamExtra,
)
from services.web.scenarios import Scenario, State
from services.web.wording import Wording

if TYPE_CHECKING:
    from infra.postgres.database import Connection

# What a plan is for, the most important first: the order of `scheduling.plan.Values.as_tuple`.
ORDER: Final = ("people", "next_doses", "waste", "calls", "work", "road")


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called that can be supposed something of."""

    known: phoning.Names
    deliveries: dict[UUID, ComingRow]

    @property
    def of_lines(self) -> plan_difference.Names:
        """The names that lines of a difference need."""
        return plan_difference.Names(dict(self.known.places), self.known.teams)


async def read_names(tx: "Connection", region: str) -> Names:
    """Reads what teams, locations, depots, products and deliveries of a region are called."""
    coming = await supply.deliveries_to_come(tx, region)
    return Names(await phoning.read_names(tx, region), {row.delivery: row for row in coming})


def find_unknown(changes: Iterable[ChangeIn], names: Names) -> list[str]:
    """The fields that name something that this region does not have."""
    found = set()
    for one in changes:
        if isinstance(one, TeamAway | LongerShift) and one.team not in names.known.teams:
            found.add("team")
        elif isinstance(one, TeamExtra) and one.like not in names.known.teams:
            found.add("like")
        elif isinstance(one, LocationClosed) and one.location not in names.known.places:
            found.add("location")
        elif isinstance(one, DosesChanged) and one.depot not in names.known.depots:
            found.add("depot")
        elif isinstance(one, DeliveryLate) and one.delivery not in names.deliveries:
            found.add("delivery")
    return sorted(found)


def write_title(scenario: Scenario, names: Names, t: Wording) -> str:
    """What is supposed, or what the alternative is for; the planner's own name for it first."""
    if scenario.aim is not None:
        return t(f"scenario.aim.{scenario.aim.value}")
    said = "; ".join(write_change(one, names, t) for one in scenario.changes)
    return f"{scenario.name}: {said}" if scenario.name else said


def write_change(one: ChangeIn, names: Names, t: Wording) -> str:
    """One thing that is supposed, without a full stop."""
    if isinstance(one, SupposedDays):
        return _write_days(one, names, t)
    if isinstance(one, LotLost):
        return t("scenario.lot", lot=one.lot)
    if isinstance(one, DeliveryLate):
        row = names.deliveries.get(one.delivery)
        days = t.count("scenario.days", one.days)
        if row is None:
            return t("scenario.delivery.unknown", days=days)
        day = moments.long_day(row.expected_on, t)
        doses = t.number(row.doses)
        return t("scenario.delivery", doses=doses, product=row.product_name, day=day, days=days)
    return t(
        "scenario.more" if one.doses >= 0 else "scenario.fewer",
        doses=t.number(abs(one.doses)),
        product=names.known.products.get(one.product, one.product),
        depot=names.known.depots.get(one.depot) or t("place.unknown"),
        day=moments.long_day(one.since, t),
    )


def _write_days(one: SupposedDays, names: Names, t: Wording) -> str:
    values: dict[str, object] = {"days": _write_span(one, t)}
    if isinstance(one, LocationClosed):
        place = names.known.places.get(one.location) or t("place.unknown")
        return t("scenario.closed", place=place, **values)
    if isinstance(one, TeamExtra):
        return t("scenario.extra", team=name_team(names.known.teams.get(one.like), t), **values)
    assert isinstance(one, TeamAway | LongerShift)
    values["team"] = name_team(names.known.teams.get(one.team), t)
    if isinstance(one, LongerShift):
        return t("scenario.longer", minutes=t.number(one.minutes), **values)
    return t("scenario.lent" if one.is_lent else "scenario.away", **values)


def _write_span(one: SupposedDays, t: Wording) -> str:
    first = moments.long_day(one.since, t)
    if one.last == one.since:
        return t("scenario.on", day=first)
    return t("scenario.from_to", first=first, last=moments.long_day(one.last, t))


def write_state(scenario: Scenario, t: Wording) -> str:
    """Why there is no plan to see; empty once there is."""
    if scenario.state is State.READY:
        return ""
    if scenario.impossible is not None:
        return t(f"scenario.impossible.{scenario.impossible.what or 'together'}")
    return t(f"scenario.{scenario.state.value}")


def write_order(t: Wording) -> list[str]:
    """The order of priorities, the most important first."""
    return [t(f"scenario.order.{name}") for name in ORDER]


def write_overtaken(lines: Sequence[Line], names: plan_difference.Names, t: Wording) -> str:
    """What changed in the plan since a scenario was thought of, and what to do about it."""
    said = " ".join(write_line(line, names, t) for line in lines)
    return f"{t('scenario.overtaken')} {said}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what it counts, and the figure of each plan; `is_part` of the line above."""

    label: str
    cells: tuple[str, ...]
    is_part: bool = False


Count = Callable[[Figures], int]
COUNTS: Final[tuple[tuple[str, Count, bool], ...]] = (
    ("next_doses", lambda one: one.next_doses, False),
    ("next_doses_late", lambda one: one.next_doses_late, True),
    ("waste", lambda one: one.doses_wasted, False),
    ("minutes", lambda one: one.working_minutes, False),
    ("km", lambda one: round(one.metres / 1000), False),
    ("calls", lambda one: one.calls, False),
    ("dropped", lambda one: len(one.dropped) + len(one.dropped_visits), False),
    ("next_doses_dropped", lambda one: one.next_doses_dropped, True),
    ("joined", lambda one: len(one.joined), False),
    ("behind", lambda one: one.area_points_behind, False),
    ("apart", lambda one: one.team_minutes_apart, False),
)


def write_table(columns: Sequence[Figures | None], t: Wording) -> list[Row]:
    """The figures of plans side by side; a dash for a plan that is not there yet."""

    def write(count: Count) -> tuple[str, ...]:
        return tuple("-" if one is None else t.number(count(one)) for one in columns)

    rows = [Row(t("scenario.row.people"), write(lambda one: one.people_served))]
    by_priority = [dict(one.people_by_priority) for one in columns if one is not None]
    priorities = sorted({priority for one in by_priority for priority in one}, reverse=True)
    for priority in priorities if len(priorities) > 1 else ():
        label = t("scenario.row.priority", priority=t.number(priority))
        cells = write(partial(_count_priority, priority))
        rows.append(Row(label, cells, is_part=True))
    return rows + [
        Row(t(f"scenario.row.{name}"), write(count), part) for name, count, part in COUNTS
    ]


def _count_priority(priority: int, one: Figures) -> int:
    return dict(one.people_by_priority).get(priority, 0)
