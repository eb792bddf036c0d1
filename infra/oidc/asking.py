"""Asks an identity provider over HTTP: short answers in little time, no redirects, no cookies."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from infra.errors import Unavailable

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 8.0
LONGEST_ANSWER: Final = 256 * 1024  # bytes; a key set of ten keys with certificates has 40 kB


class ProviderAway(Unavailable):
    """The identity provider does not answer, or not in words that can be read; the message names an error or a status."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider answered."""

    status: int
    content_type: str
    body: bytes

    @property
    def fields(self) -> dict[str, Any]:
        """The answer as a JSON object. Raises ProviderAway when it is none."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise ProviderAway(f"status {self.status}, and no JSON object")
        return found


class Asking:
    """A client for one provider. Opened at the first question; close it."""

    def __init__(self, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, *, bearer: str = "", accept: str = "application/json") -> Answer:
        """Ask for what stands at an address. Raises ProviderAway."""
        headers = {"accept": accept} | ({"authorization": f"Bearer {bearer}"} if bearer else {})
        return await self._ask("GET", url, headers, None)

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send a form. Raises ProviderAway."""
        return await self._ask("POST", url, {"accept": "application/json"}, form)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> Answer:
        if self._session is None:
            self._session = self._open()
        try:
            async with self._session.request(
                method, url, headers=headers, data=form, allow_redirects=False
            ) as response:
                body = await response.content.read(LONGEST_ANSWER + 1)
                while len(body) <= LONGEST_ANSWER and not response.content.at_eof():
                    body += await response.content.read(LONGEST_ANSWER + 1 - len(body))
                status, kind = response.status, response.content_type
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ProviderAway(f"identity provider: {type(error).__name__}") from None
        if len(body) > LONGEST_ANSWER:
            raise ProviderAway("identity provider: an answer without end")
        if status >= 500:
            raise ProviderAway(f"identity provider: status {status}")
        return Answer(status, kind, body)

    def _open(self) -> aiohttp.ClientSession:
        trusted = ssl.create_default_context(cafile=self._ca_file)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=16, ssl=trusted),
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS, connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": "prikploeg"},
        )
