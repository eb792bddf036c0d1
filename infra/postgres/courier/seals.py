"""The seals of the access log: which lines wait for one, and the chain of each region."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from infra.chain import START, Line, Seal

if TYPE_CHECKING:
    from infra.postgres.database import Connection


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal of a region."""

    region: str
    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A line without a seal."""

    region: str
    at: datetime
    line: Line


BESIDE: Final = frozenset({"seq", "sealed_number", "key_version", "digest"})  # of the seal


def to_line(row: Any) -> Line:
    """Every column of a line that says something: one that a later version adds is empty in lines that were sealed before."""
    said = {
        name: to_text(value)
        for name, value in row.items()
        if name not in BESIDE and value is not None
    }
    return Line(row["number"], said)


def to_text(value: object) -> object:
    """A value as it is sealed: the same whatever the time zone of who reads."""
    if isinstance(value, datetime):
        return value.timestamp()
    return str(value) if isinstance(value, UUID) else value  # a list of words stays one


async def read_unsealed(tx: "Connection", most: int) -> list[Unsealed]:
    """Reads the next lines without a seal, in the order of their numbers.

    A transaction that began before the newest seal may commit after it, but lasts seconds: ten minutes before that seal
    are looked through again, and not the whole log.
    """
    rows = await tx.fetch(
        """
        SELECT l.* FROM access_log l
        WHERE l.at >= coalesce((SELECT max(line_at) - interval '10 minutes' FROM access_seals), '-infinity')
          AND NOT EXISTS (SELECT FROM access_seals s WHERE s.number = l.number)
        ORDER BY l.number LIMIT $1
        """,
        most,
    )
    return [Unsealed(row["region"], row["at"], to_line(row)) for row in rows]


async def read_heads(tx: "Connection") -> dict[str, Head]:
    """Reads the newest seal of each region."""
    rows = await tx.fetch(
        "SELECT DISTINCT ON (region) region, seq, digest FROM access_seals ORDER BY region, seq DESC"
    )
    return {row["region"]: Head(row["region"], row["seq"], row["digest"]) for row in rows}


async def add_seals(
    tx: "Connection", key_version: int, sealed: Sequence[tuple[Unsealed, int, bytes]]
) -> None:
    """Adds seals; a second courier that did the same meanwhile makes this fail, and nothing is sealed twice."""
    await tx.execute(
        """
        INSERT INTO access_seals (region, seq, number, line_at, key_version, digest)
        SELECT region, seq, number, line_at, $1, digest
        FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::bytea[])
          AS s (region, seq, number, line_at, digest)
        """,
        key_version,
        [one.region for one, _, _ in sealed],
        [seq for _, seq, _ in sealed],
        [one.line.number for one, _, _ in sealed],
        [one.at for one, _, _ in sealed],
        [digest for _, _, digest in sealed],
    )


async def read_chain(
    tx: "Connection", region: str, after: int, most: int
) -> list[tuple[Seal, Line | None]]:
    """Reads the next seals of a region in order, each with its line; None where that is gone."""
    rows = await tx.fetch(
        """
        SELECT s.seq, s.number AS sealed_number, s.key_version, s.digest, l.* FROM access_seals s
        LEFT JOIN access_log l ON l.number = s.number AND l.region = s.region
        WHERE s.region = $1 AND s.seq > $2 ORDER BY s.seq LIMIT $3
        """,
        region,
        after,
        most,
    )
    return [
        (
            Seal(row["seq"], row["sealed_number"], row["key_version"], row["digest"]),
            None if row["number"] is None else to_line(row),
        )
        for row in rows
    ]


async def read_overdue(tx: "Connection", seconds: float) -> list[tuple[str, int]]:
    """Reads the lines that have no seal and are older than this: region and number."""
    rows = await tx.fetch(
        """
        SELECT l.region, l.number FROM access_log l
        WHERE l.at < now() - make_interval(secs => $1) AND NOT EXISTS (SELECT FROM access_seals s WHERE s.number = l.number)
        ORDER BY l.number
        """,
        seconds,
    )
    return [(row["region"], row["number"]) for row in rows]


def first_head(region: str) -> Head:
    """What the first seal of a region follows."""
    return Head(region, 0, START)
