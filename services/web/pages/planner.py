"""The planner's page: a day on map, list and timeline, what asks for a decision, and the proposal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from events.identifiers import Day
from events.local_time import to_local_date
from infra.clock import SystemClock
from infra.postgres.database import Who
from infra.postgres.findings import read_findings, read_gave_way, read_taken
from infra.postgres.pages import (
    decisions,
    frame,
    members,
    places,
    planner,
    products,
    quarantine,
    status,
)
from infra.postgres.pages.extra_stops import read_extra_stops
from infra.postgres.pages.planner import OpenRow
from services.web.access import allow
from services.web.alarms import list_intake_alarms, select_own
from services.web.forms import Word
from services.web.frame import find_wording, read_frame, render
from services.web.looks import log_shown
from services.web.moments import bounds
from services.web.pages.crews import list_doubled
from services.web.pages.doses import list_dose_items, read_doses
from services.web.pages.extra_stops import list_extra_items, list_open, write_stop
from services.web.pages.inbox import Facts, list_items, rank
from services.web.pages.places import choose_doubted, list_doubted, list_off_map
from services.web.pages.products import list_product_items
from services.web.pages.questions import (
    group_by_person,
    list_question_items,
    read_undecided,
)
from services.web.pages.road import list_road_reports, read_road, write_answer
from services.web.pages.speaking import list_speaking_items, read_speaking
from services.web.pages.stock import (
    list_stock_items,
    name_speaker,
    read_supply,
)
from services.web.pages.stops import (
    list_finding_items,
    list_gave_way_items,
    list_taken_items,
)
from services.web.pages.teams import choose_looks
from services.web.pages.timeline import Timeline, lay_out
from services.web.parts import get_parts
from services.web.planning import write_passing
from services.web.supply import sum_stock

if TYPE_CHECKING:
    from infra.postgres.database import Connection

router = APIRouter(prefix="/planning", include_in_schema=False)
Planner = Annotated[Who, Depends(allow("planner"))]
DECISIONS: Final = 10  # newest decisions of people that the page lists
SHOWN: Final = 4  # locations per reason before "show all"
# What the practice or the resident decides, or what comes by itself: below, and not on the map.
NOT_OURS: Final = frozenset(
    {
        "contradiction",
        "consent_missing",
        "consent_refused",
        "consent_conflicting",
        "identity_question",
        "booked_elsewhere",
        "not_eligible",
        "triage",
        "not_due",
    }
)
# Somebody has to find something out, end something or approve something first: no other shift, hour or dose helps.
NO_CHANGE_HELPS: Final = NOT_OURS | {
    "not_approved",
    "location_unknown",
    "location_doubted",
    "no_contact",
    "outbreak",
    "location_closed",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Everything that is unassigned for one reason."""

    reason: str
    people: int
    crisis_visits: int
    rows: tuple[OpenRow, ...]


@dataclass(frozen=True, slots=True)
class DayRead:
    """The facts of one day in one region."""

    day: date
    days: list[planner.DayRow]
    visits: list[planner.VisitRow]
    shifts: list[planner.ShiftRow]
    names: dict[UUID, str]
    published: status.PlanRow | None
    waiting: status.PlanRow | None
    open: list[OpenRow]


@router.get("")
async def show_day(
    request: Request,
    who: Planner,
    dag: Day | None = None,
    bezoek: UUID | None = None,
    alles: Word = "",
) -> Response:
    """Show a day; without one, the first from today on that has visits."""
    parts = get_parts(request)
    t = find_wording(request)
    now, real_now = parts.clock.now(), SystemClock().now()
    async with parts.reader.reading(who) as tx:
        read = await read_day(tx, who.region, dag, now)
        around = await read_frame(tx, who, t)
        supply = await read_supply(tx, who.region, now)
        doses = await read_doses(tx, who.region)
        spoken = await read_speaking(tx, who.region, now)
        decided = await decisions.decisions(tx, who.region, DECISIONS)
        history = await decisions.decisions(tx, who.region, DECISIONS, bezoek) if bezoek else []
        found = await read_findings(tx, who.region, now)
        taken = await read_taken(tx, who.region, now)
        gave_way = await read_gave_way(tx, who.region, now)
        extra = await read_extra_stops(tx, who.region, now)
        looks = choose_looks(read.names)
        registered = await places.locations(tx, who.region)
        doubted = choose_doubted(registered)
        reports = await read_road(tx, who.region, bounds(read.day), now)
        timeline = lay_out(read.shifts, read.visits, looks, now, t)
        facts = Facts(
            region=who.region,
            now=now,
            real_now=real_now,
            proposal=read.waiting,
            timeline=timeline,
            shifts=read.shifts,
            open=read.open,
            outbreaks=await planner.outbreaks(tx, who.region, now),
            deliveries=await planner.short_deliveries(tx, who.region, to_local_date(now)),
            set_aside=await status.set_aside(tx),
            gaps=sum(count for _, count in await quarantine.gaps(tx)),
            processes=(processes := await status.processes(tx)),
            stops=await quarantine.stops(tx),
            alarms=select_own(list_intake_alarms(processes), who),
        )
        undecided = await read_undecided(tx, now)
        await log_shown(tx, request, who, [one.person for one in undecided], "list", "who is who")
        doubled = await members.doubled(tx, now)
        codes = await products.count_unknown(tx)
    chosen = next((visit for visit in read.visits if visit.visit == bezoek), None)
    context = {
        "read": read,
        "timeline": timeline,
        "looks": looks,
        "groups": group_open(read.open),
        "is_ours": is_ours,
        "can_help": can_help,
        "figures": count_figures(read, timeline, sum_stock(who.region, supply.lots)),
        "items": rank(
            [
                *list_extra_items(extra, now, t),
                *list_items(facts, t),
                *list_road_reports(reports, looks, t),
                *list_doubted(doubted, t),
                *list_off_map(registered, facts.processes, who.region, t),
                *list_stock_items(supply, t),
                *list_product_items(codes, t),
                *list_dose_items(doses, t),
                *list_finding_items(found, t),
                *list_taken_items(taken, t),
                *list_gave_way_items(gave_way, t),
                *list_question_items(undecided, t),
                *list_doubled(doubled, t),
                *list_speaking_items(spoken, t),
            ]
        ),
        "activity": write_passing(facts.processes, who.region, real_now, t),
        "questions": group_by_person(undecided),
        "reports": reports,
        "doubted": doubted,
        "write_answer": write_answer,
        "extra_stops": list_open(extra, now),
        "write_stop": write_stop,
        "supply": supply,
        "settles": True,
        "name_speaker": name_speaker,
        "proposal": read.waiting,
        "chosen": chosen,
        "history": history,
        "decided": decided,
        "all_of": alles,
        "has_map": True,
        "shown": SHOWN,
        "before": max((d.day for d in read.days if d.day < read.day), default=None),
        "after": min((d.day for d in read.days if d.day > read.day), default=None),
    }
    return render(request, "planner.html", context, who=who, around=around)


