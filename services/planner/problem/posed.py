"""The one crossing from a snapshot to a problem; `services.planner.translate.to_submission` is the way back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from events.organisations import PolicyChanged
from events.plans import VisitAssigned
from events.supply import CampaignOpened
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import DoseRow, Snapshot
from infra.travel.matrix import Matrix
from scheduling.care.lookup import key_of
from scheduling.clashes import find_clashes
from scheduling.problem import (
    Kept,
    Need,
    Problem,
    Published,
    Shift,
    StockLine,
)
from services.planner.problem.extra import NOTHING_ASKED, Day, ExtraFacts, hold_offered, to_extra
from services.planner.problem.frozen import Freeze, sort_visits, to_freeze, to_kept_stop
from services.planner.problem.grouped import regroup, to_grouped
from services.planner.problem.people import DoseKey, KnownNeeds, to_people
from services.planner.problem.pins import Standing, to_asked, to_fixed_stops, to_pins
from services.planner.problem.places import Map, to_crises, to_depots, to_locations, to_unknown
from services.planner.problem.shifts import (
    Rights,
    RosteredShift,
    has_time,
    to_elsewhere,
    to_rights,
    to_roster,
    to_shift,
    worked_to_its_end,
)
from services.planner.problem.supply import to_campaign, to_products, to_stock, with_unknown


@dataclass(frozen=True, slots=True)
class PosedProblem:
    """A problem together with what turns its plan into events again."""

    problem: Problem
    calendar: Calendar
    told: Kept  # what is judged as it was published: kept stops, and movable ones where a person approves plans
    kept: tuple[VisitAssigned, ...]  # frozen or under way: repeated unchanged
    from_at: datetime  # the plan says nothing about visits that begin earlier
    team_of: dict[str, UUID]  # by shift
    matrix: Matrix  # the travel of the problem, with its provenance
    elsewhere: int = 0  # how many facts of other regions about its people the problem knows
    extra: ExtraFacts = NOTHING_ASKED  # the people of open offers are out of the problem
    base: UUID | None = None  # the published plan
    movable: tuple[VisitAssigned, ...] = ()  # published, and a plan may change them
    policy: PolicyChanged = field(default_factory=PolicyChanged)


def to_problem(snapshot: Snapshot, known: KnownNeeds | None = None) -> PosedProblem:
    """Builds the problem of a region at the moment of its snapshot; equal snapshots give equal problems.

    With `known` needs, only those of whom something was said since are built.
    """
    policy, campaigns = snapshot.policy, with_priorities(snapshot)
    calendar = Calendar.of(snapshot.now, policy.horizon_days)
    roster = to_roster(snapshot.teams, snapshot.region)
    freeze = to_freeze(roster, snapshot.now, timedelta(minutes=policy.freeze_minutes))
    given = given_doses(snapshot.people.facts.doses)
    visits = sort_visits(
        regroup(snapshot.visits.published, snapshot.visits.grouped),
        given,
        freeze,
        calendar.midnight,
    )
    products = to_products(snapshot.supply.products, exercise=policy.exercise)
    people = to_people(snapshot.people, campaigns, visits.busy, products, calendar, known)
    crises = to_crises(snapshot.visits.crises, visits.done, calendar)
    area = Map()
    locations = to_locations(snapshot.places.locations, campaigns, area, calendar)
    depots = to_depots(snapshot.places.organisations, area)
    named = {need.location_id for need in people.needs} | {one.location_id for one in crises}
    unknown = sorted(named - {location.id for location in locations})
    locations += [to_unknown(location_id, area) for location_id in unknown]
    matrix = area.travel()
    depot_ids = {depot.id for depot in depots}
    rights = to_rights(snapshot.teams, snapshot.supply.products)
    shifts = planned_shifts(roster, freeze, depot_ids, rights, calendar)
    stock = to_stock(snapshot.supply, visits.in_cars, calendar)
    standing = Standing(
        visits,
        {shift.id: shift.team_id for shift in shifts},
        closed_shifts(roster, freeze, depot_ids),
    )
    fixed, refused = to_fixed_stops(to_pins(snapshot.visits.pins), standing, calendar, snapshot.now)
    had = {(dose.person, dose.campaign, dose.dose_no) for dose in given_anywhere(snapshot)}
    lines = in_depots(to_stock(snapshot.supply, {}, calendar), depot_ids)
    elsewhere = to_elsewhere(
        snapshot.teams.elsewhere,
        roster,
        {visit.shift_id for visit in (*visits.movable, *visits.kept)},
        timedelta(minutes=policy.rest_minutes),
        calendar,
    )
    problem = Problem(
        region=snapshot.region,
        as_of=snapshot.as_of,
        horizon_start=calendar.start.isoformat(),
        day_starts=calendar.day_starts(),
        now=calendar.to_second(snapshot.now),
        locations=tuple(locations),
        depots=tuple(depots),
        products=with_unknown(products, (*people.needs, *people.under_way)),
        campaigns=tuple(to_campaign(facts, exercise=policy.exercise) for facts in campaigns),
        needs=people.needs,
        crisis_visits=tuple(crises),
        shifts=shifts,
        stock=in_depots(stock, depot_ids),
        travel=matrix.to_travel(),
        fixed=fixed,
        published=tuple(to_published(visit, visits.told, calendar) for visit in visits.movable),
        notice_seconds=policy.notice_days * 86400,
        repair_moves=policy.repair_moves,
        reserved=people.reserved,
        done_visits=frozenset(visits.done),
        rest_seconds=policy.rest_minutes * 60,
        max_duty_seconds=policy.max_duty_minutes * 60,
        max_week_seconds=policy.max_week_minutes * 60,
        same_team_seconds=policy.same_team_minutes * 60,
        ideal_day_seconds=policy.ideal_day_minutes * 60,
        slack_minutes=policy.slack_minutes,
        together_from=policy.together_from,
        area_points=policy.area_points,
        standing_shifts=(*frozen_shifts(roster, freeze, rights, calendar), *elsewhere),
        kept=to_kept(visits.kept, people.under_way, lines, had, calendar),
        refused_pins=refused,
        asked=to_asked(to_pins(snapshot.visits.pins), visits.movable, calendar),
        grouped=to_grouped(snapshot.visits.grouped, {key_of(need) for need in people.needs}),
    )
    extra = to_extra(snapshot, Day(problem, roster, freeze, rights, calendar))
    movable = [] if policy.publishes_every_change else visits.movable
    told = to_kept(
        [*visits.kept, *movable], [*people.under_way, *people.needs], lines, had, calendar
    )
    return PosedProblem(
        hold_offered(with_clashes(problem), extra.open),
        calendar,
        told=told,
        kept=tuple(visits.kept),
        from_at=snapshot.now,
        team_of={str(shift.facts.shift_id): shift.facts.team_id for shift in roster},
        matrix=matrix,
        elsewhere=snapshot.elsewhere,
        extra=extra,
        base=snapshot.base,
        movable=tuple(visits.movable),
        policy=policy,
    )


def with_clashes(problem: Problem) -> Problem:
    """The problem that says too which wishes no plan can keep."""
    clashes = find_clashes(problem)
    return replace(problem, refused_pins=(*problem.refused_pins, *clashes)) if clashes else problem


def with_priorities(snapshot: Snapshot) -> tuple[CampaignOpened, ...]:
    """The campaigns with the priorities that this region agreed for them."""
    agreed = snapshot.policy.priorities
    return tuple(
        one.model_copy(update={"priorities": agreed[one.campaign_id]})
        if one.campaign_id in agreed
        else one
        for one in snapshot.supply.campaigns
    )


def to_kept(
    visits: Iterable[VisitAssigned],
    needs: Iterable[Need],
    stock: Sequence[StockLine],
    had: Collection[DoseKey],
    calendar: Calendar,
) -> Kept:
    """Converts published visits to stops to be judged, for the people who have not had their dose."""
    stops = tuple(to_kept_stop(visit, calendar, had) for visit in visits)
    wanted = {(person, stop.campaign_id, dose) for stop in stops for person, dose in stop.doses}
    of_them = (one for one in needs if (one.person_id, one.campaign_id, one.dose_no) in wanted)
    return Kept(stops, tuple(of_them), tuple(stock))


def in_depots(lines: Iterable[StockLine], depot_ids: Collection[str]) -> tuple[StockLine, ...]:
    """Selects the stock of known depots."""
    return tuple(line for line in lines if line.depot_id in depot_ids)


def given_anywhere(snapshot: Snapshot) -> list[DoseRow]:
    """Lists the doses that people had, from us or elsewhere."""
    return [row for row in snapshot.people.facts.doses if row.outcome != "not_given"]


def closed_shifts(
    roster: Iterable[RosteredShift], freeze: Freeze, depot_ids: Collection[str]
) -> dict[str, str]:
    """Says of shifts why no plan may touch them, by the name of the rule."""
    return {str(shift.facts.shift_id): why_closed(shift, freeze, depot_ids) for shift in roster}


def why_closed(shift: RosteredShift, freeze: Freeze, depot_ids: Collection[str]) -> str:
    """Names the first reason why a shift is not planned."""
    if shift.facts.shift_id in freeze.over or not has_time(shift):
        return "over"
    if shift.is_absent:
        return "absent"
    if shift.facts.shift_id in freeze.shifts:
        return "frozen"
    return "horizon" if str(shift.facts.depot_id) in depot_ids else "depot"


def given_doses(doses: Iterable[DoseRow]) -> set[DoseKey]:
    """Collects the doses that our teams gave; these have left the stock already."""
    return {(dose.person, dose.campaign, dose.dose_no) for dose in doses if dose.outcome == "given"}


def planned_shifts(
    roster: Iterable[RosteredShift],
    freeze: Freeze,
    depot_ids: Collection[str],
    rights: Rights,
    calendar: Calendar,
) -> tuple[Shift, ...]:
    """Selects the shifts that may be planned: team present, not frozen, depot known, time left, within the horizon.

    Shifts that are over need no test of their own: they are frozen.
    """
    shifts = (
        to_shift(shift, rights, calendar)
        for shift in roster
        if not shift.is_absent
        and shift.facts.shift_id not in freeze.shifts
        and str(shift.facts.depot_id) in depot_ids
        and has_time(shift)
    )
    return tuple(shift for shift in shifts if shift.day < calendar.days)


def frozen_shifts(
    roster: Iterable[RosteredShift], freeze: Freeze, rights: Rights, calendar: Calendar
) -> tuple[Shift, ...]:
    """Selects shifts that are frozen, under way or over: not planned, but they count for rest and weekly hours.

    Arbeidstijdenwet, articles 5:3 (rest) and 5:7 (hours); the policy of the region sets the amounts.
    """
    return tuple(
        to_shift(worked_to_its_end(shift), rights, calendar)
        for shift in roster
        if shift.facts.shift_id in freeze.shifts
    )


def to_published(visit: VisitAssigned, told: Collection[str], calendar: Calendar) -> Published:
    """Converts a visit to what was published: whom it serves, where and when, and whether a notice went out."""
    return Published(
        visit_id=str(visit.visit_id),
        shift_id=str(visit.shift_id),
        start=calendar.to_second(visit.starts_at),
        location_id=str(visit.location_id),
        campaign_id=str(visit.campaign_id) if visit.campaign_id else None,
        product_id=visit.product_id,
        doses=tuple((str(one.person_id), one.dose_no) for one in visit.persons),
        service_seconds=int((visit.ends_at - visit.starts_at).total_seconds()),
        told=str(visit.visit_id) in told,
    )
