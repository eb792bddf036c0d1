"""From what is said of a dose to the plan: contradictions are never planned, a dose that is taken back is owed again."""

from datetime import timedelta

import pytest

from events.practice import ConsentStatus
from events.visits import RetractionReason
from infra.postgres.database import Who
from infra.postgres.pages import status
from tests.builders import REGION, SmallRegion, a_record, changed, say, system_for
from tests.facts import NOW, a_consent, a_decision, a_dose, a_retraction, uid
from tests.services.accept.looking import live
from tests.services.planner.planning import newest_plan, plan_with, why_unserved

pytestmark = pytest.mark.postgres
TEAM = system_for(a_dose()).sources[0] + "test"
LONG_AGO = NOW - timedelta(days=60)


def two_firsts(name: str = "p0") -> list:
    return [
        a_dose(name, given_at=LONG_AGO, lot="A", visit_id=uid("one")),
        a_dose(name, given_at=LONG_AGO + timedelta(days=28), lot="B", visit_id=uid("two")),
    ]


async def planned(fresh) -> set:
    return {person for _, person in await live(await fresh.open("acceptor"))}


async def test_two_first_doses_are_not_planned_until_a_clinician_decided(fresh):
    region = SmallRegion(people=2)

    await plan_with(fresh, [*region.all(), *two_firsts()])
    before, why = await planned(fresh), await why_unserved(fresh)
    async with (await fresh.open("reader")).reading(Who("crisis", REGION, None, "c@x.org")) as tx:
        told = {row.reason: row.people for row in await status.unassigned(tx, REGION)}
    decided = a_decision(
        person_id=uid("p0"),
        campaign_id=uid("corona"),
        doses_counted=frozenset({1}),
        decided_at=NOW,
    )
    await plan_with(fresh, [decided])

    assert before == {uid("p1")}
    assert "contradiction" in why
    assert told.get("contradiction", 0) in (0, 5)  # one person, in fives
    assert await planned(fresh) == {uid("p0"), uid("p1")}


async def test_a_decision_that_the_series_is_complete_asks_for_no_dose(fresh):
    decided = a_decision(
        person_id=uid("p0"),
        campaign_id=uid("corona"),
        doses_counted=frozenset({1, 2}),
        decided_at=NOW,
    )

    await plan_with(fresh, [*SmallRegion(people=2).all(), *two_firsts(), decided])

    assert await planned(fresh) == {uid("p1")}
    assert "contradiction" not in await why_unserved(fresh)


async def test_a_dose_after_a_refusal_is_not_planned_although_there_is_consent_now(fresh):
    refused = changed(
        a_record(a_consent("p0", status=ConsentStatus.REFUSED)),
        time=(NOW - timedelta(days=90)).isoformat(),
    )
    region = SmallRegion(people=2)
    await say(await fresh.open("acceptor"), refused, a_dose("p0", given_at=LONG_AGO))

    await plan_with(fresh, region.all())

    assert await planned(fresh) == {uid("p1")}
    assert "contradiction" in await why_unserved(fresh)


async def test_a_dose_that_is_taken_back_is_planned_again(fresh):
    given = a_record(a_dose("p0", given_at=NOW - timedelta(days=1)), "dose")
    taken_back = a_retraction((TEAM, "dose"), "p0", reason=RetractionReason.WRONG_PERSON)
    door = await fresh.open("acceptor")
    await say(door, given)
    await plan_with(fresh, SmallRegion(people=2).all())
    before = await planned(fresh)

    await plan_with(fresh, [taken_back])

    assert before == {uid("p1")}
    assert await planned(fresh) == {uid("p0"), uid("p1")}


async def test_a_dose_for_another_than_who_was_booked_leaves_the_booked_one_planned(fresh):
    await plan_with(fresh, SmallRegion(people=2, locations=("wilg",)).all())
    (visit,) = {visit for visit, _ in await live(await fresh.open("acceptor"))}

    await plan_with(fresh, [a_dose("nobody's", visit_id=visit, given_at=NOW)])

    problem, _ = await newest_plan(fresh)
    assert {need.person_id for need in problem.needs} == {str(uid("p0")), str(uid("p1"))}
    assert await planned(fresh) == {uid("p0"), uid("p1")}
