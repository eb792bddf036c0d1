"""Heartbeats: every process keeps a row of its own, with its lag and what it is doing."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from infra.postgres.database import Connection

SILENT: Final = timedelta(seconds=10)  # every process beats each second
TRIAL_BYTES: Final = 65_536  # that do not pack: a full disk has no room for them


@dataclass(frozen=True, slots=True)
class Process:
    """One running process."""

    name: str
    slot: int
    pid: int
    started_at: datetime


def is_silent(last: datetime, now: datetime) -> bool:
    """Whether the last heartbeat is too old for a process that works; both in real time."""
    return now - last > SILENT


async def beat(
    tx: "Connection", process: Process, now: datetime, state: Mapping[str, object]
) -> None:
    """Records that the process lives and what it is doing; `now` is real time, not simulated."""
    await tx.execute(
        """
        INSERT INTO heartbeats (process, slot, pid, started_at, at, state) VALUES ($1, $2, $3, $4, $5, $6::jsonb)
        ON CONFLICT (process, slot) DO UPDATE
        SET (pid, started_at, at, state) = (excluded.pid, excluded.started_at, excluded.at, excluded.state)
        """,
        process.name,
        process.slot,
        process.pid,
        process.started_at,
        now,
        json.dumps(state),
    )


async def count_assigned_elsewhere(tx: "Connection", name: str, slot: int, since: datetime) -> int:
    """Counts the partitions that other processes of this name hold, by their heartbeats since then."""
    found: int = await tx.fetchval(
        """
        SELECT coalesce(sum((state ->> 'assigned')::int), 0)::bigint FROM heartbeats
        WHERE process = $1 AND slot <> $2 AND at > $3
        """,
        name,
        slot,
        since,
    )
    return found


async def read_state(tx: "Connection", name: str, slot: int) -> dict[str, object]:
    """Reads the state that the process in this slot last reported; empty when there was none."""
    found = await tx.fetchval(
        "SELECT state FROM heartbeats WHERE process = $1 AND slot = $2", name, slot
    )
    return dict(json.loads(found)) if found else {}


async def try_to_write(tx: "Connection", regions: Sequence[str]) -> None:
    """Locks these regions without waiting and writes, and undoes both: shows whether Postgres takes a write now."""
    attempt = tx.transaction()
    await attempt.start()
    try:
        await tx.fetch(
            "SELECT FROM region_seq WHERE region = ANY ($1::text[]) ORDER BY region FOR UPDATE NOWAIT",
            regions,
        )
        await tx.execute(
            """
            INSERT INTO heartbeats (process, slot, pid, started_at, at, state)
            VALUES ('trial', pg_backend_pid(), 0, now(), now(), to_jsonb($1::text))
            """,
            secrets.token_hex(TRIAL_BYTES),
        )
    finally:
        await attempt.rollback()
