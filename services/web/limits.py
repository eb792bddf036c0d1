"""Bounds what anybody may make this process do before it is known who asks: size, depth, time, and the name it is called by.

One set of bounds for pages and API together, around both: a body is measured while it comes in, so that whoever sends
too much is told before it is held, read or authorised.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.clock import SystemClock
from services.web.access import find_seat
from services.web.addresses import CONTROL, find_unreadable
from services.web.bounds import Bounds
from services.web.codes import note_code
from services.web.pace import Pace, network_of
from services.web.pages.problems import answer_refused
from services.web.refusing import (
    ADDRESS,
    BUSY,
    HOST,
    NOT_THIS_TYPE,
    SLOW_BODY,
    TIMED_OUT,
    TOO_COMPLEX,
    TOO_LARGE,
    TOO_LONG,
    Refused,
)

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PROBES: Final = frozenset(
    {"/healthz", "/readyz"}
)  # asked by the address of a container; they tell of nobody
SIGNING: Final = frozenset(
    {"/aanmelden", "/aanmelden/code", "/afmelden", "/afmelden/provider"}
)  # forms of nobody yet
# What somebody guesses at: codes, answers of the identity provider. Its own orders to sign out are not
# counted: it may end a thousand sessions at once.
GUESSED: Final = frozenset(
    {"/aanmelden/code", "/aanmelden/provider", "/aanmelden/terug", "/aanmelden/kies"}
)
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/"
LISTS: Final = "/praktijk/lijst"  # the one form with a file
# A string is taken whole, or to the end when it never closes: what is not matched again is not read twice.
STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)
NOT_NESTING: Final = bytes(set(range(256)) - set(b"[]{}"))


class Limits:
    """Wraps the application; an answer that has begun is never cut off, so that streams keep flowing."""

    def __init__(
        self,
        app: ASGIApp,
        bounds: Bounds,
        hosts: frozenset[str],
        paths: Sequence[re.Pattern[str]],
    ) -> None:
        self._app = app
        self._bounds = bounds
        self._clock = SystemClock()  # a simulated one may run fast
        self._hosts = hosts | LOOPBACK
        self._paths = paths
        self._held = 0
        self._known, self._strangers = Pace(bounds.known), Pace(bounds.strangers)
        self._signing = Pace(bounds.signing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say which bound it passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        headers = request.headers
        try:
            self._check_address(scope, headers)
            self._count(request)
            if not has_body(headers):
                await self._answer(request, receive, send)
                return
            body = await self._read(request, receive)
        except Refused as refusal:
            await (await answer_refused(request, refusal))(scope, receive, send)
            return
        try:
            await self._answer(request, Replay(body, receive), send)
        finally:
            self._held -= len(body)

    def _count(self, request: Request) -> None:
        """Count the request to whoever sends it; files that are the same for everybody and probes are not counted."""
        if request.url.path in PROBES or request.url.path.startswith("/static/"):
            return
        now = self._clock.monotonic()
        network = network_of(request.client.host if request.client else "")
        if request.url.path in GUESSED:
            self._signing.count(network, now)
        if (seat := find_seat(request)) is not None:
            self._known.count(seat.who, now)
        else:
            self._strangers.count(network, now)

    def _check_address(self, scope: Scope, headers: Mapping[str, str]) -> None:
        if scope["path"] not in PROBES and name_of(headers.get("host", "")) not in self._hosts:
            raise Refused(HOST)
        raw = scope.get("raw_path") or b""
        if len(raw) + len(scope["query_string"]) > self._bounds.address_bytes:
            raise Refused(TOO_LONG)
        if wrong := find_unreadable(scope["path"], self._paths):
            raise Refused(ADDRESS, place="path", fields=wrong)
        check_query(scope["query_string"], self._bounds.fields)

    async def _read(self, request: Request, receive: Receive) -> bytes:
        """The whole body, counted among what is held; nothing of it when the answer does not depend on it."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        most = self._bounds.body_bytes
        if find_seat(request) is None:
            if request.url.path not in SIGNING:
                return b""  # refused in a moment for want of rights: no reason to read it
            most = self._bounds.stranger_bytes
        is_list = kind.startswith(MULTIPART)
        if is_list:
            if request.url.path != LISTS:
                raise Refused(NOT_THIS_TYPE)
            most = self._bounds.list_bytes if takes_lists(request) else self._bounds.body_bytes
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > most:
            raise Refused(TOO_LARGE)
        body = await self._hold(receive, most)
        if is_list:
            return body  # its parts are counted where it is read
        try:
            check_shape(body, self._bounds, form=kind == FORM)
        except Refused:
            self._held -= len(body)
            raise
        return body

    async def _hold(self, receive: Receive, most: int) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(self._bounds.body_seconds):
                while True:
                    message = await receive()
                    piece = message.get("body", b"")
                    if len(body) + len(piece) > most:
                        raise Refused(TOO_LARGE)
                    if self._held + len(piece) > self._bounds.held_bytes:
                        raise Refused(BUSY)
                    body += piece
                    self._held += len(piece)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            self._held -= len(body)
            raise Refused(SLOW_BODY) from None
        except BaseException:
            self._held -= len(body)
            raise

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        """Let the application answer, and say so when it does not begin to in time."""
        patience = asyncio.timeout(self._bounds.answer_seconds)
        begun = False

        async def send_begun(message: Message) -> None:
            nonlocal begun
            if not begun:
                begun = True
                patience.reschedule(None)
            await send(message)

        try:
            async with patience:
                await self._app(request.scope, receive, send_begun)
        except TimeoutError as error:
            if begun or not patience.expired():
                raise
            refusal = Refused(TIMED_OUT, code=note_code(error))
            await (await answer_refused(request, refusal))(request.scope, receive, send)


