"""What was offered and what was acknowledged, kept by the ones who sent it: the judge of everything else."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from events.codec import to_canonical
from events.envelope import Sender
from events.identifiers import Payload

Partition = tuple[str, int]
Key = tuple[str, str]  # source and id


@dataclass(frozen=True, slots=True)
class Offered:
    """One record on its way: its bytes, and the fact in it; without a fact it is poison."""

    topic: str
    region: str
    value: bytes
    key: Key | None = None
    payload: Payload | None = None
    sender: Sender | None = None

    @property
    def is_poison(self) -> bool:
        return self.payload is None


@dataclass
class Journal:
    """Everything that the senders know for sure."""

    facts: dict[Key, Offered] = field(default_factory=dict)
    log: dict[Partition, dict[int, Offered]] = field(default_factory=lambda: defaultdict(dict))
    answered: set[Key] = field(default_factory=set)  # over HTTP
    stored: set[Key] = field(default_factory=set)  # seen in the ledger at the end of a round
    asked: int = 0
    refused_over_http: int = 0
    unanswered: list[str] = field(default_factory=list)  # a client waited too long: never allowed
    odd: list[str] = field(default_factory=list)  # an answer that nobody should get
    gone: list[tuple[Partition, int, int]] = field(default_factory=list)  # deleted unread

    def offer(self, offered: Offered) -> None:
        """Remember what a key says; the same key is never offered with another fact on purpose here."""
        if offered.key is not None and offered.payload is not None:
            self.facts.setdefault(offered.key, offered)

    def acknowledged(self, part: Partition, offset: int, offered: Offered) -> None:
        """The broker said that it has it, at this place."""
        self.log[part][offset] = offered

    def ends(self) -> dict[Partition, int]:
        """The offset after the last acknowledged record of every partition."""
        return {part: max(records) + 1 for part, records in self.log.items() if records}

    def is_gone(self, part: Partition, offset: int) -> bool:
        return any(part == p and begin <= offset < end for p, begin, end in self.gone)

    def readable(self) -> Iterator[tuple[Partition, int, Offered]]:
        """Acknowledged records that an intake could have read, in order per partition."""
        for part in sorted(self.log):
            for offset in sorted(self.log[part]):
                if not self.is_gone(part, offset):
                    yield part, offset, self.log[part][offset]

    def promised(self) -> set[Key]:
        """Every fact that somebody was told we have, and that was not taken away before we read it."""
        on_kafka = {one.key for _, _, one in self.readable() if one.key and not one.is_poison}
        return on_kafka | self.answered

    def poison(self) -> set[tuple[str, int, int]]:
        """The places of the records that must be set aside, and no others."""
        return {(*part, offset) for part, offset, one in self.readable() if one.is_poison}

    def records(self) -> int:
        return sum(len(records) for records in self.log.values())


def body_of(payload: Payload) -> str:
    """A short print of what a fact says, to compare it with the ledger's."""
    return hashlib.sha256(to_canonical(payload).encode()).hexdigest()
