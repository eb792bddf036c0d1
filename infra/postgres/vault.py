"""The vault: who a person is, sealed; the same person gets the same id from every sender.

Every description is kept as a statement of who said it; whom it is about is decided in `infra.identifying`. The work
is the same for somebody known, somebody new and a question: the same statements, as many seals and openings, so that
an answer tells nothing by its time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from infra.crypto import Keys, Sealed
from infra.errors import NotConfigured
from infra.identifying import Decision
from infra.likeness import list_traits
from infra.person import Description, Person, has_unsaid, keep_unsaid
from infra.postgres import person_questions
from infra.postgres.placing import Batch, Identified, Written, unsealed

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Mended:
    """Whom mended words are about, and whether they leave no question."""

    id: UUID
    settles: bool


async def identify(
    tx: "Connection", keys: Keys, descriptions: Sequence[Description], now: datetime
) -> list[Identified]:
    """One id per description, in order; a race gives both senders one id.

    Blocks and numbers are locked in order for the transaction, so two senders of one person wait for each other.
    """
    batch = Batch(keys, descriptions, now)
    await lock(tx, batch)
    for row in await find_near(tx, list(batch.bsns), batch.blocks, sorted(batch.traits)):
        batch.open(row)
    batch.open_as_many(len(descriptions))
    found = [batch.place(one, batch.decide(one)) for one in descriptions]
    await write(tx, batch.written, now)
    return found


async def foresee(
    tx: "Connection", batch: Batch, descriptions: Sequence[Description]
) -> list[Identified]:
    """What `identify` would answer for the next part of a batch, of which nothing is written.

    Who is new has an id that nobody will ever have again. The batch knows the parts before, as the vault would by then.
    """
    bsns = [batch.keys.hash("bsn", one.person.bsn) for one in descriptions if one.person.bsn]
    near = {block for one in descriptions for block in one.person.blocks_near}
    blocks = [batch.keys.hash("block", block) for block in sorted(near)]
    traits = {batch.to_trait(trait) for one in descriptions for trait in list_traits(one.person)}
    for row in await find_near(tx, bsns, blocks, sorted(traits)):
        batch.open(row)
    found = [batch.place(one, batch.decide(one)) for one in descriptions]
    batch.written = Written()
    return found


async def correct(
    tx: "Connection", keys: Keys, described: Description, person: UUID, now: datetime
) -> Mended:
    """What a practice mended about a person with an open question: about somebody else by now, or nobody's any more."""
    batch = Batch(keys, [described], now)
    await lock(tx, batch)
    for row in await find_near(tx, list(batch.bsns), batch.blocks, sorted(batch.traits), person):
        batch.open(row)
    decision = batch.decide(described, but=person)
    other = decision.known
    settles = not other.provisional if other is not None else decision.kind is None
    if other is None or not settles:
        decision = Decision(batch.people[person], adopts=settles)
    found = batch.place(described, decision)
    await write(tx, batch.written, now)
    return Mended(found.id, settles=settles)


async def lock(tx: "Connection", batch: Batch) -> None:
    """Waits for others who describe the same people; numbers and years of birth with postcode in order, until the end.

    Of the year, not of the day: somebody whose day of birth is unknown may be anybody of that year.
    """
    locks = {int.from_bytes(found[:8], "big", signed=True) for found in [*batch.locks, *batch.bsns]}
    await tx.fetch(
        "SELECT pg_advisory_xact_lock(k) FROM (SELECT unnest($1::bigint[]) AS k ORDER BY 1) AS locks",
        sorted(locks),
    )


async def find_near(
    tx: "Connection",
    bsns: Sequence[bytes],
    blocks: Sequence[bytes],
    traits: Sequence[bytes],
    person: UUID | None = None,
) -> list[Any]:
    """Statements about everybody who shares a number, a block or a trait, newest first; who was merged stands under the kept id.

    A person without a statement was stored by a process of the version before.
    """
    rows: list[Any] = await tx.fetch(
        """
        WITH hit AS (
          SELECT person FROM person_statements WHERE bsn_hash = ANY ($1::bytea[]) OR block_hash = ANY ($2::bytea[])
          UNION SELECT person FROM persons WHERE bsn_hash = ANY ($1::bytea[]) OR block_hash = ANY ($2::bytea[])
          OR person = $3
          UNION SELECT person FROM person_traits WHERE trait = ANY ($4::bytea[])),
        wanted AS (
          SELECT person FROM hit UNION SELECT p.same_as FROM persons p JOIN hit USING (person) WHERE p.same_as IS NOT NULL)
        SELECT k.person, k.bsn_hash AS owns, q.kind, q.other, p.person AS sealed_for, coalesce(s.said_by, 'other') AS said_by,
               s.organisation, s.region, coalesce(s.digest, '') AS digest, coalesce(s.key_version, p.key_version) AS key_version,
               coalesce(s.wrapped_key, p.wrapped_key) AS wrapped_key, coalesce(s.sealed, p.sealed) AS sealed
        FROM wanted JOIN persons p USING (person)
        JOIN persons k ON k.person = coalesce(p.same_as, p.person)
        LEFT JOIN person_statements s ON s.person = p.person
        LEFT JOIN LATERAL (
          SELECT kind, other FROM person_questions q WHERE q.person = k.person AND q.answered_at IS NULL
          ORDER BY opened_at, question LIMIT 1) q ON true
        ORDER BY s.as_of DESC, s.precedence, s.number DESC
        """,
        bsns,
        blocks,
        person,
        traits,
    )
    return rows


