"""The name under which this process is a static member of its group: the same as long as that goes well.

A broker that knows a member gives it its old partitions back without a rebalance. That makes a restart quick;
it also keeps a bad assignment for ever. Seen: topics that were connected since are not among them (the client
stops on that); none at all, when the group was formed while the broker was coming back and knew no topics yet.
So a name is used again only by the same topics and only after a life with partitions.
"""

import hashlib
from collections.abc import Iterable, Mapping


def member_name(slot: int, topics: Iterable[str], last: Mapping[str, object], fresh: str) -> str:
    """The last name if it served, else a new one that ends in `fresh`; `last` is the last sign of life."""
    digest = hashlib.sha256("\n".join(sorted(topics)).encode()).hexdigest()[:8]
    base = f"intake-{slot}-{digest}"
    name = str(last.get("member", ""))
    had_partitions = bool(last.get("assigned", 0))
    return name if had_partitions and name.startswith(base) else f"{base}-{fresh}"
