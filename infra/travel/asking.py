"""Queries a routing server over HTTP, with retries while it is busy; the only module here that knows the network."""

from typing import Final, Self

import aiohttp
import orjson
import stamina

from infra.travel.server import Refused, Request

CONNECT_SECONDS: Final = 2.0
BUSY: Final = frozenset({429, 500, 502, 503, 504})
# Three tries, 0.2 and 0.8 s apart: enough for a moment of load. What stays unanswered is estimated, and asked again in a
# later round.
TRIES: Final = stamina.AsyncRetryingCaller(
    attempts=3, timeout=None, wait_initial=0.2, wait_exp_base=4, wait_jitter=0
)
LONGEST_ANSWER: Final = 64 * 1024 * 1024


class Silent(Exception):
    """The server is away, slow or too busy; the message names an error or a status."""


class Busy(Silent):
    """The server broke the connection, or answered that it is busy."""


class Asking:
    """A client for one server; use with `async with`. Redirects are not followed."""

    def __init__(self, url: str, seconds: float) -> None:
        """`url` is the beginning of every path; one answer may take this many seconds."""
        self._url, self._seconds = url.rstrip("/"), seconds

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=8),
            timeout=aiohttp.ClientTimeout(total=self._seconds, connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": "prikploeg", "accept": "application/json"},
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._session.close()

    async def ask(self, request: Request) -> tuple[int, object]:
        """Status and JSON of the answer. Raises Silent, or Refused for an answer that is no JSON.

        A server that says that it is busy, or breaks off, is asked again; one that says nothing is not.
        """
        # Through a lambda: stamina logs the arguments of what it retries, and these are coordinates of locations.
        return await TRIES(Busy, lambda: self._try(request))

    async def _try(self, request: Request) -> tuple[int, object]:
        try:
            status, body = await self._once(request)
        except TimeoutError:
            raise Silent("no answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Busy(type(error).__name__) from error
        if status in BUSY:
            raise Busy(f"status {status}")
        return status, to_json(status, body)

    async def _once(self, request: Request) -> tuple[int, bytes]:
        method = "GET" if request.body is None else "POST"
        async with self._session.request(
            method, self._url + request.path, json=request.body, allow_redirects=False
        ) as response:
            body = b""
            async for chunk in response.content.iter_chunked(1 << 16):
                body += chunk
                if len(body) > LONGEST_ANSWER:
                    raise Refused("an answer without end")
            return response.status, body


def to_json(status: int, body: bytes) -> object:
    """What the body says; None for an error without JSON. Raises Refused (not a number is no JSON either)."""
    try:
        found: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        if status != 200:
            return None
        raise Refused("an answer that is no JSON") from None
    return found
