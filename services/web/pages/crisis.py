"""The crisis team's page: progress by municipality, tiles with age and source, reasons, stock; never a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from events.local_time import to_local_date
from infra.clock import SystemClock
from infra.postgres.database import Who
from infra.postgres.heartbeats import is_silent
from infra.postgres.pages import crisis, frame, road, status
from services.web.access import allow
from services.web.forms import Word
from services.web.frame import find_wording, read_frame, render
from services.web.outlines import draw, read_municipality_names
from services.web.pages.columns import Chart, lay_columns
from services.web.pages.inbox import rank
from services.web.pages.road import list_grave_signals
from services.web.pages.signals import Situation, list_signals
from services.web.pages.stock import (
    list_stock_items,
    name_speaker,
    read_supply,
)
from services.web.parts import get_parts
from services.web.supply import sum_depots, sum_stock

router = APIRouter(prefix="/regio", include_in_schema=False)
STEPS: Final = (25, 50, 75)
HEARD_WITHIN: Final = timedelta(minutes=90)  # a team at work says something at every visit
LATE: Final = timedelta(minutes=30)  # after the start of its first visit a team is missed
ROUND: Final = 5


@dataclass(frozen=True, slots=True)
class Area:
    """A municipality with the people registered there, in fives: with a dose, with a visit, and neither."""

    code: str
    name: str
    given: int
    planned: int
    open: int

    @property
    def registered(self) -> int:
        """Everybody who is registered there."""
        return self.given + self.planned + self.open

    @property
    def percent(self) -> int | None:
        """People with a dose per hundred registered; None when too few are registered."""
        return round(100 * self.given / self.registered) if self.registered else None

    @property
    def percent_planned(self) -> int | None:
        """People with a dose or a visit per hundred registered."""
        if not self.registered:
            return None
        return round(100 * (self.given + self.planned) / self.registered)


@dataclass(frozen=True, slots=True)
class Today:
    """Doses of a day, in fives, and its teams: given, promised by its first plan, planned now; heard of, and missed."""

    given: int
    promised: int
    planned: int
    teams: int
    heard: int
    missed: int

    @property
    def change(self) -> int:
        """Doses that later plans of the day added, or took away."""
        return self.planned - self.promised


@router.get("")
async def show_progress(
    request: Request,
    who: Annotated[Who, Depends(allow("crisis", "planner"))],
    campagne: UUID | None = None,
    toon: Word = "kaart",
) -> Response:
    """Show the region in numbers."""
    parts = get_parts(request)
    t = find_wording(request)
    now = parts.clock.now()
    async with parts.reader.reading(who) as tx:
        around = await read_frame(tx, who, t)
        campaign = next((c for c in around.campaigns if c.id == campagne), None) or next(
            iter(around.campaigns), None
        )
        wanted = campaign.id if campaign else UUID(int=0)
        people = [row for row in await status.people(tx, who.region) if row.campaign == wanted]
        given = await crisis.given_days(tx, who.region, wanted)
        planned = await crisis.planned_days(tx, who.region, wanted)
        teams = await crisis.teams_of_day(tx, who.region, wanted, to_local_date(now))
        context: dict[str, Any] = {
            "areas": list_areas(await crisis.areas(tx, who.region, wanted), who.region),
            "unassigned": [
                row
                for row in await status.unassigned(tx, who.region)
                if row.campaign in (wanted, None)
            ],
            "reasons": [
                row for row in await status.reasons(tx, who.region) if row.campaign == wanted
            ],
            "supply": await read_supply(tx, who.region, now),
            "wasted": await crisis.wasted(tx, who.region, wanted),
            "to_come": await crisis.deliveries_to_come(tx, who.region),
            "plans": {plan.state: plan for plan in await status.plans(tx, who.region)},
            "products": await frame.product_names(tx, who.region),
            "set_aside": sum(row[2] for row in await status.set_aside(tx)),
        }
        processes = await status.processes(tx)
        reactions = await road.reactions(tx)
    lots = context["supply"].lots
    context |= {"stock": sum_stock(who.region, lots), "depots": sum_depots(lots)}
    today, real_now = to_local_date(now), SystemClock().now()
    began = any(row.given != 0 for row in people)
    numbers = count_today(given, planned, teams, now)
    situation = Situation(
        now=now,
        real_now=real_now,
        unassigned=context["unassigned"],
        depots=context["depots"],
        missed=numbers.missed,
        processes=processes,
        set_aside=context["set_aside"],
    )
    context |= {
        "campaign": campaign,
        "day_number": (today - campaign.opens_on).days + 1 if campaign else 0,
        "people": people[0] if people else None,
        "given_here": sum(row.doses for row in given),
        "today": numbers,
        "signals": rank(
            [
                *list_grave_signals(reactions, t),
                *list_signals(situation, t),
                *list_stock_items(context["supply"], t),
            ]
        ),
        "settles": False,
        "name_speaker": name_speaker,
        "flow": around.flow,
        "processes": [(row, is_silent(row.at, real_now)) for row in processes],
        "chart": lay_chart(given, planned, today),
        "drawing": draw(who.region),
        "steps": choose_steps(context["areas"], began=began),
        "view": "tabel" if toon == "tabel" else "kaart",
        "began": began,
        "newest": find_newest(people, given),
    }
    return render(request, "crisis.html", context, who=who, around=around)


def list_areas(rows: list[crisis.AreaRow], region: str) -> list[Area]:
    """List the municipalities of a region by name, including those without registrations."""
    numbers: dict[str, dict[str, int]] = {}
    for row in rows:
        numbers.setdefault(row.area, {})[row.what] = row.n
    names = {**dict.fromkeys(numbers, ""), **read_municipality_names(region)}
    areas = [
        Area(
            code=code,
            name=name or code,
            given=found.get("given", 0),
            planned=found.get("planned", 0),
            open=found.get("open", 0),
        )
        for code, name in names.items()
        for found in (numbers.get(code, {}),)
        if code or found.get("registered")
    ]
    return sorted(areas, key=lambda area: (area.code == "", area.name))


def choose_steps(areas: list[Area], *, began: bool) -> tuple[int, int, int]:
    """Choose three percentages, in multiples of five, that divide the areas into four classes of similar size."""
    shares = [area.percent if began else area.percent_planned for area in areas]
    known = sorted(share for share in shares if share is not None)
    quarters = [known[len(known) * k // 4] for k in (1, 2, 3)] if known else []
    for step in (ROUND, 1):
        borders = sorted({step * round(share / step) for share in quarters})
        if len(borders) == 3:
            return borders[0], borders[1], borders[2]
    return STEPS


def count_today(
    given: Sequence[crisis.GivenDay],
    planned: Sequence[crisis.PlannedDay],
    teams: Sequence[crisis.TeamDay],
    now: datetime,
) -> Today:
    """Count today's doses against what its first plan promised, and the teams whose last word is young enough."""
    today = to_local_date(now)
    wanted = next((row for row in planned if row.on_day == today), None)
    doses = wanted.doses if wanted else 0
    heard = {row.team for row in teams if is_heard(row, now)}
    missed = [row for row in teams if row.team not in heard and row.first_at + LATE < now]
    return Today(
        given=sum(row.doses for row in given if row.on_day == today),
        promised=doses if wanted is None or wanted.promised is None else wanted.promised,
        planned=doses,
        teams=len(teams),
        heard=len(heard),
        missed=len(missed),
    )


def is_heard(team: crisis.TeamDay, now: datetime) -> bool:
    """Whether a team has said all of its day, or something not long ago."""
    return team.is_done or (team.heard_at is not None and now - team.heard_at <= HEARD_WITHIN)


def lay_chart(
    given: list[crisis.GivenDay], planned: list[crisis.PlannedDay], today: date
) -> Chart | None:
    """Lay out doses per day: given until today, planned from today on."""
    by_day: dict[date, tuple[int, int]] = {}
    for done in given:
        by_day[done.on_day] = (done.doses, 0)
    for row in planned:
        if row.on_day >= today:
            by_day[row.on_day] = (by_day.get(row.on_day, (0, 0))[0], row.doses)
    return lay_columns(by_day, today) if by_day else None


def find_newest(people: list[status.PeopleRow], given: list[crisis.GivenDay]) -> datetime | None:
    """Find the moment of the newest fact behind the numbers."""
    moments = [row.newest_at for row in people if row.newest_at] + [row.newest_at for row in given]
    return max(moments, default=None)
