"""The cursor of each destination in the ledger of each region: what it has, what failed, when to try again."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.postgres.courier.destinations import Destination
    from infra.postgres.database import Connection
    from infra.postgres.ledger_reads import LedgerLine


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one destination is in the ledger of one region."""

    region: str
    seq: int
    begun_seq: int
    attempts: int
    refused: int  # how often the next message was refused by name
    failing_since: datetime | None
    next_try_at: datetime | None
    held_since: datetime | None  # since when the next lines wait for a plan that knows them
    tells_upto: int | None  # the lines that were begun to be told as one
    newest: int  # the region's newest number


async def begin(tx: "Connection", destination: "Destination", *, from_start: bool) -> None:
    """Give the destination a cursor in every region that there is: at its newest number, or at the start."""
    await tx.execute(
        """
        INSERT INTO destination_positions (destination, region, seq, begun_seq)
        SELECT $1, region, CASE WHEN $3 THEN 0 ELSE n END, CASE WHEN $3 THEN 0 ELSE n END FROM region_seq
        WHERE $2::text[] = '{}' OR region = ANY ($2) ON CONFLICT DO NOTHING
        """,
        destination.name,
        list(destination.regions),
        from_start,
    )


async def read_cursors(tx: "Connection", destination: "Destination") -> list[Cursor]:
    """Every region of the destination; one that came later begins at its first number."""
    await tx.execute(
        """
        INSERT INTO destination_positions (destination, region, seq, begun_seq)
        SELECT d.name, s.region, 0, 0 FROM destinations d, region_seq s
        WHERE d.name = $1 AND (d.regions = '{}' OR s.region = ANY (d.regions))
          AND NOT EXISTS (SELECT FROM destination_positions p WHERE p.destination = d.name AND p.region = s.region)
        ON CONFLICT DO NOTHING
        """,
        destination.name,
    )
    rows = await tx.fetch(
        """
        SELECT p.region, p.seq, p.begun_seq, p.attempts, p.refused, p.failing_since, p.next_try_at, p.held_since,
               p.tells_upto, s.n
        FROM destination_positions p JOIN region_seq s USING (region)
        WHERE p.destination = $1 AND ($2::text[] = '{}' OR p.region = ANY ($2)) ORDER BY p.region
        """,
        destination.name,
        list(destination.regions),
    )
    return [Cursor(*row) for row in rows]


async def move(
    tx: "Connection", name: str, region: str, from_seq: int, seq: int, delivered: int, now: datetime
) -> bool:
    """Everything up to `seq` is delivered; False when somebody rewound the cursor meanwhile: then that holds."""
    return bool(
        await tx.fetchval(
            """
            UPDATE destination_positions
            SET seq = $4, delivered = delivered + $5, attempts = 0, refused = 0, failing_since = NULL, next_try_at = NULL, last_error = NULL,
                held_since = NULL, tells_upto = NULL, last_success_at = CASE WHEN $5 > 0 THEN $6 ELSE last_success_at END
            WHERE destination = $1 AND region = $2 AND seq = $3 RETURNING true
            """,
            name,
            region,
            from_seq,
            seq,
            delivered,
            now,
        )
    )


async def hold(tx: "Connection", name: str, cursor: Cursor, now: datetime) -> None:
    """Let the lines after the cursor wait from now on."""
    await tx.execute(
        "UPDATE destination_positions SET held_since = $4 WHERE destination = $1 AND region = $2 AND seq = $3",
        name,
        cursor.region,
        cursor.seq,
        now,
    )


async def settle(tx: "Connection", name: str, cursor: Cursor, upto: int) -> None:
    """Settle that the lines up to this one are told as one, whatever comes before they are."""
    await tx.execute(
        "UPDATE destination_positions SET tells_upto = $4 WHERE destination = $1 AND region = $2 AND seq = $3",
        name,
        cursor.region,
        cursor.seq,
        upto,
    )


async def fail(
    tx: "Connection",
    name: str,
    region: str,
    error: str,
    now: datetime,
    again_at: datetime,
    *,
    refused: bool = False,
) -> datetime | None:
    """Note a failed try; returns since when nothing was delivered, or None when the destination is gone."""
    found: datetime | None = await tx.fetchval(
        """
        UPDATE destination_positions
        SET attempts = attempts + 1, refused = refused + $6::int, failing_since = coalesce(failing_since, $4), next_try_at = $5, last_error = $3
        WHERE destination = $1 AND region = $2 RETURNING failing_since
        """,
        name,
        region,
        error,
        now,
        again_at,
        int(refused),
    )
    return found


async def keep_dead_letter(
    tx: "Connection", name: str, line: "LedgerLine", attempts: int, error: str, now: datetime
) -> None:
    """Keep an event that was given up as a dead letter, so that an operator sees what the receiver lacks."""
    await tx.execute(
        """
        INSERT INTO dead_letters (destination, region, seq, type, at, attempts, error)
        SELECT name, $2, $3, $4, $5, $6, $7 FROM destinations WHERE name = $1
        ON CONFLICT (destination, region, seq) DO UPDATE SET at = excluded.at, attempts = excluded.attempts, error = excluded.error
        """,
        name,
        line.envelope.region,
        line.seq,
        line.envelope.type,
        now,
        attempts,
        error,
    )


async def rewind(tx: "Connection", name: str, region: str | None, after: int | None) -> int:
    """Clear failures, and with `after` move back to behind that number; in how many regions."""
    rows = await tx.fetch(
        """
        UPDATE destination_positions
        SET seq = least(seq, coalesce($3, seq)), attempts = 0, refused = 0, failing_since = NULL, next_try_at = NULL, last_error = NULL,
            held_since = NULL, tells_upto = NULL
        WHERE destination = $1 AND ($2::text IS NULL OR region = $2) RETURNING region
        """,
        name,
        region,
        after,
    )
    return len(rows)
