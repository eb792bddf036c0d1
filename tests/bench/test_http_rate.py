"""Events over HTTP into ledger and state, through one web process: in batches, and one by one at a steady rate.

Run by `make bench`. Asserts only that nothing was lost, unless SPEED_BARS=1.
"""

import asyncio
import os
import statistics
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.postgres.database import Database
from tests.bench.http import Sender, Site, a_site
from tests.bench.measuring import (
    CLOCK,
    REGION,
    Spent,
    copy_rate,
    percentile,
    postgres_pid,
    practice_id,
    registration,
    said,
    show,
)
from tests.conftest import Fresh
from tests.services.accept.looking import rows

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(600)]
COUNT = int(os.environ.get("COUNT", "100000"))
AT_ONCE = 1_000
CONNECTIONS = 4
SECONDS = 10
BATCH = "application/cloudevents-batch+json"
SINGLE = "application/cloudevents+json"
PRACTICE = practice_id(0)


async def offer_all(senders: list[Sender], bodies: list[bytes]) -> None:
    """Every body once, each connection taking the next when it is done with one."""
    waiting = iter(bodies)

    async def work(sender: Sender) -> None:
        for body in waiting:
            outcomes = await sender.post(body)
            assert {outcome["status"] for outcome in outcomes} == {"accepted"}

    await asyncio.gather(*(work(sender) for sender in senders))


async def test_batches_through_one_web_process(fresh: Fresh, tmp_path: Path, capsys):
    async with a_site(fresh, PRACTICE, tmp_path) as site:
        events = [registration(n, site.source, PRACTICE) for n in range(COUNT)]
        values = [said(event) for event in events]
        bodies = [
            b"[" + b",".join(values[begin : begin + AT_ONCE]) + b"]"
            for begin in range(0, COUNT, AT_ONCE)
        ]
        senders = await site.senders(CONNECTIONS, BATCH)
        copied = statistics.median([await copy_rate(fresh, events[:50_000]) for _ in range(3)])
        third = len(bodies) // 3
        own, base = Spent(site.child.process.pid), Spent(postgres_pid(fresh))
        rates = []
        for part in (bodies[:third], bodies[third : 2 * third], bodies[2 * third :]):
            began = CLOCK.monotonic()
            await offer_all(senders, part)
            rates.append(len(part) * AT_ONCE / (CLOCK.monotonic() - began))
        spent, postgres = own.microseconds(COUNT), base.microseconds(COUNT)

    rate = statistics.median(rates)
    show(
        capsys,
        f"HTTP batches of {AT_ONCE:,} to ledger and state, one web process, {COUNT:,} registrations",
        [
            ("batch API", f"{rate:,.0f} events/s (median of {', '.join(f'{r:,.0f}' for r in rates)})"),
            ("processor time", f"web {spent:.0f} us an event, Postgres {postgres:.0f} us"),
            ("COPY", f"{copied:,.0f} rows/s: the batch API is {rate / copied:.1%} of it"),
        ],
    )  # fmt: skip
    looker = await fresh.open("acceptor", 1)
    assert await rows(looker, "SELECT count(*) FROM registrations") == [(COUNT,)]
    if os.environ.get("SPEED_BARS"):
        assert rate >= 20_000
        assert rate / copied >= 0.10


@dataclass
class Seen:
    """When each event was due, answered, and seen by another connection; by its number in the ledger."""

    due: dict[int, float] = field(default_factory=dict)
    answered: dict[int, float] = field(default_factory=dict)
    looks: list[tuple[float, int]] = field(default_factory=list)

    def answer_times(self) -> list[float]:
        return [1e3 * (self.answered[seq] - due) for seq, due in self.due.items()]

    def until_seen(self) -> list[float]:
        """Milliseconds from when an event was due to be sent until another connection read its number."""
        waits, at = [], 0
        for seq, due in sorted(self.due.items()):
            while self.looks[at][1] < seq:
                at += 1
            waits.append(1e3 * (self.looks[at][0] - due))
        return waits


async def look(database: Database, seen: Seen) -> None:
    """Another reader: looks again and again how far the ledger of the region is."""
    while True:
        found = await rows(database, "SELECT n FROM region_seq WHERE region = $1", REGION)
        if found:
            seen.looks.append((CLOCK.monotonic(), found[0][0]))
        await asyncio.sleep(0.003)


async def send_steadily(senders: list[Sender], bodies: list[bytes], rate: int, seen: Seen) -> None:
    """Each event is due at its own moment, whether those before were answered or not."""
    began = CLOCK.monotonic() + 0.05
    free: asyncio.Queue[Sender] = asyncio.Queue()
    for sender in senders:
        free.put_nowait(sender)

    async def send(body: bytes, due: float) -> None:
        sender = await free.get()
        (outcome,) = await sender.post(body)
        seen.due[outcome["seq"]], seen.answered[outcome["seq"]] = due, CLOCK.monotonic()
        free.put_nowait(sender)

    async with asyncio.TaskGroup() as sending:
        for n, body in enumerate(bodies):
            due = began + n / rate
            if (early := due - CLOCK.monotonic()) > 0:
                await asyncio.sleep(early)
            sending.create_task(send(body, due))


async def measured(site: Site, fresh: Fresh, rate: int, first: int) -> Seen:
    seen, reader = Seen(), await fresh.open("acceptor", 1)
    count = rate * SECONDS
    bodies = [said(registration(n, site.source, PRACTICE)) for n in range(first, first + count)]
    looking = asyncio.create_task(look(reader, seen))
    await send_steadily(await site.senders(64, SINGLE), bodies, rate, seen)
    await asyncio.sleep(0.2)
    looking.cancel()
    assert len(seen.due) == count
    return seen


async def test_single_requests_at_a_steady_rate(fresh: Fresh, tmp_path: Path, capsys):
    table, worst = [], 0.0
    async with a_site(fresh, PRACTICE, tmp_path) as site:
        await measured(site, fresh, 100, 10_000_000)  # warm
        for rate in (100, 1_000):
            own = Spent(site.child.process.pid)
            seen = await measured(site, fresh, rate, rate * 10_000)
            spent = own.microseconds(rate * SECONDS)
            waits, answers = seen.until_seen(), seen.answer_times()
            worst = percentile(waits, 0.99)
            what = (
                f"seen by another reader p50 {percentile(waits, 0.5):.1f} ms, p99 {worst:.1f} ms;"
                f" answered p50 {percentile(answers, 0.5):.1f} ms, p99 {percentile(answers, 0.99):.1f} ms;"
                f" web {spent:.0f} us a request"
            )
            table.append((f"{rate:,} a second", what))

    show(capsys, f"HTTP, one event a request, for {SECONDS} s, from when it was due", table)
    if os.environ.get("SPEED_BARS"):
        assert worst <= 50
