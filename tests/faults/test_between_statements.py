"""A crash between any two statements of the door: offered again, the state is as if nothing had happened."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from infra.errors import Unavailable
from infra.postgres.database import Database
from infra.postgres.state import hash_tables
from services.accept.accept import accept
from services.accept.rebuild import compare
from services.accept.submission import Submission
from tests.builders import PLANS, SmallRegion, a_plan, a_raw, a_record
from tests.facts import NOW, an_assignment
from tests.services.accept.history import BOOKINGS, FACTS
from tests.services.accept.looking import rows

pytestmark = [pytest.mark.postgres, pytest.mark.faults]
OF_OURS = re.compile("[shb][0-9]{1,3}")  # what the door derives has an id by chance
SAID = frozenset({"execute", "executemany", "fetch", "fetchrow", "fetchval"})


class Cut:
    """A connection that breaks when a number of statements were said; the transaction is gone with it."""

    def __init__(self, connection: Any, after: int) -> None:
        self._connection, self._left = connection, after

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        return self._counting(found) if name in SAID else found

    def _counting(self, statement: Any) -> Any:
        async def said(*arguments: Any, **named: Any) -> Any:
            if self._left == 0:
                raise ConnectionResetError("cut")
            self._left -= 1
            return await statement(*arguments, **named)

        return said


class Failing:
    """A way to Postgres whose connection breaks in the next transaction: after some statements, or after the commit."""

    def __init__(self, database: Database) -> None:
        self.database, self.after, self.in_doubt = database, -1, 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        after, self.after = self.after, -1
        async with self.database.transaction() as tx:
            yield tx if after < 0 else Cut(tx, after)
        if after >= 0:
            self.in_doubt += 1
            raise Unavailable("committed, and nobody heard it")


def history() -> list[list[Submission]]:
    """Batches of every kind: facts, a plan that derives, bookings, poison."""
    one = [Submission((a_record(fact, f"s{n}"),)) for n, fact in enumerate(SmallRegion(4).all())]
    two = [Submission((a_record(fact, f"h{n}"),)) for n, fact in enumerate(FACTS)]
    poison = [Submission((a_raw(b"no event"),))]
    plan = [
        a_plan("one", (0, 0), an_assignment("v1", ["p1", "p2"], 8), an_assignment("v2", ["p3"], 11))
    ]
    bookings = [
        Submission(
            (
                a_record(
                    fact, f"b{n}", **({"system": PLANS} if "Visit" in type(fact).__name__ else {})
                ),
            )
        )
        for n, fact in enumerate(BOOKINGS[:4])
    ]
    return [one, two + poison, plan, bookings]


async def live_through(door: Failing, *, crashing: bool) -> int:
    """Every batch until it is stored; with crashes, at each statement in turn. How many crashes there were."""
    crashes = 0
    for n, batch in enumerate(history()):
        places = {("in.practice.his.v1", 0): n + 1}
        after, doubts = 0 if crashing else -1, door.in_doubt
        while True:
            door.after = after if door.in_doubt == doubts else -1
            try:
                await accept(door, batch, NOW, offsets=places)  # type: ignore[arg-type]
            except Unavailable:
                crashes, after = crashes + 1, after + 1
            else:
                break
    return crashes


async def state_of(fresh: Any) -> dict[str, Any]:
    """All that must be the same: state, ledger, positions, and how much was set aside."""
    owner = await fresh.open("owner")
    async with owner.transaction() as tx:
        hashes: dict[str, Any] = dict(await hash_tables(tx, "public"))
    ledger = "SELECT region, seq, source, id, type, body::text FROM ledger ORDER BY region, seq"
    hashes["ledger"] = [row for row in await rows(owner, ledger) if OF_OURS.fullmatch(row[3])]
    hashes["counts"] = await rows(
        owner,
        "SELECT (SELECT count(*) FROM ledger), (SELECT sum(next_offset) FROM kafka_positions),"
        " (SELECT count(*) FROM quarantine), (SELECT sum(n) FROM region_seq)",
    )
    return hashes


async def test_a_crash_between_any_two_statements_leaves_no_trace(fresh, another):
    smooth = Failing(await fresh.open("acceptor"))
    rough = Failing(await another.open("acceptor"))

    none = await live_through(smooth, crashing=False)
    crashes = await live_through(rough, crashing=True)

    assert (none, crashes > 40, rough.in_doubt) == (0, True, len(history()))
    assert await state_of(fresh) == await state_of(another)
    assert await compare(another.dsn("owner")) == []
