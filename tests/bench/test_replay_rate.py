"""Events per second that a rebuild folds out of the ledger: 1,000,000 registrations of four regions.

Run by `make bench`. LINES sets the number.
"""

import os

import asyncpg
import pytest

from infra.postgres.database import Database
from infra.postgres.state import make_tables_beside, see_one_moment
from services.accept.rebuild import BATCH, fold
from tests.bench.measuring import CLOCK, Spent, postgres_pid, show
from tests.conftest import Fresh

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.timeout(900)]
LINES = int(os.environ.get("LINES", "1000000"))
REGIONS = 4


async def fill(fresh: Fresh) -> None:
    """Lines of the ledger as accept would have written them."""
    owner = await asyncpg.connect(fresh.dsn("owner"))
    await owner.execute(
        """
        INSERT INTO ledger (region, seq, source, id, type, time, body, accepted_at)
        SELECT 'GG000' || n % $2, 1 + n / $2, 'urn:nld:prikploeg:practice:bench', 'bench-' || n, 'patient.registered.v1', NULL,
               jsonb_build_object('person_id', md5('person' || n)::uuid, 'campaign_id', md5('campaign')::uuid,
                 'location_id', md5('location' || n % 250)::uuid, 'practice_id', md5('practice' || n % 180)::uuid,
                 'birth_year', 1930 + n % 40, 'indication', 'wlz', 'needs', '[]'::jsonb), now()
        FROM generate_series(0, $1 - 1) AS n
        """,
        LINES,
        REGIONS,
    )
    await owner.close()


async def test_the_ledger_is_folded_anew(fresh: Fresh, capsys):
    await fill(fresh)
    database = await Database.open(fresh.dsn("owner"), size=1, deadline=900)
    fresh.opened.append(database)
    own, base = Spent(os.getpid()), Spent(postgres_pid(fresh))

    async with database.transaction() as tx:
        await see_one_moment(tx)
        await make_tables_beside(tx)
        began = CLOCK.monotonic()
        await fold(tx, BATCH)
        seconds = CLOCK.monotonic() - began
        found = await tx.fetchval("SELECT count(*) FROM rebuilt.registrations")

    show(
        capsys,
        f"Rebuild of {LINES:,} events, batches of {BATCH:,}",
        [
            ("fold", f"{LINES / seconds:,.0f} events/s, {seconds:.1f} s"),
            ("processor time", f"Python {own.microseconds(LINES):.0f} us an event, Postgres {base.microseconds(LINES):.0f} us"),
        ],
    )  # fmt: skip
    assert found == LINES
