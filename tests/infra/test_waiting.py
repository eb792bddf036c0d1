"""Whoever is told to end while it waits ends, also when what it waited for comes at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from infra.postgres.listening import Wakened
from infra.waiting import is_told_within
from services.courier import loop as courier

LONG = 60.0


async def wait_for_event(event: asyncio.Event) -> None:
    while True:
        await is_told_within(event, LONG)
        event.clear()


async def wait_for_notice(event: asyncio.Event) -> None:
    wakened = Wakened()
    wakened._event = event
    while True:
        await wakened.wait(LONG)


async def serve_nobody(event: asyncio.Event) -> None:
    await courier.serve(None, None, event)  # type: ignore[arg-type]


@pytest.mark.parametrize("work", [wait_for_event, wait_for_notice, serve_nobody])
@pytest.mark.parametrize("turns", range(5))
async def test_an_end_that_comes_with_the_news_is_not_lost(
    work: Callable[[asyncio.Event], Awaitable[None]], turns: int, monkeypatch: pytest.MonkeyPatch
):
    async def deliver_nothing(*_: object) -> bool:
        return False

    monkeypatch.setattr(courier, "deliver_round", deliver_nothing)
    event = asyncio.Event()
    task = asyncio.ensure_future(work(event))
    await asyncio.sleep(0.01)

    event.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=1)

    ended = task.cancelled()
    task.cancel()
    assert ended


async def test_it_says_whether_it_was_told_in_time():
    event = asyncio.Event()

    late = await is_told_within(event, 0.01)
    event.set()

    assert (late, await is_told_within(event, 0.01)) == (False, True)
