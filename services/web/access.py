"""Authenticates a request by session cookie or bearer token and authorises it by role. Default deny."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import Request

from infra import tokens
from infra.postgres.database import Who
from infra.tokens import SENDER
from services.web.parts import get_parts

COOKIE = "prikploeg_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ROLES: Final = ("planner", "practice", "crisis")
MACHINE: Final = "system"  # one of our own programs, which registers persons: by bearer token only


class NotSignedIn(Exception):
    """Nobody is signed in, or the session has ended."""


class Forbidden(Exception):
    """The role may not do this, or the form was not ours; `why` is a key of the wording."""

    def __init__(self, why: str = "forbidden.role") -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Seat:
    """Who is signed in, and by which means."""

    who: Who
    by_cookie: bool


def find_seat(request: Request) -> Seat | None:
    """Find who sends a request; None when nobody is signed in. An invalid bearer token is nobody."""
    key = get_parts(request).session_key
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        who = tokens.read(key, token.strip())
        known = who is not None and who.role in (*ROLES, MACHINE, SENDER)
        return Seat(who, by_cookie=False) if who is not None and known else None
    who = tokens.read(key, request.cookies.get(COOKIE, ""))
    return None if who is None or who.role not in ROLES else Seat(who, by_cookie=True)


def allow(*roles: str) -> Callable[[Request], Coroutine[Any, Any, Who]]:
    """Make a dependency that admits these roles and gives the person; it raises NotSignedIn or Forbidden."""

    async def check(request: Request) -> Who:
        seat = find_seat(request)
        if seat is None:
            raise NotSignedIn
        if seat.who.role not in roles:
            raise Forbidden
        if seat.by_cookie and request.method not in SAFE and not is_same_origin(request):
            raise Forbidden("forbidden.origin")
        return seat.who

    check.allowed = roles  # type: ignore[attr-defined]  # read by the test of the whole matrix
    return check


def is_same_origin(request: Request) -> bool:
    """Whether one of our own pages sent the request, by the headers that the browser itself sets."""
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    return request.headers.get("sec-fetch-site") == "same-origin"
