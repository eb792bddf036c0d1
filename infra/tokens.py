"""Signed claims of who somebody is: the cookie of a session and the bearer token of a system.

Lifetimes are real time, also while a campaign is played on simulated time.
"""

import hashlib
import hmac
import secrets
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from infra.clock import SystemClock
from infra.postgres.database import Who
from infra.postgres.sessions import Claim

SENDER: Final = "sender"  # a connected system, its topic the subject: hears what of its own was refused, no more
WORKING_DAY: Final = timedelta(hours=9)
LONGEST: Final = 2_048  # characters; ours have about 300
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_SALT = "prikploeg-who-1"
_ASKED_SALT = "prikploeg-asked-1"


def mint(
    key: bytes,
    who: Who,
    *,
    session: UUID | None = None,
    lifetime: timedelta = WORKING_DAY,
    now: datetime | None = None,
    several: bool = False,
) -> str:
    """Claims that `read` accepts until the lifetime is over; those of a cookie name its session.

    `several`: the person may act for another organisation too.
    """
    issued = now or SystemClock().now()
    claims = {
        "role": who.role,
        "region": who.region,
        "organisation": None if who.organisation is None else str(who.organisation),
        "subject": who.subject,
        "session": None if session is None else str(session),
        "issued": int(issued.timestamp()),
        "until": int((issued + lifetime).timestamp()),
    } | ({"several": True} if several else {})
    return str(URLSafeSerializer(key, salt=_SALT).dumps(claims))


def read(key: bytes, token: str, *, now: datetime | None = None) -> Who | None:
    """Who the token speaks for; None when it is not ours, was altered or is too old."""
    claim = read_claim(key, token, now=now)
    return None if claim is None else claim.who


def read_claim(key: bytes, token: str, *, now: datetime | None = None) -> Claim | None:
    """What the token says of itself; None as for `read`. Whether it still counts, `infra.postgres.sessions` knows."""
    found = _claims(key, token)
    moment = (now or SystemClock().now()).timestamp()
    if found is None or float(found["until"]) <= moment:
        return None
    organisation, session = found["organisation"], found.get("session")
    who = Who(
        role=found["role"],
        region=found["region"],
        organisation=None if organisation is None else UUID(organisation),
        subject=found["subject"],
    )
    issued = datetime.fromtimestamp(found["issued"], UTC)
    own = None if session is None else UUID(session)
    return Claim(who, issued, own, several=bool(found.get("several")))


def proof(key: bytes, who: Who, session: UUID | None) -> str:
    """What a form in this session must carry, so that no other site can send it, nor an earlier session of the same person."""
    text = "\n".join(
        (who.role, who.region, str(who.organisation or ""), who.subject, str(session or ""))
    )
    return hmac.new(key, b"form\n" + text.encode(), hashlib.sha256).hexdigest()[:32]


def mark_of(key: bytes, who: Who) -> str:
    """The same mark for the same person in every session: under which a tab keeps what was typed. It proves nothing."""
    text = "\n".join((who.role, who.region, str(who.organisation or ""), who.subject))
    return hmac.new(key, b"mark\n" + text.encode(), hashlib.sha256).hexdigest()[:16]


def proves(key: bytes, who: Who, session: UUID | None, given: str) -> bool:
    """True when a form carries the proof of this person in this session."""
    return hmac.compare_digest(proof(key, who, session).encode(), given.encode(errors="replace"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser keeps while the identity provider asks somebody who they are: only that browser can go on."""

    state: str
    nonce: str
    verifier: str
    wanted: str  # where the person wanted to go


def mint_asked(key: bytes, asked: Asked) -> str:
    """For a cookie that lives as long as somebody may take to sign in."""
    return str(URLSafeTimedSerializer(key, salt=_ASKED_SALT).dumps(astuple(asked)))


def read_asked(key: bytes, text: str, lifetime: timedelta) -> Asked | None:
    """What was asked; None when it is not ours or too old."""
    try:
        found = URLSafeTimedSerializer(key, salt=_ASKED_SALT).loads(
            text[:LONGEST], max_age=int(lifetime.total_seconds())
        )
    except BadData:
        return None
    return Asked(*found)  # signed by us, so as `mint_asked` made it


def make_asked(wanted: str) -> Asked:
    """Three secrets of 256 bits or more, and where to go afterwards."""
    return Asked(
        secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), wanted
    )


def make_code() -> str:
    """A secret that somebody types once: sixteen letters and digits that are not mistaken for each other, 80 bits."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(drawn[at : at + 4] for at in range(0, 16, 4))


def read_code(typed: str) -> str:
    """A code as it was made, however it was typed: small letters, without or with other dashes."""
    kept = "".join(letter for letter in typed.upper() if letter in _LETTERS)
    return "-".join(kept[at : at + 4] for at in range(0, 16, 4))


def _claims(key: bytes, token: str) -> dict[str, Any] | None:
    try:
        return _signed(key, token) if len(token) <= LONGEST else None
    except BadData:
        return None


# A system sends the same token with every request. What is not ours raises and is not kept: anybody could fill this.
@lru_cache(maxsize=4096)
def _signed(key: bytes, token: str) -> dict[str, Any]:
    claims: dict[str, Any] = URLSafeSerializer(key, salt=_SALT).loads(token)
    return claims  # signed by us, so as `mint` made it
