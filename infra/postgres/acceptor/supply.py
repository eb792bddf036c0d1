"""State of campaigns, products, deliveries, lots and stock; stock is the sum of its movements."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from events.canonical import to_canonical
from events.supply import (
    CampaignChanged,
    CampaignOpened,
    DeliveryAnnounced,
    DeliveryConfirmed,
    DeliveryReceived,
    LotQuarantined,
    LotReleased,
    ProductCatalogued,
    StockCounted,
    StockMoved,
)
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from uuid import UUID

    from infra.postgres.database import Connection


async def open_campaign(tx: "Connection", rows: Sequence[Numbered[CampaignOpened]]) -> None:
    """Applies campaign.opened."""
    await tx.execute(
        """
        INSERT INTO campaigns AS c (region, campaign, opened, opened_seq, opened_moment)
        SELECT DISTINCT ON (region, campaign) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, campaign, facts, seq, moment)
        ORDER BY region, campaign, moment DESC, seq DESC
        ON CONFLICT (region, campaign) DO UPDATE SET (opened, opened_seq, opened_moment) = (excluded.opened, excluded.opened_seq, excluded.opened_moment)
        WHERE (excluded.opened_moment, excluded.opened_seq) > (c.opened_moment, c.opened_seq)
        """,
        [row.region for row in rows],
        [row.payload.campaign_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def change_campaign(tx: "Connection", rows: Sequence[Numbered[CampaignChanged]]) -> None:
    """Applies campaign.changed."""
    await tx.execute(
        """
        INSERT INTO campaigns AS c (region, campaign, changed, changed_seq, changed_moment)
        SELECT DISTINCT ON (region, campaign) *
        FROM unnest($1::text[], $2::uuid[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, campaign, facts, seq, moment)
        ORDER BY region, campaign, moment DESC, seq DESC
        ON CONFLICT (region, campaign) DO UPDATE SET (changed, changed_seq, changed_moment) = (excluded.changed, excluded.changed_seq, excluded.changed_moment)
        WHERE (excluded.changed_moment, excluded.changed_seq) > (c.changed_moment, c.changed_seq)
        """,
        [row.region for row in rows],
        [row.payload.campaign_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def catalogue_product(tx: "Connection", rows: Sequence[Numbered[ProductCatalogued]]) -> None:
    """Applies product.catalogued."""
    await tx.execute(
        """
        INSERT INTO products AS p (region, product, facts, catalogued_seq, catalogued_moment)
        SELECT DISTINCT ON (region, product) *
        FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::bigint[], $5::timestamptz[]) AS b (region, product, facts, seq, moment)
        ORDER BY region, product, moment DESC, seq DESC
        ON CONFLICT (region, product) DO UPDATE SET (facts, catalogued_seq, catalogued_moment) = (excluded.facts, excluded.catalogued_seq, excluded.catalogued_moment)
        WHERE (excluded.catalogued_moment, excluded.catalogued_seq) > (p.catalogued_moment, p.catalogued_seq)
        """,
        [row.region for row in rows],
        [row.payload.product_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def announce(tx: "Connection", rows: Sequence[Numbered[DeliveryAnnounced]]) -> None:
    """Applies delivery.announced; it may arrive after the receipt of the same delivery."""
    await tx.execute(
        """
        INSERT INTO deliveries AS d (region, delivery, depot, product, doses, expected_on, announced_seq, announced_moment)
        SELECT DISTINCT ON (region, delivery) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::date[], $7::bigint[], $8::timestamptz[])
          AS b (region, delivery, depot, product, doses, expected_on, seq, moment)
        ORDER BY region, delivery, moment DESC, seq DESC
        ON CONFLICT (region, delivery) DO UPDATE
        SET (depot, product, doses, expected_on, announced_seq, announced_moment)
          = (excluded.depot, excluded.product, excluded.doses, excluded.expected_on, excluded.announced_seq, excluded.announced_moment)
        WHERE (excluded.announced_moment, excluded.announced_seq) > (d.announced_moment, d.announced_seq)
        """,
        [row.region for row in rows],
        [row.payload.delivery_id for row in rows],
        [row.payload.depot_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.expected_on for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def confirm(tx: "Connection", rows: Sequence[Numbered[DeliveryConfirmed]]) -> None:
    """Applies delivery.confirmed; it may arrive before the announcement of the same delivery, or without one."""
    await tx.execute(
        """
        INSERT INTO deliveries AS d
          (region, delivery, confirmed_depot, confirmed_product, confirmed_doses, confirmed_on, confirmed_seq, confirmed_moment)
        SELECT DISTINCT ON (region, delivery) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::date[], $7::bigint[], $8::timestamptz[])
          AS b (region, delivery, depot, product, doses, on_day, seq, moment)
        ORDER BY region, delivery, moment DESC, seq DESC
        ON CONFLICT (region, delivery) DO UPDATE
        SET (confirmed_depot, confirmed_product, confirmed_doses, confirmed_on, confirmed_seq, confirmed_moment)
          = (excluded.confirmed_depot, excluded.confirmed_product, excluded.confirmed_doses, excluded.confirmed_on,
             excluded.confirmed_seq, excluded.confirmed_moment)
        WHERE (excluded.confirmed_moment, excluded.confirmed_seq) > (d.confirmed_moment, d.confirmed_seq)
        """,
        [row.region for row in rows],
        [row.payload.delivery_id for row in rows],
        [row.payload.depot_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.expected_on for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def receive(tx: "Connection", rows: Sequence[Numbered[DeliveryReceived]]) -> None:
    """Applies delivery.received: the announcement ends, the doses become stock."""
    await tx.execute(
        """
        INSERT INTO deliveries AS d (region, delivery, received_doses, received_on, received_seq, received_moment)
        SELECT DISTINCT ON (region, delivery) *
        FROM unnest($1::text[], $2::uuid[], $3::int[], $4::date[], $5::bigint[], $6::timestamptz[]) AS b (region, delivery, doses, received_on, seq, moment)
        ORDER BY region, delivery, moment DESC, seq DESC
        ON CONFLICT (region, delivery) DO UPDATE
        SET (received_doses, received_on, received_seq, received_moment) = (excluded.received_doses, excluded.received_on, excluded.received_seq, excluded.received_moment)
        WHERE (excluded.received_moment, excluded.received_seq) > (d.received_moment, d.received_seq)
        """,
        [row.region for row in rows],
        [row.payload.delivery_id for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.received_on for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )
    await add_movements(
        tx,
        [
            (
                row.region,
                row.seq,
                0,
                p.depot_id,
                p.product_id,
                p.lot,
                p.doses,
                "received",
                p.use_by,
                p.received_on,
                None,
                row.moment,
                row.at,
            )
            for row in rows
            for p in (row.payload,)
        ],
        [row.payload.delivery_id for row in rows],
    )


async def move_stock(tx: "Connection", rows: Sequence[Numbered[StockMoved]]) -> None:
    """Applies stock.moved: out of one depot and, unless it leaves us, into another."""
    out = [
        (
            row.region,
            row.seq,
            0,
            p.from_depot_id,
            p.product_id,
            p.lot,
            -p.doses,
            "moved",
            None,
            row.moment.date(),
            p.reason.value,
            row.moment,
            row.at,
        )
        for row in rows
        for p in (row.payload,)
    ]
    into = [
        (
            row.region,
            row.seq,
            1,
            p.to_depot_id,
            p.product_id,
            p.lot,
            p.doses,
            "moved",
            None,
            row.moment.date(),
            p.reason.value,
            row.moment,
            row.at,
        )
        for row in rows
        for p in (row.payload,)
        if p.to_depot_id is not None
    ]
    await add_movements(tx, out + into)


async def add_movements(
    tx: "Connection", movements: Sequence[tuple[object, ...]], deliveries: Sequence["UUID"] = ()
) -> None:
    """Inserts stock movements: region, seq, part, depot, product, lot, doses, kind, use_by, on_day, reason, moment, accepted_at.

    Received rows say of which delivery they are: a later statement of that delivery replaces them.
    """
    columns: list[list[object]] = [list(column) for column in zip(*movements, strict=True)]
    await tx.execute(
        """
        INSERT INTO stock_movements
          (region, seq, part, depot, product, lot, doses, kind, use_by, on_day, reason, moment, accepted_at, delivery)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::int[], $8::text[],
                             $9::date[], $10::date[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::uuid[])
        """,
        *columns,
        deliveries or [None] * len(movements),
    )


async def count(tx: "Connection", rows: Sequence[Numbered[StockCounted]]) -> None:
    """Applies stock.counted: a series; a difference with the movements corrects nothing."""
    await tx.execute(
        """
        INSERT INTO stock_counts (region, seq, depot, product, lot, doses, at, moment, accepted_at, counted_by)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::timestamptz[],
                             $8::timestamptz[], $9::timestamptz[], $10::uuid[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.depot_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.counted_at for row in rows],
        [row.moment for row in rows],
        [row.at for row in rows],
        [row.payload.counted_by for row in rows],
    )


