"""What the judge found beside a plan: rules that stops break which the plan only repeats, and pins that do not hold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

if TYPE_CHECKING:
    from asyncpg import Record

    from infra.postgres.database import Connection

Kind = Literal["kept", "pin", "told", "gave_way", "refused"]
KEPT: Final = "kept"
PIN: Final = "pin"
TOLD: Final = "told"  # facts took what people were told
REFUSED: Final = (
    "refused"  # of a plan that a person had made: what of the other plan breaks a rule now
)
GAVE_WAY: Final = "gave_way"  # `detail` is the visit for which it moved
# Who can not be planned for a reason of their own did not lose the appointment to the fact.
OWN_REASONS: Final = [
    "contradiction",
    "consent_missing",
    "consent_refused",
    "consent_conflicting",
    "booked_elsewhere",
    "identity_question",
    "not_eligible",
    "triage",
    "not_due",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, with the rule by name and the stop or the shift that it concerns, as it stood then."""

    kind: Kind
    visit: UUID | None
    shift: UUID | None
    starts_at: datetime | None
    rule: str
    detail: str
    beside: tuple[UUID, ...] = ()  # of a pin: visits whose pins it cannot hold together with


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A fault as a page shows it; without a location it concerns a shift as a whole, or a visit that is gone."""

    kind: Literal["kept", "pin"]
    visit: UUID | None
    rule: str
    location: str | None
    team: str | None
    starts_at: datetime | None
    by: str | None = None  # who placed the pin
    beside: tuple["Rival", ...] = ()
    holds: str = ""  # of a pin: what it holds
    cause: "Cause | None" = None


@dataclass(frozen=True, slots=True)
class Cause:
    """A fact of others with which a pin or a wish cannot hold together."""

    kind: Literal["hours", "shift"]  # opening hours that were said anew, or a shift that was closed
    at: datetime
    by: str | None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Rival:
    """A pin with which another cannot hold together."""

    location: str | None
    starts_at: datetime | None
    by: str | None


async def read_findings(tx: "Connection", region: str, now: datetime) -> list[FoundRow]:
    """Reads what was found beside the newest plan of a region, of stops that still stand as they were judged.

    Pins that a person asked for since the plan was made, and those of the past, are left out.
    """
    rows = await tx.fetch(
        """
        SELECT f.kind, f.visit, f.rule, l.registered ->> 'name' AS location, t.facts ->> 'name' AS team, f.starts_at, b.actor,
          f.beside, b.kind AS holds, c.kind AS cause, c.at AS cause_at, c.actor AS cause_by, c.team AS cause_team
        FROM planned n JOIN plans p ON p.region = n.region AND p.plan = n.plan
        JOIN plan_findings f ON f.region = p.region AND f.hash = p.hash
        LEFT JOIN visits v ON v.region = f.region AND v.visit = f.visit
        LEFT JOIN locations l ON l.region = f.region AND l.location = v.location
        LEFT JOIN shifts s ON s.region = f.region AND s.shift = coalesce(f.shift, v.shift)
        LEFT JOIN teams t ON t.region = f.region AND t.team = (s.worked ->> 'team_id')::uuid
        LEFT JOIN pins_placed b ON f.kind = 'pin' AND b.region = f.region AND b.visit = f.visit
        LEFT JOIN LATERAL (
          SELECT 'hours' AS kind, h.at, h.actor, NULL AS team FROM hours_said h
          WHERE f.rule = 'time_windows' AND h.region = f.region AND h.location = v.location
          UNION ALL
          SELECT 'shift', z.at, z.actor, m.facts ->> 'name' FROM shifts_closed z
          JOIN teams m ON m.region = z.region AND m.team = z.team
          LEFT JOIN pins w ON w.region = f.region AND w.visit = f.visit
          WHERE z.region = f.region AND CASE f.rule WHEN 'withdrawn' THEN z.shift = f.shift
            WHEN 'no_shift' THEN CASE w.pin_kind WHEN 'team' THEN z.shift = w.shift
              WHEN 'window' THEN z.hours && tstzrange(w.not_before, w.not_after, '[]') ELSE z.hours @> w.starts_at END END
          ORDER BY at DESC LIMIT 1) c ON f.kind = 'pin'
        WHERE n.region = $1 AND f.kind IN ('kept', 'pin') AND CASE WHEN f.kind = 'kept'
          THEN f.visit IS NULL OR v.live AND v.completed_seq = 0 AND v.shift = f.shift AND lower(v.slot) = f.starts_at
          ELSE f.starts_at > $2 AND EXISTS (
            SELECT FROM pins k WHERE k.region = f.region AND k.visit = f.visit AND k.holds) END
        ORDER BY f.kind, f.starts_at NULLS LAST, f.n
        """,
        region,
        now,
    )
    rivals = await read_rivals(tx, region, {name for row in rows for name in row["beside"]})
    return [
        FoundRow(
            kind=row["kind"],
            visit=row["visit"],
            rule=row["rule"],
            location=row["location"],
            team=row["team"],
            starts_at=row["starts_at"],
            by=row["actor"],
            beside=tuple(rivals[name] for name in row["beside"] if name in rivals),
            holds=row["holds"] or "",
            cause=to_cause(row),
        )
        for row in rows
    ]


def to_cause(row: "Record") -> Cause | None:
    """The fact that a pin cannot hold beside, where somebody said one."""
    if row["cause"] is None:
        return None
    return Cause(row["cause"], row["cause_at"], row["cause_by"], row["cause_team"])


async def read_rivals(tx: "Connection", region: str, visits: Collection[UUID]) -> dict[UUID, Rival]:
    """Reads where pinned visits stand and who pinned them, by visit."""
    if not visits:
        return {}
    rows = await tx.fetch(
        """
        SELECT p.visit, l.registered ->> 'name' AS location, lower(v.slot) AS starts_at, p.actor FROM pins_placed p
        LEFT JOIN visits v ON v.region = p.region AND v.visit = p.visit
        LEFT JOIN locations l ON l.region = p.region AND l.location = v.location
        WHERE p.region = $1 AND p.visit = ANY ($2::uuid[])
        """,
        region,
        list(visits),
    )
    return {row["visit"]: Rival(row["location"], row["starts_at"], row["actor"]) for row in rows}


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A published visit that facts took, with how many of its people have no other appointment yet."""

    visit: UUID
    rule: str
    location: str | None
    starts_at: datetime
    people: int


