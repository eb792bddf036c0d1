"""The public halves of the quarantine's key, where whoever refuses records finds them; nobody of those can replace one."""

from datetime import datetime
from typing import TYPE_CHECKING

from infra.crypto import QuarantineKeys, SealingKey
from infra.errors import NotConfigured

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def publish(tx: "Connection", keys: QuarantineKeys, now: datetime) -> list[int]:
    """Publishes the versions that are not there yet; which. NotConfigured when one that is there is not ours."""
    rows = await tx.fetch("SELECT version, public FROM quarantine_keys")
    known = {row["version"]: row["public"] for row in rows}
    strange = [v for v, public in known.items() if keys.publics.get(v, public) != public]
    if strange or (known and max(known) > keys.newest.version):
        raise NotConfigured(
            f"version {max(strange or known)} of the quarantine's key in the database does not belong to this master key:"
            " restore the key file that does, or start again with the newest one"
        )
    missing = sorted(keys.publics.keys() - known.keys())
    await tx.executemany(
        "INSERT INTO quarantine_keys (version, public, published_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(version, keys.publics[version], now) for version in missing],
    )
    return missing


async def read_newest(tx: "Connection") -> SealingKey | None:
    """What is sealed with now; None as long as nobody published a key."""
    row = await tx.fetchrow(
        "SELECT version, public FROM quarantine_keys ORDER BY version DESC LIMIT 1"
    )
    return None if row is None else SealingKey(row["version"], row["public"])
