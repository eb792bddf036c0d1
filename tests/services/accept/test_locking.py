"""A batch locks every region that its people concern, in one order, before it numbers anything."""

import asyncio

import pytest

from infra.postgres.acceptor.locking import lock_with_people
from services.accept.submission import Status
from tests.builders import OTHER_REGION, REGION, say
from tests.facts import a_consent, a_location, a_patient, an_assignment, uid
from tests.services.accept.looking import numbers

pytestmark = pytest.mark.postgres


async def two_places(door) -> None:
    """One location in each region, so that a fact about it goes there."""
    await say(door, a_location("wilg"))
    await say(door, a_location("ver"), region=OTHER_REGION)


async def test_a_batch_without_people_locks_its_own_regions_only(fresh):
    door = await fresh.open("acceptor")

    async with door.transaction() as tx:
        assert await lock_with_people(tx, {REGION}, ()) == {REGION}


async def test_the_regions_where_its_people_are_registered_or_booked_are_locked_too(fresh):
    door = await fresh.open("acceptor")
    await two_places(door)
    await say(door, a_patient("p1"), an_assignment("v1", ["p2"], 8))
    elsewhere = OTHER_REGION

    async with door.transaction() as tx:
        by_registration = await lock_with_people(tx, {elsewhere}, [uid("p1")])
        by_appointment = await lock_with_people(tx, {elsewhere}, [uid("p2")])
        unknown = await lock_with_people(tx, {elsewhere}, [uid("p3")])

    assert by_registration == by_appointment == {REGION, elsewhere}
    assert unknown == {elsewhere}


async def test_a_registration_that_arrives_while_a_batch_waits_is_seen(fresh):
    door = await fresh.open("acceptor")
    await two_places(door)
    async with door.transaction() as first:
        await lock_with_people(first, {OTHER_REGION}, ())
        waiting = asyncio.create_task(lock_and_tell(door))
        await asyncio.sleep(0.2)
        await first.execute(
            "INSERT INTO registrations (region, person, campaign, practice, registered_seq) VALUES ($1, $2, $2, $2, 1)",
            REGION,
            uid("p1"),
        )

    assert await waiting == {REGION, OTHER_REGION}


async def lock_and_tell(door, region: str = OTHER_REGION) -> frozenset[str]:
    async with door.transaction() as tx:
        return await lock_with_people(tx, {region}, [uid("p1")])


async def test_locks_that_were_not_enough_are_given_back_while_others_are_waited_for(fresh):
    door = await fresh.open("acceptor")
    await two_places(door)
    await say(door, a_patient("p1", location_id=uid("ver")))
    assert OTHER_REGION < REGION  # the region that is found later comes first by name
    async with door.transaction() as first:
        await lock_with_people(first, {OTHER_REGION}, ())
        waiting = asyncio.create_task(lock_and_tell(door, REGION))
        await asyncio.sleep(0.2)
        async with door.transaction() as other:
            await other.fetch("SELECT FROM region_seq WHERE region = $1 FOR UPDATE NOWAIT", REGION)

    assert await waiting == {REGION, OTHER_REGION}


async def test_one_person_at_once_in_two_regions_waits_and_never_ends_in_a_deadlock(fresh):
    door = await fresh.open("acceptor", size=8)
    await two_places(door)
    people = [f"p{n}" for n in range(6)]

    async def claim(place: str, practice: str, order: list[str]) -> list[Status]:
        outcomes = []
        for name in order:
            facts = (
                a_patient(name, location_id=uid(place), practice_id=uid(practice)),
                a_consent(name, location_id=uid(place), practice_id=uid(practice)),
            )
            outcomes += await say(door, *facts)
        return [one.status for one in outcomes]

    said = await asyncio.gather(
        *(
            claim(place, f"{practice} {turn}", people[:: 1 if turn % 2 else -1])
            for turn in range(3)
            for place, practice in (("wilg", "here"), ("ver", "there"))
        )
    )

    assert {status for one in said for status in one} == {Status.ACCEPTED}
    for region in (REGION, OTHER_REGION):
        found = await numbers(door, region)
        assert found == list(range(1, len(found) + 1))
    assert len(await numbers(door, REGION)) == 1 + 3 * 2 * len(people)