async def read_taken(tx: "Connection", region: str, now: datetime) -> list[TakenRow]:
    """Reads which visits facts took, while their moment is to come and somebody of them waits for another."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (f.starts_at, f.visit) f.visit, f.rule, l.registered ->> 'name' AS location, f.starts_at, w.people
        FROM plan_findings f JOIN plans p ON p.region = f.region AND p.hash = f.hash AND p.published_seq > 0
        JOIN planned n ON n.region = f.region JOIN plans newest ON newest.region = n.region AND newest.plan = n.plan
        LEFT JOIN visits v ON v.region = f.region AND v.visit = f.visit
        LEFT JOIN locations l ON l.region = f.region AND l.location = v.location
        CROSS JOIN LATERAL (
          SELECT count(DISTINCT a.person)::int AS people FROM appointments a
          JOIN plan_unassigned u ON u.region = a.region AND u.hash = newest.hash
            AND (u.person, u.campaign, u.dose_no) = (a.person, a.campaign, a.dose_no)
          WHERE a.region = f.region AND a.visit = f.visit AND NOT a.live AND NOT u.reasons && $3::text[]) w
        WHERE f.region = $1 AND f.kind = 'told' AND f.starts_at > $2 AND w.people > 0
        ORDER BY f.starts_at, f.visit, p.published_seq DESC
        """,
        region,
        now,
        OWN_REASONS,
    )
    return [TakenRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class GaveWayRow:
    """A published visit that moved within its day for another of a higher priority."""

    visit: UUID
    location: str | None
    other: str | None  # location of the other visit
    starts_at: datetime


async def read_gave_way(tx: "Connection", region: str, now: datetime) -> list[GaveWayRow]:
    """Reads which visits gave way and stand where they were moved, until they begin."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (f.starts_at, f.visit) f.visit, l.registered ->> 'name' AS location, m.registered ->> 'name' AS other, f.starts_at
        FROM plan_findings f JOIN plans p ON p.region = f.region AND p.hash = f.hash AND p.published_seq > 0
        JOIN visits v ON v.region = f.region AND v.visit = f.visit AND v.live AND lower(v.slot) = f.starts_at
        JOIN visits w ON w.region = f.region AND w.visit = f.detail::uuid AND w.live
        LEFT JOIN locations l ON l.region = f.region AND l.location = v.location
        LEFT JOIN locations m ON m.region = f.region AND m.location = w.location
        WHERE f.region = $1 AND f.kind = 'gave_way' AND f.starts_at > $2
        ORDER BY f.starts_at, f.visit, p.published_seq DESC
        """,
        region,
        now,
    )
    return [GaveWayRow(*row) for row in rows]
