"""Shifts with what their crew may do that day, those of teams lent by other regions too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from events.local_time import to_local_date
from events.teams import CrewRole, ShiftOpened, TeamFormed
from infra.postgres.snapshot.calendar import Calendar
from scheduling.problem import Break, Shift

if TYPE_CHECKING:
    from infra.postgres.database import Connection

# Arbeidstijdenwet article 5:4: who works more than 5.5 hours has a pause of at least 30 minutes.
PAUSE_AFTER = timedelta(hours=5, minutes=30)
PAUSE_NOT_BEFORE = timedelta(hours=2, minutes=30)
INJECTING = (CrewRole.DOCTOR, CrewRole.NURSE, CrewRole.ASSISTANT)


@dataclass(frozen=True, slots=True)
class Crewed:
    """A shift as it was said, with what the state adds: team, loan, absence, delay."""

    facts: ShiftOpened
    post: UUID
    skills: frozenset[str]
    region: str  # whose team it is
    planned_by: str  # another region when the team is lent that day
    is_absent: bool
    late: timedelta  # below zero: early


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may inject when, and which product a post has ordered when."""

    certificates: dict[tuple[UUID, str], list[tuple[date, date]]]
    orders: dict[UUID, list[tuple[str, date, date]]]

    def may_inject(self, member: UUID, role: str, on: date) -> bool:
        """Whether a certificate for this role is valid that day."""
        return any(
            begins <= on <= ends for begins, ends in self.certificates.get((member, role), ())
        )

    def ordered(self, post: UUID, on: date) -> frozenset[str]:
        """Products with a standing order of the post that day."""
        return frozenset(
            product for product, begins, ends in self.orders.get(post, ()) if begins <= on <= ends
        )


async def load_crewed(
    tx: "Connection", region: str, begins: datetime, ends: datetime
) -> list[Crewed]:
    """The live shifts that overlap the horizon, with their team: the region's own and those lent to it.

    Of two loans of a team for one day the newest holds; of what two regions say of one shift, our own.
    """
    rows = await tx.fetch(
        """
        WITH said AS (
          SELECT region, shift, worked, (worked ->> 'team_id')::uuid AS team, (worked ->> 'starts_at')::timestamptz AS starts,
                 (worked ->> 'ends_at')::timestamptz AS ends,
                 ((worked ->> 'starts_at')::timestamptz AT TIME ZONE 'Europe/Amsterdam')::date AS on_day
          FROM shifts WHERE live AND worked IS NOT NULL
            AND (region = $1 OR region IN (SELECT region FROM loans WHERE to_region = $1)))
        SELECT DISTINCT ON (s.shift) s.worked AS facts, t.facts AS team, s.region, coalesce(l.to_region, s.region) AS planned_by,
               EXISTS (SELECT FROM absences a WHERE a.region IN (s.region, $1) AND a.team = s.team
                       AND a.span && tstzrange(s.starts, s.ends)) AS absent,
               coalesce(d.minutes, 0) AS late
        FROM said s JOIN teams t ON t.region = s.region AND t.team = s.team AND t.facts IS NOT NULL
        LEFT JOIN LATERAL (
          SELECT to_region FROM loans k WHERE k.region = s.region AND k.team = s.team AND k.valid @> s.on_day
          ORDER BY k.lent_seq DESC LIMIT 1) AS l ON true
        LEFT JOIN LATERAL (
          SELECT minutes FROM delays k WHERE k.region IN (s.region, $1) AND k.team = s.team AND k.noted_at < s.ends
            AND (k.noted_at AT TIME ZONE 'Europe/Amsterdam')::date = s.on_day
          ORDER BY k.noted_at DESC, k.seq DESC LIMIT 1) AS d ON true
        WHERE s.ends > $2 AND s.starts < $3 AND (s.region = $1 OR l.to_region = $1)
        ORDER BY s.shift, s.region = $1 DESC
        """,
        region,
        begins,
        ends,
    )
    found = []
    for row in rows:
        team = TeamFormed.model_validate_json(row["team"])
        facts = ShiftOpened.model_validate_json(row["facts"])
        found.append(
            Crewed(
                facts,
                team.organisation_id,
                frozenset(skill.value for skill in team.skills),
                row["region"],
                row["planned_by"],
                row["absent"],
                timedelta(minutes=row["late"]),
            )
        )
    return found


def depots_abroad(crewed: Sequence[Crewed], region: str) -> dict[UUID, str]:
    """Where the shifts of borrowed teams begin, with the region that knows the place."""
    return {one.facts.depot_id: one.region for one in crewed if one.region != region}


async def load_rights(tx: "Connection", regions: Sequence[str]) -> Rights:
    """Certificates and standing orders of a region and of those that lend to it."""
    certificates: dict[tuple[UUID, str], list[tuple[date, date]]] = {}
    for row in await tx.fetch(
        "SELECT member, role, lower(valid) AS f, upper(valid) - 1 AS u FROM certificates WHERE region = ANY ($1::text[])",
        regions,
    ):
        certificates.setdefault((row["member"], row["role"]), []).append((row["f"], row["u"]))
    orders: dict[UUID, list[tuple[str, date, date]]] = {}
    for row in await tx.fetch(
        "SELECT organisation, product, lower(valid) AS f, upper(valid) - 1 AS u FROM orders WHERE region = ANY ($1::text[])",
        regions,
    ):
        orders.setdefault(row["organisation"], []).append((row["product"], row["f"], row["u"]))
    return Rights(certificates, orders)


def has_time(crewed: Crewed) -> bool:
    """Whether anything is left of a shift that begins late."""
    return crewed.facts.starts_at + crewed.late < crewed.facts.ends_at


def worked_to_its_end(crewed: Crewed) -> Crewed:
    """A shift under way as the team will have worked it: begun in time, ended late."""
    ends_at = crewed.facts.ends_at + max(crewed.late, timedelta())
    facts = crewed.facts.model_copy(update={"ends_at": ends_at})
    return replace(crewed, facts=facts, late=timedelta())


def to_shift(crewed: Crewed, rights: Rights, calendar: Calendar) -> Shift:
    """What the scheduler must know of a shift; a team that is late begins later."""
    facts = crewed.facts
    starts_at = facts.starts_at + max(crewed.late, timedelta())
    on = to_local_date(facts.starts_at)
    injectors = [
        member.role
        for member in facts.crew
        if member.role in INJECTING and rights.may_inject(member.member_id, member.role, on)
    ]
    return Shift(
        id=str(facts.shift_id),
        team_id=str(facts.team_id),
        depot_id=str(facts.depot_id),
        day=calendar.day(to_local_date(starts_at)),
        start=calendar.second(starts_at),
        end=calendar.second(facts.ends_at),
        capacity=facts.capacity,
        skills=crewed.skills,
        injectors=len(injectors),
        doctor=any(member.role is CrewRole.DOCTOR for member in facts.crew),
        assistants_only=bool(injectors) and set(injectors) == {CrewRole.ASSISTANT},
        ordered_products=rights.ordered(crewed.post, on),
        pause=pause_of(facts, starts_at, calendar),
        region=crewed.planned_by,
    )


def pause_of(facts: ShiftOpened, starts_at: datetime, calendar: Calendar) -> Break | None:
    """The pause of a long shift: not in its first hours, begun before the law asks for it."""
    if facts.ends_at - starts_at <= PAUSE_AFTER or facts.pause_minutes == 0:
        return None
    return Break(
        calendar.second(starts_at + PAUSE_NOT_BEFORE),
        calendar.second(starts_at + PAUSE_AFTER),
        facts.pause_minutes * 60,
    )
