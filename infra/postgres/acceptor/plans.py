"""State of plans: proposed, published, rejected."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from events.canonical import to_canonical
from events.plans import PlanProposed, PlanPublished
from events.teams import PlanRejected
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection

FEW = 5  # fewer people than this are hidden, like the function is_small of the views


async def propose(tx: "Connection", row: Numbered[PlanProposed]) -> bool:
    """Applies plan.proposed; False when it is stale.

    A plan that knew more was there first, or another was published while it was made, which it would undo.
    """
    p = row.payload
    won = not await is_overtaken(tx, row) and await tx.fetchval(
        """
        INSERT INTO planned AS n (region, region_seq, national_seq, plan, seq) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (region) DO UPDATE
        SET (region_seq, national_seq, plan, seq) = (excluded.region_seq, excluded.national_seq, excluded.plan, excluded.seq)
        WHERE excluded.region_seq >= n.region_seq AND excluded.national_seq >= n.national_seq
        RETURNING true
        """,
        row.region,
        p.as_of[0],
        p.as_of[1],
        p.plan_id,
        row.seq,
    )
    await tx.execute(
        """
        INSERT INTO plans AS p
          (region, plan, region_seq, national_seq, horizon_start, hash, counts, seconds, proposed_at, proposed_seq, stale,
           base, by_priority, made_of, made)
        VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, $13::jsonb, $14, $15)
        ON CONFLICT (region, plan) DO UPDATE
        SET (region_seq, national_seq, horizon_start, hash, counts, seconds, proposed_at, proposed_seq, stale, base, by_priority,
             made_of, made)
          = (excluded.region_seq, excluded.national_seq, excluded.horizon_start, excluded.hash, excluded.counts,
             excluded.seconds, excluded.proposed_at, excluded.proposed_seq, excluded.stale, excluded.base, excluded.by_priority,
             excluded.made_of, excluded.made)
        WHERE p.proposed_seq = 0
        """,
        row.region,
        p.plan_id,
        p.as_of[0],
        p.as_of[1],
        p.horizon_start,
        p.hash,
        with_values(p),
        p.seconds,
        row.at,
        row.seq,
        not won,
        p.base,
        json.dumps(p.served_by_priority or {}, sort_keys=True),
        p.made_of,
        p.made,
    )
    return bool(won)


async def is_overtaken(tx: "Connection", row: Numbered[PlanProposed]) -> bool:
    """Whether another plan was published since the one that this plan was made beside."""
    if row.payload.base is None:
        return False
    published: UUID | None = await tx.fetchval(
        "SELECT plan FROM plans WHERE region = $1 AND published_seq > 0 ORDER BY published_seq DESC LIMIT 1",
        row.region,
    )
    return published != row.payload.base


def with_values(proposed: PlanProposed) -> str:
    """Adds values, replay, bound and offer to the counts, as pages read them; fewer than five next doses are hidden."""
    counts = json.loads(to_canonical(proposed.counts))
    if proposed.values is not None:
        for name, n in proposed.values.model_dump().items():
            counts[name] = None if 0 < n < FEW and name != "days_off" else n
    if proposed.replay is not None:
        counts |= proposed.replay.model_dump()
    if proposed.bound is not None:
        counts |= {f"bound_{name}": n for name, n in proposed.bound.model_dump().items()}
        counts["bound_people_tens"] = -(-proposed.bound.people_more // 10) * 10
    if proposed.offer is not None:
        counts |= {f"offer_{name}": n for name, n in proposed.offer.model_dump().items()}
    return json.dumps(counts, sort_keys=True)


async def publish(tx: "Connection", row: Numbered[PlanPublished]) -> None:
    """Applies plan.published."""
    await tx.execute(
        """
        INSERT INTO plans AS p (region, plan, published_at, published_seq) VALUES ($1, $2, $3, $4)
        ON CONFLICT (region, plan) DO UPDATE SET (published_at, published_seq) = (excluded.published_at, excluded.published_seq)
        WHERE excluded.published_seq > p.published_seq
        """,
        row.region,
        row.payload.plan_id,
        row.at,
        row.seq,
    )


async def reject(tx: "Connection", rows: Sequence[Numbered[PlanRejected]]) -> None:
    """Applies plan.rejected; the rejection is kept even if it arrives before the proposal."""
    await tx.execute(
        """
        INSERT INTO plans AS p (region, plan, rejected_seq)
        SELECT region, plan, max(seq) FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS b (region, plan, seq)
        GROUP BY region, plan ORDER BY region, plan
        ON CONFLICT (region, plan) DO UPDATE SET rejected_seq = excluded.rejected_seq WHERE excluded.rejected_seq > p.rejected_seq
        """,
        [row.region for row in rows],
        [row.payload.plan_id for row in rows],
        [row.seq for row in rows],
    )
