"""Signed claims of who somebody is: the cookie of a session and the bearer token of a system.

Lifetimes are real time, also while a campaign is played on simulated time.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from infra.clock import SystemClock
from infra.postgres.database import Who

SENDER: Final = "sender"  # a connected system, its topic the subject: hears what of its own was refused, no more
WORKING_DAY: Final = timedelta(hours=9)
LONGEST: Final = 2_048  # characters; ours have about 300
_SALT = "prikploeg-who-1"


def mint(
    key: bytes, who: Who, *, lifetime: timedelta = WORKING_DAY, now: datetime | None = None
) -> str:
    """Claims that `read` accepts until the lifetime is over."""
    issued = now or SystemClock().now()
    claims = {
        "role": who.role,
        "region": who.region,
        "organisation": None if who.organisation is None else str(who.organisation),
        "subject": who.subject,
        "issued": int(issued.timestamp()),
        "until": int((issued + lifetime).timestamp()),
    }
    return str(URLSafeSerializer(key, salt=_SALT).dumps(claims))


def read(key: bytes, token: str, *, now: datetime | None = None) -> Who | None:
    """Who the token speaks for; None when it is not ours, was altered or is too old."""
    found = _claims(key, token)
    moment = (now or SystemClock().now()).timestamp()
    if found is None or float(found["until"]) <= moment:
        return None
    organisation = found["organisation"]
    return Who(
        role=found["role"],
        region=found["region"],
        organisation=None if organisation is None else UUID(organisation),
        subject=found["subject"],
    )


def proof(key: bytes, who: Who) -> str:
    """What a form of this person must carry, so that no other site can send it on their behalf."""
    text = "\n".join((who.role, who.region, str(who.organisation or ""), who.subject))
    return hmac.new(key, b"form\n" + text.encode(), hashlib.sha256).hexdigest()[:32]


def proves(key: bytes, who: Who, given: str) -> bool:
    """True when a form carries the proof of this person."""
    return hmac.compare_digest(proof(key, who).encode(), given.encode(errors="replace"))


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
