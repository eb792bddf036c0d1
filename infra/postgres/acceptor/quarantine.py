"""Records that were refused, kept as they came."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from events.envelope import Record
from events.errors import RejectedEvent

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def set_aside(
    tx: "Connection", refused: Sequence[tuple[Record, RejectedEvent]], now: datetime
) -> None:
    """Keep refused records as they came, with the reason and the fields; nothing is dropped.

    A Kafka record that is offered again, because its commit was in doubt, is kept once.
    """
    await tx.executemany(
        """
        INSERT INTO quarantine (at, topic, part, off, key, headers, raw, reason, fields, sender)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (topic, part, off) WHERE off IS NOT NULL DO NOTHING
        """,
        [
            (
                now,
                record.topic or record.system.topic,
                record.partition,
                record.offset,
                record.key,
                json.dumps(
                    {printable(name): printable(value) for name, value in record.headers.items()}
                ),
                record.value,
                error.reason.value,
                list(error.fields),
                record.system.sender.value,
            )
            for record, error in refused
        ],
    )


def printable(text: str | bytes) -> str:
    """A header as text that Postgres can keep: without NUL."""
    return (text.decode("latin-1") if isinstance(text, bytes) else text).replace("\0", "?")
