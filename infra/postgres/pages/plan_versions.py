"""Reads the versions of a region's plan for its planner: their state, who decided, and what they say."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID

from pydantic import TypeAdapter

from events.plans import VisitAssigned
from infra.postgres.assignments import to_assigned

if TYPE_CHECKING:
    from infra.postgres.database import Connection

State = Literal["proposed", "published", "superseded", "rejected"]
ASSIGNMENTS: Final = TypeAdapter(tuple[VisitAssigned, ...])


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided on a plan; `actor` is None where the system that sent it did not say who."""

    kind: str  # plan.approved or plan.rejected
    seq: int
    at: datetime
    actor: str | None
    organisation: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """A plan of the region. `base`: the published plan that it was made beside, where it says so."""

    plan: UUID
    number: int
    state: State
    hash: str
    as_of: tuple[int, int]
    proposed_at: datetime
    published_at: datetime | None
    base: UUID | None
    counts: dict[str, Any]
    by_priority: dict[str, int]
    decision: Decision | None  # None: nobody had to
    made_of: UUID | None = None  # a person had it made of this plan
    made: Literal["chosen", "restored", "supposed"] | None = None

    @property
    def is_offer(self) -> bool:
        """Whether it gains more than it disturbs, and waits for a person in every region."""
        return "offer_calls" in self.counts

    @property
    def waits(self) -> bool:
        """Whether somebody can decide on it."""
        return self.state == "proposed"


@dataclass(frozen=True, slots=True)
class Unserved:
    """Why a plan leaves somebody or a crisis visit out, strongest reason first."""

    campaign: UUID | None
    person: UUID | None
    dose_no: int | None
    visit: UUID | None
    reasons: tuple[str, ...]


async def list_versions(
    tx: "Connection", region: str, most: int, before: int | None = None, plan: UUID | None = None
) -> list[Version]:
    """Reads the newest plans, those with a number below `before`, or this plan alone; the newest first.

    Proposals that knew less than an earlier one, or that were made beside a plan that is not the published one any more,
    are superseded: nobody can approve them.
    """
    rows = await tx.fetch(
        """
        WITH numbered AS (
          SELECT p.*, rank() OVER (ORDER BY proposed_seq) AS number,
                 max(published_seq) OVER () AS newest_published FROM plans p WHERE p.region = $1 AND p.proposed_seq > 0)
        SELECT n.plan, n.number, n.hash, n.region_seq, n.national_seq, n.proposed_at, n.published_at, n.base, n.counts, n.by_priority, n.made_of, n.made,
               CASE WHEN n.published_seq > 0 THEN CASE WHEN n.published_seq = n.newest_published THEN 'published' ELSE 'superseded' END
                    WHEN n.rejected_seq > 0 THEN 'rejected'
                    WHEN n.stale OR n.proposed_seq < n.newest_published THEN 'superseded' ELSE 'proposed' END AS state,
               d.type AS decided, d.seq AS decided_seq, d.at AS decided_at, d.actor,
               coalesce(o.facts ->> 'name', left(d.actor_org::text, 8)) AS organisation, d.reason
        FROM numbered n
        LEFT JOIN LATERAL (
          SELECT m.* FROM decisions_made m WHERE m.region = n.region AND m.plan = n.plan
            AND (n.published_seq > 0 AND m.type LIKE 'plan.approved%' AND m.seq < n.published_seq
                 OR n.published_seq = 0 AND n.rejected_seq > 0 AND m.type LIKE 'plan.rejected%')
          ORDER BY m.seq DESC LIMIT 1) d ON true
        LEFT JOIN organisations o ON o.region = d.region AND o.organisation = d.actor_org
        WHERE ($3::bigint IS NULL OR n.number < $3) AND ($4::uuid IS NULL OR n.plan = $4)
        ORDER BY n.number DESC LIMIT $2
        """,
        region,
        most,
        before,
        plan,
    )
    return [to_version(row) for row in rows]


def to_version(row: Any) -> Version:
    """Converts a row."""
    decided = row["decided"] is not None
    return Version(
        plan=row["plan"],
        number=row["number"],
        state=row["state"],
        hash=row["hash"],
        as_of=(row["region_seq"], row["national_seq"]),
        proposed_at=row["proposed_at"],
        published_at=row["published_at"],
        base=row["base"],
        counts=json.loads(row["counts"] or "{}"),
        by_priority=json.loads(row["by_priority"] or "{}"),
        made_of=row["made_of"],
        made=row["made"],
        decision=Decision(
            row["decided"].rpartition(".v")[0],
            row["decided_seq"],
            row["decided_at"],
            row["actor"],
            row["organisation"],
            row["reason"],
        )
        if decided
        else None,
    )


async def read_version(tx: "Connection", region: str, plan: UUID) -> Version | None:
    """Reads one plan; None when this region has none of that name."""
    found = await list_versions(tx, region, 1, plan=plan)
    return found[0] if found else None


