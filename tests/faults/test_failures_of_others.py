"""What went wrong in other systems and concerns streams, each as a test of ours (FEATURES.md, last table)."""

import asyncio
from random import Random
from uuid import UUID

import pytest

from events.supply import StockCounted
from services.accept.accept import accept
from services.accept.submission import Submission
from tests.builders import OTHER_REGION, REGION, a_record
from tests.effort import either
from tests.facts import NOW, a_consent, a_location, a_patient, uid
from tests.faults.registry import BY_NAME
from tests.faults.running import Round, chapter
from tests.faults.world import Plan
from tests.services.accept.looking import rows

EVENTS, BATCH = either(short=20_000, long=100_000), 1_000
ONLY_INTAKE = Plan(processes=("intake-0", "intake-1", "relay", "web"))


async def live_through(seed: str, *names: str) -> list[Round]:
    return await chapter(seed, [BY_NAME[name] for name in names], plan=ONLY_INTAKE)


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_elsewhere_a_bad_event_was_logged_and_gone_and_the_next_commit_buried_what_failed():
    """Counted in = applied + set aside, whatever is poison; a dependency that is away loses nothing."""
    rounds = await live_through("others 1", "nothing but poison", "Postgres away", "broker away")

    assert [str(one) for one in rounds if not one.holds] == []
    assert rounds[-1].counts["set aside"] >= 100


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_elsewhere_an_endless_timeout_blocked_the_consumer_and_a_rebalance_skipped_offsets():
    rounds = await live_through("others 2", "black hole before Postgres", "rebalance storm")

    assert [str(one) for one in rounds if not one.holds] == []
    assert max(one.settled_seconds for one in rounds) < 30


@pytest.mark.postgres
@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_elsewhere_tenants_were_mixed_and_here_two_regions_keep_apart(fresh):
    """20,000 events (in the long run 100,000) of two regions in the same batches, by two intakes at once."""
    door, random = await fresh.open("acceptor"), Random(1)
    mine = {region: {uid(f"{region} {n}") for n in range(500)} for region in (REGION, OTHER_REGION)}
    owners = {region: sorted(people, key=str) for region, people in mine.items()}
    for region in owners:
        location = a_location(location_id=uid(region))
        await accept(door, [Submission((a_record(location, region=region),))], NOW)

    def fact(n: int) -> Submission:
        region = random.choice((REGION, OTHER_REGION))
        about = {"person_id": random.choice(owners[region]), "location_id": uid(region)}
        payload = a_patient(**about) if n % 2 else a_consent(**about)
        return Submission((a_record(payload, f"r{n}", region),))

    async def take_in(begin: int) -> None:
        for first in range(begin, EVENTS, 2 * BATCH):
            await accept(door, [fact(n) for n in range(first, first + BATCH)], NOW)

    await asyncio.gather(take_in(0), take_in(BATCH))

    for region, people in mine.items():
        for table in ("registrations", "consents"):
            found = await rows(
                door, f"SELECT DISTINCT person FROM {table} WHERE region = '{region}'"
            )
            assert {UUID(str(person)) for (person,) in found} <= people
    ledger = "SELECT count(*), count(*) FILTER (WHERE body->>'location_id' <> CASE region"
    ledger += f" WHEN '{REGION}' THEN '{uid(REGION)}' ELSE '{uid(OTHER_REGION)}' END) FROM ledger"
    assert await rows(door, ledger) == [(EVENTS + 2, 0)]


@pytest.mark.postgres
async def test_elsewhere_the_last_of_two_stock_counts_won_and_here_both_are_kept(fresh):
    one, other = await fresh.open("acceptor"), await fresh.open("acceptor")
    stock = {"depot_id": uid("post"), "product_id": "moderna", "lot": "LOT1", "counted_at": NOW}
    counts = [
        Submission((a_record(StockCounted(**stock, doses=doses), f"count-{doses}"),))
        for doses in (90, 110)
    ]

    await asyncio.gather(accept(one, counts[:1], NOW), accept(other, counts[1:], NOW))

    kept = await rows(one, "SELECT doses FROM stock_counts ORDER BY doses")
    assert kept == [(90,), (110,)]
    assert await rows(one, "SELECT count(*) FROM stock_movements") == [(0,)]
