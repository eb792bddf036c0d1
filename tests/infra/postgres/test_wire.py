"""A link to Postgres that cuts, swallows, starves and delays: how long we wait, and what stays."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from infra.clock import SystemClock
from infra.errors import Unavailable
from infra.postgres.database import Database
from infra.postgres.listening import listening
from infra.postgres.locks import RELAY, become_only_one, open_lock_connection
from tests.conftest import Fresh
from tests.faults.proxy import DEAF, PASSES, REFUSES, SLOW, TRICKLES, Proxy, a_proxy
from tests.flow.processes import until
from tests.infra.kafka.node import free_ports

pytestmark = pytest.mark.postgres
DEADLINE = 0.8
clock = SystemClock()


@pytest.fixture
async def wire(fresh: Fresh) -> AsyncIterator[Proxy]:
    async with a_proxy(free_ports(1)[0], lambda: fresh.servers.postgres_port) as proxy:
        yield proxy


def through(wire: Proxy, dsn: str) -> str:
    return dsn.replace(f":{wire.target()}/", f":{wire.port}/")


@pytest.fixture
async def far(fresh: Fresh, wire: Proxy) -> AsyncIterator[Database]:
    database = await Database.open(through(wire, fresh.dsn("acceptor")), size=2, deadline=DEADLINE)
    yield database
    wire.manner = PASSES
    await database.close()


async def one(database: Database) -> int:
    async with database.transaction() as tx:
        return int(await tx.fetchval("SELECT 1"))


@pytest.mark.parametrize("manner", [DEAF, TRICKLES], ids=["swallows", "trickles"])
@pytest.mark.parametrize("is_begun", [False, True], ids=["at the begin", "in the middle"])
async def test_a_silent_link_costs_one_deadline_and_not_two(far, wire, manner, is_begun):
    assert await one(far) == 1
    begun = clock.monotonic()

    async def break_off() -> None:
        async with far.transaction() as tx:
            if is_begun:
                await tx.execute("SELECT 1")
            wire.manner = manner
            await tx.execute("SELECT 1")

    with pytest.raises(Unavailable):
        await break_off()

    assert DEADLINE - 0.1 < clock.monotonic() - begun < 1.5 * DEADLINE
    wire.manner = PASSES
    assert await one(far) == 1


@pytest.mark.parametrize("manner", [PASSES, REFUSES], ids=["cut", "cut and refused"])
async def test_a_link_that_is_cut_is_known_at_once(far, wire, manner):
    assert await one(far) == 1
    wire.manner = manner
    begun = clock.monotonic()

    async def break_off() -> None:
        async with far.transaction() as tx:
            wire.cut()
            await tx.execute("SELECT 1")

    with pytest.raises(Unavailable):
        await break_off()

    assert clock.monotonic() - begun < 0.3
    wire.manner = PASSES
    assert await one(far) == 1


async def test_a_slow_link_works(fresh, wire):
    patient = await Database.open(through(wire, fresh.dsn("acceptor")), size=1)
    wire.manner = SLOW
    try:
        assert await one(patient) == 1
    finally:
        await patient.close()


async def test_who_holds_the_lock_behind_a_silent_link_loses_it_and_another_gets_it(fresh, wire):
    async with open_lock_connection(through(wire, fresh.dsn("relay"))) as far:
        assert await become_only_one(far, RELAY)
        async with open_lock_connection(fresh.dsn("relay")) as near:
            assert not await become_only_one(near, RELAY)

            wire.manner = DEAF

            async def is_known() -> bool:
                return far.is_closed()

            await until(is_known, 8)
            wire.manner = PASSES

            async def is_free() -> bool:
                return await become_only_one(near, RELAY)

            await until(is_free, 15)


async def test_who_listens_on_a_silent_link_is_told(fresh, wire):
    async with listening(through(wire, fresh.dsn("relay"))) as wakened:
        wire.manner = DEAF
        begun = clock.monotonic()

        async with asyncio.timeout(10):
            while not wakened.lost:
                await wakened.wait(1)

    assert clock.monotonic() - begun < 8
