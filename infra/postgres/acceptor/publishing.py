"""What publishing a plan needs: its record, the policy of the region, and the present assignments."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from pydantic import TypeAdapter

from events.local_time import to_local_date
from events.organisations import PolicyChanged
from events.plans import VisitAssigned
from infra.postgres.assignments import to_assigned
from scheduling.plan import Unassigned

if TYPE_CHECKING:
    from infra.postgres.database import Connection

ASSIGNMENTS: Final = TypeAdapter(tuple[VisitAssigned, ...])


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with its record, as stored."""

    hash: str
    region_seq: int
    national_seq: int
    stale: bool
    rejected_seq: int
    published: bool
    assignments: tuple[VisitAssigned, ...]
    from_at: datetime


async def store_record(
    tx: "Connection",
    key: tuple[str, str],
    from_at: datetime,
    record: bytes,
    assignments: Sequence[VisitAssigned],
    unassigned: Sequence[Unassigned],
    now: datetime,
    travel: str | None = None,
    elsewhere: int = 0,
) -> None:
    """Stores a plan under (hash, region), with the version of its travel; the same plan twice is one row.

    `elsewhere`: how many facts of other regions it knew; the same plan may be made again with more of them.
    """
    plan_hash, region = key
    packed = zlib.compress(ASSIGNMENTS.dump_json(tuple(assignments)))
    fresh = await tx.fetchval(
        """
        INSERT INTO plan_records (hash, region, made_at, from_at, record, assignments, travel, elsewhere) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT DO NOTHING RETURNING true
        """,
        plan_hash,
        region,
        now,
        from_at,
        record,
        packed,
        travel,
        elsewhere,
    )
    if not fresh:
        await tx.execute(
            "UPDATE plan_records SET elsewhere = $3 WHERE hash = $1 AND region = $2 AND elsewhere < $3",
            plan_hash,
            region,
            elsewhere,
        )
        return
    promised = count_by_day(assignments)
    await tx.execute(
        """
        INSERT INTO plan_days (hash, region, campaign, on_day, doses)
        SELECT $1, $2, campaign, on_day, doses FROM unnest($3::uuid[], $4::date[], $5::int[]) AS b (campaign, on_day, doses)
        """,
        plan_hash,
        region,
        [campaign for campaign, _ in promised],
        [day for _, day in promised],
        list(promised.values()),
    )
    await tx.execute(
        """
        INSERT INTO plan_unassigned (hash, region, n, location, campaign, person, dose_no, visit, reasons)
        SELECT $1, $2, n, location, campaign, person, dose_no, visit, string_to_array(reasons, ',')
        FROM unnest($3::int[], $4::uuid[], $5::uuid[], $6::uuid[], $7::int[], $8::uuid[], $9::text[])
          AS b (n, location, campaign, person, dose_no, visit, reasons)
        """,
        plan_hash,
        region,
        list(range(len(unassigned))),
        [row.location_id for row in unassigned],
        [row.campaign_id for row in unassigned],
        [row.person_id for row in unassigned],
        [row.dose_no for row in unassigned],
        [row.visit_id for row in unassigned],
        [",".join(reason.value for reason in row.reasons) for row in unassigned],
    )


def count_by_day(assignments: Sequence[VisitAssigned]) -> Counter[tuple[UUID, date]]:
    """Counts the doses that a plan promises by campaign and day."""
    promised: Counter[tuple[UUID, date]] = Counter()
    for one in assignments:
        if one.campaign_id is not None:
            promised[one.campaign_id, to_local_date(one.starts_at)] += len(one.persons)
    return promised


async def read_policy(tx: "Connection", region: str) -> PolicyChanged:
    """Reads the policy of a region, or the default one."""
    policy = await tx.fetchval("SELECT policy FROM policies WHERE region = $1", region)
    return PolicyChanged.model_validate_json(policy) if policy else PolicyChanged()


async def read_plan(tx: "Connection", region: str, plan: UUID) -> StoredPlan | None:
    """Reads a plan with its record; None when it was never proposed here."""
    row = await tx.fetchrow(
        """
        SELECT p.hash, p.region_seq, p.national_seq, p.stale OR n.plan <> p.plan AS stale, p.rejected_seq, p.published_seq, r.assignments, r.from_at
        FROM plans p JOIN plan_records r USING (hash, region) JOIN planned n ON n.region = p.region WHERE p.region = $1 AND p.plan = $2
        """,
        region,
        plan,
    )
    if row is None:
        return None
    assignments = ASSIGNMENTS.validate_json(zlib.decompress(row["assignments"]))
    return StoredPlan(
        row["hash"],
        row["region_seq"],
        row["national_seq"],
        row["stale"],
        row["rejected_seq"],
        row["published_seq"] > 0,
        assignments,
        row["from_at"],
    )


async def read_assigned(
    tx: "Connection", region: str, from_at: datetime
) -> dict[UUID, VisitAssigned]:
    """Reads the live visits that begin at or after a moment and have not been started, as last published."""
    rows = await tx.fetch(
        """
        SELECT v.visit, v.plan, v.location, v.team, v.shift, v.campaign, v.product, lower(v.slot) AS starts, upper(v.slot) AS ends,
               coalesce(array_agg(a.person ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS people,
               coalesce(array_agg(a.dose_no ORDER BY a.person, a.dose_no) FILTER (WHERE a.live), '{}') AS dose_numbers
        FROM visits v LEFT JOIN appointments a USING (region, visit)
        WHERE v.region = $1 AND v.live AND v.started_seq = 0 AND v.completed_seq = 0 AND lower(v.slot) >= $2
        GROUP BY v.region, v.visit
        """,
        region,
        from_at,
    )
    return {row["visit"]: to_assigned(row) for row in rows}


async def read_begun(tx: "Connection", region: str) -> set[UUID]:
    """Reads the visits that have been started or completed: a plan leaves them alone."""
    rows = await tx.fetch(
        "SELECT visit FROM visits WHERE region = $1 AND (started_seq > 0 OR completed_seq > 0)",
        region,
    )
    return {row["visit"] for row in rows}
