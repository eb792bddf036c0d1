"""State of what was said otherwise of a dose afterwards: a series; which row counts is chosen on reading (0014)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from events.visits import DoseCorrected, DoseRetracted
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def find_corrected_people(
    tx: "Connection", events: Sequence[tuple[str, str]]
) -> list[tuple[tuple[str, str], UUID]]:
    """Finds whom the corrections are about that waited for one of these events, by its source and id.

    What waited takes effect when the record comes, and then for the person whom it names, who may be another.
    """
    rows = await tx.fetch(
        """
        WITH RECURSIVE about AS (
          SELECT b.source AS first_source, b.id AS first_id, c.source, c.id, c.person
          FROM unnest($1::text[], $2::text[]) AS b (source, id)
          JOIN dose_corrections c ON c.of_source = b.source AND c.of_id = b.id
          UNION
          SELECT a.first_source, a.first_id, c.source, c.id, c.person
          FROM about a JOIN dose_corrections c ON c.of_source = a.source AND c.of_id = a.id)
        SELECT DISTINCT first_source, first_id, person FROM about
        """,
        [source for source, _ in events],
        [name for _, name in events],
    )
    return [((row["first_source"], row["first_id"]), row["person"]) for row in rows]


async def correct(tx: "Connection", rows: Sequence[Numbered[DoseCorrected]]) -> None:
    """Applies dose.corrected: how a dose was given after all; the record that it names may still have to come."""
    await tx.execute(
        """
        INSERT INTO dose_corrections
          (region, seq, of_source, of_id, kind, person, campaign, location, dose_no, product, lot, depot, team, visit, at, why,
           corrected_by, source, id, author, device, device_at, moment, accepted_at)
        SELECT region, seq, of_source, of_id, 'corrected', person, campaign, location, dose_no, product, lot, depot, team, visit, at,
               why, corrected_by, source, id, author, device, device_at, moment, accepted
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::int[], $9::text[],
                    $10::text[], $11::uuid[], $12::uuid[], $13::uuid[], $14::timestamptz[], $15::text[], $16::uuid[], $17::text[],
                    $18::text[], $19::uuid[], $20::text[], $21::timestamptz[], $22::timestamptz[], $23::timestamptz[])
          AS b (region, seq, of_source, of_id, person, campaign, location, dose_no, product, lot, depot, team, visit, at, why,
                corrected_by, source, id, author, device, device_at, moment, accepted)
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.of_source for row in rows],
        [row.payload.of_id for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.dose_no for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.payload.depot_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.given_at for row in rows],
        [row.payload.why for row in rows],
        [row.payload.corrected_by for row in rows],
        [row.source for row in rows],
        [row.id for row in rows],
        [row.payload.author_id for row in rows],
        [row.payload.device_id for row in rows],
        [row.payload.device_at for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
    )


async def retract(tx: "Connection", rows: Sequence[Numbered[DoseRetracted]]) -> None:
    """Applies dose.retracted: the record that it names counts no more, unless it is corrected later."""
    await tx.execute(
        """
        INSERT INTO dose_corrections
          (region, seq, of_source, of_id, kind, person, campaign, location, reason, why, corrected_by, source, id, author, device,
           device_at, moment, accepted_at)
        SELECT region, seq, of_source, of_id, 'retracted', person, campaign, location, reason, why, corrected_by, source, id, author,
               device, device_at, moment, accepted
        FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[],
                    $10::uuid[], $11::text[], $12::text[], $13::uuid[], $14::text[], $15::timestamptz[], $16::timestamptz[],
                    $17::timestamptz[])
          AS b (region, seq, of_source, of_id, person, campaign, location, reason, why, corrected_by, source, id, author, device,
                device_at, moment, accepted)
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.of_source for row in rows],
        [row.payload.of_id for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.location_id for row in rows],
        [row.payload.reason.value for row in rows],
        [row.payload.why for row in rows],
        [row.payload.corrected_by for row in rows],
        [row.source for row in rows],
        [row.id for row in rows],
        [row.payload.author_id for row in rows],
        [row.payload.device_id for row in rows],
        [row.payload.device_at for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
    )
