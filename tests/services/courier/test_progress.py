"""Counts are said when they differ, never because they were said."""

import json
from collections.abc import AsyncIterator

import pytest

from events.identifiers import Payload
from services.courier.desk import Desk
from services.courier.progress import count_progress
from tests.builders import REGION, SmallRegion, say
from tests.conftest import Fresh
from tests.facts import a_consent, a_dose, a_patient, uid
from tests.services.accept.looking import rows
from tests.services.courier.receiver import a_desk

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(fresh: Fresh) -> AsyncIterator[Desk]:
    async with a_desk(fresh) as made:
        await say(made.door, *SmallRegion(people=10).all())
        yield made


async def counts(desk: Desk) -> list[dict[str, object]]:
    found = await rows(
        desk.door, "SELECT body FROM ledger WHERE type = 'progress.counted.v1' ORDER BY seq"
    )
    return [json.loads(body) for (body,) in found]


async def test_a_campaign_is_counted_with_what_the_count_knows(desk: Desk):
    ((newest, national),) = await rows(
        desk.door,
        "SELECT max(n) FILTER (WHERE region = $1), max(n) FILTER (WHERE region = 'NL') FROM region_seq",
        REGION,
    )

    said = await count_progress(desk)

    (count,) = await counts(desk)
    assert said == 1
    assert count["campaign_id"] == str(uid("corona"))
    assert (count["registered"], count["plannable"], count["dose_1_given"]) == (10, 10, 0)
    assert count["as_of"] == [newest, national]


async def test_a_count_is_not_followed_by_another_one(desk: Desk):
    said = [await count_progress(desk) for _ in range(4)]

    assert said == [1, 0, 0, 0]


async def test_what_changes_no_number_is_not_said(desk: Desk):
    await count_progress(desk)
    await say(desk.door, a_consent("p0", location_id=uid("wilg")))

    assert await count_progress(desk) == 0


async def test_a_changed_number_is_said_in_fives(desk: Desk):
    await count_progress(desk)
    doses: list[Payload] = [a_dose(f"p{n}") for n in range(5)]
    await say(desk.door, *(a_patient(f"q{n}") for n in range(5)), *doses)

    assert await count_progress(desk) == 1
    newest = (await counts(desk))[-1]
    assert (newest["registered"], newest["plannable"], newest["dose_1_given"]) == (15, 10, 5)


async def test_what_one_person_changes_is_not_told_at_that_moment(desk: Desk):
    await count_progress(desk)
    said = []
    for n in range(5):
        await say(desk.door, a_patient(f"q{n}"))
        said.append(await count_progress(desk))

    assert sum(said) == 1
    assert [count["registered"] for count in await counts(desk)] == [10, 15]


async def test_a_count_does_not_make_a_plan_due(desk: Desk):
    before = await rows(desk.door, "SELECT region, seq FROM problem_changes ORDER BY region")

    await count_progress(desk)

    assert (
        await rows(desk.door, "SELECT region, seq FROM problem_changes ORDER BY region") == before
    )


async def test_the_role_of_the_courier_sees_counts_and_no_people(desk: Desk):
    for table in ("registrations", "doses", "consents", "visits", "appointments", "people_now"):
        with pytest.raises(Exception, match="permission denied"):
            await rows(desk.store, f"SELECT * FROM {table}")
