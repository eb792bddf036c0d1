"""Waits for something that is told, at most for a while, and ends at once when the waiting is cancelled."""

import asyncio


async def is_told_within(event: asyncio.Event, seconds: float) -> bool:
    """True when the event was set in time.

    Not `asyncio.wait_for`: until Python 3.12 it drops a cancellation that comes right after the event, so that a task that
    was told to end goes on for ever, and the group that waits for it never says why it ends (bpo-37658).
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def is_cancelled() -> bool:
    """Whether the task that asks was told to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
