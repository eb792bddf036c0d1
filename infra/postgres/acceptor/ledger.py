"""The ledger: the events with gapless numbers per region, and de-duplication for ever."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from events.envelope import Event
from events.identifiers import Payload
from events.moments import moment_of

if TYPE_CHECKING:
    from infra.postgres.database import Connection


P = TypeVar("P", bound=Payload, covariant=True)
Q = TypeVar("Q", bound=Payload)


@dataclass(frozen=True, slots=True)
class Numbered(Generic[P]):
    """An accepted event with its number in the ledger of its region."""

    region: str
    seq: int
    payload: P
    at: datetime  # when it was accepted
    source: str
    id: str
    time: datetime | None = None  # as its sender said

    @property
    def moment(self) -> datetime:
        """When it was so: of two facts about one thing the later one holds."""
        return moment_of(self.time, self.payload, self.at)

    @property
    def is_dated(self) -> bool:
        """Whether its sender said when it was so."""
        return self.time is not None

    def of(self, payload: Q) -> "Numbered[Q]":
        """The same event, of a payload whose type is known."""
        return Numbered(self.region, self.seq, payload, self.at, self.source, self.id, self.time)


@dataclass(frozen=True, slots=True)
class Known:
    """Where an earlier event with the same source and id stands, and the digest of its body."""

    region: str
    seq: int
    digest: bytes


async def find_known(tx: "Connection", events: Sequence[Event]) -> dict[tuple[str, str], Known]:
    """Finds which of these events the ledger already has, by (source, id)."""
    rows = await tx.fetch(
        """
        SELECT s.source, s.id, s.region, s.seq, s.digest
        FROM unnest($1::text[], $2::text[]) AS b (source, id) JOIN seen s USING (source, id)
        """,
        [event.envelope.source for event in events],
        [event.envelope.id for event in events],
    )
    return {
        (row["source"], row["id"]): Known(row["region"], row["seq"], row["digest"]) for row in rows
    }


async def find_regions_of_locations(
    tx: "Connection", locations: Sequence[object]
) -> dict[object, str]:
    """Looks up the region of each of these locations that is registered."""
    rows = await tx.fetch(
        "SELECT location, region FROM locations WHERE location = ANY ($1::uuid[]) AND registered_seq > 0",
        locations,
    )
    return {row["location"]: row["region"] for row in rows}


async def lock_regions(tx: "Connection", regions: Iterable[str]) -> None:
    """Takes the row lock of every region, in order; rows are created first, as a missing row cannot be locked."""
    wanted = sorted(set(regions))
    await tx.execute(
        "INSERT INTO region_seq (region, n) SELECT r, 0 FROM unnest($1::text[]) AS b (r) ORDER BY r ON CONFLICT DO NOTHING",
        wanted,
    )
    await tx.execute(
        "SELECT FROM region_seq WHERE region = ANY ($1::text[]) ORDER BY region FOR UPDATE", wanted
    )


async def read_newest(tx: "Connection") -> dict[str, int]:
    """Reads the last number of every region."""
    rows = await tx.fetch("SELECT region, n FROM region_seq")
    return {row["region"]: row["n"] for row in rows}


async def append(
    tx: "Connection", events: Sequence[Event], now: datetime
) -> list[Numbered[Payload]]:
    """Gives new events the next numbers of their region and store them, in the order given.

    The row lock is held until the end of the transaction, so numbers have no gaps and become visible in order.
    """
    counts: dict[str, int] = defaultdict(int)
    for event in events:
        counts[event.envelope.region] += 1
    regions = sorted(counts)
    rows = await tx.fetch(
        """
        INSERT INTO region_seq (region, n) SELECT * FROM unnest($1::text[], $2::bigint[]) AS b (region, n) ORDER BY region
        ON CONFLICT (region) DO UPDATE SET n = region_seq.n + excluded.n
        RETURNING region, n
        """,
        regions,
        [counts[region] for region in regions],
    )
    following = {row["region"]: row["n"] - counts[row["region"]] + 1 for row in rows}
    numbered = []
    for event in events:
        region = event.envelope.region
        numbered.append(
            Numbered(
                region,
                following[region],
                event.payload,
                now,
                event.envelope.source,
                event.envelope.id,
                event.envelope.time,
            )
        )
        following[region] += 1
    await keep(tx, events, numbered, now)
    return numbered


async def keep(
    tx: "Connection", events: Sequence[Event], numbered: Sequence[Numbered[Payload]], now: datetime
) -> None:
    """Writes the ledger lines, and the keys by which a second arrival is a duplicate."""
    await tx.execute(
        """
        WITH b AS MATERIALIZED (
          SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[],
                               $8::bytea[], $10::text[], $11::uuid[])
            AS b (region, seq, source, id, type, time, body, digest, actor, actor_org)),
        keys AS (
          INSERT INTO seen (source, id, digest, region, seq) SELECT source, id, digest, region, seq FROM b)
        INSERT INTO ledger (region, seq, source, id, type, time, body, accepted_at, actor, actor_org)
        SELECT region, seq, source, id, type, time, body, $9::timestamptz, actor, actor_org FROM b
        """,
        [n.region for n in numbered],
        [n.seq for n in numbered],
        [n.source for n in numbered],
        [n.id for n in numbered],
        [event.envelope.type for event in events],
        [event.envelope.time for event in events],
        [event.body for event in events],
        [event.digest for event in events],
        now,
        [event.envelope.actor for event in events],
        [event.envelope.actororg for event in events],
    )


async def note_problem_changes(tx: "Connection", newest: dict[str, int], now: datetime) -> None:
    """Records the newest number per region that changes the planner's problem."""
    await tx.execute(
        """
        INSERT INTO problem_changes (region, seq, at)
        SELECT region, seq, $3::timestamptz FROM unnest($1::text[], $2::bigint[]) AS b (region, seq) ORDER BY region
        ON CONFLICT (region) DO UPDATE SET seq = excluded.seq, at = excluded.at WHERE excluded.seq > problem_changes.seq
        """,
        sorted(newest),
        [newest[region] for region in sorted(newest)],
        now,
    )


async def note_elsewhere(tx: "Connection", regions: Sequence[str], now: datetime) -> None:
    """Counts one more fact in another region about people of these regions, which their plans do not know."""
    await tx.execute(
        """
        INSERT INTO problem_changes AS c (region, seq, at, elsewhere) SELECT region, 0, $2::timestamptz, 1
        FROM unnest($1::text[]) AS b (region) ORDER BY region
        ON CONFLICT (region) DO UPDATE SET elsewhere = c.elsewhere + 1
        """,
        regions,
        now,
    )


async def notify(tx: "Connection", newest: dict[str, int]) -> None:
    """Notifies listeners, once per transaction, with "region seq" pairs."""
    await tx.execute(
        "SELECT pg_notify('accepted', $1)",
        " ".join(f"{region} {seq}" for region, seq in sorted(newest.items())),
    )