class Replay:
    """Receives a body that was read before, and afterwards whatever the server says."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        """The whole body at once; then only that the client has gone."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def takes_lists(request: Request) -> bool:
    """Whether somebody who may hand over a list sends this."""
    seat = find_seat(request)
    return seat is not None and seat.who.role == "practice"


def has_body(headers: Mapping[str, str]) -> bool:
    """Whether a body comes with these headers (RFC 9112, section 6.3)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip() != "0"


def name_of(host: str) -> str:
    """The name of a `Host` header without its port, as a known one is written."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")


def check_query(query: bytes, most: int) -> None:
    """Refuse a query with too many fields, or one that no text can be: a control character, or bytes that are not UTF-8."""
    if query.count(b"&") >= most:
        raise Refused(TOO_LONG)
    wrong = [
        pair.partition(b"=")[0].decode("latin-1")
        for pair in query.split(b"&")
        if not is_readable(pair)
    ]
    if wrong:
        raise Refused(ADDRESS, place="query", fields=wrong)


def is_readable(pair: bytes) -> bool:
    """Whether a field of a query is text, without control characters."""
    try:
        return not CONTROL.search(unquote_to_bytes(pair.replace(b"+", b" ")).decode())
    except UnicodeDecodeError:
        return False


def check_shape(body: bytes, bounds: Bounds, *, form: bool) -> None:
    """Refuse a body that is short to send and long to read: too many parts, or too deeply nested."""
    if form:
        if body.count(b"&") + body.count(b";") >= bounds.fields:
            raise Refused(TOO_COMPLEX)
        return
    if (
        body.count(b'"') > 4 * bounds.parts
    ):  # a name and a text for each part, or taking them out alone takes long
        raise Refused(TOO_COMPLEX)
    bare = STRINGS.sub(b"", body)
    opened = bare.count(b"[") + bare.count(b"{")
    closed = bare.count(b"]") + bare.count(b"}")
    if opened + bare.count(b",") > bounds.parts or closed > bounds.parts:
        raise Refused(TOO_COMPLEX)
    depth = 0
    for letter in bare.translate(None, NOT_NESTING):
        depth += 1 if letter in b"[{" else -1
        if depth > bounds.depth:
            raise Refused(TOO_COMPLEX)