async def quarantine_lot(tx: "Connection", rows: Sequence[Numbered[LotQuarantined]]) -> None:
    """Applies lot.quarantined."""
    await tx.execute(
        """
        INSERT INTO lots AS l (region, product, lot, quarantined_seq, quarantined_moment)
        SELECT DISTINCT ON (region, product, lot) *
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[]) AS b (region, product, lot, seq, moment)
        ORDER BY region, product, lot, moment DESC, seq DESC
        ON CONFLICT (region, product, lot) DO UPDATE SET (quarantined_seq, quarantined_moment) = (excluded.quarantined_seq, excluded.quarantined_moment)
        WHERE (excluded.quarantined_moment, excluded.quarantined_seq) > (l.quarantined_moment, l.quarantined_seq)
        """,
        [row.region for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def release_lot(tx: "Connection", rows: Sequence[Numbered[LotReleased]]) -> None:
    """Applies lot.released."""
    await tx.execute(
        """
        INSERT INTO lots AS l (region, product, lot, released_seq, released_moment)
        SELECT DISTINCT ON (region, product, lot) *
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[]) AS b (region, product, lot, seq, moment)
        ORDER BY region, product, lot, moment DESC, seq DESC
        ON CONFLICT (region, product, lot) DO UPDATE SET (released_seq, released_moment) = (excluded.released_seq, excluded.released_moment)
        WHERE (excluded.released_moment, excluded.released_seq) > (l.released_moment, l.released_seq)
        """,
        [row.region for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def find_openings(tx: "Connection", campaigns: Sequence[UUID]) -> dict[UUID, date]:
    """Finds the day on which each of these campaigns begins, of those that are known."""
    rows = await tx.fetch(
        """
        SELECT campaign, max((facts ->> 'opens_on')::date) AS opens_on FROM campaigns
        WHERE campaign = ANY ($1::uuid[]) AND facts IS NOT NULL GROUP BY campaign
        """,
        campaigns,
    )
    return {row["campaign"]: row["opens_on"] for row in rows}
