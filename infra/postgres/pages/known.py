"""Reads what is known already of what a file says: events by their names, and what stands behind a key."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def find_seen(tx: "Connection", names: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of these events, by source and id, that were accepted before."""
    rows = await tx.fetch(
        """
        SELECT s.source, s.id FROM unnest($1::text[], $2::text[]) AS asked (source, id)
        JOIN seen_here s USING (source, id)
        """,
        [source for source, _ in names],
        [name for _, name in names],
    )
    return [(row["source"], row["id"]) for row in rows]


async def find_things(
    tx: "Connection", ids: Mapping[str, Sequence[UUID]], products: Sequence[str]
) -> dict[str, list[str]]:
    """Those of these that somebody registered, by kind; what was only mentioned is not known."""
    rows = await tx.fetch(
        """
        SELECT 'organisation' AS kind, organisation::text AS id FROM organisations
        WHERE organisation = ANY ($1::uuid[]) AND facts IS NOT NULL
        UNION ALL SELECT 'location', location::text FROM locations WHERE location = ANY ($2::uuid[]) AND known
        UNION ALL SELECT 'team', team::text FROM teams WHERE team = ANY ($3::uuid[]) AND facts IS NOT NULL
        UNION ALL SELECT 'campaign', campaign::text FROM campaigns WHERE campaign = ANY ($4::uuid[]) AND facts IS NOT NULL
        UNION ALL SELECT 'product', product FROM products WHERE product = ANY ($5::text[]) AND facts IS NOT NULL
        UNION ALL SELECT kind, id::text FROM things_here WHERE id = ANY ($6::uuid[])
        """,
        *(list(ids.get(kind, ())) for kind in ("organisation", "location", "team", "campaign")),
        list(products),
        [one for kind in ("shift", "delivery", "member") for one in ids.get(kind, ())],
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["kind"], []).append(row["id"])
    return found
