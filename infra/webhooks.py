"""Posts signed messages to other systems (Standard Webhooks); never to an address of our own network.

A receiver verifies `webhook-signature`: base64 of HMAC-SHA256, by the shared secret, over
`<webhook-id>.<webhook-timestamp>.<body>` (docs/webhooks.md has an example).
"""

import base64
import hashlib
import hmac
import secrets
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from infra.errors import NotConfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX: Final = "whsec_"
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"
REFUSALS: Final = frozenset({400, 413, 415, 422})  # this message, and no other, is not wanted
# Internal too, though the standard library takes them for public: site-local, NAT64 of one network, old wrappings of IPv4.
NOBODYS: Final = tuple(map(IPv6Network, ("fec0::/10", "64:ff9b:1::/48", "::/96")))


class Verdict(StrEnum):
    """What an answer means for the message and for its receiver."""

    DELIVERED = "delivered"
    LATER = "later"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said; `why` names a status or an error, never content."""

    verdict: Verdict
    why: str = ""
    wait_seconds: float | None = None  # the receiver asks to wait at least this long
    status: int = 0
    body: bytes = b""  # the first of it, where somebody asked to read it


class NotAllowed(OSError):
    """The receiver's address is one of an internal network."""


def new_secret() -> str:
    """A secret for one receiver, in the form that the standard prescribes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def check_address(url: str, *, plain: bool, internal: bool) -> None:
    """NotConfigured unless this may be the address of a receiver; names are looked up at each delivery."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (plain and parts.scheme == "http"):
        raise NotConfigured("a webhook needs an address that begins with https://")
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise NotConfigured("a webhook's address is https://host/path, without user or fragment")
    if not parts.hostname.isascii():  # the client reads other digits and dots as ours
        raise NotConfigured("a webhook's host is written in ASCII (xn--...)")
    if not internal and is_numeric(parts.hostname) and not is_public(parts.hostname):
        raise NotConfigured("a webhook may not go to an internal address (see WEBHOOKS_INTERNAL)")


def is_numeric(host: str) -> bool:
    """True for an address instead of a name, also in the short forms that a system library or the client reads."""
    if ":" in host or host.replace(".", "").isdecimal():
        return True
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True


def is_public(address: str) -> bool:
    """True for an address that belongs to the open internet, whatever it is wrapped in."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in unwrapped(found))


def unwrapped(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address and the IPv4 addresses that it may be a wrapping of."""
    if isinstance(address, IPv4Address):
        return [address]
    if any(address in network for network in NOBODYS):
        return [IPv4Address(0)]
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if int(address) >> 32 == int(IPv6Address("64:ff9b::")) >> 32:  # NAT64
        inner.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return [address] if not any(inner) else [one for one in inner if one is not None]


class PublicOnly(AbstractResolver):
    """Looks names up and gives the addresses that may be connected to: what is checked is what is used."""

    def __init__(self) -> None:
        self._inner = aiohttp.ThreadedResolver()

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses of a name; NotAllowed when it has others only."""
        found = await self._inner.resolve(host, port, family)
        allowed = [one for one in found if is_public(one["host"])]
        if not allowed:
            raise NotAllowed("internal address")
        return allowed

    @override
    async def close(self) -> None:
        """Nothing is kept open."""


class Post:
    """A client for all receivers; use with `async with`. Redirects are answers, never followed."""

    def __init__(self, *, plain: bool, internal: bool, seconds: float = ANSWER_SECONDS) -> None:
        """`plain` allows http, `internal` allows addresses of our own network."""
        self._plain, self._internal, self._seconds = plain, internal, seconds

    async def __aenter__(self) -> Self:
        resolver = None if self._internal else PublicOnly()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=resolver, use_dns_cache=False, limit=0, limit_per_host=4
            ),
            timeout=aiohttp.ClientTimeout(total=self._seconds, connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": "prikploeg"},
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._session.close()

    async def send(
        self,
        url: str,
        secret: str,
        message_id: str,
        body: bytes,
        now: datetime,
        *,
        content_type: str = CONTENT_TYPE,
        reads: int = 0,
    ) -> Answer:
        """Post one signed message; whatever goes wrong is an answer, nothing is raised. `now` is real time.

        `reads`: how many bytes of what the receiver says come with the answer.
        """
        timestamp = int(now.timestamp())
        headers = {
            "content-type": content_type,
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret, message_id, timestamp, body),
        }
        try:
            check_address(url, plain=self._plain, internal=self._internal)
            async with self._session.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                said = await response.content.read(reads) if reads else b""
                judged = judge(response.status, response.headers, now)
                return replace(judged, status=response.status, body=said)
        except NotConfigured as error:
            return Answer(Verdict.LATER, str(error))
        except TimeoutError:
            return Answer(Verdict.LATER, "no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(getattr(error, "os_error", error), NotAllowed):
                return Answer(Verdict.LATER, "internal address")
            return Answer(Verdict.LATER, type(error).__name__)


def judge(status: int, headers: "Mapping[str, str]", now: datetime) -> Answer:
    """What a status means; a redirect is a failure."""
    if 200 <= status < 300:
        return Answer(Verdict.DELIVERED)
    why = f"status {status}"
    if status == 410:
        return Answer(Verdict.GONE, why)
    if status in REFUSALS:
        return Answer(Verdict.REFUSED, why)
    return Answer(Verdict.LATER, why, seconds_to_wait(headers.get("retry-after", ""), now))


def seconds_to_wait(text: str, now: datetime) -> float | None:
    """What `Retry-After` asks, in seconds or as a moment; None when it says nothing of use."""
    if text.strip().isascii() and text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
