"""A day of return records, hour by hour: doses, receivers that are down or reject, desks that mend and ask again."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from events.identifiers import Payload
from events.reports import ReturnRecordAcknowledged, ReturnRecordRejected, ReturnRecordRequested
from infra.postgres.courier import returns
from services.courier.returns import LAID_READY, lay_ready, list_due, make_returns, post_next
from tests.builders import REGION, a_record, say
from tests.facts import DONE, a_dose, a_patient, an_organisation, uid
from tests.services.accept.looking import rows
from tests.services.courier.returning_world import Listener, Loop

BATCH = 2_000
REJECTED = 0.05
HOURS_OF_WORK = 8  # in which teams give doses
DOWN = range(3, 6)  # hours in which the systems of practices do not answer


@dataclass
class Day:
    """A day with so many doses for so many practices; the first of them have a system of their own that is posted to."""

    loop: Loop
    listener: Listener
    doses: int
    practices: int
    posted_to: int
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    rejected: set[str] = field(default_factory=set)
    gaps: list[int] = field(default_factory=list)
    counting: list[float] = field(default_factory=list)  # seconds that each count took
    is_down: bool = False

    async def play(self) -> None:
        """24 hours; `gaps` has given minus registered at the end of each."""
        everybody = await self.people()
        self.listener.judge = self.judge
        share = -(-len(everybody) // HOURS_OF_WORK)
        for hour in range(24):
            self.is_down = hour in DOWN
            self.loop.desk.clock.at = self.loop.real.at = DONE + timedelta(hours=hour)  # type: ignore[attr-defined]
            today = everybody[hour * share : (hour + 1) * share]
            await self.say(
                [a_dose(person_id=one, given_at=DONE + timedelta(hours=hour)) for one in today]
            )
            await self.courier()
            await self.desks()
            await self.courier()
            self.gaps.append(await self.gap())

    async def people(self) -> list[UUID]:
        """Everybody is registered; those of practices that are posted to are known to the vault."""
        people: list[UUID] = []
        practices = [uid(f"practice {n}") for n in range(self.practices)]
        await self.say(
            [an_organisation(f"practice {n}", kind="practice") for n in range(self.practices)]
        )
        each = self.doses // self.practices
        for n, practice in enumerate(practices):
            if n < self.posted_to:
                await self.loop.address(self.listener.url, practice=practice)
                people += await self.loop.register(
                    *(spell(n * each + m) for m in range(each)), practice=practice
                )
            else:
                found = [uid(f"{n} {m}") for m in range(each)]
                await self.say([a_patient(person_id=one, practice_id=practice) for one in found])
                people += found
        self.dice.shuffle(people)
        return people

    async def say(self, payloads: list[Any]) -> None:
        for at in range(0, len(payloads), BATCH):
            records = [a_record(one) for one in payloads[at : at + BATCH]]
            outcomes = await say(self.loop.desk.door, *records, now=self.loop.desk.clock.now())
            assert all(one.reason is None for one in outcomes)

    def judge(self, message: str, _: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Down, or 5 % are rejected the first time; what is asked for again has another id and is taken."""
        if self.is_down:
            return 503, {}
        if message not in self.rejected and self.dice.random() < REJECTED:
            self.rejected.add(message)
            issue = {"severity": "error", "code": "not-found"}
            return 422, {"resourceType": "OperationOutcome", "issue": [issue]}
        return 201, {}

    async def courier(self) -> None:
        await make_returns(self.loop.desk)
        while await lay_ready(self.loop.desk) == LAID_READY:
            pass
        for address in await list_due(self.loop.desk):
            while await post_next(self.loop.desk, address):
                pass

    async def desks(self) -> None:
        """Practices take in what lies ready, reject 5 % of it, and ask again for what was rejected."""
        now = self.loop.desk.clock.now()
        lying = await rows(
            self.loop.desk.store,
            "SELECT message, number FROM return_states WHERE state = 'sent' ORDER BY message",
        )
        said: list[Payload] = []
        for message, number in lying:
            if number == 1 and self.dice.random() < REJECTED:
                said.append(ReturnRecordRejected(return_id=message, rejected_at=now))
            else:
                said.append(ReturnRecordAcknowledged(return_id=message, acknowledged_at=now))
        await self.say(said)
        wrong = await rows(
            self.loop.desk.store,
            "SELECT message FROM return_states WHERE state = 'rejected' ORDER BY message",
        )
        await self.say([ReturnRecordRequested(return_id=one, requested_at=now) for (one,) in wrong])

    async def gap(self) -> int:
        """Given minus registered, as the courier counts it for the pages."""
        began = time.monotonic()
        async with self.loop.desk.store.transaction() as tx:
            await returns.count(tx, [REGION], self.loop.desk.clock.now())
        self.counting.append(time.monotonic() - began)
        ((gap,),) = await rows(
            self.loop.desk.store,
            "SELECT coalesce(sum(given - registered), 0)::int FROM return_counts WHERE region = $1",
            REGION,
        )
        return int(gap)

    async def states(self) -> Counter[str]:
        found = await rows(
            self.loop.desk.store, "SELECT state, count(*) FROM return_states GROUP BY 1"
        )
        return Counter(dict(found))


def spell(number: int) -> str:
    """A name of letters alone, another for each number."""
    return f"P{number:06}".translate(str.maketrans("0123456789", "abcdefghij"))
