"""What the intake says of itself in its heartbeat, and what of that is an alarm."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from faust.types import TP

from services.intake.assignment import list_assigned, read_highwater, read_open_end
from services.intake.store import Intake

STANDS_SECONDS: Final = (
    10.0  # a batch is stored within one; an outage of Postgres that long is worth a word too
)
OPEN_SECONDS: Final = 30.0  # a transaction lasts as long as a sender needs for some sends
OFTEN_BEGUN: Final = 3  # lives in a row that stored nothing while records waited
Alarm = dict[str, Any]


@dataclass(slots=True)
class Signs:
    """Since when each partition is held up by an open transaction, and what others found out beside the reading."""

    fruitless: int = 0  # lives before this one that stored nothing
    unread: list[Alarm] = field(default_factory=list)
    behind: list[Alarm] = field(default_factory=list)
    by_sender_time: list[str] = field(
        default_factory=list
    )  # topics whose records grow old by their senders' time
    told: set[str] = field(default_factory=set)  # topics of which the command was logged
    keyless: bool = False  # what is refused can not be sealed, so its value is not kept
    holders: dict[TP, tuple[int, Alarm]] = field(
        default_factory=dict
    )  # since which offset, and who
    _held: dict[TP, tuple[int, float]] = field(default_factory=dict)

    def list_alarms(self, now: float, app: Any, intake: Intake, lag: int = 0) -> list[Alarm]:
        """All that is wrong now; each names a topic and its regions, for those who may hear of it."""
        found = [*self.stand_still(now, intake, lag), *self.unread, *self.behind]
        found += [{"kind": "sender_time", "topic": topic} for topic in self.by_sender_time]
        if self.keyless:
            found += [{"kind": "no_quarantine_key", "topic": one} for one in sorted(intake.systems)]
        found += self.list_open(now, look_at_ends(app))
        return [
            {**alarm, "regions": sorted(intake.systems[alarm["topic"]].regions)} for alarm in found
        ]

    def stand_still(self, now: float, intake: Intake, lag: int = 0) -> list[Alarm]:
        """A batch that is tried again and again, in this life or over several."""
        trouble = intake.trouble
        seconds = 0.0 if trouble.since is None else now - trouble.since
        if seconds > STANDS_SECONDS:
            said = {"seconds": round(seconds), "why": trouble.why or "slow"}
            return [{"kind": "intake_stands_still", "topic": one, **said} for one in trouble.topics]
        if self.fruitless >= OFTEN_BEGUN and lag and not intake.events_in:
            return [
                {"kind": "intake_stands_still", "topic": one, "seconds": None, "why": "ended"}
                for one in sorted(intake.systems)
            ]
        return []

    def held_up(self) -> dict[TP, int]:
        """The partitions that an open transaction holds up, and from which offset on."""
        return {tp: offset for tp, (offset, _) in self._held.items()}

    def name_holder(self, tp: TP, offset: int) -> Alarm:
        """Whose transaction it is, as far as the broker told."""
        since, said = self.holders.get(tp, (offset, {}))
        return said if since == offset else {}

    def list_open(self, now: float, ends: Mapping[TP, tuple[int, int]]) -> list[Alarm]:
        """The partitions that an open transaction holds up: from which offset, and for how long as we saw it."""
        held: dict[TP, tuple[int, float]] = {}
        for tp, (readable, end) in ends.items():
            if end > readable >= 0:
                before = self._held.get(tp)
                held[tp] = before if before and before[0] == readable else (readable, now)
        self._held = held
        return [
            {
                "kind": "open_transaction",
                "topic": tp.topic,
                "partition": tp.partition,
                "offset": offset,
                "seconds": round(now - since),
                **self.name_holder(tp, offset),
            }
            for tp, (offset, since) in sorted(held.items())
            if now - since > OPEN_SECONDS
        ]


def look_at_ends(app: Any) -> dict[TP, tuple[int, int]]:
    """Up to where each partition can be read, and where it ends."""
    ends = {}
    for tp in list_assigned(app):
        readable, end = read_highwater(app, tp), read_open_end(app, tp)
        if readable is not None and end is not None:
            ends[tp] = (readable, end)
    return ends


def count_fruitless(last: Mapping[str, object], stored: Iterable[int]) -> tuple[int, int]:
    """How many lives in a row stored nothing, the last one included, and the sum of the offsets now."""
    total = sum(stored)
    before = int(str(last.get("fruitless", 0)))
    if last.get("careful"):  # it ended before it had read enough to be sure
        return max(before, OFTEN_BEGUN), total
    is_fruitless = last.get("events_in") == 0 and last.get("stored") == total
    return (before + 1 if is_fruitless else 0), total
