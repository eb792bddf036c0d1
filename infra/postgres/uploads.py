"""Lists that a practice handed over and has not stored yet: sealed under a key of their own, for one session, for an hour.

Nothing of a list is in plain text at rest: its name and its bytes are sealed, its columns are places and names of ours.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from infra.crypto import Keys, Sealed
from infra.postgres.database import Who

if TYPE_CHECKING:
    from infra.postgres.database import Connection

KEPT: Final = timedelta(hours=1)
MOST_KEPT: Final = 5  # lists of one session: the oldest goes first


@dataclass(frozen=True, slots=True)
class Upload:
    """A list that was handed over; `choices` and `stored` are what its later steps added."""

    id: UUID
    name: str
    raw: bytes
    choices: Mapping[str, Any] | None
    stored: Mapping[str, Any] | None


async def keep(
    tx: "Connection",
    keys: Keys,
    who: Who,
    session: UUID,
    upload: UUID,
    content: tuple[str, bytes],
    now: datetime,
) -> None:
    """Keeps a list, and forgets what is over, and the oldest of this session where there are too many."""
    name, raw = content
    sealed = keys.seal_bytes(pack(name, raw), upload.bytes)
    await forget_old(tx, now)
    await tx.execute(
        """
        DELETE FROM uploads WHERE upload IN (
          SELECT upload FROM uploads WHERE session = $1 ORDER BY kept_at DESC, upload OFFSET $2)
        """,
        session,
        MOST_KEPT - 1,
    )
    await tx.execute(
        """
        INSERT INTO uploads (upload, region, organisation, subject, session, kept_at, until, key_version, wrapped_key, sealed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        upload,
        who.region,
        who.organisation,
        who.subject,
        session,
        now,
        now + KEPT,
        sealed.key_version,
        sealed.wrapped_key,
        sealed.sealed,
    )


async def find(
    tx: "Connection", keys: Keys, who: Who, session: UUID, upload: UUID, now: datetime
) -> Upload | None:
    """The list of this person in this session; None when there is none, or no longer."""
    row = await tx.fetchrow(
        """
        SELECT choices, stored, key_version, wrapped_key, sealed FROM uploads
        WHERE upload = $1 AND organisation = $2 AND subject = $3 AND session = $4 AND region = $5 AND until > $6
        """,
        upload,
        who.organisation,
        who.subject,
        session,
        who.region,
        now,
    )
    if row is None:
        return None
    sealed = Sealed(row["key_version"], row["wrapped_key"], row["sealed"])
    name, raw = unpack(keys.open_bytes(sealed, upload.bytes))
    return Upload(upload, name, raw, read(row["choices"]), read(row["stored"]))


async def choose(tx: "Connection", upload: UUID, choices: Mapping[str, Any]) -> None:
    """Notes how a list has to be read."""
    await tx.execute(
        "UPDATE uploads SET choices = $2::jsonb WHERE upload = $1", upload, json.dumps(choices)
    )


async def finish(
    tx: "Connection", keys: Keys, upload: UUID, stored: Mapping[str, Any], left: tuple[str, bytes]
) -> None:
    """Notes what came of a list; of its rows only those are kept that were given back."""
    sealed = keys.seal_bytes(pack(*left), upload.bytes)
    await tx.execute(
        """
        UPDATE uploads SET stored = $2::jsonb, key_version = $3, wrapped_key = $4, sealed = $5 WHERE upload = $1
        """,
        upload,
        json.dumps(stored),
        sealed.key_version,
        sealed.wrapped_key,
        sealed.sealed,
    )


async def drop(tx: "Connection", upload: UUID) -> None:
    """Forgets a list at once."""
    await tx.execute("DELETE FROM uploads WHERE upload = $1", upload)


async def forget_old(tx: "Connection", now: datetime) -> None:
    """Forgets lists whose hour is over."""
    await tx.execute("DELETE FROM uploads WHERE until <= $1", now)


async def remember_columns(
    tx: "Connection", who: Who, header: bytes, choices: Mapping[str, Any], now: datetime
) -> None:
    """Keeps how this practice reads files with such a header."""
    await tx.execute(
        """
        INSERT INTO upload_columns (organisation, header, choices, said_at) VALUES ($1, $2, $3::jsonb, $4)
        ON CONFLICT (organisation, header) DO UPDATE SET choices = excluded.choices, said_at = excluded.said_at
        """,
        who.organisation,
        header,
        json.dumps(choices),
        now,
    )


async def recall_columns(tx: "Connection", who: Who, header: bytes) -> Mapping[str, Any] | None:
    """How this practice read the last file with such a header."""
    found = await tx.fetchval(
        "SELECT choices FROM upload_columns WHERE organisation = $1 AND header = $2",
        who.organisation,
        header,
    )
    return read(found)


def read(text: str | None) -> Mapping[str, Any] | None:
    """What stands in a column of JSON."""
    return None if text is None else json.loads(text)


def pack(name: str, raw: bytes) -> bytes:
    """Name and bytes as one, compressed."""
    return zlib.compress(name.encode() + b"\0" + raw, 1)


def unpack(packed: bytes) -> tuple[str, bytes]:
    """The inverse of `pack`."""
    name, _, raw = zlib.decompress(packed).partition(b"\0")
    return name.decode(), raw
