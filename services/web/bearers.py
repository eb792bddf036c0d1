"""Reads the bearer tokens of the identity provider before anything else does: who asks, and for which organisation.

Tokens of our own making are read by `access.py`. Rights are asked at every request; what a token says is kept for a minute,
for checking its signature takes longer than a small request.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.clock import SystemClock
from infra.errors import Unavailable
from infra.oidc.checking import LEEWAY_SECONDS, InvalidToken
from infra.oidc.mapping import Choice, read_subject
from infra.postgres.sessions import Claim
from infra.tokens import SENDER
from services.web.access import BEARER, MACHINE, ROLES, Forbidden, Seat
from services.web.provider_seats import SID, SUB, ProviderSeats

HEADER: Final = "prikploeg-organisation"
KEPT_SECONDS: Final = (
    60.0  # a role that was taken away at the provider counts for as long as the token does anyway
)
MOST_KEPT: Final = 4_096


@dataclass(frozen=True, slots=True)
class Said:
    """What a token says: who, and as whom they may act."""

    subject: str
    sub: str
    sid: str | None
    issued: datetime
    choices: tuple[Choice, ...]


class Bearers:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, seats: ProviderSeats) -> None:
        self._app, self._seats = app, seats
        self._clock = SystemClock()
        self._kept: OrderedDict[bytes, tuple[float, Said]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what its token is stands in its state."""
        if scope["type"] == "http":
            request = Request(scope)
            kind, _, token = request.headers.get("authorization", "").partition(" ")
            if kind.lower() == "bearer" and token.strip().count(".") == 2:  # ours have one dot
                wanted = request.headers.get(HEADER, "")
                setattr(request.state, BEARER, await self._find(token.strip(), wanted))
        await self._app(scope, receive, send)

    async def _find(self, token: str, wanted: str) -> Seat | Exception | None:
        """Whose seat it is; None for a token that does not count; what to answer when that is not known."""
        try:
            said = await self._read(token)
        except InvalidToken:
            return None
        except Unavailable as error:
            return error
        fitting = [one for one in said.choices if not wanted or wanted in places_of(one)]
        if not fitting:
            return Forbidden("forbidden.no_organisation")
        if len(fitting) > 1:
            return Forbidden("forbidden.choose")
        claim = Claim(fitting[0].to_who(said.subject), said.issued, None)
        names = [f"{SUB}{said.sub}", *([f"{SID}{said.sid}"] if said.sid else [])]
        also = [replace(claim, who=replace(claim.who, subject=name)) for name in names]
        if (
            claim.who.role == SENDER
        ):  # its subject is a topic: the client that holds the key ends too
            also.append(replace(claim, who=replace(claim.who, subject=said.subject)))
        return Seat(claim, by_cookie=False, also=tuple(also))

    async def _read(self, token: str) -> Said:
        digest, now = sha256(token.encode()).digest(), self._clock.monotonic()
        known = self._kept.get(digest)
        if known is not None and known[0] > now:
            return known[1]
        claims = await self._seats.provider.read_access_token(token)
        said = to_said(
            claims, read_subject(self._seats.mapping, claims), await self._choices(claims)
        )
        lasts = claims["exp"] + LEEWAY_SECONDS - self._clock.now().timestamp()
        self._kept[digest] = (now + min(KEPT_SECONDS, lasts), said)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return said

    async def _choices(self, claims: dict[str, Any]) -> Sequence[Choice]:
        found = await self._seats.find_choices(claims)
        return [one for one in found if one.role in (*ROLES, MACHINE, SENDER)]


def to_said(claims: dict[str, Any], subject: str, choices: Sequence[Choice]) -> Said:
    """What is kept of a token. Raises InvalidToken for one of nobody."""
    if not subject:
        raise InvalidToken("no subject")
    sid = claims.get("sid")
    issued = datetime.fromtimestamp(claims["iat"], UTC)
    own = sid if isinstance(sid, str) and sid else None
    return Said(subject, claims["sub"], own, issued, tuple(choices))


def places_of(choice: Choice) -> set[str]:
    """What a caller may write for a choice: the organisation's number, else the region or the topic."""
    return (
        {str(choice.organisation)} if choice.organisation else {choice.region, choice.name} - {""}
    )
