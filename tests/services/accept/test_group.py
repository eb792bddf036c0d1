import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import pytest

from infra.errors import Unavailable
from infra.postgres.database import Database
from services.accept.group import MOST, Group
from services.accept.submission import Outcome, Status, Submission
from tests.builders import PLANS, REGION, ClockAt, a_raw, a_record
from tests.facts import a_consent, a_patient, an_assignment
from tests.services.accept.looking import numbers, rows

pytestmark = pytest.mark.postgres
SOON = 30.0


@asynccontextmanager
async def serving(database: Database) -> AsyncIterator[Group]:
    """A group whose queue is served."""
    group = Group(database, ClockAt())
    task = asyncio.create_task(group.run())
    try:
        yield group
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def transactions(database: Database) -> int:
    """How many transactions wrote to the ledger."""
    ((count,),) = await rows(database, "SELECT count(DISTINCT xmin::text) FROM ledger")
    return int(count)


async def test_who_waits_together_is_stored_together(fresh):
    door = await fresh.open("acceptor")
    async with serving(door) as group:
        answers = await asyncio.gather(
            *(group.submit(Submission((a_record(a_patient(f"p{n}")),))) for n in range(200))
        )

    assert [outcome.status for (outcome,) in answers] == ["accepted"] * 200
    assert await numbers(door, REGION) == list(range(1, 201))
    assert await transactions(door) <= 3


async def test_what_is_answered_can_be_read_at_once(fresh):
    door, reader = await fresh.open("acceptor"), await fresh.open("planner")
    async with serving(door) as group:
        for n in range(10):
            await group.submit(Submission((a_record(a_patient(f"p{n}")),)))

            assert len(await numbers(reader, REGION)) == n + 1


async def test_each_gets_its_own_answer_also_beside_poison(fresh):
    door = await fresh.open("acceptor")
    known = a_record(a_patient("known"))
    submissions = {
        "good": Submission((a_record(a_patient("p1")), a_record(a_consent("p1")))),
        "bad": Submission((a_raw(b"?"),)),
        "half": Submission((a_record(a_patient("p2")), a_raw(b"?"))),
        "first": Submission((a_record(an_assignment("v1", ["p3"]), system=PLANS),)),
        "overlap": Submission((a_record(an_assignment("v2", ["p4"]), system=PLANS),)),
        "known": Submission((known,)),
        "again": Submission((known,)),
    }
    async with serving(door) as group:
        answers = await asyncio.gather(*(group.submit(one) for one in submissions.values()))

    statuses = {
        name: [outcome.status.value for outcome in answer]
        for name, answer in zip(submissions, answers, strict=True)
    }
    assert statuses == {
        "good": ["accepted", "accepted"],
        "bad": ["rejected"],
        "half": ["rejected", "rejected"],
        "first": ["accepted"],
        "overlap": ["rejected"],
        "known": ["accepted"],
        "again": ["duplicate"],
    }


async def test_nobody_is_left_without_an_answer_while_postgres_is_away(fresh):
    door, owner = await fresh.open("acceptor", 2), await asyncpg.connect(fresh.dsn("owner"))
    answers: Counter[str] = Counter()

    async def insist(group: Group, name: str) -> Outcome:
        submission = Submission((a_record(a_patient(name), name),))
        while True:
            try:
                (outcome,) = await asyncio.wait_for(group.submit(submission), SOON)
            except Unavailable:
                answers["unavailable"] += 1
                await asyncio.sleep(0.01)
            else:
                answers[outcome.status.value] += 1
                return outcome

    async def ask(group: Group, who: int) -> None:
        for n in range(15):
            await insist(group, f"p{who}.{n}")

    async with serving(door) as group:
        asking = [asyncio.create_task(ask(group, who)) for who in range(8)]
        while not all(task.done() for task in asking):
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'acceptor'"
                " AND datname = current_database()"
            )
            await asyncio.sleep(0.15)
        await asyncio.gather(*asking)
    await owner.close()

    assert answers["unavailable"] > 0
    assert answers["accepted"] + answers["duplicate"] == 120
    assert await numbers(door, REGION) == list(range(1, 121))


async def test_one_who_left_does_not_stop_the_others(fresh):
    door = await fresh.open("acceptor")
    async with serving(door) as group:
        gone = asyncio.create_task(group.submit(Submission((a_record(a_patient("p1")),))))
        await asyncio.sleep(0)
        gone.cancel()
        (outcome,) = await asyncio.wait_for(
            group.submit(Submission((a_record(a_patient("p2")),))), SOON
        )

    assert outcome.status is Status.ACCEPTED
    assert len(await numbers(door, REGION)) == 2


async def test_an_error_of_ours_is_told_and_ends_the_task(fresh):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    async with owner.transaction() as tx:
        await tx.execute("DROP TABLE consents CASCADE")
    group = Group(door, ClockAt())
    task = asyncio.create_task(group.run())

    with pytest.raises(Unavailable):
        await asyncio.wait_for(group.submit(Submission((a_record(a_consent()),))), SOON)

    with pytest.raises(asyncpg.UndefinedTableError):
        await asyncio.wait_for(task, SOON)


async def test_after_an_error_of_ours_nobody_waits_for_a_door_that_is_shut(fresh):
    door, owner = await fresh.open("acceptor"), await fresh.open("owner")
    async with owner.transaction() as tx:
        await tx.execute("DROP TABLE consents CASCADE")
    group = Group(door, ClockAt())
    task = asyncio.create_task(group.run())
    one = Submission((a_record(a_consent()),))

    early = [asyncio.create_task(group.submit_each([one] * MOST)) for _ in range(2)]
    answers = await asyncio.wait_for(asyncio.gather(*early, return_exceptions=True), SOON)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(group.submit(one), SOON)

    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    await asyncio.gather(task, return_exceptions=True)
