"""Reads for a practice: its own registrations, what happened to these people, and the locations it may name."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A registration of the practice with what happened to the person; the name is in the vault."""

    person: UUID
    campaign: UUID
    location: UUID
    location_name: str | None
    birth_year: int
    indication: str
    registered_at: datetime
    consent: str | None
    consent_at: datetime | None
    judgement: str | None
    doses: int
    given_at: datetime | None
    not_given: str | None
    not_given_at: datetime | None
    dose_no: int | None
    starts_at: datetime | None
    team: str | None
    reasons: tuple[str, ...]
    taken_over: bool = False  # another region plans this person
    takes_over: bool = False  # another region planned this person before
    two_places: bool = False  # another practice names another place


@dataclass(frozen=True, slots=True)
class Place:
    """A location that a practice may name when it registers a patient."""

    id: UUID
    name: str
    postcode4: int
    municipality: str


async def patients(
    tx: "Connection", region: str, practice: UUID, person: UUID | None = None
) -> list[PatientRow]:
    """Reads the live registrations of a practice, or of one person only; newest first."""
    rows = await tx.fetch(
        """
        SELECT r.person, r.campaign, r.location, l.registered ->> 'name', r.birth_year, r.indication, r.registered_at,
               c.status, c.moment, s.judgement, coalesce(g.doses, 0), g.at, n.reason, n.at,
               a.dose_no, lower(v.slot), t.facts ->> 'name', coalesce(u.reasons, '{}'),
               r.taken_over, r.takes_over, r.two_places
        FROM own_registrations r
        LEFT JOIN locations l ON l.location = r.location AND l.registered_seq > 0
        LEFT JOIN LATERAL (
          SELECT status, moment FROM consents_settled x WHERE x.person = r.person AND x.campaign = r.campaign) c ON true
        LEFT JOIN LATERAL (
          SELECT judgement FROM judgements_settled x WHERE x.person = r.person AND x.campaign = r.campaign) s ON true
        LEFT JOIN LATERAL (
          SELECT count(DISTINCT dose_no)::int AS doses, max(at) AS at FROM doses_shown x
          WHERE x.person = r.person AND x.campaign = r.campaign AND x.outcome <> 'not_given') g ON true
        LEFT JOIN LATERAL (
          SELECT reason, at FROM doses_shown x WHERE x.person = r.person AND x.campaign = r.campaign
            AND x.outcome = 'not_given' ORDER BY moment DESC, accepted_at DESC LIMIT 1) n ON true
        LEFT JOIN LATERAL (
          SELECT x.visit, x.dose_no FROM appointments x WHERE x.person = r.person AND x.campaign = r.campaign AND x.live
            AND x.dose_no > coalesce(g.doses, 0) ORDER BY x.dose_no LIMIT 1) a ON true
        LEFT JOIN visits v ON v.region = r.region AND v.visit = a.visit AND v.live
        LEFT JOIN teams t ON t.region = v.region AND t.team = v.team
        LEFT JOIN LATERAL (
          SELECT x.reasons FROM plan_unassigned x WHERE x.region = r.region AND x.person = r.person AND x.campaign = r.campaign
            AND x.hash = (SELECT p.hash FROM totals_plans p WHERE p.region = $1 AND p.state = 'published')
          ORDER BY x.dose_no LIMIT 1) u ON true
        WHERE r.practice = $2 AND ($3::uuid IS NULL OR r.person = $3)
        ORDER BY r.registered_at DESC, r.person
        """,
        region,
        practice,
        person,
    )
    return [PatientRow(*[*row[:17], tuple(row[17]), *row[18:]]) for row in rows]


async def find_registered(tx: "Connection", practice: UUID, region: str, seq: int) -> UUID | None:
    """Finds whom the practice registered by the fact with this number; None when it is not its newest, or not its own."""
    found: UUID | None = await tx.fetchval(
        "SELECT person FROM registrations WHERE practice = $1 AND region = $2 AND registered_seq = $3 AND live",
        practice,
        region,
        seq,
    )
    return found


async def also_registered(tx: "Connection", person: UUID) -> list[str]:
    """Names of the other practices that registered this patient of the practice too."""
    rows = await tx.fetch(
        "SELECT DISTINCT coalesce(name, '') AS name FROM also_registered WHERE person = $1 ORDER BY 1",
        person,
    )
    return [row["name"] for row in rows]


async def places(tx: "Connection", region: str) -> list[Place]:
    """Reads the registered locations of the region, by name."""
    rows = await tx.fetch(
        """
        SELECT location, registered ->> 'name', (registered ->> 'postcode4')::int, registered ->> 'municipality'
        FROM locations WHERE region = $1 AND registered_seq > 0 ORDER BY 2, 3, 1
        """,
        region,
    )
    return [Place(*row) for row in rows]
