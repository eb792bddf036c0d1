"""The state tables as a whole: their hashes, and a second set in which a rebuild projects the ledger."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.postgres.database import Connection

STATE_TABLES = (
    "organisations", "policies", "locations", "registrations", "consents", "assessments", "doses", "teams", "absences",
    "shifts", "certificates", "orders", "campaigns", "products", "deliveries", "stock_movements", "stock_counts", "lots",
    "crisis_requests", "visits", "presences", "appointments", "pins", "groupings", "plans", "planned",
    "confirmations", "loans", "delays", "reserves", "containers", "leftovers", "leftovers_taken", "adverse_events", "temperatures",
    "decisions", "dose_corrections", "notices", "return_records", "progress", "cancellations", "put_off",
    "identities", "extra_stops",
    "stock_adjustments", "waste_corrections", "container_corrections",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger."""

    region: str
    seq: int
    type: str
    body: str
    accepted_at: datetime
    source: str
    id: str
    time: datetime | None


async def hash_tables(tx: "Connection", schema: str) -> dict[str, str]:
    """Hashes all rows of every state table, independent of their order."""
    rows = await tx.fetch(
        "SELECT name, public.state_hash($1, name) AS found FROM unnest($2::text[]) AS names (name)",
        schema,
        list(STATE_TABLES),
    )
    return {row["name"]: row["found"] for row in rows}


async def see_one_moment(tx: "Connection") -> None:
    """Makes the transaction see a single moment, whatever is accepted meanwhile; must be its first statement."""
    await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


async def make_tables_beside(tx: "Connection") -> None:
    """Makes empty copies of the state tables, with their constraints, in the schema `rebuilt`."""
    await tx.execute("SELECT copy_tables($1::text[])", list(STATE_TABLES))


async def work_beside(tx: "Connection") -> list[str]:
    """Makes plain table names mean the copies, until the end of the transaction.

    Returns the indexes, as SQL, that hold only once every region was read: for `check_unique`.
    """
    indexes: list[str] = await tx.fetchval("SELECT drop_partial_unique()")
    await tx.execute("SET LOCAL search_path = rebuilt, public")
    return indexes


async def check_unique(tx: "Connection", indexes: Sequence[str]) -> None:
    """Makes these indexes of the copies again; raises when the rebuilt rows do not fit them."""
    for index in indexes:
        await tx.execute(index)


async def remove_tables_beside(tx: "Connection") -> None:
    """Checks the deferred constraints, then drops the copies."""
    await tx.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await tx.execute("DROP SCHEMA rebuilt CASCADE")


@dataclass(frozen=True, slots=True)
class Position:
    """A line of a region's ledger, and when it was accepted: what stood in all ledgers then."""

    region: str
    seq: int
    at: datetime


async def find_position(tx: "Connection", region: str, seq: int) -> Position | None:
    """Finds a line by its number; None when the region has no such line."""
    at: datetime | None = await tx.fetchval(
        "SELECT accepted_at FROM public.ledger WHERE region = $1 AND seq = $2", region, seq
    )
    return None if at is None else Position(region, seq, at)


async def find_last_before(tx: "Connection", region: str, at: datetime) -> Position | None:
    """Finds the last line that a region had accepted by then."""
    row = await tx.fetchrow(
        "SELECT seq, accepted_at FROM public.ledger WHERE region = $1 AND accepted_at <= $2 ORDER BY seq DESC LIMIT 1",
        region,
        at,
    )
    return None if row is None else Position(region, row["seq"], row["accepted_at"])


async def find_newest_of(
    tx: "Connection", position: Position, types: Sequence[str]
) -> dict[str, int]:
    """Finds the newest line of these types up to a position, in its region and in the country."""
    rows = await tx.fetch(
        """
        SELECT region, max(seq) AS seq FROM public.ledger
        WHERE type = ANY ($4) AND (region = $1 AND seq <= $2 OR region = 'NL' AND accepted_at <= $3)
        GROUP BY region
        """,
        position.region,
        position.seq,
        position.at,
        types,
    )
    return {row["region"]: row["seq"] for row in rows}


async def make_views_beside(tx: "Connection") -> None:
    """Makes the views again over the copies, each after those that it reads."""
    rows = await tx.fetch(
        """
        SELECT v.relname AS name, pg_get_viewdef(v.oid) AS text,
               coalesce(array_agg(DISTINCT r.relname) FILTER (WHERE r.relkind = 'v' AND r.oid <> v.oid), '{}') AS reads
        FROM pg_class v JOIN pg_rewrite w ON w.ev_class = v.oid
        LEFT JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
        LEFT JOIN pg_class r ON r.oid = d.refobjid
        WHERE v.relkind = 'v' AND v.relnamespace = 'public'::regnamespace GROUP BY v.oid, v.relname
        """
    )
    texts = {row["name"]: row["text"] for row in rows}
    order = TopologicalSorter({row["name"]: row["reads"] for row in rows}).static_order()
    await tx.execute("SET LOCAL search_path = rebuilt, public")
    for name in order:
        await tx.execute(f'CREATE VIEW rebuilt."{name}" AS {texts[name]}')


async def read_lines(
    tx: "Connection", batch: int, until: Position | None = None
) -> AsyncIterator[list[Line]]:
    """Reads the ledger, whole or up to a position, in order per region, in batches of `batch` lines."""
    lines: list[Line] = []
    async for row in tx.cursor(
        """
        SELECT region, seq, type, body, accepted_at, source, id, time FROM public.ledger
        WHERE $1::text IS NULL OR region = $1 AND seq <= $2 OR region <> $1 AND accepted_at <= $3
        ORDER BY region, seq
        """,
        *((until.region, until.seq, until.at) if until else (None, None, None)),
        prefetch=batch,
    ):
        lines.append(Line(*row))
        if len(lines) >= batch:
            yield lines
            lines = []
    if lines:
        yield lines


async def pause_accept(tx: "Connection") -> None:
    """Waits for the transactions that accept, and tells every later one to wait, until the end of this transaction."""
    await tx.execute("SELECT pg_advisory_xact_lock(fold_lock())")


async def read_fold(tx: "Connection") -> int | None:
    """Reads with which fold the state was made; None when nothing was accepted yet."""
    found: int | None = await tx.fetchval("SELECT fold FROM public.state_fold")
    return found


async def note_fold(tx: "Connection", fold: int, replaced_at: datetime | None) -> None:
    """Stores with which fold the state is made now; with a time, every region is planned again."""
    await tx.execute(
        "UPDATE public.state_fold SET fold = $1, replaced_at = coalesce($2, replaced_at)",
        fold,
        replaced_at,
    )


async def put_in_place(tx: "Connection", names: Sequence[str]) -> None:
    """Puts the rows of the rebuilt tables in the place of those of the live tables; readers see it at the commit."""
    await tx.execute("SELECT public.put_in_place($1::text[])", list(names))


async def forget_moments(tx: "Connection") -> None:
    """Lets numbers alone decide which of two facts holds, as in fold 1, which writes no moments."""
    await tx.execute("SELECT public.forget_moments()")
