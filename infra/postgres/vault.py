"""The vault: who a person is, sealed; the same person gets the same id from every sender."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from infra.crypto import Keys, Sealed
from infra.errors import NotConfigured
from infra.identity import new_id
from infra.person import Person

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(slots=True)
class Stored:
    """A vault row with its person opened, for comparing within a block."""

    id: UUID
    bsn_hash: bytes | None
    person: Person


async def identify(
    tx: "Connection", keys: Keys, persons: Sequence[Person], now: datetime
) -> list[UUID]:
    """One id per person, in order: the known one, else a new one; a race gives both senders one id.

    Known by BSN, else by name within the same birth date and postcode unless the BSNs differ. The blocks
    are locked in order for the transaction, so two senders of one person wait for each other.
    """
    blocks = [keys.hash("block", person.block) for person in persons]
    bsns = [keys.hash("bsn", person.bsn) if person.bsn else None for person in persons]
    locks = {
        int.from_bytes(found[:8], "big", signed=True)
        for found in [*blocks, *(b for b in bsns if b)]
    }
    await tx.fetch(
        "SELECT pg_advisory_xact_lock(k) FROM (SELECT unnest($1::bigint[]) AS k ORDER BY 1) AS locks",
        sorted(locks),
    )
    by_bsn = await find_by_bsn(tx, [found for found in bsns if found])
    by_block = await find_by_block(tx, keys, blocks)
    ids: list[UUID] = []
    for person, block, bsn in zip(persons, blocks, bsns, strict=True):
        known = by_bsn.get(bsn) if bsn else None
        if known is None and (match := by_name(person, bsn, by_block[block])) is not None:
            known = match.id
            if bsn and match.bsn_hash is None:
                await tx.execute("UPDATE persons SET bsn_hash = $2 WHERE person = $1", known, bsn)
                match.bsn_hash = bsn
        if known is None:
            known = await store(tx, keys, person, (block, bsn), now)
            by_block[block].append(Stored(known, bsn, person))
        if bsn:
            by_bsn[bsn] = known
        ids.append(known)
    return ids


def by_name(person: Person, bsn: bytes | None, block: Sequence[Stored]) -> Stored | None:
    """The row of the block with the same name whose BSN does not contradict."""
    for row in block:
        contradicts = bsn is not None and row.bsn_hash is not None and row.bsn_hash != bsn
        if row.person.normal_name == person.normal_name and not contradicts:
            return row
    return None


async def find_by_bsn(tx: "Connection", hashes: Sequence[bytes]) -> dict[bytes, UUID]:
    """Known persons by the hash of their BSN."""
    rows = await tx.fetch(
        "SELECT bsn_hash, person FROM persons WHERE bsn_hash = ANY ($1::bytea[])", hashes
    )
    return {row["bsn_hash"]: row["person"] for row in rows}


async def find_by_block(
    tx: "Connection", keys: Keys, blocks: Sequence[bytes]
) -> dict[bytes, list[Stored]]:
    """The opened persons of each block; only these are decrypted."""
    rows = await tx.fetch(
        "SELECT person, bsn_hash, block_hash, key_version, wrapped_key, sealed FROM persons WHERE block_hash = ANY ($1::bytea[])",
        blocks,
    )
    found: dict[bytes, list[Stored]] = defaultdict(list)
    for row in rows:
        sealed = Sealed(row["key_version"], row["wrapped_key"], row["sealed"])
        found[row["block_hash"]].append(
            Stored(row["person"], row["bsn_hash"], unsealed(keys, sealed, row["person"]))
        )
    return found


async def store(
    tx: "Connection", keys: Keys, person: Person, hashes: tuple[bytes, bytes | None], now: datetime
) -> UUID:
    """Write a new person and return its id."""
    person_id = new_id()
    text = json.dumps({**asdict(person), "birth_date": person.birth_date.isoformat()})
    sealed = keys.seal(text, person_id.bytes)
    await tx.execute(
        """
        INSERT INTO persons (person, block_hash, bsn_hash, key_version, wrapped_key, sealed, stored_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        person_id,
        *hashes,
        sealed.key_version,
        sealed.wrapped_key,
        sealed.sealed,
        now,
    )
    return person_id


async def open_persons(
    tx: "Connection", keys: Keys, person_ids: Sequence[UUID]
) -> dict[UUID, Person]:
    """The persons of these that the reader may see; who calls it logs the read in the same transaction."""
    rows = await tx.fetch(
        "SELECT person, key_version, wrapped_key, sealed FROM persons WHERE person = ANY ($1::uuid[])",
        person_ids,
    )
    return {
        row["person"]: unsealed(
            keys, Sealed(row["key_version"], row["wrapped_key"], row["sealed"]), row["person"]
        )
        for row in rows
    }


def unsealed(keys: Keys, sealed: Sealed, person_id: UUID) -> Person:
    """The person in a vault row."""
    found = json.loads(keys.open(sealed, person_id.bytes))
    return Person(**{**found, "birth_date": date.fromisoformat(found["birth_date"])})


async def check_key(tx: "Connection", keys: Keys) -> None:
    """NotConfigured when the vault was sealed with another key; an empty vault fits every key."""
    row = await tx.fetchrow(
        "SELECT person, key_version, wrapped_key, sealed FROM persons ORDER BY stored_at DESC LIMIT 1"
    )
    if row is None:
        return
    try:
        keys.open(
            Sealed(row["key_version"], row["wrapped_key"], row["sealed"]), row["person"].bytes
        )
    except NotConfigured as error:
        raise NotConfigured(f"the vault can not be opened: {error}") from None
