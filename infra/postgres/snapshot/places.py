"""Reads locations, and organisations where a shift may begin."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from events.location import LocationChanged, LocationRegistered
from events.organisations import OrganisationRegistered
from infra.postgres.snapshot.rows import LocationRow, PlaceRows, ShiftRow

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def load_places(tx: "Connection", region: str, shifts: Sequence[ShiftRow]) -> PlaceRows:
    """Reads the places of a region, and those in lending regions where borrowed teams begin."""
    return PlaceRows(
        locations=await load_locations(tx, region),
        organisations=await load_organisations(tx, region, shifts),
    )


async def load_locations(tx: "Connection", region: str) -> tuple[LocationRow, ...]:
    """Reads the registered locations of a region."""
    rows = await tx.fetch(
        """
        SELECT registered, CASE WHEN (changed_moment, changed_seq) > (registered_moment, registered_seq) THEN changed END AS changed,
               outbreak
        FROM locations WHERE region = $1 AND known ORDER BY location
        """,
        region,
    )
    return tuple(
        LocationRow(
            LocationRegistered.model_validate_json(row["registered"]),
            LocationChanged.model_validate_json(row["changed"]) if row["changed"] else None,
            row["outbreak"],
        )
        for row in rows
    )


async def load_organisations(
    tx: "Connection", region: str, shifts: Sequence[ShiftRow]
) -> tuple[OrganisationRegistered, ...]:
    """Reads the region's organisations and the depots of borrowed teams; where both regions report one, ours."""
    borrowed = {one.facts.depot_id: one.region for one in shifts if one.region != region}
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (organisation) facts FROM organisations
        WHERE facts IS NOT NULL AND (region = $1 OR (organisation, region) IN (SELECT * FROM unnest($2::uuid[], $3::text[])))
        ORDER BY organisation, region = $1 DESC
        """,
        region,
        list(borrowed),
        list(borrowed.values()),
    )
    return tuple(OrganisationRegistered.model_validate_json(row["facts"]) for row in rows)
