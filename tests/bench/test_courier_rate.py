"""How fast the courier is: webhooks in order to one receiver, and the count of a region of 100,000 people.

Run by `make bench`. Prints a table; asserts only that everything arrived and was counted.
"""

import os
import sys
from pathlib import Path

import asyncpg
import pytest

from infra.clock import SystemClock
from services.courier.directory import add
from services.courier.progress import count_progress
from tests.flow.processes import environment, start, until
from tests.services.courier.receiver import a_desk, receiving
from tests.services.relay.backlog import fill

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]
COUNT, PEOPLE = 3_000, 100_000


def tell(line: str) -> None:
    sys.stdout.write(f"\n{line}; load {os.getloadavg()[0]:.1f}\n")


@pytest.mark.parametrize("regions", [1, 4])
async def test_webhooks_to_one_receiver(kafka, fresh, tmp_path: Path, capsys, regions: int):
    await fill(fresh, COUNT, [f"GG{n:04}" for n in range(regions)])
    clock = SystemClock()
    async with receiving() as receiver:
        here = fresh.settings(webhooks_internal=True)
        await add(
            here, "one", "webhook", receiver.url, ["dose.administered.v1"], [], from_start=True
        )
        courier = await start(
            "courier", environment(fresh, kafka, WEBHOOKS_INTERNAL="true"), tmp_path
        )

        async def has_begun() -> bool:
            return bool(receiver.got)

        async def is_done() -> bool:
            return len(receiver.got) >= COUNT

        await until(has_begun, every=0.01)
        begun, first = clock.monotonic(), len(receiver.got)
        await until(is_done, 120, every=0.01)
        seconds = clock.monotonic() - begun
        await courier.stop()
    with capsys.disabled():
        tell(
            f"webhooks, {regions} region(s), one receiver: {(COUNT - first) / seconds:,.0f} events/s"
        )


async def test_the_count_of_a_large_region(fresh, capsys):
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute(
        f"""
        INSERT INTO region_seq VALUES ('GG2514', {3 * PEOPLE});
        CREATE TEMP TABLE p AS SELECT n, gen_random_uuid() AS person FROM generate_series(1, {PEOPLE}) AS n;
        INSERT INTO registrations (region, person, campaign, practice, location, registered_seq, registered_at)
        SELECT 'GG2514', person, uuid_nil, uuid_nil, uuid_nil, n, now() FROM p, (SELECT gen_random_uuid() AS uuid_nil) AS u;
        INSERT INTO consents (region, seq, person, campaign, practice, subject, status, given_by, form, recorded_at)
        SELECT region, registered_seq, person, campaign, practice, 'treatment', 'given', 'self', 'oral', now() FROM registrations;
        INSERT INTO doses (region, seq, person, campaign, dose_no, outcome, at)
        SELECT region, registered_seq, person, campaign, 1, 'given', now() FROM registrations WHERE registered_seq % 2 = 0;
        ANALYZE;
        """
    )
    await owner.close()
    async with a_desk(fresh) as desk:
        begun = desk.real.monotonic()
        said = await count_progress(desk)
        seconds = desk.real.monotonic() - begun

    with capsys.disabled():
        tell(f"counting {PEOPLE:,} people: {seconds:.2f} s")
    assert said == 1
