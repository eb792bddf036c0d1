"""State of the cold chain: readings of temperature loggers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic_core import to_json

from events.supply import TemperatureRead
from infra.postgres.acceptor.ledger import Numbered

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def read_temperature(tx: "Connection", rows: Sequence[Numbered[TemperatureRead]]) -> None:
    """Applies temperature.read: a series; quarantining the lots of an excursion is a derived event."""
    await tx.execute(
        """
        INSERT INTO temperatures (region, seq, depot, team, celsius, excursion, lots, read_at)
        SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::float8[], $6::boolean[], $7::jsonb[],
                             $8::timestamptz[])
        """,
        [row.region for row in rows],
        [row.seq for row in rows],
        [row.payload.depot_id for row in rows],
        [row.payload.team_id for row in rows],
        [row.payload.celsius for row in rows],
        [row.payload.excursion for row in rows],
        [to_json(row.payload.lots).decode() for row in rows],
        [row.payload.read_at for row in rows],
    )
