"""How often one sender may ask: so much at once, and then so many a second; whoever asks more is told when to come back.

Each web process counts by itself and forgets at its end. Whoever has signed in is counted by who they are, so that more
tokens or sessions are no more requests; whoever has not, by the address, and for IPv6 by the network of a subscriber.
"""

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from services.web.bounds import Rate
from services.web.codes import note_code
from services.web.refusing import TOO_MANY, Refused

# Senders remembered, of some 300 bytes each: the one that was silent for longest is forgotten, and its count with it.
MOST_KNOWN: Final = 10_000
SUBSCRIBER_BITS: Final = 64
SAME_CODE_SECONDS: Final = 60.0  # whoever goes on asking fills no log


@dataclass(slots=True)
class Bucket:
    """What one sender may still ask, when that was counted, and the code of its last refusal."""

    left: float
    at: float
    code: str = ""
    told_at: float = -math.inf


class Pace:
    """The senders of one kind, strangers or known ones: neither can push the other out of memory."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._known: OrderedDict[Hashable, Bucket] = OrderedDict()

    def count(self, sender: Hashable, now: float) -> None:
        """Count one request. Raises Refused when it is one too many."""
        rate = self._rate
        bucket = self._known.setdefault(sender, Bucket(rate.burst, now))
        self._known.move_to_end(sender)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        bucket.left = min(rate.burst, bucket.left + (now - bucket.at) * rate.per_second)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return
        if now - bucket.told_at > SAME_CODE_SECONDS:
            bucket.code, bucket.told_at = note_code(Refused(TOO_MANY)), now
        wait = math.ceil((1 - bucket.left) / rate.per_second)
        raise Refused(TOO_MANY, code=bucket.code, again_seconds=wait)


def network_of(address: str) -> str:
    """An address as it is counted: of IPv6 the network, of which one subscriber has all addresses."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:
        return address
    return str(ipaddress.ip_network((known, SUBSCRIBER_BITS), strict=False))
