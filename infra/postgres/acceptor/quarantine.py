"""Records that were refused, kept as they came and within bounds, until they are accepted after all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from events.envelope import Record, Sender, System
from events.errors import RejectedEvent
from events.identifiers import NATIONAL
from infra.postgres.acceptor import room
from infra.postgres.acceptor.keeping import (
    Part,
    digest_of,
    empty,
    joined,
    keep,
    name_event,
    topic_of,
)
from infra.postgres.aliases import read_aliases

if TYPE_CHECKING:
    import asyncpg

    from infra.postgres.database import Connection

# A sender mends what is wrong within weeks. After that the values go, which may hold what nobody should have sent; what was
# refused, when and why stays for a year and a bit.
VALUES_KEPT: Final = timedelta(days=90)
RESOLVED_KEPT: Final = timedelta(days=30)
LINES_KEPT: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Kept:
    """One record in quarantine, as it can be offered again."""

    number: int
    record: Record


async def put(
    tx: "Connection", refused: Sequence[tuple[Record, RejectedEvent]], now: datetime
) -> None:
    """Keep refused records with the reason and the fields: as they came, within bounds; none is dropped.

    A record that comes again, because its commit was in doubt or because it is offered again, is kept once:
    by its offset, or without one by what it says. Whoever listens for one of its regions is woken.
    """
    records = [record for record, _ in refused]
    kept = await fit(tx, records)
    named = [name_event(record) for record in records]
    await tx.execute(
        """
        INSERT INTO quarantine (at, topic, part, off, key, headers, raw, reason, fields, sender, digest, sources, regions,
                                cut, length, value_digest, event_source, event_id)
        SELECT $1, topic, part, off, key, headers, raw, reason, string_to_array(fields, chr(31)), sender, digest,
               string_to_array(sources, chr(31)), string_to_array(regions, chr(31)), cut, length, value_digest, source, id
        FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::jsonb[], $7::bytea[], $8::text[], $9::text[],
                    $10::text[], $11::bytea[], $12::text[], $13::text[], $14::bool[], $15::bigint[], $16::bytea[], $17::text[],
                    $18::text[])
          AS b (topic, part, off, key, headers, raw, reason, fields, sender, digest, sources, regions, cut, length, value_digest,
                source, id)
        ON CONFLICT DO NOTHING
        """,
        now,
        [topic_of(record) for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        [one.key for one in kept],
        [one.headers for one in kept],
        [one.raw for one in kept],
        [error.reason.value for _, error in refused],
        [joined(error.fields) for _, error in refused],
        [record.system.sender.value for record in records],
        [digest_of(record) for record in records],
        ["" if record.topic else joined(record.system.sources) for record in records],
        ["" if record.topic else joined(sorted(record.system.regions)) for record in records],
        [one.cut for one in kept],
        [one.length for one in kept],
        [one.digest for one in kept],
        [source for source, _ in named],
        [name for _, name in named],
    )
    regions = {region for record in records for region in record.system.regions} - {NATIONAL}
    await tx.execute(
        "SELECT pg_notify('accepted', $1)", " ".join(f"{region} 0" for region in sorted(regions))
    )


async def fit(tx: "Connection", records: Sequence[Record]) -> list[Part]:
    """What is kept of each record: no value any more where its topic, or all together, have used up their room."""
    left = await room.left(tx, {topic_of(record) for record in records})
    taken = dict.fromkeys(left, 0)
    kept = []
    for record in records:
        topic, part = topic_of(record), keep(record)
        if part.size > left[topic] - taken[topic]:
            part = empty(part)
        taken[topic] += part.size
        kept.append(part)
    await room.use(tx, taken)
    return kept


async def forget(tx: "Connection", now: datetime, most: int = 1_000) -> int:
    """Wipe what is older than it is kept, at most so many of each kind; how many records were touched."""
    wiped = await tx.execute(
        """
        UPDATE quarantine SET cut = true, raw = NULL, key = NULL, headers = '{}'
        WHERE number IN (
          SELECT number FROM quarantine
          WHERE (at < $1 OR resolved_at < $2) AND (raw IS NOT NULL OR key IS NOT NULL OR headers <> '{}') LIMIT $3)
        """,
        now - VALUES_KEPT,
        now - RESOLVED_KEPT,
        most,
    )
    gone = await tx.execute(
        "DELETE FROM quarantine WHERE number IN (SELECT number FROM quarantine WHERE at < $1 LIMIT $2)",
        now - LINES_KEPT,
        most,
    )
    done = sum(int(said.rpartition(" ")[2]) for said in (wiped, gone))
    if done:
        await room.count_again(tx)
    return done


async def read_open(
    tx: "Connection", numbers: Sequence[int], systems: Mapping[str, System]
) -> list[Kept]:
    """The open records with these numbers, in order, each in the name of its system as it is connected now.

    A record whose topic is connected no more is left out; one that came by HTTPS keeps the rights it had then.
    """
    rows = await tx.fetch(
        """
        SELECT number, topic, part, off, key, headers, raw, sender, sources, regions
        FROM quarantine WHERE number = ANY ($1::bigint[]) AND NOT cut AND resolved_at IS NULL ORDER BY number
        """,
        numbers,
    )
    aliases = await read_aliases(tx)
    kept = []
    for row in rows:
        system = systems.get(row["topic"])
        if system is None and row["off"] is not None:
            continue
        headers = {
            name: value.encode("latin-1") for name, value in json.loads(row["headers"]).items()
        }
        record = Record(system or sent_by(row, aliases), row["raw"], headers, row["key"])
        if row["off"] is not None:
            record = replace(record, topic=row["topic"], partition=row["part"], offset=row["off"])
        kept.append(Kept(row["number"], record))
    return kept


def sent_by(row: "asyncpg.Record", aliases: Mapping[str, str]) -> System:
    """Who sent a record that came without a topic, as it was then."""
    return System(
        row["topic"],
        Sender(row["sender"]),
        tuple(row["sources"]),
        frozenset(row["regions"]),
        aliases,
    )


async def find_open(
    tx: "Connection", topic: str | None, reason: str | None, after: int, most: int
) -> list[int]:
    """Numbers of open records of a topic and a reason (None: of all), the oldest first, beyond `after`."""
    rows = await tx.fetch(
        """
        SELECT number FROM quarantine
        WHERE NOT cut AND resolved_at IS NULL AND number > $3 AND ($1::text IS NULL OR topic = $1) AND ($2::text IS NULL OR reason = $2)
        ORDER BY number LIMIT $4
        """,
        topic,
        reason,
        after,
        most,
    )
    return [row["number"] for row in rows]


async def count_open(
    tx: "Connection", topic: str | None, reason: str | None
) -> list[tuple[str, str, int]]:
    """How many records of each topic and reason are open."""
    rows = await tx.fetch(
        """
        SELECT topic, reason, count(*) FROM quarantine
        WHERE resolved_at IS NULL AND ($1::text IS NULL OR topic = $1) AND ($2::text IS NULL OR reason = $2)
        GROUP BY topic, reason ORDER BY topic, reason
        """,
        topic,
        reason,
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def list_lines(
    tx: "Connection", topic: str, reason: str, most: int
) -> list[tuple[int, datetime, tuple[str, ...]]]:
    """The oldest open records of a topic and a reason: number, when, which fields."""
    rows = await tx.fetch(
        """
        SELECT number, at, fields FROM quarantine
        WHERE resolved_at IS NULL AND topic = $1 AND reason = $2 ORDER BY number LIMIT $3
        """,
        topic,
        reason,
        most,
    )
    return [(row[0], row[1], tuple(row[2])) for row in rows]


async def note_offered(
    tx: "Connection",
    answers: Sequence[tuple[int, RejectedEvent | None]],
    offered_by: str,
    now: datetime,
) -> None:
    """What came of records that were offered again: None is accepted, else why they stay."""
    await tx.execute(
        """
        UPDATE quarantine q SET offered_again_at = $1, offered_by = $2,
          resolved_at = CASE WHEN b.reason IS NULL THEN $1::timestamptz END,
          reason = coalesce(b.reason, q.reason),
          fields = CASE WHEN b.reason IS NULL THEN q.fields ELSE string_to_array(b.fields, chr(31)) END
        FROM unnest($3::bigint[], $4::text[], $5::text[]) AS b (number, reason, fields)
        WHERE q.number = b.number AND q.resolved_at IS NULL
        """,
        now,
        offered_by,
        [number for number, _ in answers],
        [error.reason.value if error else None for _, error in answers],
        [joined(error.fields) if error else "" for _, error in answers],
    )
