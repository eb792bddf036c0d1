"""State of what people put right: corrected waste and containers, and counts that somebody decided about.

All three are series beside the first records, which stay as they were said; views choose what counts.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic_core import to_json

from events.leftovers import ContainerCorrected
from events.supply import StockAdjusted
from events.visits import WasteCorrected
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def adjust(tx: "Connection", rows: Sequence[Numbered[StockAdjusted]]) -> None:
    """Applies stock.adjusted: a series; the counts that it names may arrive later."""
    await tx.execute(
        """
        INSERT INTO stock_adjustments
          (region, seq, depot, product, lot, doses, counts, reason, adjusted_by, moment, accepted_at)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::jsonb[], $8::text[],
                             $9::uuid[], $10::timestamptz[], $11::timestamptz[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.depot_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.payload.doses for row in rows],
        [to_json(row.payload.counts).decode() for row in rows],
        [row.payload.reason for row in rows],
        [row.payload.adjusted_by for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
    )


async def correct_waste(tx: "Connection", rows: Sequence[Numbered[WasteCorrected]]) -> None:
    """Applies waste.corrected: a series; the record that it names may arrive later."""
    await tx.execute(
        """
        INSERT INTO waste_corrections
          (region, seq, of_source, of_id, depot, product, lot, doses, reason, team, visit, wasted_at, why, corrected_by,
           moment, accepted_at)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::int[],
                             $9::text[], $10::uuid[], $11::uuid[], $12::timestamptz[], $13::text[], $14::uuid[],
                             $15::timestamptz[], $16::timestamptz[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.of_source for row in rows],
        [row.payload.of_id for row in rows],
        [row.payload.depot_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.reason.value for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.wasted_at for row in rows],
        [row.payload.why for row in rows],
        [row.payload.corrected_by for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
    )


async def correct_container(tx: "Connection", rows: Sequence[Numbered[ContainerCorrected]]) -> None:
    """Applies container.corrected: a series; the record that it names may arrive later."""
    await tx.execute(
        """
        INSERT INTO container_corrections
          (region, seq, of_source, of_id, container, product, lot, team, visit, doses, opened_at, why, corrected_by,
           moment, accepted_at)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::uuid[],
                             $9::uuid[], $10::int[], $11::timestamptz[], $12::text[], $13::uuid[], $14::timestamptz[],
                             $15::timestamptz[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.of_source for row in rows],
        [row.payload.of_id for row in rows],
        [row.payload.container_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.opened_at for row in rows],
        [row.payload.why for row in rows],
        [row.payload.corrected_by for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
    )
