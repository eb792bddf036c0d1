"""Tells browsers that something changed in their region; never what, so that a normal GET alone decides on rights."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi.sse import ServerSentEvent

from events.identifiers import NATIONAL

TICK_SECONDS = 5.0
CALM_SECONDS = 0.5  # at most two messages a second to one browser
RETRY_MS = 2_000  # how long a browser waits before it connects again


class Hub:
    """The newest ledger number of every region, and the listeners that wait for a higher one."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._waiting: dict[asyncio.Event, str] = {}
        self._settled = asyncio.Event()

    @property
    def listeners(self) -> int:
        """The number of browsers that listen."""
        return len(self._waiting)

    def tell(self, region: str, number: int) -> None:
        """Note that something was accepted in a region; a national fact concerns every region.

        A known number is no news; 0 is something outside the ledger, such as a quarantined record.
        """
        known = self._numbers.get(region, 0)
        if 0 < number <= known:
            return
        self._numbers[region] = max(number, known)
        for wake, wanted in self._waiting.items():
            if region in (wanted, NATIONAL):
                wake.set()

    def settle(self) -> None:
        """Note that every region has been read once: from now on versions are those of the ledger."""
        self._settled.set()

    def version(self, region: str) -> str:
        """The version of a region, for comparison: equal versions mean that nothing changed."""
        return f"{self._numbers.get(region, 0)}-{self._numbers.get(NATIONAL, 0)}"

    async def stream(self, region: str, since: str | None = None) -> AsyncIterator[ServerSentEvent]:
        """Stream server-sent events: `hello` once, `changed` when there is something new, `tick` in silence.

        `since` is the last id that a client saw, in this process or another: a client that comes back is told
        `changed` at once, unless it is exactly where the region is now. An id that we do not know is not there.
        """
        if since is not None:
            with suppress(TimeoutError):  # then it is told `changed`, which is never wrong
                await asyncio.wait_for(self._settled.wait(), TICK_SECONDS)
        wake = asyncio.Event()
        self._waiting[wake] = region
        try:
            version = self.version(region)
            yield message("hello", version, retry=RETRY_MS)
            if since is not None and since != version:
                yield message("changed", version)
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), TICK_SECONDS)
                if wake.is_set():
                    wake.clear()
                    yield message("changed", self.version(region))
                    await asyncio.sleep(CALM_SECONDS)
                else:
                    yield message("tick", self.version(region))
        finally:
            del self._waiting[wake]


def message(kind: str, version: str, retry: int | None = None) -> ServerSentEvent:
    """Make one server-sent event with the version as its id; no personal data, no HTML."""
    data = {"v": version, "topics": ["region"]} if kind == "changed" else {"v": version}
    return ServerSentEvent(id=version, event=kind, data=data, retry=retry)
