"""How far a region is: what the demo and the command line show, read as `planner`."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from events.identifiers import SYSTEM_SOURCE

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class PlanView:
    """The newest published plan of a region."""

    plan: UUID
    hash: str
    counts: dict[str, object]
    seconds: float
    knows_all: bool  # no newer fact changes its problem


@dataclass(frozen=True, slots=True)
class RegionView:
    """Numbers of a region's ledger and state."""

    accepted: int  # events from outside
    persons: int
    locations: int
    shifts: int
    given: int
    plan: PlanView | None


async def view_region(tx: "Connection", region: str) -> RegionView:
    """The numbers as they are at this moment."""
    row = await tx.fetchrow(
        """
        SELECT (SELECT count(*) FROM ledger WHERE source <> $2) AS accepted,
               (SELECT count(DISTINCT person) FROM registrations_now WHERE region = $1 AND home = $1) AS persons,
               (SELECT count(*) FROM locations WHERE region = $1 AND known) AS locations,
               (SELECT count(*) FROM shifts WHERE region = $1 AND live) AS shifts,
               (SELECT count(*) FROM person_doses WHERE region = $1 AND outcome = 'given') AS given
        """,
        region,
        SYSTEM_SOURCE,
    )
    assert row is not None
    return RegionView(
        row["accepted"],
        row["persons"],
        row["locations"],
        row["shifts"],
        row["given"],
        await view_plan(tx, region),
    )


async def view_plan(tx: "Connection", region: str) -> PlanView | None:
    """The newest published plan, and whether it knows the newest facts."""
    row = await tx.fetchrow(
        """
        SELECT p.plan, p.hash, p.counts, p.seconds,
               p.region_seq >= coalesce((SELECT seq FROM problem_changes WHERE region = $1), 0)
               AND p.national_seq >= coalesce((SELECT seq FROM problem_changes WHERE region = 'NL'), 0) AS knows_all
        FROM plans p WHERE p.region = $1 AND p.published_seq > 0 ORDER BY p.published_seq DESC LIMIT 1
        """,
        region,
    )
    if row is None:
        return None
    return PlanView(
        row["plan"], row["hash"], json.loads(row["counts"]), row["seconds"], row["knows_all"]
    )


async def hash_of(tx: "Connection", plan: UUID) -> str | None:
    """Under which hash a plan is kept; None when it is not."""
    found: str | None = await tx.fetchval(
        "SELECT p.hash FROM plans p JOIN plan_records r USING (hash) WHERE p.plan = $1 LIMIT 1",
        plan,
    )
    return found


async def read_plan_in_force(tx: "Connection", region: str) -> tuple[UUID, str] | None:
    """The plan that a region went by in the state that plain names mean, and its hash; None before the first."""
    row = await tx.fetchrow(
        "SELECT plan, hash FROM plans WHERE region = $1 AND published_seq > 0 ORDER BY published_seq DESC LIMIT 1",
        region,
    )
    return None if row is None else (row["plan"], row["hash"])


async def hashes_of(tx: "Connection", number: int, region: str | None) -> dict[str, str]:
    """Under which hash the plan of this number, as pages have it, is kept; by region, of all regions without one."""
    rows = await tx.fetch(
        """
        SELECT n.region, n.hash FROM (
          SELECT region, hash, rank() OVER (PARTITION BY region ORDER BY proposed_seq) AS number FROM plans
          WHERE proposed_seq > 0 AND ($2::text IS NULL OR region = $2)
        ) n JOIN plan_records r USING (hash, region) WHERE n.number = $1 ORDER BY n.region
        """,
        number,
        region,
    )
    return {row["region"]: row["hash"] for row in rows}


async def read_record(tx: "Connection", plan_hash: str) -> tuple[bytes, bytes | None]:
    """The packed record of a plan (what it was computed from, and the plan) and the packed travel that belongs to it."""
    row = await tx.fetchrow(
        """
        SELECT r.record, t.matrix FROM plan_records r
        LEFT JOIN travel_matrices t ON t.region = r.region AND t.version = r.travel WHERE r.hash = $1
        """,
        plan_hash,
    )
    assert row is not None, "no plan has this hash"
    return row["record"], row["matrix"]


async def read_lag(tx: "Connection", ends: dict[tuple[str, int], int]) -> int:
    """Records on the topics that the ledger has not taken in; `ends` are the topics' next offsets."""
    rows = await tx.fetch("SELECT topic, part, next_offset FROM kafka_positions")
    stored = {(row["topic"], row["part"]): row["next_offset"] for row in rows}
    return sum(max(0, end - stored.get(partition, 0)) for partition, end in ends.items())


async def is_alive(tx: "Connection", process: str, pid: int) -> bool:
    """Whether this very process has given a sign of life."""
    return bool(
        await tx.fetchval(
            "SELECT true FROM heartbeats WHERE process = $1 AND pid = $2", process, pid
        )
    )
