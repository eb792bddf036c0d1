"""Reads doses of elsewhere under a code of a product that our catalogue does not have."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from infra.postgres.database import Connection

MOST = 500


@dataclass(frozen=True, slots=True)
class UnknownDose:
    """One such dose, with what names its record for ever."""

    product: str
    person: UUID
    campaign: UUID
    dose_no: int
    location: UUID
    at: datetime
    source: str
    id: str


async def count_unknown(tx: "Connection") -> list[tuple[str, int]]:
    """The codes that nobody knows here, with how many doses stand under each."""
    rows = await tx.fetch(
        "SELECT product, count(*) FROM products_in_question GROUP BY product ORDER BY 2 DESC, 1"
    )
    return [(row[0], row[1]) for row in rows]


async def read_unknown(tx: "Connection", product: str) -> list[UnknownDose]:
    """The oldest doses under one code."""
    rows = await tx.fetch(
        """
        SELECT product, person, campaign, dose_no, location, at, source, id FROM products_in_question
        WHERE product = $1 ORDER BY accepted_at, source, id LIMIT $2
        """,
        product,
        MOST,
    )
    return [UnknownDose(*row) for row in rows]