async def read_published(tx: "Connection", region: str) -> Version | None:
    """Reads the plan that people go by."""
    plan = await tx.fetchval(
        "SELECT plan FROM plans WHERE region = $1 AND published_seq > 0 ORDER BY published_seq DESC LIMIT 1",
        region,
    )
    return None if plan is None else await read_version(tx, region, plan)


async def read_newest_waiting(tx: "Connection", region: str) -> Version | None:
    """Reads the newest proposal that somebody can decide on."""
    plan = await tx.fetchval(
        """
        SELECT p.plan FROM plans p
        WHERE p.region = $1 AND p.proposed_seq > 0 AND p.published_seq = 0 AND p.rejected_seq = 0 AND NOT p.stale
          AND p.proposed_seq > (SELECT coalesce(max(published_seq), 0) FROM plans WHERE region = $1)
        ORDER BY p.proposed_seq DESC LIMIT 1
        """,
        region,
    )
    return None if plan is None else await read_version(tx, region, plan)


async def knows_all(tx: "Connection", region: str, version: Version) -> bool:
    """Reads whether a plan is the newest proposal and no fact came since that changes the problem of its region."""
    found: bool | None = await tx.fetchval(
        """
        SELECT n.plan = $2 AND $3 >= coalesce((SELECT seq FROM problem_changes WHERE region = $1), 0)
               AND $4 >= coalesce((SELECT seq FROM problem_changes WHERE region = 'NL'), 0)
        FROM planned n WHERE n.region = $1
        """,
        region,
        version.plan,
        *version.as_of,
    )
    return bool(found)


async def read_assignments(
    tx: "Connection", region: str, plan: UUID
) -> tuple[datetime, tuple[VisitAssigned, ...]] | None:
    """Reads what a plan assigns, and the moment before which it says nothing; None when its record is gone."""
    row = await tx.fetchrow(
        """
        SELECT r.assignments, r.from_at FROM plans p JOIN plan_assignments r USING (hash, region) WHERE p.region = $1 AND p.plan = $2
        """,
        region,
        plan,
    )
    if row is None:
        return None
    return row["from_at"], ASSIGNMENTS.validate_json(zlib.decompress(row["assignments"]))


async def read_standing(
    tx: "Connection", region: str, since: datetime
) -> tuple[tuple[VisitAssigned, ...], frozenset[UUID]]:
    """Reads the visits that people go by and that have not begun, from a moment on; and which have begun."""
    rows = await tx.fetch(
        """
        SELECT v.visit, v.plan, v.location, v.team, v.shift, v.campaign, v.product, lower(v.slot) AS starts, upper(v.slot) AS ends,
               coalesce(array_agg(a.person ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS people,
               coalesce(array_agg(a.dose_no ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS dose_numbers
        FROM visits v LEFT JOIN appointments a USING (region, visit)
        WHERE v.region = $1 AND v.live AND v.started_seq = 0 AND v.completed_seq = 0 AND lower(v.slot) >= $2
        GROUP BY v.region, v.visit ORDER BY v.visit
        """,
        region,
        since,
    )
    begun = await tx.fetch(
        "SELECT visit FROM visits WHERE region = $1 AND (started_seq > 0 OR completed_seq > 0)",
        region,
    )
    return tuple(to_assigned(row) for row in rows), frozenset(row["visit"] for row in begun)


async def read_unserved(tx: "Connection", region: str, plan_hash: str) -> list[Unserved]:
    """Reads why a plan leaves people out."""
    rows = await tx.fetch(
        "SELECT campaign, person, dose_no, visit, reasons FROM plan_unassigned WHERE region = $1 AND hash = $2",
        region,
        plan_hash,
    )
    return [Unserved(row[0], row[1], row[2], row[3], tuple(row[4])) for row in rows]


async def read_taken_rules(tx: "Connection", region: str, plan_hash: str) -> dict[UUID, str]:
    """Reads of which published visits a fact took something, with the rule that says so."""
    return await _read_rules(tx, region, plan_hash, "told")


async def read_refused_rules(tx: "Connection", region: str, plan_hash: str) -> dict[UUID, str]:
    """Reads which visits of another plan a person wanted in this one, and the rule that they break."""
    return await _read_rules(tx, region, plan_hash, "refused")


async def _read_rules(tx: "Connection", region: str, plan_hash: str, kind: str) -> dict[UUID, str]:
    rows = await tx.fetch(
        "SELECT visit, rule FROM plan_findings WHERE region = $1 AND hash = $2 AND kind = $3 AND visit IS NOT NULL",
        region,
        plan_hash,
        kind,
    )
    return {row["visit"]: row["rule"] for row in rows}


async def read_place_names(
    tx: "Connection", region: str, places: Sequence[UUID]
) -> dict[UUID, str | None]:
    """Reads the names of locations; none for one that is not registered yet."""
    rows = await tx.fetch(
        "SELECT location, registered ->> 'name' AS name FROM locations WHERE region = $1 AND location = ANY ($2::uuid[])",
        region,
        list(places),
    )
    return {row["location"]: row["name"] for row in rows}
