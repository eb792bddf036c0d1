"""Reads what every page shows around its content: campaigns, organisations, regions."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Campaign:
    """An open campaign of a region."""

    id: UUID
    name: str
    doses: int
    opens_on: date


@dataclass(frozen=True, slots=True)
class Organisation:
    """A practice, post or depot, with its postcode when known."""

    id: UUID
    name: str
    postcode4: int | None
    lat: float | None
    lon: float | None


async def campaigns(tx: "Connection", region: str) -> list[Campaign]:
    """Reads regional and national campaigns, oldest first."""
    rows = await tx.fetch(
        """
        SELECT campaign, facts ->> 'name' AS name, (facts ->> 'doses')::int AS doses, (facts ->> 'opens_on')::date AS opens_on
        FROM campaigns WHERE region IN ($1, 'NL') AND facts IS NOT NULL ORDER BY opens_on, campaign
        """,
        region,
    )
    return [Campaign(*row) for row in rows]


async def product_codes(tx: "Connection", region: str) -> list[tuple[str, str | None, str | None]]:
    """Reads regional and national products with the codes that others know them by: HPK and SNOMED CT."""
    rows = await tx.fetch(
        """
        SELECT product, facts ->> 'hpk', facts ->> 'snomed' FROM products
        WHERE region IN ($1, 'NL') AND facts IS NOT NULL ORDER BY region = 'NL' DESC, product
        """,
        region,
    )
    return [tuple(row) for row in rows]


async def product_names(tx: "Connection", region: str) -> dict[str, str]:
    """Reads the names of regional and national products, by product id."""
    rows = await tx.fetch(
        "SELECT product, facts ->> 'name' AS name FROM products WHERE region IN ($1, 'NL') AND facts IS NOT NULL",
        region,
    )
    return {row["product"]: row["name"] for row in rows}


async def organisations(
    tx: "Connection", region: str, kinds: tuple[str, ...]
) -> list[Organisation]:
    """Reads the organisations of these kinds, by name."""
    rows = await tx.fetch(
        """
        SELECT organisation, facts ->> 'name' AS name, (facts ->> 'postcode4')::int AS postcode4,
               (facts -> 'point' ->> 'lat')::float8 AS lat, (facts -> 'point' ->> 'lon')::float8 AS lon
        FROM organisations WHERE region = $1 AND facts ->> 'kind' = ANY ($2::text[]) ORDER BY name, organisation
        """,
        region,
        list(kinds),
    )
    return [Organisation(*row) for row in rows]


async def organisation(tx: "Connection", region: str, wanted: UUID) -> Organisation | None:
    """Reads an organisation of the region; None when it is not registered here."""
    row = await tx.fetchrow(
        """
        SELECT organisation, facts ->> 'name' AS name, (facts ->> 'postcode4')::int AS postcode4,
               (facts -> 'point' ->> 'lat')::float8 AS lat, (facts -> 'point' ->> 'lon')::float8 AS lon
        FROM organisations WHERE region = $1 AND organisation = $2 AND facts IS NOT NULL
        """,
        region,
        wanted,
    )
    return None if row is None else Organisation(*row)


async def is_exercise(tx: "Connection", region: str) -> bool:
    """Reads whether the region exercises: its plans may use what nobody approved."""
    said: bool | None = await tx.fetchval(
        "SELECT (policy ->> 'exercise')::boolean FROM policies WHERE region = $1", region
    )
    return said is True


async def regions(tx: "Connection") -> list[str]:
    """Reads the regions with any event, without the country."""
    rows = await tx.fetch("SELECT region FROM region_seq WHERE region <> 'NL' ORDER BY region")
    return [row["region"] for row in rows]
