"""A rebuilt state is put in place, and while it is made, or is of another fold than ours, nothing is accepted and nothing lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from events.envelope import Sender
from infra.clock import SystemClock
from infra.errors import NotConfigured, Paused
from infra.postgres.database import Database
from infra.postgres.fold import FOLD
from infra.postgres.snapshot.load import find_due_regions
from infra.postgres.state import pause_accept
from infra.postgres.systems import connect_systems, read_offsets, read_systems
from services.accept.rebuild import bring_to_our_fold, compare, hand_back, replace
from services.commands.setup import migrate_all
from services.intake.store import Intake
from tests.builders import REGION, SmallRegion, a_plan, say, systems
from tests.conftest import Fresh
from tests.facts import NOW, a_consent, a_patient, an_assignment, uid
from tests.services.accept.looking import live, numbers, rows, set_aside
from tests.services.accept.test_rebuild import TAMPERED, live_through_it
from tests.services.intake.test_store import messages

pytestmark = pytest.mark.postgres
LATER = NOW + timedelta(hours=1)


async def spoil(owner: Database) -> None:
    """A state that is no fold of its ledger."""
    async with owner.transaction() as tx:
        for table, change in TAMPERED.items():
            await tx.execute(f"UPDATE {table} SET {change}")
        await tx.execute("DELETE FROM consents WHERE seq = (SELECT min(seq) FROM consents)")


async def make_older(owner: Database) -> None:
    """As if the last version had made the state."""
    async with owner.transaction() as tx:
        await tx.execute("UPDATE state_fold SET fold = $1", FOLD - 1)


async def fold_of(database: Database) -> int | None:
    ((found,),) = await rows(database, "SELECT fold FROM state_fold")
    return None if found is None else int(found)


@asynccontextmanager
async def paused(fresh: Fresh) -> AsyncIterator[None]:
    """While a rebuild that is put in place runs."""
    owner = await fresh.open("owner")
    async with owner.transaction() as tx:
        await pause_accept(tx)
        yield


async def test_a_spoilt_state_is_replaced_by_the_fold_of_its_ledger(fresh):
    await live_through_it(fresh)
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    appointments = await live(door)
    await spoil(owner)

    done = await replace(fresh.dsn("owner"), LATER, batch=100)

    ((lines,),) = await rows(owner, "SELECT count(*) FROM ledger")
    assert set(done.differing) == {*TAMPERED, "consents"}
    assert done.events == lines
    assert f"rebuilt {lines} events" in done.describe()[-1]
    assert await compare(fresh.dsn("owner")) == []
    assert await live(door) == appointments
    assert (await replace(fresh.dsn("owner"), LATER)).differing == []


async def test_after_it_facts_are_accepted_and_applied_as_before(fresh):
    await live_through_it(fresh)
    door = await fresh.open("acceptor")
    await spoil(await fresh.open("owner"))
    await replace(fresh.dsn("owner"), LATER)

    await say(
        door,
        a_patient("new"),
        a_consent("new"),
        a_plan("new", (900, 900), an_assignment("v90", ["new"], 17)),
    )

    assert (uid("v90"), uid("new")) in await live(door)
    assert await compare(fresh.dsn("owner")) == []


async def test_who_began_to_read_before_sees_the_whole_old_state(fresh):
    await live_through_it(fresh)
    planner = await fresh.open("planner")
    await spoil(await fresh.open("owner"))
    count = "SELECT count(*) FROM registrations"

    async with planner.snapshot() as tx:
        before = await tx.fetchval("SELECT count(*) FROM locations")
        await replace(fresh.dsn("owner"), LATER)
        seen = await tx.fetchval(count)

    assert before > 0
    assert seen > 0
    assert await rows(planner, count) == [(seen,)]


async def test_meanwhile_nothing_is_accepted_and_who_asks_is_told_at_once(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_patient("p1"))

    async with paused(fresh):
        with pytest.raises(Paused, match="is being rebuilt"):
            async with asyncio.timeout(2):
                await say(door, a_patient("p2"))

    assert await numbers(door, REGION) == [1]
    assert await set_aside(door) == []
    await say(door, a_patient("p2"))
    assert await numbers(door, REGION) == [1, 2]


async def keep_saying(door: Database) -> None:
    while True:
        await say(door, a_patient("p2"))
        await asyncio.sleep(0.01)


async def test_a_rebuild_waits_for_what_is_being_accepted_and_lets_nobody_pass_meanwhile(fresh):
    door, other = await fresh.open("acceptor"), await fresh.open("acceptor")
    await live_through_it(fresh)
    async with door.transaction() as tx:
        await tx.execute("INSERT INTO ledger SELECT 'GG0000', 1, 's', 'i', 't', now(), '{}', now()")
        replacing = asyncio.create_task(replace(fresh.dsn("owner"), LATER))
        with pytest.raises(Paused):
            await keep_saying(other)
        assert not replacing.done()

    assert (await replacing).differing == []


async def test_a_state_of_another_fold_is_added_to_by_nobody_until_it_is_rebuilt(fresh):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    await say(door, *SmallRegion().all())
    assert await fold_of(door) == FOLD
    await make_older(owner)
    await spoil(owner)

    with pytest.raises(Paused, match=f"fold {FOLD - 1} .* has fold {FOLD}"):
        await say(door, a_patient("late"))
    done = await migrate_all(fresh.settings())

    assert "replaced: registrations" in done
    assert await fold_of(door) == FOLD
    assert await migrate_all(fresh.settings()) == []
    await say(door, a_patient("late"))
    assert await compare(fresh.dsn("owner")) == []


async def test_intake_waits_for_the_fold_and_then_stores_the_same_records(fresh):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    await say(door, a_patient("p1"))
    async with door.transaction() as tx:
        await connect_systems(tx, [systems()[Sender.PRACTICE]], 2)
        known, stored = await read_systems(tx), await read_offsets(tx)
    intake = Intake(door, SystemClock(), known, stored)
    await make_older(owner)

    storing = asyncio.create_task(intake.store(messages(0, 1)))
    async with asyncio.timeout(5):
        while not intake.trouble.waiting:
            await asyncio.sleep(0.01)
    assert await numbers(door, REGION) == [1]
    await bring_to_our_fold(fresh.dsn("owner"), LATER)
    await asyncio.wait_for(storing, 5)

    assert await numbers(door, REGION) == [1, 2, 3]
    assert await set_aside(door) == []


async def test_a_database_without_facts_takes_the_fold_of_who_comes_first(fresh):
    door = await fresh.open("acceptor")
    assert await fold_of(door) is None
    assert await bring_to_our_fold(fresh.dsn("owner"), LATER) is None

    async with door.transaction() as tx:  # as 0.1.0, which says nothing of its fold
        await tx.execute("SET LOCAL prikploeg.fold = ''")
        await tx.execute("INSERT INTO ledger SELECT 'GG0000', 1, 's', 'i', 't', now(), '{}', now()")

    assert await fold_of(door) == 1


async def test_a_state_that_a_later_version_made_is_not_touched_by_migrate(fresh):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    await say(door, a_patient("p1"))
    async with owner.transaction() as tx:
        await tx.execute("UPDATE state_fold SET fold = $1", FOLD + 1)

    with pytest.raises(NotConfigured, match="a later version made the state"):
        await bring_to_our_fold(fresh.dsn("owner"), LATER)
    await replace(fresh.dsn("owner"), LATER)  # the way back that is asked for

    await say(door, a_patient("p2"))


async def test_a_state_is_handed_back_to_a_version_that_cannot_rebuild(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_patient("p1"))

    await hand_back(fresh.dsn("owner"), FOLD - 1)
    with pytest.raises(Paused):
        await say(door, a_patient("p2"))
    with pytest.raises(NotConfigured):
        await hand_back(fresh.dsn("owner"), FOLD)
    async with door.transaction() as tx:  # as 0.1.0 withdraws: by number alone
        await tx.execute("UPDATE registrations SET withdrawn_seq = 2")
    assert await rows(door, "SELECT live FROM registrations") == [(False,)]
    await bring_to_our_fold(fresh.dsn("owner"), LATER)

    assert await rows(door, "SELECT live FROM registrations") == [(True,)]
    await say(door, a_patient("p2"))


async def test_every_region_is_planned_again_after_a_state_that_differed(fresh):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    planner = await fresh.open("planner")
    await say(door, *SmallRegion().all())
    await say(door, a_plan("one", (900, 900), an_assignment("v1", ["p1"], 17)))

    async def due() -> list[str]:
        async with planner.transaction() as tx:
            return [one.region for one in await find_due_regions(tx, NOW)]

    assert await due() == []
    await replace(fresh.dsn("owner"), LATER)
    assert await due() == []
    async with owner.transaction() as tx:
        await tx.execute("UPDATE registrations SET birth_year = birth_year + 1")
    await replace(fresh.dsn("owner"), LATER)

    assert await due() == [REGION]
