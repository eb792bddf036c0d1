"""Tells browsers that something changed in their region; never what, so that a normal GET alone decides on rights."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from fastapi.sse import ServerSentEvent

from events.identifiers import NATIONAL
from infra.waiting import is_told_within

TICK_SECONDS = 5.0
CALM_SECONDS = 0.5  # at most two messages a second to one browser
DOUBTED_AFTER = (
    12  # messages and ticks, a minute of silence: a notice that was lost, and the end of the day
)
RETRY_MS = 2_000  # how long a browser waits before it connects again


class Hub:
    """The newest ledger number of every region, and the listeners that wait for a higher one."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._waiting: list[Listener] = []
        self._settled = asyncio.Event()
        self.heard = 0  # how often something was accepted in any region

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
        self.heard += 1
        for listener in self._waiting:
            if region in (listener.region, NATIONAL):
                listener.changed = True
                listener.wake.set()

    def settle(self) -> None:
        """Note that every region has been read once: from now on versions are those of the ledger."""
        self._settled.set()

    def version(self, region: str) -> str:
        """The version of a region, for comparison: equal versions mean that nothing changed."""
        return f"{self._numbers.get(region, 0)}-{self._numbers.get(NATIONAL, 0)}"

    def ask(self, session: str) -> None:
        """Let the streams of a session, or of all for an empty text, ask whether they may go on."""
        for listener in self._waiting:
            if session in ("", listener.session):
                listener.doubted = True
                listener.wake.set()

    async def stream(
        self, region: str, since: str | None = None, pass_: "Pass | None" = None
    ) -> AsyncIterator[ServerSentEvent]:
        """Stream server-sent events: `hello` once, `changed` when there is something new, `tick` in silence.

        `since` is the last id that a client saw, in this process or another: a client that comes back is told
        `changed` at once, unless it is exactly where the region is now. An id that we do not know is not there.
        A stream whose pass no longer holds says `ended` and ends.
        """
        if since is not None:
            # not in time: then it is told `changed`, which is never wrong
            await is_told_within(self._settled, TICK_SECONDS)
        listener = Listener(region, pass_.session if pass_ else "")
        self._waiting.append(listener)
        try:
            version = self.version(region)
            yield message("hello", version, retry=RETRY_MS)
            if since is not None and since != version:
                yield message("changed", version)
            async for kind in self._kinds(listener, pass_):
                yield message(kind, self.version(region))
        finally:
            self._waiting.remove(listener)

    async def _kinds(self, listener: "Listener", pass_: "Pass | None") -> AsyncIterator[str]:
        ticks = 0
        while True:
            await is_told_within(listener.wake, TICK_SECONDS)
            ticks += 1
            woken = listener.wake.is_set()
            listener.wake.clear()
            if pass_ is not None and (listener.doubted or ticks % DOUBTED_AFTER == 0):
                listener.doubted = False
                if not await pass_.holds():
                    yield "ended"
                    return
                if woken and not listener.changed:
                    await asyncio.sleep(
                        CALM_SECONDS
                    )  # anybody may notify: many notices are few questions
            changed, listener.changed = listener.changed, False
            if changed:
                yield "changed"
                await asyncio.sleep(CALM_SECONDS)
            elif not woken:
                yield "tick"


@dataclass(eq=False, slots=True)
class Listener:
    """A browser that listens; `doubted`: whether it may go on has to be asked."""

    region: str
    session: str
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    changed: bool = False
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """By what a stream is open: its session, empty for a token, and whether it still holds."""

    session: str
    holds: Callable[[], Awaitable[bool]]


def message(kind: str, version: str, retry: int | None = None) -> ServerSentEvent:
    """Make one server-sent event with the version as its id; no personal data, no HTML."""
    data = {"v": version, "topics": ["region"]} if kind == "changed" else {"v": version}
    return ServerSentEvent(id=version, event=kind, data=data, retry=retry)