@router.get("/kaart.json")
async def show_map(request: Request, who: Planner, dag: Day | None = None) -> JSONResponse:
    """Give the map of a day: posts, routes, stops, and locations with people who are unassigned."""
    parts = get_parts(request)
    now = parts.clock.now()
    async with parts.reader.reading(who) as tx:
        read = await read_day(tx, who.region, dag, now)
        posts = await frame.organisations(tx, who.region, ("post", "depot"))
    looks = choose_looks(read.names)
    timeline = lay_out(read.shifts, read.visits, looks, now, find_wording(request))
    points = {post.id: [post.lat, post.lon] for post in posts if post.lat is not None}
    return JSONResponse(
        {
            "posts": list(points.values()),
            "routes": list_routes(read, timeline, points),
            "open": [
                [row.lat, row.lon]
                for row in {row.location: row for row in read.open if is_ours(row.reason)}.values()
                if row.lat is not None
            ],
        },
        headers={"Cache-Control": "no-store"},
    )


async def read_day(tx: "Connection", region: str, wanted: date | None, now: datetime) -> DayRead:
    """Read the facts of one day in the caller's region."""
    days = await planner.days(tx, region)
    today = to_local_date(now)
    day = wanted or next((line.day for line in days if line.day >= today), today)
    since, until = bounds(day)
    plans = {plan.state: plan for plan in await status.plans(tx, region)}
    published = plans.get("published")
    return DayRead(
        day=day,
        days=days,
        visits=await planner.visits(tx, region, since, until),
        shifts=await planner.shifts(tx, region, since, until),
        names=await planner.team_names(tx, region),
        published=published,
        waiting=plans.get("waiting"),
        open=await planner.unassigned(tx, region, published.hash) if published else [],
    )


def group_open(rows: Sequence[OpenRow]) -> list[Group]:
    """Group rows by reason: crisis visits, then what the planner can solve, then the rest; the most people first."""
    by_reason: dict[str, list[OpenRow]] = {}
    for row in rows:
        by_reason.setdefault(row.reason, []).append(row)
    groups = [
        Group(
            reason,
            sum(row.people for row in found),
            sum(row.crisis_visits for row in found),
            tuple(found),
        )
        for reason, found in by_reason.items()
    ]
    return sorted(
        groups,
        key=lambda g: (-g.crisis_visits, not is_ours(g.reason), -g.people, g.reason),
    )


def is_ours(reason: str) -> bool:
    """Whether the planner, the post or the GGD can remove this reason."""
    return reason not in NOT_OURS


def can_help(reason: str, crisis_visits: int) -> bool:
    """Whether a change that one asks for by phone can help; a crisis visit may wait for other hours of its place."""
    return reason not in NO_CHANGE_HELPS or (reason == "location_closed" and crisis_visits > 0)


def count_figures(
    read: DayRead, timeline: Timeline, stock: Sequence[status.StockRow]
) -> dict[str, int]:
    """Count the numbers at the top of the page."""
    return {
        "visits": len(read.visits),
        "open": sum(row.people + row.crisis_visits for row in read.open),
        "late": sum(line.late for line in timeline.lines),
        "doses": sum(visit.people for visit in read.visits if visit.product),
        "usable": sum(line.usable for line in stock),
        "quarantined": sum(line.quarantined for line in stock),
        "teams": sum(1 for line in timeline.lines if line.visits),
        "pinned": sum(visit.pinned for visit in read.visits),
    }


def list_routes(
    read: DayRead, timeline: Timeline, points: dict[UUID, list[float | None]]
) -> list[dict[str, Any]]:
    """List a line for each team, from its depot along its stops and back."""
    depots = {shift.team: points.get(shift.depot) for shift in read.shifts}
    by_id = {visit.visit: visit for visit in read.visits}
    routes = []
    for line in timeline.lines:
        stops = [
            {
                "n": bar.number,
                "at": [visit.lat, visit.lon],
                "state": bar.state,
                "pinned": visit.pinned,
            }
            for bar in line.bars
            if (visit := by_id[bar.visit]).lat is not None
        ]
        if stops:
            routes.append(
                {
                    "style": line.look.style,
                    "dash": line.look.dash,
                    "depot": depots.get(line.team),
                    "stops": stops,
                }
            )
    return routes
