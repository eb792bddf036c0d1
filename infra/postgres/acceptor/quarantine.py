"""Records that were refused, kept as they came, sealed and within bounds, until they are accepted after all."""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from events.envelope import Record, Sender, System
from events.errors import RejectedEvent
from events.identifiers import NATIONAL
from infra.crypto import QuarantineKeys, SealingKey
from infra.errors import NotConfigured
from infra.postgres.acceptor import room
from infra.postgres.acceptor.boxes import (
    Box,
    Place,
    close,
    leave_empty,
    open_box,
    place_of,
    size_when_closed,
)
from infra.postgres.acceptor.keeping import Part, digest_of, joined, keep, name_event, topic_of
from infra.postgres.aliases import read_aliases
from infra.postgres.quarantine_keys import read_newest

if TYPE_CHECKING:
    import asyncpg

    from infra.postgres.database import Connection

# A sender mends what is wrong within weeks. After that the values go, which may hold what nobody should have sent; what was
# refused, when and why stays for a year and a bit.
VALUES_KEPT: Final = timedelta(days=90)
RESOLVED_KEPT: Final = timedelta(days=30)
LINES_KEPT: Final = timedelta(days=400)
MANY: Final = 20  # boxes: closing one takes some tenths of a millisecond, and others of this process should not wait
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """One record in quarantine, as it can be offered again."""

    number: int
    record: Record


async def put(
    tx: "Connection", refused: Sequence[tuple[Record, RejectedEvent]], now: datetime
) -> None:
    """Keep refused records with the reason and the fields: as they came, sealed and within bounds; none is dropped.

    A record that comes again, because its commit was in doubt or because it is offered again, is kept once:
    by its offset, or without one by what it says. Whoever listens for one of its regions is woken.
    """
    records = [record for record, _ in refused]
    kept = await fit(tx, records)
    named = [name_event(record) for record in records]
    await tx.execute(
        """
        INSERT INTO quarantine (at, topic, part, off, headers, sealed, sealed_under, whole, cut, reason, fields, sender, digest,
                                sources, regions, length, value_digest, event_source, event_id)
        SELECT $1, topic, part, off, '{}', sealed, version, whole, true, reason, string_to_array(fields, chr(31)), sender, digest,
               string_to_array(sources, chr(31)), string_to_array(regions, chr(31)), length, value_digest, source, id
        FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bytea[], $6::int[], $7::bool[], $8::text[], $9::text[],
                    $10::text[], $11::bytea[], $12::text[], $13::text[], $14::bigint[], $15::bytea[], $16::text[],
                    $17::text[])
          AS b (topic, part, off, sealed, version, whole, reason, fields, sender, digest, sources, regions, length, value_digest,
                source, id)
        ON CONFLICT DO NOTHING
        """,
        now,
        [topic_of(record) for record in records],
        [record.partition for record in records],
        [record.offset for record in records],
        [one.sealed for one in kept],
        [one.version for one in kept],
        [one.whole for one in kept],
        [error.reason.value for _, error in refused],
        [joined(error.fields) for _, error in refused],
        [record.system.sender.value for record in records],
        [digest_of(record) for record in records],
        ["" if record.topic else joined(record.system.sources) for record in records],
        ["" if record.topic else joined(sorted(record.system.regions)) for record in records],
        [one.length for one in kept],
        [one.digest for one in kept],
        [source for source, _ in named],
        [name for _, name in named],
    )
    regions = {region for record in records for region in record.system.regions} - {NATIONAL}
    await tx.execute(
        "SELECT pg_notify('accepted', $1)", " ".join(f"{region} 0" for region in sorted(regions))
    )


async def fit(tx: "Connection", records: Sequence[Record]) -> list[Box]:
    """What is kept of each record: no value any more where its topic, or all together, have used up their room."""
    left, of_all = await room.left(tx, {topic_of(record) for record in records})
    key, taken = await read_newest(tx), dict.fromkeys(left, 0)
    fitting: dict[int, tuple[Part, Place]] = {}
    kept: dict[int, Box] = {}
    for number, record in enumerate(records):
        part, place = keep(record), place_in(record)
        size = size_when_closed(part) if key else 0
        if size <= min(left[place.topic] - taken[place.topic], of_all - sum(taken.values())):
            taken[place.topic] += size
            fitting[number] = part, place
        else:
            kept[number] = leave_empty(part)
    boxes = await close_all(list(fitting.values()), key)
    kept |= dict(zip(fitting, boxes, strict=True))
    await room.use(tx, taken)
    return [kept[number] for number in range(len(records))]


async def close_all(parts: Sequence[tuple[Part, Place]], key: SealingKey | None) -> list[Box]:
    """Their boxes, in order; of many beside whatever else this process does."""
    if len(parts) < MANY:
        return [close(part, place, key) for part, place in parts]
    return await asyncio.to_thread(lambda: [close(part, place, key) for part, place in parts])


def place_in(record: Record) -> Place:
    """Where this record came from."""
    return Place(topic_of(record), record.partition, record.offset, digest_of(record))


