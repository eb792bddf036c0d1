"""Tells browsers that something changed in their region: never what, so that rights live in the normal GET."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

from events.identifiers import NATIONAL

TICK_SECONDS = 5.0
CALM_SECONDS = 0.5  # at most two messages a second to one browser


class Hub:
    """The newest number of every region, and everybody who waits for a higher one."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._waiting: dict[asyncio.Event, str] = {}

    @property
    def listeners(self) -> int:
        """How many browsers listen."""
        return len(self._waiting)

    def tell(self, region: str, number: int) -> None:
        """Something was accepted in a region; a fact of the country concerns every region."""
        self._numbers[region] = max(number, self._numbers.get(region, 0))
        for wake, wanted in self._waiting.items():
            if region in (wanted, NATIONAL):
                wake.set()

    def version(self, region: str) -> str:
        """Where a region is now; equal versions mean that nothing changed."""
        return f"{self._numbers.get(region, 0)}-{self._numbers.get(NATIONAL, 0)}"

    async def stream(self, region: str) -> AsyncIterator[bytes]:
        """Server-sent events: `hello` once, `changed` when there is something new, `tick` in silence."""
        wake = asyncio.Event()
        self._waiting[wake] = region
        try:
            yield message("hello", self.version(region))
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


def message(kind: str, version: str) -> bytes:
    """One server-sent event; no personal data and no HTML."""
    data = {"v": version, "topics": ["region"]} if kind == "changed" else {"v": version}
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
