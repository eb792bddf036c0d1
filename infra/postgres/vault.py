"""The vault: who a person is, sealed; the same person gets the same id from every sender.

Every description is kept as a statement of who said it; whom it is about is decided in `infra.identifying`. The work
is the same for somebody known, somebody new and a question: the same statements, as many seals and openings, so that
an answer tells nothing by its time.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from infra.crypto import Keys, Sealed
from infra.errors import NotConfigured
from infra.identifying import Decision, Known, QuestionKind, Said, decide, list_disputed
from infra.identity import new_id
from infra.person import Description, Person, SaidBy, Speaker
from infra.postgres import person_questions

if TYPE_CHECKING:
    from infra.postgres.database import Connection

OPENED: Final = (
    2  # descriptions opened for each that comes in, at least: most people have one or two
)


class Told(StrEnum):
    """What the organisation that described somebody may hear about it; "known" is said of its own patients only."""

    NEW = "new"
    KNOWN = "known"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Identified:
    """The id of a described person."""

    id: UUID
    told: Told


@dataclass(slots=True)
class Written:
    """Rows that a batch adds, written together at its end."""

    persons: list[tuple[object, ...]] = field(default_factory=list)
    adopted: list[tuple[UUID, bytes]] = field(default_factory=list)
    statements: list[tuple[object, ...]] = field(default_factory=list)
    questions: list[person_questions.Asked] = field(default_factory=list)


class Batch:
    """Descriptions that are identified together, and the people whom they may be about."""

    def __init__(self, keys: Keys, descriptions: Sequence[Description], now: datetime) -> None:
        self.keys, self.now = keys, now
        self.disputed = list_disputed(descriptions)
        self.bsns = {
            keys.hash("bsn", one.person.bsn): one.person.bsn
            for one in descriptions
            if one.person.bsn
        }
        self.blocks = [keys.hash("block", one.person.block) for one in descriptions]
        self.people: dict[UUID, Known] = {}
        self.of_bsn: defaultdict[str, set[UUID]] = defaultdict(set)
        self.of_block: defaultdict[str, set[UUID]] = defaultdict(set)
        self.digests: set[tuple[UUID, bytes]] = set()
        self.written = Written()
        self.opened = 0

    def open(self, row: Any) -> None:
        """Takes up a row of the vault: one statement about one person."""
        known = self.people.get(row["person"])
        if known is None:
            owns = row["owns"] and self.bsns.get(row["owns"], row["owns"].hex())
            question = row["kind"] and QuestionKind(row["kind"])
            known = Known(row["person"], owns, question, row["other"])
            self.people[known.id] = known
        sealed = Sealed(row["key_version"], row["wrapped_key"], row["sealed"])
        person = unsealed(self.keys, sealed, row["sealed_for"])
        self.opened += 1
        speaker = Speaker(SaidBy(row["said_by"]), row["organisation"], "")
        known.said.append(Said(person, speaker))
        self.digests.add((known.id, bytes(row["digest"])))
        self._index(known, person)
        if known.owns is not None:
            self.of_bsn[known.owns].add(known.id)

    def _index(self, known: Known, person: Person) -> None:
        self.of_block[person.block].add(known.id)
        if person.bsn is not None:
            self.of_bsn[person.bsn].add(known.id)

    def place(self, described: Description) -> Identified:
        """Decides whom a description is about, and notes the rows that follow."""
        person = described.person
        near = self.of_block[person.block] | self.of_bsn[person.bsn or ""]
        decision = decide(described, [self.people[one] for one in sorted(near)], self.disputed)
        known = decision.known
        told = tell(decision, described.speaker)
        text = json.dumps({**asdict(person), "birth_date": person.birth_date.isoformat()})
        person_id = known.id if known is not None else new_id()
        sealed = self.keys.seal(text, person_id.bytes)
        if known is None:
            known = self._add(described, person_id, decision, sealed)
        elif decision.adopts and person.bsn is not None and known.owns is None:
            known.owns = person.bsn
            self.written.adopted.append((known.id, self.keys.hash("bsn", person.bsn)))
        self._state(described, known, text, sealed)
        if known.question is not None:
            asked = person_questions.Asked(
                known.id, known.other, known.question.value, described.speaker
            )
            self.written.questions.append(asked)
        known.said.insert(0, Said(person, described.speaker))
        self._index(known, person)
        return Identified(known.id, told)

    def _add(
        self, described: Description, person_id: UUID, decision: Decision, sealed: Sealed
    ) -> Known:
        person = described.person
        owns = person.bsn if decision.kind is None else None  # a provisional person owns no number
        known = Known(person_id, owns, decision.kind, decision.other)
        self.people[known.id] = known
        self.written.persons.append(
            (
                known.id,
                self.keys.hash("block", person.block),
                self.keys.hash("bsn", owns) if owns else None,
                sealed.key_version,
                sealed.wrapped_key,
                sealed.sealed,
                self.now,
            )
        )
        return known

    def _state(self, described: Description, known: Known, text: str, sealed: Sealed) -> None:
        """Notes a statement. The same words again are none, unless the sender says as of when: a file may be sent twice."""
        speaker, person = described.speaker, described.person
        digest = self.keys.hash("statement", f"{speaker.said_by}\n{speaker.organisation}\n{text}")
        if described.as_of is None and (known.id, digest) in self.digests:
            return
        self.digests.add((known.id, digest))
        self.written.statements.append(
            (
                new_id(),
                known.id,
                speaker.said_by.value,
                speaker.organisation,
                min(described.as_of or self.now, self.now),
                self.now,
                self.keys.hash("bsn", person.bsn) if person.bsn else None,
                self.keys.hash("block", person.block),
                digest,
                sealed.key_version,
                sealed.wrapped_key,
                sealed.sealed,
            )
        )

    def open_as_many(self, size: int) -> None:
        """Opens something sealed until as many descriptions were opened as for people who are all known."""
        sealed = self.keys.seal("{}", b"nobody")
        for _ in range(max(0, OPENED * size - self.opened)):
            self.keys.open(sealed, b"nobody")


def tell(decision: Decision, speaker: Speaker) -> Told:
    """What may be said of a decision to the one who described."""
    if decision.kind is not None or (decision.known is not None and decision.known.provisional):
        return Told.QUESTION
    if decision.known is not None and decision.known.says(speaker):
        return Told.KNOWN
    return Told.NEW


async def identify(
    tx: "Connection", keys: Keys, descriptions: Sequence[Description], now: datetime
) -> list[Identified]:
    """One id per description, in order; a race gives both senders one id.

    Blocks and numbers are locked in order for the transaction, so two senders of one person wait for each other.
    """
    batch = Batch(keys, descriptions, now)
    locks = {
        int.from_bytes(found[:8], "big", signed=True) for found in [*batch.blocks, *batch.bsns]
    }
    await tx.fetch(
        "SELECT pg_advisory_xact_lock(k) FROM (SELECT unnest($1::bigint[]) AS k ORDER BY 1) AS locks",
        sorted(locks),
    )
    for row in await find_near(tx, list(batch.bsns), batch.blocks):
        batch.open(row)
    batch.open_as_many(len(descriptions))
    found = [batch.place(one) for one in descriptions]
    await write(tx, batch.written, now)
    return found


async def find_near(tx: "Connection", bsns: Sequence[bytes], blocks: Sequence[bytes]) -> list[Any]:
    """Statements about everybody who shares a number or a block, newest first; who was merged stands under the kept id.

    A person without a statement was stored by a process of the version before.
    """
    rows: list[Any] = await tx.fetch(
        """
        WITH hit AS (
          SELECT person FROM person_statements WHERE bsn_hash = ANY ($1::bytea[]) OR block_hash = ANY ($2::bytea[])
          UNION SELECT person FROM persons WHERE bsn_hash = ANY ($1::bytea[]) OR block_hash = ANY ($2::bytea[])),
        wanted AS (
          SELECT person FROM hit UNION SELECT p.same_as FROM persons p JOIN hit USING (person) WHERE p.same_as IS NOT NULL)
        SELECT k.person, k.bsn_hash AS owns, q.kind, q.other, p.person AS sealed_for, coalesce(s.said_by, 'other') AS said_by,
               s.organisation, coalesce(s.digest, '') AS digest, coalesce(s.key_version, p.key_version) AS key_version,
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
        INSERT INTO person_statements (statement, person, said_by, organisation, as_of, accepted_at, bsn_hash, block_hash,
                                       digest, key_version, wrapped_key, sealed)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::bytea[],
                             $8::bytea[], $9::bytea[], $10::int[], $11::bytea[], $12::bytea[])
        """,
        *to_columns(written.statements, 12),
    )
    await person_questions.ask(tx, written.questions, now)


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

    Of what was said the newest counts, of one moment the practice before the institution before others. A practice
    sees what it said itself only.
    """
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (person) person, key_version, wrapped_key, sealed FROM person_statements
        WHERE person = ANY ($1::uuid[]) ORDER BY person, as_of DESC, precedence, number DESC
        """,
        person_ids,
    )
    return {
        row["person"]: unsealed(
            keys, Sealed(row["key_version"], row["wrapped_key"], row["sealed"]), row["person"]
        )
        for row in rows
    }


def unsealed(keys: Keys, sealed: Sealed, person_id: UUID) -> Person:
    """The person in a sealed text."""
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
