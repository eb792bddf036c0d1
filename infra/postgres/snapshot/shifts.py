"""Shifts with what their crew may do that day; a shift that has begun is frozen and left out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from events.teams import CrewRole, ShiftOpened, TeamFormed
from infra.postgres.snapshot.calendar import AMSTERDAM, Calendar
from scheduling.problem import Break, Shift

if TYPE_CHECKING:
    from infra.postgres.database import Connection

# Arbeidstijdenwet article 5:4: who works more than 5.5 hours has a pause of at least 30 minutes.
PAUSE_AFTER = timedelta(hours=5, minutes=30)
PAUSE_NOT_BEFORE = timedelta(hours=2, minutes=30)
INJECTING = (CrewRole.DOCTOR, CrewRole.NURSE, CrewRole.ASSISTANT)


@dataclass(frozen=True, slots=True)
class Crewed:
    """A shift as it was said, with what the state adds: team, absence, certificates, orders."""

    facts: ShiftOpened
    post: UUID
    skills: frozenset[str]
    is_absent: bool


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
    """The live shifts that overlap the horizon, with their team."""
    rows = await tx.fetch(
        """
        SELECT s.facts, t.facts AS team, EXISTS (
          SELECT FROM absences a WHERE a.region = s.region AND a.team = (s.facts ->> 'team_id')::uuid
          AND a.span && tstzrange((s.facts ->> 'starts_at')::timestamptz, (s.facts ->> 'ends_at')::timestamptz)) AS absent
        FROM shifts s JOIN teams t ON t.region = s.region AND t.team = (s.facts ->> 'team_id')::uuid
        WHERE s.region = $1 AND s.live AND s.facts IS NOT NULL AND t.facts IS NOT NULL
          AND (s.facts ->> 'ends_at')::timestamptz > $2 AND (s.facts ->> 'starts_at')::timestamptz < $3
        ORDER BY s.shift
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
                facts, team.organisation_id, frozenset(s.value for s in team.skills), row["absent"]
            )
        )
    return found


async def load_rights(tx: "Connection", region: str) -> Rights:
    """Certificates and standing orders of a region."""
    certificates: dict[tuple[UUID, str], list[tuple[date, date]]] = {}
    for row in await tx.fetch(
        "SELECT member, role, lower(valid) AS f, upper(valid) - 1 AS u FROM certificates WHERE region = $1",
        region,
    ):
        certificates.setdefault((row["member"], row["role"]), []).append((row["f"], row["u"]))
    orders: dict[UUID, list[tuple[str, date, date]]] = {}
    for row in await tx.fetch(
        "SELECT organisation, product, lower(valid) AS f, upper(valid) - 1 AS u FROM orders WHERE region = $1",
        region,
    ):
        orders.setdefault(row["organisation"], []).append((row["product"], row["f"], row["u"]))
    return Rights(certificates, orders)


def to_shift(crewed: Crewed, rights: Rights, calendar: Calendar, region: str) -> Shift:
    """What the scheduler must know of a shift."""
    facts = crewed.facts
    on = facts.starts_at.astimezone(AMSTERDAM).date()
    injectors = [
        member.role
        for member in facts.crew
        if member.role in INJECTING and rights.may_inject(member.member_id, member.role, on)
    ]
    return Shift(
        id=str(facts.shift_id),
        team_id=str(facts.team_id),
        depot_id=str(facts.depot_id),
        day=calendar.day(on),
        start=calendar.second(facts.starts_at),
        end=calendar.second(facts.ends_at),
        capacity=facts.capacity,
        skills=crewed.skills,
        injectors=len(injectors),
        doctor=any(member.role is CrewRole.DOCTOR for member in facts.crew),
        assistants_only=bool(injectors) and set(injectors) == {CrewRole.ASSISTANT},
        ordered_products=rights.ordered(crewed.post, on),
        pause=pause_of(facts, calendar),
        region=region,
    )


def pause_of(facts: ShiftOpened, calendar: Calendar) -> Break | None:
    """The pause of a long shift: not in its first hours, begun before the law asks for it."""
    if facts.ends_at - facts.starts_at <= PAUSE_AFTER or facts.pause_minutes == 0:
        return None
    return Break(
        calendar.second(facts.starts_at + PAUSE_NOT_BEFORE),
        calendar.second(facts.starts_at + PAUSE_AFTER),
        facts.pause_minutes * 60,
    )
