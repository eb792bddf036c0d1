"""State of opened containers, leftover doses, and reserve lists of people who can come for them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.canonical import to_canonical
from events.leftovers import ContainerOpened, LeftoverOffered, LeftoverTaken
from events.teams import ReserveListed
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def list_reserve(tx: "Connection", rows: Sequence[Numbered[ReserveListed]]) -> None:
    """Applies reserve.listed."""
    await tx.execute(
        """
        INSERT INTO reserves AS r (region, reserve, campaign, facts, listed_seq, listed_moment)
        SELECT DISTINCT ON (region, reserve) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::jsonb[], $5::bigint[], $6::timestamptz[]) AS b (region, reserve, campaign, facts, seq, moment)
        ORDER BY region, reserve, moment DESC, seq DESC
        ON CONFLICT (region, reserve) DO UPDATE
        SET (campaign, facts, listed_seq, listed_moment) = (excluded.campaign, excluded.facts, excluded.listed_seq, excluded.listed_moment)
        WHERE (excluded.listed_moment, excluded.listed_seq) > (r.listed_moment, r.listed_seq)
        """,
        [row.region for row in rows],
        [row.payload.reserve_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def open_container(tx: "Connection", rows: Sequence[Numbered[ContainerOpened]]) -> None:
    """Applies container.opened."""
    await tx.execute(
        """
        INSERT INTO containers AS c (region, container, product, lot, team, visit, doses, opened_at, opened_seq, opened_moment)
        SELECT DISTINCT ON (region, container) *
        FROM unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::int[], $8::timestamptz[], $9::bigint[], $10::timestamptz[])
          AS b (region, container, product, lot, team, visit, doses, opened_at, seq, moment)
        ORDER BY region, container, moment DESC, seq DESC
        ON CONFLICT (region, container) DO UPDATE
        SET (product, lot, team, visit, doses, opened_at, opened_seq, opened_moment)
          = (excluded.product, excluded.lot, excluded.team, excluded.visit, excluded.doses, excluded.opened_at, excluded.opened_seq, excluded.opened_moment)
        WHERE (excluded.opened_moment, excluded.opened_seq) > (c.opened_moment, c.opened_seq)
        """,
        [row.region for row in rows],
        [row.payload.container_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.visit_id for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.opened_at for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def offer(tx: "Connection", rows: Sequence[Numbered[LeftoverOffered]]) -> None:
    """Applies leftover.offered."""
    await tx.execute(
        """
        INSERT INTO leftovers AS l (region, offer, team, campaign, product, lot, doses, use_before, facts, offered_seq, offered_moment)
        SELECT DISTINCT ON (region, offer) *
        FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::int[], $8::timestamptz[],
                    $9::jsonb[], $10::bigint[], $11::timestamptz[])
          AS b (region, offer, team, campaign, product, lot, doses, use_before, facts, seq, moment)
        ORDER BY region, offer, moment DESC, seq DESC
        ON CONFLICT (region, offer) DO UPDATE
        SET (team, campaign, product, lot, doses, use_before, facts, offered_seq, offered_moment)
          = (excluded.team, excluded.campaign, excluded.product, excluded.lot, excluded.doses, excluded.use_before,
             excluded.facts, excluded.offered_seq, excluded.offered_moment)
        WHERE (excluded.offered_moment, excluded.offered_seq) > (l.offered_moment, l.offered_seq)
        """,
        [row.region for row in rows],
        [row.payload.offer_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.campaign_id for row in rows],
        [row.payload.product_id for row in rows],
        [row.payload.lot for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.use_before for row in rows],
        [to_canonical(row.payload) for row in rows],
        [row.seq for row in rows],
        [row.moment for row in rows],
    )


async def take(tx: "Connection", rows: Sequence[Numbered[LeftoverTaken]]) -> None:
    """Applies leftover.taken: a series."""
    await tx.execute(
        """
        INSERT INTO leftovers_taken (region, seq, offer, team, person, doses, taken_at)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::timestamptz[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.offer_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.person_id for row in rows],
        [row.payload.doses for row in rows],
        [row.payload.taken_at for row in rows],
    )
