"""Sealing what lies in the quarantine otherwise: in clear, as versions before wrote it, or under an earlier key."""

from typing import TYPE_CHECKING

from infra.crypto import QuarantineKeys
from infra.postgres.acceptor import quarantine

if TYPE_CHECKING:
    from infra.postgres.database import Database


async def seal_clear(database: "Database") -> int | None:
    """Seal some of what lies in clear; how many records, None when there is no key to seal with."""
    async with database.transaction() as tx:
        return await quarantine.seal_clear(tx)


async def seal_all_clear(database: "Database") -> int:
    """Seal what versions before wrote in clear; how many records."""
    total = 0
    while True:
        count = await seal_clear(database)
        if not count:
            return total
        total += count


async def seal_all_anew(database: "Database", keys: QuarantineKeys) -> list[str]:
    """Seal with the newest version what lies under an earlier one; what came of it."""
    after = done = seen = 0
    while True:
        async with database.transaction() as tx:
            numbers, count = await quarantine.seal_anew(tx, keys, after)
        if not numbers:
            break
        after, done, seen = numbers[-1], done + count, seen + len(numbers)
    said = [f"sealed {done} records anew with version {keys.newest.version}"] if done else []
    if seen > done:
        said.append(f"{seen - done} records can not be opened with this key and stay as they are")
    return said
