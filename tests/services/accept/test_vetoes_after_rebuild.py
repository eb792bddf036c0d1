"""After a rebuild nobody stays on the published plan who may not get the dose by the facts as our fold reads them."""

from datetime import timedelta

import pytest

from events.envelope import Record
from events.practice import ConsentStatus
from infra.postgres.database import Database
from infra.postgres.fold import FOLD
from services.accept.rebuild import Rebuilt, bring_to_our_fold, compare, replace
from tests.builders import REGION, a_record, say
from tests.conftest import Fresh
from tests.facts import NOW, a_consent, given_elsewhere, uid
from tests.services.accept.looking import live, rows, said
from tests.services.accept.test_vetoes import ASSIGNED, UNASSIGNED, seed

pytestmark = pytest.mark.postgres
LATER = NOW + timedelta(hours=2)


async def say_as_an_older_version(fresh: Fresh, door: Database, *facts: Record) -> None:
    """Facts whose vetoes nobody derived: the lines that follow from them are not in the ledger."""
    owner = await fresh.open("owner")
    ((before,),) = await rows(door, "SELECT max(seq) FROM ledger WHERE region = $1", REGION)
    await say(door, *facts, now=LATER)
    last = before + len(facts)
    async with owner.transaction() as tx:
        for table in ("ledger", "seen"):
            await tx.execute(f"DELETE FROM {table} WHERE region = $1 AND seq > $2", REGION, last)
        await tx.execute("UPDATE region_seq SET n = $2 WHERE region = $1", REGION, last)


async def by_rebuild(fresh: Fresh) -> Rebuilt | None:
    return await replace(fresh.dsn("owner"), LATER)


async def by_upgrade(fresh: Fresh) -> Rebuilt | None:
    owner = await fresh.open("owner")
    async with owner.transaction() as tx:
        await tx.execute("UPDATE state_fold SET fold = $1", FOLD - 1)
    return await bring_to_our_fold(fresh.dsn("owner"), LATER)


@pytest.mark.parametrize("rebuild", [by_rebuild, by_upgrade])
@pytest.mark.parametrize("veto", [a_consent(status=ConsentStatus.REFUSED), given_elsewhere("p1")])
async def test_a_rebuild_takes_off_who_an_older_version_left_on(fresh, veto, rebuild):
    door = await fresh.open("acceptor")
    await seed(door)
    await say_as_an_older_version(fresh, door, a_record(veto, time=LATER))

    done = await rebuild(fresh)

    assert done is not None
    assert "vetoes took people off 1 visits" in done.describe()
    assert await live(door) == {(uid("v1"), uid("p2"))}
    assert (await said(door, REGION))[-1][1] == ASSIGNED
    assert await compare(fresh.dsn("owner")) == []
    again = await replace(fresh.dsn("owner"), LATER)
    assert (again.differing, again.taken_off) == ([], 0)


async def test_a_visit_of_which_nobody_is_left_is_off_the_plan_after_a_rebuild(fresh):
    door = await fresh.open("acceptor")
    await seed(door, people=["p1"])
    await say_as_an_older_version(
        fresh, door, a_record(a_consent(status=ConsentStatus.REFUSED), time=LATER)
    )

    await by_rebuild(fresh)

    assert await live(door) == set()
    assert (await said(door, REGION))[-1][1] == UNASSIGNED
