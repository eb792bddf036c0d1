"""How long accepting waits in an upgrade over another fold: events of all types, folded, compared and put in place.

Run by `make bench`. EVENTS sets the number; all tables differ, so all are put in place.
"""

import os

import pytest

from infra.postgres.state import STATE_TABLES
from services.accept.accept import accept
from services.accept.rebuild import bring_to_our_fold
from tests.bench.measuring import CLOCK, show
from tests.conftest import Fresh
from tests.facts import NOW
from tests.services.accept.crowd import crowd, cut
from tests.services.accept.test_rebuild_many import change_one_cell

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(7200)]
EVENTS = int(os.environ.get("EVENTS", "1000000"))
EVENTS_A_PERSON = 20  # about what a season says of one: registration, answers, doses, visits


async def test_the_state_is_made_anew(fresh: Fresh, capsys):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    for batch in cut(crowd(EVENTS, people=max(1, EVENTS // EVENTS_A_PERSON // 6))):
        await accept(door, batch, NOW)
    filled = []
    for table in STATE_TABLES:
        async with owner.transaction() as tx:
            if await tx.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):
                filled.append(table)
    for table in filled:
        await change_one_cell(owner, table)
    async with owner.transaction() as tx:
        await tx.execute("UPDATE state_fold SET fold = 1")

    began = CLOCK.monotonic()
    done = await bring_to_our_fold(fresh.dsn("owner"), NOW)
    seconds = CLOCK.monotonic() - began

    assert done is not None
    minutes = seconds / 60 / done.events * 1_000_000
    show(
        capsys,
        f"Rebuild put in place: {done.events:,} events of all types",
        [
            ("accepting waits", f"{seconds:.1f} s"),
            ("for a million events", f"{minutes:.1f} minutes"),
            ("tables put in place", f"{len(done.differing)} of {len(STATE_TABLES)}"),
        ],
    )
    assert set(done.differing) >= set(filled)
