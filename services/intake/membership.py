"""The name under which this process is a static member of its consumer group: the same as long as that goes well.

A broker that knows a member gives it its old partitions back without a rebalance. That makes a restart quick;
it also keeps a bad assignment for ever. Seen: topics that were connected since are not among them (the client
stops on that); none at all, when the group was formed while the broker was coming back and knew no topics yet.
So a name is used again only by the same topics, and not after a life that joined and got no partition. Who was
killed before it had joined keeps its name: under another one it would wait until the session of its old self ends.
"""

import hashlib
from collections.abc import Iterable, Mapping


def choose_member_name(
    slot: int, topics: Iterable[str], last: Mapping[str, object], fresh: str
) -> str:
    """The last name if it served, else a new one that ends in `fresh`; `last` is the state of the last heartbeat."""
    digest = hashlib.sha256("\n".join(sorted(topics)).encode()).hexdigest()[:8]
    base = f"intake-{slot}-{digest}"
    name = str(last.get("member", ""))
    served = bool(last.get("keeps_name", last.get("assigned", 0)))
    return name if served and name.startswith(base) else f"{base}-{fresh}"
