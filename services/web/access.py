"""Authenticates a request by session cookie or bearer token and authorises it by role. Default deny."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import Request

from infra import tokens
from infra.errors import Unavailable
from infra.postgres.database import Who
from infra.postgres.sessions import Claim
from infra.tokens import SENDER
from services.web.parts import get_parts
from services.web.provider_seats import CHOOSING

COOKIE = "prikploeg_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ROLES: Final = ("planner", "practice", "crisis")
ADMIN: Final = "admin"  # opens and ends sessions of a region, and sees nothing else
BEARER: Final = "bearer"  # in the state of a request: what its token of the provider is
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

    claim: Claim
    by_cookie: bool
    also: tuple[Claim, ...] = ()  # must count too: the provider's session, and the person there

    @property
    def who(self) -> Who:
        """The person or program."""
        return self.claim.who


def find_seat(request: Request) -> Seat | None:
    """Find who signed what a request carries; None for nobody. Whether it still counts is asked in `find_open_seat`."""
    key = get_parts(request).session_key
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        of_provider = getattr(request.state, BEARER, None)
        if of_provider is not None:
            return of_provider if isinstance(of_provider, Seat) else None
        claim = tokens.read_claim(key, token.strip())
        known = claim is not None and claim.who.role in (*ROLES, MACHINE, SENDER)
        return Seat(claim, by_cookie=False) if claim is not None and known else None
    claim = tokens.read_claim(key, request.cookies.get(COOKIE, ""))
    if claim is None or claim.session is None or claim.who.role not in (*ROLES, ADMIN, CHOOSING):
        return None
    return Seat(claim, by_cookie=True)


async def find_open_seat(request: Request) -> Seat | None:
    """Find who sends a request, in a session that is open and with rights that were not withdrawn.

    Raises Unavailable, and Forbidden for a token of somebody who does not say for which organisation.
    """
    if isinstance(wrong := getattr(request.state, BEARER, None), Exception):
        raise wrong
    seat = find_seat(request)
    if seat is None:
        return None
    asking = get_parts(request).claims
    open_now = await asyncio.gather(*(asking.is_open(one) for one in (seat.claim, *seat.also)))
    return seat if all(open_now) else None


def allow(*roles: str, even_away: bool = False) -> Callable[[Request], Coroutine[Any, Any, Who]]:
    """Make a dependency that admits these roles and gives the person; it raises NotSignedIn, Forbidden or Unavailable.

    With `even_away` a signature is enough while the database is away; `request.state.away` says so to the route, which
    must then read and store nothing: it shows again what was typed.
    """

    async def check(request: Request) -> Who:
        request.state.away = False
        try:
            seat = await find_open_seat(request)
        except Unavailable:
            if not even_away:
                raise
            request.state.away = True
            seat = find_seat(request)
        if seat is None:
            raise NotSignedIn
        if seat.who.role not in roles:
            raise Forbidden
        if seat.by_cookie and request.method not in SAFE and not is_same_origin(request):
            raise Forbidden("forbidden.origin")
        request.state.session = seat.claim.session
        return seat.who

    check.allowed = roles  # type: ignore[attr-defined]  # read by the test of the whole matrix
    return check


def is_same_origin(request: Request) -> bool:
    """Whether one of our own pages sent the request, by the headers that the browser itself sets."""
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    return request.headers.get("sec-fetch-site") == "same-origin"