async def seal_clear(tx: "Connection", most: int = 100) -> int | None:
    """Seals some of what versions before wrote in clear; how many, None when there is no key to do it with."""
    key = await read_newest(tx)
    if key is None:
        return None
    rows = await tx.fetch(
        """
        SELECT number, topic, part, off, digest, key, headers, raw, cut, length, value_digest FROM quarantine
        WHERE raw IS NOT NULL OR key IS NOT NULL OR headers <> '{}' ORDER BY number LIMIT $1 FOR UPDATE SKIP LOCKED
        """,
        most,
    )
    parts = [
        Part(row["raw"], row["key"], row["headers"], row["cut"], row["length"], row["value_digest"])
        for row in rows
    ]
    places = [place_of(row) for row in rows]
    boxes = await close_all(list(zip(parts, places, strict=True)), key)
    if any(box.sealed is None for box in boxes):
        return None
    await put_boxes(tx, [row["number"] for row in rows], boxes)
    return len(rows)


async def seal_anew(
    tx: "Connection", keys: QuarantineKeys, after: int, most: int = 100
) -> tuple[list[int], int]:
    """Seals some of what lies under an earlier key, beyond number `after`, with the newest; their numbers, how many of them were done."""
    key = keys.newest
    rows = await tx.fetch(
        """
        SELECT number, topic, part, off, digest, sealed, sealed_under, whole, length, value_digest FROM quarantine
        WHERE sealed_under < $1 AND number > $2 ORDER BY number LIMIT $3 FOR UPDATE
        """,
        key.version,
        after,
        most,
    )
    opened = [(row, part) for row in rows if (part := try_to_open(row, keys)) is not None]
    boxes = await close_all([(part, place_of(row)) for row, part in opened], key)
    await put_boxes(tx, [row["number"] for row, _ in opened], boxes)
    return [row["number"] for row in rows], len(opened)


async def put_boxes(tx: "Connection", numbers: Sequence[int], boxes: Sequence[Box]) -> None:
    """Put a box in the place of what stood there; what is whole stays whole."""
    await tx.execute(
        """
        UPDATE quarantine q SET sealed = b.sealed, sealed_under = b.version, whole = b.whole, cut = true,
          raw = NULL, key = NULL, headers = '{}'
        FROM unnest($1::bigint[], $2::bytea[], $3::int[], $4::bool[]) AS b (number, sealed, version, whole)
        WHERE q.number = b.number
        """,
        numbers,
        [one.sealed for one in boxes],
        [one.version for one in boxes],
        [one.whole for one in boxes],
    )


def try_to_open(row: "asyncpg.Record", keys: QuarantineKeys | None) -> Part | None:
    """What this row holds; None, and a line in the log, when these keys do not open it."""
    if row["sealed"] is None:  # as a version before wrote it
        return Part(row["raw"], row["key"], row["headers"])
    try:
        if keys is None:
            raise NotConfigured(
                "set VAULT_MASTER_KEY_FILE, or VAULT_QUARANTINE_KEY_FILE with the private half of its key"
            )
        return open_box(row, keys)
    except NotConfigured as error:
        logger.error("record %d of the quarantine can not be opened: %s", row["number"], error)  # noqa: TRY400
        return None


async def forget(tx: "Connection", now: datetime, most: int = 1_000) -> int:
    """Wipe what is older than it is kept, at most so many of each kind; how many records were touched."""
    wiped = await tx.execute(
        """
        UPDATE quarantine SET cut = true, whole = false, sealed = NULL, raw = NULL, key = NULL, headers = '{}'
        WHERE number IN (
          SELECT number FROM quarantine
          WHERE (at < $1 OR resolved_at < $2) AND (sealed IS NOT NULL OR raw IS NOT NULL OR key IS NOT NULL OR headers <> '{}') LIMIT $3)
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
    tx: "Connection",
    numbers: Sequence[int],
    systems: Mapping[str, System],
    keys: QuarantineKeys | None,
) -> tuple[list[Kept], int]:
    """The open records with these numbers, in order, each in the name of its system as it is connected now.

    A record whose topic is connected no more is left out; one that came by HTTPS keeps the rights it had then. Those
    that these keys do not open are counted.
    """
    rows = await tx.fetch(
        """
        SELECT number, topic, part, off, digest, key, headers, raw, sealed, sealed_under, whole, length, value_digest,
               sender, sources, regions
        FROM quarantine WHERE number = ANY ($1::bigint[]) AND (whole OR NOT cut) AND resolved_at IS NULL ORDER BY number
        """,
        numbers,
    )
    aliases = await read_aliases(tx)
    kept, closed = list[Kept](), 0
    for row in rows:
        system = systems.get(row["topic"])
        if system is None and row["off"] is not None:
            continue
        part = try_to_open(row, keys)
        if part is None:
            closed += 1
            continue
        headers = {name: one.encode("latin-1") for name, one in json.loads(part.headers).items()}
        record = Record(system or sent_by(row, aliases), part.raw, headers, part.key)
        if row["off"] is not None:
            record = replace(record, topic=row["topic"], partition=row["part"], offset=row["off"])
        kept.append(Kept(row["number"], record))
    return kept, closed


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
        WHERE (whole OR NOT cut) AND resolved_at IS NULL AND number > $3 AND ($1::text IS NULL OR topic = $1) AND ($2::text IS NULL OR reason = $2)
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
