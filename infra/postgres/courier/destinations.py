"""Destinations: who is told what, under which secret, and whether it still takes messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from events.type_names import to_stored
from infra.crypto import Keys, Sealed
from infra.errors import NotConfigured

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Destination:
    """One receiver; no regions means every region."""

    name: str
    kind: str
    url: str
    types: tuple[str, ...]
    regions: tuple[str, ...]
    state: str = "active"
    why: str = ""
    sealed: Sealed | None = None

    def secret(self, keys: Keys) -> str:
        """What signs its messages; NotConfigured with another master key than it was sealed with."""
        if self.sealed is None:
            raise NotConfigured(
                f"destination {self.name} has no secret: remove it and add it again"
            )
        return keys.open(self.sealed, bound_to(self.name))


def bound_to(name: str) -> bytes:
    """A secret is of this destination and of no other."""
    return f"destination {name}".encode()


async def add(tx: "Connection", destination: Destination, now: datetime) -> bool:
    """Keep a new destination; False when the name is taken."""
    sealed = destination.sealed
    return bool(
        await tx.fetchval(
            """
            INSERT INTO destinations (name, kind, url, types, regions, key_version, wrapped_key, sealed, added_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING true
            """,
            destination.name,
            destination.kind,
            destination.url,
            list(destination.types),
            list(destination.regions),
            sealed and sealed.key_version,
            sealed and sealed.wrapped_key,
            sealed and sealed.sealed,
            now,
        )
    )


async def remove(tx: "Connection", name: str) -> bool:
    """Remove a destination with its cursors and dead letters; False when there was none."""
    return bool(await tx.fetchval("DELETE FROM destinations WHERE name = $1 RETURNING true", name))


async def set_state(tx: "Connection", name: str, state: str, why: str) -> bool:
    """Stop a destination or let it go on; False when there is none."""
    return bool(
        await tx.fetchval(
            "UPDATE destinations SET state = $2, why = $3 WHERE name = $1 RETURNING true",
            name,
            state,
            why,
        )
    )


async def read_all(tx: "Connection") -> list[Destination]:
    """Every destination, by name; its types under the names that the ledger has."""
    rows = await tx.fetch(
        """
        SELECT name, kind, url, types, regions, state, why, key_version, wrapped_key, sealed
        FROM destinations ORDER BY name
        """
    )
    return [
        Destination(
            row["name"],
            row["kind"],
            row["url"],
            tuple(to_stored(one) for one in row["types"]),
            tuple(row["regions"]),
            row["state"],
            row["why"],
            None if row["sealed"] is None else Sealed(row[7], row[8], row[9]),
        )
        for row in rows
    ]


async def read_names(tx: "Connection", region: str, ids: Sequence[object]) -> dict[object, str]:
    """What locations and organisations are called."""
    rows = await tx.fetch(
        "SELECT id, name FROM courier_names WHERE region = $1 AND id = ANY ($2::uuid[])",
        region,
        list(ids),
    )
    return {row["id"]: row["name"] for row in rows if row["name"]}
