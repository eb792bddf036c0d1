"""The proof at size: very many events of every type (in the long run over a hundred thousand), and the tables are still their fold."""

import logging
import time
from collections.abc import Iterator
from random import Random

import psutil
import pytest

from events.catalogue import CATALOGUE
from infra.postgres.database import Database
from infra.postgres.state import STATE_TABLES
from services.accept.accept import accept
from services.accept.rebuild import compare
from services.accept.submission import Status, Submission
from tests.effort import either
from tests.facts import NOW
from tests.services.accept.crowd import crowd, cut, plans
from tests.services.accept.looking import rows

logger = logging.getLogger(__name__)
pytestmark = pytest.mark.postgres
MANY, PLANS = either(short=(12_000, 8), long=(102_000, 40))


async def live_through(door: Database, count: int, proposals: int) -> dict[Status, int]:
    """Accept that many records and plans, mixed; how many ended how."""
    random, ends = Random(5), dict.fromkeys(Status, 0)
    waiting: Iterator[Submission] = plans(proposals)
    for batch in cut(crowd(count)):
        if random.random() < 1.5 * proposals * 1000 / count and (plan := next(waiting, None)):
            batch.insert(random.randrange(len(batch) + 1), plan)
        for outcome in await accept(door, batch, NOW):
            ends[outcome.status] += 1
    return ends


# What a change of one cell is, by the type of its column; a cell that no hash looks at is no cell of these.
OTHER = {
    "text": "coalesce({0}, '') || 'x'",
    "integer": "coalesce({0}, 0) + 1",
    "bigint": "coalesce({0}, 0) + 1",
    "double precision": "coalesce({0}, 0) + 1",
    "boolean": "NOT coalesce({0}, false)",
    "jsonb": "coalesce({0}, '{{}}') || '{{\"tampered\": 1}}'",
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "CASE WHEN isfinite({0}) THEN {0} + interval '1 second' ELSE now() END",
    "date": "coalesce({0}, current_date) + 1",
}
COLUMNS = """
SELECT c.column_name, c.data_type FROM information_schema.columns c
WHERE c.table_schema = 'public' AND c.table_name = $1 AND c.is_generated = 'NEVER' AND c.data_type = ANY ($2)
ORDER BY c.column_name IN (SELECT k.column_name FROM information_schema.key_column_usage k
  JOIN information_schema.table_constraints USING (constraint_name, table_name)
  WHERE k.table_name = $1 AND constraint_type = 'PRIMARY KEY'), c.column_name LIKE '%released%', c.ordinal_position DESC
"""


def resident() -> int:
    """Megabytes of this process."""
    return int(psutil.Process().memory_info().rss) // 2**20


async def change_one_cell(owner: Database, table: str) -> str:
    """Change one cell of one row that counts; which column it was."""
    live = " WHERE live" if table in {"presences", "appointments"} else ""
    column, kind = (await rows(owner, COLUMNS, table, list(OTHER)))[0]
    one = f"(SELECT ctid FROM {table}{live} LIMIT 1)"
    async with owner.transaction() as tx:
        done = await tx.execute(
            f"UPDATE {table} SET {column} = {OTHER[kind].format(column)} WHERE ctid = {one}"
        )
    assert done == "UPDATE 1", (table, column)
    return str(column)


async def test_very_many_events_fold_to_the_same_tables_and_a_cell_that_was_changed_is_told(
    fresh,
):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    begun = time.monotonic()
    ends = await live_through(door, MANY, PLANS)
    accepted, memory = time.monotonic(), resident()

    assert await compare(fresh.dsn("owner")) == []

    seconds = time.monotonic() - accepted
    ((lines, types, regions),) = await rows(
        owner, "SELECT count(*), count(DISTINCT type), count(DISTINCT region) FROM ledger"
    )
    report = {
        "events": lines,
        "types": types,
        "copies": ends[Status.DUPLICATE],
        "accepted a second": round(lines / (accepted - begun)),
        "seconds to rebuild": round(seconds, 1),
        "rebuilt a second": round(lines / seconds),
        "MB more while rebuilding": resident() - memory,
    }
    logger.warning("rebuild of many: %s", report)
    assert report["MB more while rebuilding"] < 100
    assert ends[Status.REJECTED] == 0
    assert lines >= MANY * 100 // 102  # the others are copies
    assert types >= len(CATALOGUE) - 5
    assert regions == 7

    # The same comparison can fail: one cell in each table is told, each by its table.
    for table in STATE_TABLES:
        await change_one_cell(owner, table)
    assert sorted(await compare(fresh.dsn("owner"))) == sorted(STATE_TABLES)
