"""Hearing from Postgres: every commit is told, with every region of it."""

import asyncio

import pytest

from events.envelope import Sender
from events.identifiers import NATIONAL
from events.organisations import PolicyChanged
from infra.errors import Unavailable
from infra.postgres.listening import follow
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME

pytestmark = pytest.mark.postgres


async def test_a_commit_is_heard_with_region_and_number(site: Site):
    heard: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
    listening = asyncio.create_task(
        follow(site.fresh.dsn("reader"), lambda *told: heard.put_nowait(told))
    )
    await asyncio.sleep(0.3)

    outcomes = await site.say(Sender.OPERATOR, PolicyChanged(), region=ABROAD)

    told = [await asyncio.wait_for(heard.get(), 5) for _ in range(4)]
    listening.cancel()
    assert {region for region, _ in told[:3]} == {HOME, ABROAD, NATIONAL}  # where all are, first
    assert told[3] == (ABROAD, outcomes[0].seq)


async def test_a_lost_connection_is_said(site: Site):
    listening = asyncio.create_task(follow(site.fresh.dsn("reader"), lambda *_: None))
    await asyncio.sleep(0.3)
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        await tx.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'"
            " AND datname = current_database()"
        )

    with pytest.raises(Unavailable):
        await asyncio.wait_for(listening, 10)
