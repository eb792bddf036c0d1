"""The whole snapshot: every part of one region, read in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from events.identifiers import NATIONAL
from events.organisations import PolicyChanged
from events.plans import VisitAssigned
from infra.postgres.snapshot import people, places, shifts, standing, supply
from infra.postgres.snapshot.calendar import Calendar
from infra.travel.matrix import Matrix
from scheduling.care.crews import DAYS as DUTY_DAYS
from scheduling.problem import Problem

if TYPE_CHECKING:
    from infra.postgres.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A problem with what its plan needs to become events again."""

    problem: Problem
    calendar: Calendar
    kept: tuple[VisitAssigned, ...]
    from_at: datetime  # visits that begin before it are not the plan's
    team_of: dict[str, UUID]  # by shift
    matrix: Matrix  # the travel of the problem, with its provenance


async def load(database: "Database", region: str, now: datetime) -> Snapshot:
    """What the state says of a region at this moment; `now` may be a campaign's simulated time."""
    async with database.snapshot() as tx:
        policy = await load_policy(tx, region)
        calendar = Calendar.of(now, policy.horizon_days)
        as_of = await load_as_of(tx, region)
        campaigns = await supply.load_campaigns(tx, region)
        products = await supply.load_products(tx, region)
        since = calendar.midnight - timedelta(minutes=policy.rest_minutes, days=DUTY_DAYS)
        crewed = await shifts.load_crewed(tx, region, since, calendar.end)
        rights = await shifts.load_rights(tx, sorted({region, *(one.region for one in crewed)}))
        thawed_at = now + timedelta(minutes=policy.freeze_minutes)
        present = [one for one in crewed if not one.is_absent]
        frozen: dict[UUID, str] = {
            one.facts.shift_id: str(one.facts.depot_id)
            for one in present
            if one.facts.starts_at < thawed_at
        }
        over = {one.facts.shift_id for one in crewed if one.facts.ends_at <= now}
        stands = await standing.load_standing(tx, region, calendar.midnight, frozen, set(over))
        area = places.Map()
        locations = await places.load_locations(tx, region, calendar, area, campaigns)
        depots = await places.load_depots(tx, region, area, shifts.depots_abroad(crewed, region))
        folk = await people.load_people(
            tx, region, calendar, campaigns, stands.busy, supply.by_name(products)
        )
        crisis = await standing.load_crisis(tx, region, calendar, stands.done)
        pins = await standing.load_pins(tx, region)
        stock = await supply.load_stock(tx, region, calendar, products, stands.held)
    depot_ids = {depot.id for depot in depots}
    free = [
        shift
        for one in present
        if one.facts.shift_id not in frozen
        and str(one.facts.depot_id) in depot_ids
        and shifts.has_time(one)
        and (shift := shifts.to_shift(one, rights, calendar)).day < calendar.days
    ]
    known = {location.id for location in locations}
    missing = {need.location_id for need in folk.needs} | {visit.location_id for visit in crisis}
    locations += [places.unknown_location(UUID(one), area) for one in sorted(missing - known)]
    matrix = area.travel()
    problem = Problem(
        region=region,
        as_of=as_of,
        horizon_start=calendar.start.isoformat(),
        day_starts=calendar.day_starts(),
        now=calendar.second(now),
        locations=tuple(locations),
        depots=tuple(depots),
        products=supply.with_unknown(products.values(), folk.needs),
        campaigns=tuple(supply.to_campaign(facts) for facts in campaigns),
        needs=folk.needs,
        crisis_visits=tuple(crisis),
        shifts=tuple(free),
        stock=tuple(line for line in stock if line.depot_id in depot_ids),
        travel=matrix.to_travel(),
        fixed=standing.keep_pins(
            stands.movable, pins, {shift.id: shift.team_id for shift in free}, calendar
        ),
        published=tuple(standing.to_published(visit, calendar) for visit in stands.movable),
        reserved=folk.reserved,
        done_visits=frozenset(stands.done),
        rest_seconds=policy.rest_minutes * 60,
        max_duty_seconds=policy.max_duty_minutes * 60,
        max_week_seconds=policy.max_week_minutes * 60,
        same_team_seconds=policy.same_team_minutes * 60,
        ideal_day_seconds=policy.ideal_day_minutes * 60,
        together_from=policy.together_from,
        area_points=policy.area_points,
        standing_shifts=tuple(
            shifts.to_shift(shifts.worked_to_its_end(one), rights, calendar)
            for one in present
            if one.facts.shift_id in frozen
        ),
    )
    team_of = {str(one.facts.shift_id): one.facts.team_id for one in crewed}
    return Snapshot(problem, calendar, tuple(stands.kept), now, dict(team_of), matrix)


async def load_policy(tx: "Connection", region: str) -> PolicyChanged:
    """The policy of a region, or the default one."""
    found = await tx.fetchval("SELECT policy FROM policies WHERE region = $1", region)
    return PolicyChanged.model_validate_json(found) if found else PolicyChanged()


async def load_as_of(tx: "Connection", region: str) -> tuple[int, int]:
    """The newest numbers, of the region and of the country, that this snapshot contains."""
    rows = await tx.fetch(
        "SELECT region, seq FROM problem_changes WHERE region IN ($1, $2)", region, NATIONAL
    )
    found = {row["region"]: row["seq"] for row in rows}
    return found.get(region, 0), found.get(NATIONAL, 0)


@dataclass(frozen=True, slots=True)
class Due:
    """A region whose newest facts are past its newest plan."""

    region: str
    newest: tuple[int, int]


# What a region that lends says of its teams is news for the region that borrows one.
OF_TEAMS = ("team", "shift", "member", "order", "organisation")


async def regions_due(tx: "Connection", now: datetime) -> list[Due]:
    """Regions with a campaign whose plan does not know the newest facts, or begins before today.

    A borrowed team's shifts stand in the ledger of another region: there the plan knows what was accepted
    until its own moment.
    """
    rows = await tx.fetch(
        """
        SELECT c.region, c.seq, coalesce(n.seq, 0) AS national
        FROM problem_changes c
        LEFT JOIN problem_changes n ON n.region = 'NL'
        LEFT JOIN planned p ON p.region = c.region
        LEFT JOIN plans l ON l.region = p.region AND l.plan = p.plan
        LEFT JOIN plan_records r ON r.region = l.region AND r.hash = l.hash
        WHERE c.region <> 'NL' AND EXISTS (SELECT FROM campaigns k WHERE k.region IN (c.region, 'NL') AND k.facts IS NOT NULL)
          AND (p.region IS NULL OR c.seq > p.region_seq OR coalesce(n.seq, 0) > p.national_seq OR l.horizon_start < $1
            OR EXISTS (
              SELECT FROM loans k CROSS JOIN LATERAL (
                SELECT coalesce((SELECT o.seq FROM ledger o WHERE o.region = k.region AND o.accepted_at <= coalesce(r.from_at, l.proposed_at)
                                 ORDER BY o.seq DESC LIMIT 1), 0) AS seq) AS known
              WHERE k.to_region = c.region AND k.region <> c.region
                AND (k.lent_seq > known.seq OR upper(k.valid) > $1 AND EXISTS (
                  SELECT FROM ledger e WHERE e.region = k.region AND e.seq > known.seq AND split_part(e.type, '.', 1) = ANY ($2::text[])))))
        ORDER BY c.region
        """,
        Calendar.of(now, 1).start,
        OF_TEAMS,
    )
    return [Due(row["region"], (row["seq"], row["national"])) for row in rows]
