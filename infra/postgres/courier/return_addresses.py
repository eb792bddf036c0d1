"""Where return records are posted to, under which secret, and since when a receiver does not answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from infra.crypto import Keys, Sealed

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Address:
    """Where the messages of one receiver in one region go."""

    region: str
    receiver: str
    practice: UUID | None
    url: str
    sealed: Sealed
    attempts: int = 0
    next_try_at: datetime | None = None

    def secret(self, keys: Keys) -> str:
        """What signs its messages."""
        return keys.open(self.sealed, bound_to(self.region, self.receiver, self.practice))


def bound_to(region: str, receiver: str, practice: UUID | None) -> bytes:
    """A secret is of this receiver and of no other."""
    return f"returns {region} {receiver} {practice}".encode()


async def put(tx: "Connection", address: Address, now: datetime) -> None:
    """Keep an address; it replaces an earlier one of the same receiver."""
    await tx.execute(
        """
        INSERT INTO return_addresses (region, receiver, practice, url, key_version, wrapped_key, sealed, added_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (region, receiver, practice) DO UPDATE
        SET (url, key_version, wrapped_key, sealed, state, why, attempts, failing_since, next_try_at)
          = (excluded.url, excluded.key_version, excluded.wrapped_key, excluded.sealed, 'active', '', 0, NULL, NULL)
        """,
        address.region,
        address.receiver,
        address.practice,
        address.url,
        address.sealed.key_version,
        address.sealed.wrapped_key,
        address.sealed.sealed,
        now,
    )


async def remove(tx: "Connection", region: str, receiver: str, practice: UUID | None) -> bool:
    """Forget an address: the receiver fetches its messages from now on; False when there was none."""
    return bool(
        await tx.fetchval(
            """
            DELETE FROM return_addresses WHERE region = $1 AND receiver = $2 AND practice IS NOT DISTINCT FROM $3
            RETURNING true
            """,
            region,
            receiver,
            practice,
        )
    )


async def read_due(tx: "Connection", now: datetime) -> list[Address]:
    """The receivers with something to send, whose next try is due."""
    rows = await tx.fetch(
        """
        SELECT region, receiver, practice, url, key_version, wrapped_key, sealed, attempts, next_try_at FROM return_addresses a
        WHERE state = 'active' AND (next_try_at IS NULL OR next_try_at <= $1) AND EXISTS (
          SELECT FROM return_messages m WHERE m.region = a.region AND m.receiver = a.receiver
            AND m.practice IS NOT DISTINCT FROM a.practice AND NOT m.said AND m.replaced_at IS NULL)
        ORDER BY region, receiver, practice
        """,
        now,
    )
    return [
        Address(
            row["region"],
            row["receiver"],
            row["practice"],
            row["url"],
            Sealed(row["key_version"], row["wrapped_key"], row["sealed"]),
            row["attempts"],
            row["next_try_at"],
        )
        for row in rows
    ]


async def fail(
    tx: "Connection", address: Address, why: str, now: datetime, again_at: datetime
) -> None:
    """Note that a receiver did not answer."""
    await tx.execute(
        """
        UPDATE return_addresses
        SET attempts = attempts + 1, failing_since = coalesce(failing_since, $5), next_try_at = $6, why = $4
        WHERE region = $1 AND receiver = $2 AND practice IS NOT DISTINCT FROM $3
        """,
        address.region,
        address.receiver,
        address.practice,
        why,
        now,
        again_at,
    )


async def clear(tx: "Connection", address: Address) -> None:
    """The receiver answers again."""
    await tx.execute(
        """
        UPDATE return_addresses SET attempts = 0, failing_since = NULL, next_try_at = NULL, why = ''
        WHERE region = $1 AND receiver = $2 AND practice IS NOT DISTINCT FROM $3 AND attempts > 0
        """,
        address.region,
        address.receiver,
        address.practice,
    )
