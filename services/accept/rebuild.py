"""Rebuilds the projection beside the live tables: to compare the two, or to put the rebuilt one in place.

The state is a fold of the ledger, or a fault of ours; and another fold (FOLD) makes another state of the same ledger.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from events.catalogue import CATALOGUE
from events.codec import read_ledger
from infra.clock import SystemClock
from infra.errors import NotConfigured
from infra.postgres.acceptor import ledger
from infra.postgres.acceptor.ledger import Numbered
from infra.postgres.database import Database
from infra.postgres.fold import FOLD
from infra.postgres.state import (
    STATE_TABLES,
    Position,
    check_unique,
    forget_moments,
    hash_tables,
    make_tables_beside,
    note_fold,
    pause_accept,
    put_in_place,
    read_fold,
    read_lines,
    remove_tables_beside,
    see_one_moment,
    work_beside,
)
from services.accept.accept import append_and_apply
from services.accept.apply import apply_facts
from services.accept.derive import apply_without_deriving
from services.accept.vetoes import derive_standing_vetoes

if TYPE_CHECKING:
    from infra.postgres.database import Connection

BATCH = 5000  # events; a quarter faster than 1000, for 20 MB more
DEADLINE_SECONDS = 86_400.0  # of a whole rebuild: a long one is better than none


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found and did."""

    differing: list[str]  # tables whose live content was other than the rebuilt one
    events: int
    seconds: float
    taken_off: int = 0  # visits from which a veto took people

    def describe(self) -> list[str]:
        """What there is to say, in lines. The pace counts all of it: folding, comparing, putting in place."""
        pace = f"{60 * self.events / self.seconds:,.0f} a minute"
        return [
            *(f"replaced: {name}" for name in self.differing),
            *([f"vetoes took people off {self.taken_off} visits"] if self.taken_off else ()),
            f"rebuilt {self.events} events in {self.seconds:.1f} s ({pace}): {len(self.differing)} tables differed",
        ]


async def compare(owner_dsn: str, *, batch: int = BATCH) -> list[str]:
    """Names of the tables whose rebuilt content differs from the live one; empty when all are equal.

    Runs as owner, in one transaction that sees one moment and leaves nothing behind. Events are applied in
    other batches than they were accepted in: that this makes no difference is part of what is compared.
    """
    async with _opened(owner_dsn) as database, database.transaction() as tx:
        await see_one_moment(tx)
        await make_tables_beside(tx)
        await fold(tx, batch)
        differing = await find_differing(tx)
        await remove_tables_beside(tx)
        return differing


async def replace(owner_dsn: str, now: datetime, *, batch: int = BATCH) -> Rebuilt:
    """Puts a rebuilt state in the place of the live one, in one transaction; what it differed in is told.

    Whoever accepts meanwhile is told to wait (Paused), and Kafka keeps the records; pages and planners read the old
    state until the commit. Afterwards the state is of our fold, and where it differed every region is planned again.
    """
    async with _opened(owner_dsn) as database, database.transaction() as tx:
        await pause_accept(tx)
        return await _replace_paused(tx, now, batch)


async def bring_to_our_fold(owner_dsn: str, now: datetime, *, batch: int = BATCH) -> Rebuilt | None:
    """Replaces a state that an earlier fold made; None when there is nothing to do.

    NotConfigured when a later version made it: this one would accept nothing.
    """
    async with _opened(owner_dsn) as database:
        async with database.transaction() as tx:
            found = await read_fold(tx)
        if found is None or found == FOLD:
            return None
        if found > FOLD:
            raise NotConfigured(
                f"a later version made the state (fold {found}, ours is {FOLD}): install that version,"
                " or give the state our fold with `prikploeg rebuild --replace`"
            )
        async with database.transaction() as tx:
            await pause_accept(tx)
            return await _replace_paused(tx, now, batch)


async def hand_back(owner_dsn: str, earlier: int) -> None:
    """Says that the state is of an earlier fold, for a version that cannot rebuild: it accepts again, and we wait.

    What it then adds stands in the state as its fold has it; the next `migrate` rebuilds.
    """
    if not 0 < earlier < FOLD:
        raise NotConfigured(f"folds before ours are 1 to {FOLD - 1}")
    async with _opened(owner_dsn) as database, database.transaction() as tx:
        await pause_accept(tx)
        await forget_moments(tx)
        await note_fold(tx, earlier, None)


async def _replace_paused(tx: "Connection", now: datetime, batch: int) -> Rebuilt:
    """As `replace`, in a transaction in which accept is paused."""
    clock = SystemClock()
    began = clock.monotonic()
    await make_tables_beside(tx)
    events = await fold(tx, batch)
    differing = await find_differing(tx)
    await put_in_place(tx, differing)
    await note_fold(tx, FOLD, now if differing else None)
    await remove_tables_beside(tx)
    taken_off = await apply_vetoes(tx, now)
    return Rebuilt(differing, events, clock.monotonic() - began, taken_off)


async def apply_vetoes(tx: "Connection", now: datetime) -> int:
    """Takes off the published plans who may not get the planned dose by the facts as they are read now.

    A fact takes people off when it is accepted. What our fold or our rules read otherwise was accepted long ago, and
    nobody would look again before the next plan. Returns the number of visits.
    """
    newest = await ledger.read_newest(tx)
    off = await derive_standing_vetoes(tx, newest, now)
    if off:
        told: dict[str, int] = {}
        await append_and_apply(tx, off, now, told, newest)
        await ledger.notify(tx, told)
    return len(off)


@asynccontextmanager
async def _opened(owner_dsn: str) -> AsyncIterator[Database]:
    database = await Database.open(owner_dsn, size=1, deadline=DEADLINE_SECONDS)
    try:
        yield database
    finally:
        await database.close()


async def find_differing(tx: "Connection") -> list[str]:
    """Names of the tables whose rows differ between the rebuilt and the live state, in the order of STATE_TABLES."""
    rebuilt, live = await hash_tables(tx, "rebuilt"), await hash_tables(tx, "public")
    return [name for name in STATE_TABLES if rebuilt[name] != live[name]]


async def fold(tx: "Connection", batch: int, until: Position | None = None) -> int:
    """Applies the ledger, whole or up to a position, each region in its order; the derived events are in it already.

    Returns its lines.
    """
    indexes = await work_beside(tx)
    count = 0
    async for lines in read_lines(tx, batch, until):
        count += len(lines)
        numbered = [
            Numbered(
                line.region,
                line.seq,
                read_ledger(line.type, line.body),
                line.accepted_at,
                line.source,
                line.id,
                line.time,
            )
            for line in lines
            if line.type in CATALOGUE
        ]
        for row in await apply_facts(tx, numbered):
            await apply_without_deriving(tx, row)
    await check_unique(tx, indexes)
    return count
