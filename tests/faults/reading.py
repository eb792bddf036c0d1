"""The ledger as it is read line by line: numbers without a gap, names only once, what must leave us."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from events.catalogue import CATALOGUE
from tests.faults.journal import Key

Owner = "asyncpg.Connection[asyncpg.Record]"
FEW = 3  # examples in a message
WEBHOOK = "webhook"  # told of these by the courier
TOLD = ("dose.administered.v1", "dose.not_given.v1")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """What tells the newer of two facts: when it was so, when it was accepted, and where it stands."""

    moment: datetime
    accepted_at: datetime
    region: str
    seq: int
    is_dated: bool = field(default=False, compare=False)  # the sender said when it was so


@dataclass
class Ledger:
    """What was read of the ledger so far: it only grows, so only new lines are read."""

    at: dict[str, int] = field(default_factory=dict)  # region -> last number read
    places: dict[Key, tuple[str, int]] = field(default_factory=dict)
    marks: dict[Key, Mark] = field(default_factory=dict)
    bodies: dict[Key, tuple[str, str] | None] = field(default_factory=dict)
    outward: dict[tuple[str, str], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )  # (topic or webhook, region) -> numbers that must be told
    broken: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    async def read(self, tx: Owner) -> None:
        """The new lines of every region, each number once and in its place."""
        for row in await tx.fetch("SELECT region, n FROM region_seq ORDER BY region"):
            region, last = row["region"], self.at.get(row["region"], 0)
            lines = await tx.fetch(
                "SELECT seq, source, id, type, body::text AS body, time, accepted_at FROM ledger"
                " WHERE region = $1 AND seq > $2 ORDER BY seq",
                region,
                last,
            )
            for line in lines:
                last = self._take(region, last, line)
            self.at[region] = last
            if last != row["n"]:
                self.broken.append(f"{region}: counter {row['n']}, last line {last}")

    def _take(self, region: str, last: int, line: Any) -> int:
        key = (line["source"], line["id"])
        if line["seq"] != last + 1:
            self.broken.append(f"{region}: {line['seq']} comes after {last}")
        if key in self.places:
            self.doubled.append(f"{key} stands at {self.places[key]} and {region} {line['seq']}")
        self.places[key] = (region, line["seq"])
        time, accepted_at = line["time"], line["accepted_at"]
        moment = min(time or accepted_at, accepted_at)
        self.marks[key] = Mark(moment, accepted_at, region, line["seq"], time is not None)
        self.bodies[key] = (line["type"], line["body"])
        topic = CATALOGUE[line["type"]].outward
        for channel in (topic, WEBHOOK if line["type"] in TOLD else None):
            if channel is not None:
                self.outward[channel, region].append(line["seq"])
        return int(line["seq"])


def few(what: str, examples: list[Any]) -> list[str]:
    """How many, and the first of them."""
    if not examples:
        return []
    return [f"{len(examples)} {what}: " + "; ".join(str(one) for one in examples[:FEW])]
