"""A great many events of every type, quickly: the facts of `history`, said about many people in many regions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from events.envelope import Record, Sender, System
from events.identifiers import Payload
from services.accept.submission import Submission
from tests.builders import PLANS, a_plan, a_record, system_for
from tests.facts import NOW, an_assignment
from tests.services.accept.history import BOOKINGS, FACTS
from tests.services.accept.history import PLANS as PROPOSALS

REGIONS = ("GG2514", "GG0111", "GG1009", "GG3406", "GG4106", "GG5206")
ID = "the-id-of-this-one"
TIME = datetime(1999, 12, 31, 23, 59, 58, tzinfo=UTC)  # stands for the time of each record
AS_TEXT = TIME.isoformat()
UUID = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Template:
    """A record in pieces: between them goes the number of whom it is about."""

    system: System
    pieces: tuple[str, ...]

    @classmethod
    def of(cls, payload: Payload, region: str) -> "Template":
        own = system_for(payload, region)
        time = None if own.sender is Sender.SYSTEM else TIME
        whole = (a_record(payload, ID, region, own, time).value or b"").decode()
        assert time is None or AS_TEXT in whole
        pieces = UUID.sub(r"\1\0", whole).split("\0")
        return cls(own, tuple(pieces))

    def about(self, number: int, event_id: str, time: datetime) -> Record:
        """What it says, of the people, places and visits with this number, and when that was so."""
        value = f"{number:012x}".join(self.pieces).replace(ID, event_id)
        value = value.replace(AS_TEXT, time.isoformat())
        return Record(self.system, value.encode(), {})


# What is applied one by one (plans) seldom, else it takes most of the time.
KINDS: Sequence[Payload] = [*FACTS, *BOOKINGS, *PROPOSALS]
OFTEN = list(accumulate([12] * len(FACTS) + [6] * len(BOOKINGS) + [1] * len(PROPOSALS)))


def crowd(count: int, seed: int = 11, people: int = 800) -> Iterator[Record]:
    """Records of all types and regions in random order; one in fifty is a copy of an earlier one."""
    random = Random(seed)
    known = [[Template.of(payload, region) for payload in KINDS] for region in REGIONS]
    earlier: list[Record] = []
    for n in range(count):
        if earlier and random.random() < 0.02:
            yield random.choice(earlier)
            continue
        place = random.randrange(len(REGIONS))
        number = place * 1_000_000 + random.randrange(people)
        (kind,) = random.choices(known[place], cum_weights=OFTEN)
        time = NOW - timedelta(
            minutes=random.randrange(10_000)
        )  # in any order, and at times the same
        record = kind.about(number, f"crowd-{n}", time)
        if n % 20 == 0:
            earlier.append(record)
        yield record


def cut(records: Iterator[Record], seed: int = 12, most: int = 3000) -> Iterator[list[Submission]]:
    """Batches of any size, for how they are cut must not matter."""
    random = Random(seed)
    batch: list[Submission] = []
    wanted = random.randint(1, most)
    for record in records:
        batch.append(Submission((record,)))
        if len(batch) >= wanted:
            yield batch
            batch, wanted = [], random.choice((1, 40, random.randint(1, most)))
    if batch:
        yield batch


def plans(count: int, seed: int = 13) -> Iterator[Submission]:
    """Plans of one region that replace each other: visits come, move and go, teams and people with them."""
    random = Random(seed)
    for n in range(count):
        visits = [
            an_assignment(f"crowd {v}", [f"c{v}", f"c{v + 100 + n % 3}"], hour)
            for v in range(30)
            if (hour := random.randint(6, 18)) > 7
        ]
        told = [
            visit.model_copy(update={"team_id": visit.visit_id, "shift_id": visit.visit_id})
            for visit in visits
        ]
        yield a_plan(f"crowd {n}", (n, 1), *told)


assert PLANS.regions == {REGIONS[0]}  # where `plans` are proposed