async def write(tx: "Connection", written: Written, now: datetime) -> None:
    """Writes what a batch adds; each statement runs, also when it has no row."""
    await tx.execute(
        """
        INSERT INTO persons (person, block_hash, bsn_hash, key_version, wrapped_key, sealed, stored_at)
        SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::int[], $5::bytea[], $6::bytea[], $7::timestamptz[])
        """,
        *to_columns(written.persons, 7),
    )
    await tx.execute(
        """
        UPDATE persons p SET bsn_hash = b.hash FROM unnest($1::uuid[], $2::bytea[]) AS b (person, hash)
        WHERE p.person = b.person AND p.bsn_hash IS NULL
        """,
        *to_columns(written.adopted, 2),
    )
    await tx.execute(
        """
        INSERT INTO person_statements (statement, person, said_by, organisation, region, as_of, accepted_at, bsn_hash,
                                       block_hash, digest, key_version, wrapped_key, sealed)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                             $8::bytea[], $9::bytea[], $10::bytea[], $11::int[], $12::bytea[], $13::bytea[])
        """,
        *to_columns(written.statements, 13),
    )
    await tx.execute(
        """
        INSERT INTO person_traits (trait, person) SELECT * FROM unnest($1::bytea[], $2::uuid[]) ORDER BY 1, 2
        ON CONFLICT DO NOTHING
        """,
        *to_columns(written.traits, 2),
    )
    await person_questions.ask(tx, written.questions, now)
    await person_questions.note_mended(tx, written.mended)


def to_columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    """Rows as columns, for `unnest`; no rows are empty columns."""
    return [[row[n] for row in rows] for n in range(width)]


async def merge(tx: "Connection", person: UUID, kept: UUID) -> None:
    """From now on descriptions of the first person are about the kept one; their statements stay as they are."""
    await tx.execute(
        "UPDATE persons SET same_as = $2 WHERE (person = $1 OR same_as = $1) AND person <> $2",
        person,
        kept,
    )


async def find_newest(tx: "Connection", person_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Which statement is shown of each of these, unopened: what was opened before is old when this is another."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (person) person, statement FROM person_statements
        WHERE person = ANY ($1::uuid[]) ORDER BY person, as_of DESC, precedence, number DESC
        """,
        person_ids,
    )
    return {row["person"]: row["statement"] for row in rows}


async def count_statements(tx: "Connection", person_id: UUID) -> int:
    """How often the reader's own organisation described a person."""
    found: int = await tx.fetchval(
        "SELECT count(*) FROM person_statements WHERE person = $1", person_id
    )
    return found


async def open_persons(
    tx: "Connection", keys: Keys, person_ids: Sequence[UUID]
) -> dict[UUID, Person]:
    """The persons of these that the reader may see; who calls it logs the read in the same transaction.

    Of what was said the newest counts, of one moment the practice before the institution before others; a field that it
    leaves empty is that of the one before (`WINNING`). A practice sees what it said itself only.
    """
    rows = await tx.fetch(
        """
        SELECT person, key_version, wrapped_key, sealed FROM person_statements
        WHERE person = ANY ($1::uuid[]) ORDER BY person, as_of DESC, precedence, number DESC
        """,
        person_ids,
    )
    found: dict[UUID, Person] = {}
    for row in rows:
        person = row["person"]
        if person in found and not has_unsaid(found[person]):
            continue
        sealed = Sealed(row["key_version"], row["wrapped_key"], row["sealed"])
        said = unsealed(keys, sealed, person)
        found[person] = keep_unsaid(found[person], said) if person in found else said
    return found


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
