"""From a fact to an extra stop: a team on the road is asked, and what it says is published."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from events.extra_stops import StopAnswer
from events.location import Urgency, VisitWithdrawn
from events.organisations import PolicyChanged
from events.visits import VisitStarted
from infra.postgres.snapshot.load import find_due_regions
from scheduling.solve import Limits, repair
from services.planner.round import Planning, pose, submit
from services.planner.translate import to_submission
from tests.builders import REGION
from tests.conftest import Fresh
from tests.facts import a_consent, a_delay, a_patient, uid
from tests.services.accept.looking import rows
from tests.services.planner.asking import (
    ANSWER,
    UNDER_WAY,
    an_urgent_call,
    answer,
    asked,
    away,
    people_of,
    says,
    standing,
    tell,
    two_teams,
)
from tests.services.planner.planning import plan_with

pytestmark = pytest.mark.postgres
EIGHT = {uid(f"p{n}") for n in range(8)}
YES, NO = StopAnswer.ACCEPTED, StopAnswer.DECLINED


@pytest.fixture
async def on_the_road(fresh: Fresh) -> Fresh:
    """Two teams of today, one of which has all the visits."""
    await plan_with(fresh, two_teams())
    return fresh


async def test_an_urgent_call_is_asked_of_a_team_under_way_and_nobody_else_moves(on_the_road):
    door = await on_the_road.open("acceptor")
    before = await standing(door)

    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)

    (one,) = await asked(door)
    assert one.offered.visit_id == uid("crisis")
    assert one.offered.starts_at >= UNDER_WAY + ANSWER
    assert one.offered.answer_by == UNDER_WAY + ANSWER
    assert await standing(door) == before


async def test_what_its_team_agrees_to_is_published_and_stays(on_the_road):
    door = await on_the_road.open("acceptor")
    before = await standing(door)
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (one,) = await asked(door)

    await tell(on_the_road, says(one.offered, YES))
    agreed = await standing(door)
    made = await answer(on_the_road)

    crisis = {uid("crisis"): (one.offered.team_id, one.offered.starts_at)}
    assert agreed == await standing(door) == before | crisis
    assert uid("crisis") in {row.visit_id for row in made.posed.kept}
    assert len(await asked(door)) == 1


@pytest.mark.parametrize("urgency", [Urgency.U2, Urgency.U4])
async def test_a_call_that_can_wait_is_asked_of_nobody(on_the_road, urgency):
    await tell(on_the_road, an_urgent_call(urgency=urgency))

    await answer(on_the_road)

    assert await asked(await on_the_road.open("acceptor")) == []


async def test_a_policy_without_time_to_answer_asks_nobody(on_the_road):
    await tell(on_the_road, PolicyChanged(answer_minutes=0), an_urgent_call())

    await answer(on_the_road)

    assert await asked(await on_the_road.open("acceptor")) == []


async def test_who_says_no_is_not_asked_again_and_the_next_team_is(on_the_road):
    door = await on_the_road.open("acceptor")
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (first,) = await asked(door)

    await tell(on_the_road, says(first.offered, NO))
    await answer(on_the_road)
    _, second = await asked(door)
    await tell(on_the_road, says(second.offered, NO))
    made = await answer(on_the_road)

    assert {first.offered.team_id, second.offered.team_id} == {uid("team"), uid("second")}
    assert len(await asked(door)) == 2
    assert [row.visit_id for row in made.plan.unassigned] == [str(uid("crisis"))]


async def test_who_does_not_answer_in_time_is_asked_no_more(on_the_road):
    door, reading = await on_the_road.open("acceptor"), await on_the_road.open("planner")
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (first,) = await asked(door)
    late = UNDER_WAY + ANSWER + timedelta(seconds=1)

    async with reading.transaction() as tx:
        in_time = await find_due_regions(tx, UNDER_WAY + ANSWER)
        due = await find_due_regions(tx, late)
    await answer(on_the_road, late)
    first_now, second = await asked(door)
    await tell(on_the_road, says(first.offered, YES), now=late)

    assert (in_time, [one.region for one in due]) == ([], ["GG2514"])
    assert first_now.why == "unanswered"
    assert second.offered.team_id != first.offered.team_id
    assert uid("crisis") not in await standing(door)


async def test_a_yes_after_the_time_for_it_is_refused_and_the_team_hears_it(on_the_road):
    door = await on_the_road.open("acceptor")
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (one,) = await asked(door)

    await tell(on_the_road, says(one.offered, YES), now=UNDER_WAY + ANSWER + timedelta(seconds=1))

    assert [row.why for row in await asked(door)] == ["too_late"]
    assert uid("crisis") not in await standing(door)


async def test_another_team_cannot_answer(on_the_road):
    door = await on_the_road.open("acceptor")
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (one,) = await asked(door)
    others = ({uid("team"), uid("second")} - {one.offered.team_id}).pop()

    await tell(on_the_road, says(one.offered.model_copy(update={"team_id": others}), YES))

    assert uid("crisis") not in await standing(door)
    assert [row.answer for row in await asked(door)] == [None]


async def test_a_call_that_is_withdrawn_ends_the_question(on_the_road):
    door = await on_the_road.open("acceptor")
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (one,) = await asked(door)

    await tell(on_the_road, VisitWithdrawn(visit_id=uid("crisis"), location_id=uid("wilg")))
    await answer(on_the_road)
    await tell(on_the_road, says(one.offered, YES))

    assert [row.why for row in await asked(door)] == ["facts"]
    assert uid("crisis") not in await standing(door)


async def test_a_team_that_falls_ill_is_asked_no_more_and_the_other_is(on_the_road):
    door = await on_the_road.open("acceptor")
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (first,) = await asked(door)
    name = "team" if first.offered.team_id == uid("team") else "second"

    await tell(on_the_road, away(name))
    await answer(on_the_road)

    rows = await asked(door)
    assert rows[0].why == "facts"
    assert uid("crisis") in {row.offered.visit_id for row in rows[1:]}
    assert first.offered.team_id not in {row.offered.team_id for row in rows[1:]}


async def test_residents_of_a_sick_team_are_served_today_by_one_that_stands_idle(on_the_road):
    door = await on_the_road.open("acceptor")
    teams = {team for team, _ in (await standing(door)).values()}
    assert len(teams) == 1
    name = "team" if uid("team") in teams else "second"

    await tell(on_the_road, away(name))
    await answer(on_the_road)
    first = await asked(door)
    for one in first:
        await tell(on_the_road, says(one.offered, YES))
    await answer(on_the_road)
    for one in (await asked(door))[len(first) :]:
        await tell(on_the_road, says(one.offered, YES))
    await answer(on_the_road)

    stands = await standing(door)
    assert {at.date() for _, at in stands.values()} == {UNDER_WAY.date()}
    assert teams.isdisjoint({team for team, _ in stands.values()})
    assert await people_of(door, list(stands)) == EIGHT


async def test_who_refuses_while_a_team_is_asked_is_not_in_the_visit(on_the_road):
    door = await on_the_road.open("acceptor")
    teams = {team for team, _ in (await standing(door)).values()}
    await tell(on_the_road, away("team" if uid("team") in teams else "second"))
    await answer(on_the_road)
    (one, *_) = await asked(door)
    person = one.offered.persons[0].person_id
    name = next(f"p{n}" for n in range(8) if uid(f"p{n}") == person)

    refusal = a_consent(name, status="withdrawn", location_id=one.offered.location_id)
    await tell(on_the_road, refusal, says(one.offered, YES))

    served = await people_of(door, [one.offered.visit_id])
    assert served == {row.person_id for row in one.offered.persons} - {person}


async def first_stop(fresh: Fresh) -> tuple[object, object]:
    """The visit with which the day begins, and its team."""
    door = await fresh.open("acceptor")
    stands = await standing(door)
    visit = min(stands, key=lambda name: stands[name][1])
    return visit, stands[visit][0]


async def test_nothing_goes_before_the_end_of_the_stop_that_a_team_is_at(on_the_road):
    door = await on_the_road.open("acceptor")
    visit, team = await first_stop(on_the_road)
    other = "second" if team == uid("team") else "team"
    ((ends,),) = await rows(door, "SELECT upper(slot) FROM visits WHERE visit = $1", visit)
    begun = VisitStarted(visit_id=visit, team_id=team, started_at=UNDER_WAY)

    await tell(on_the_road, begun, away(other), an_urgent_call())
    await answer(on_the_road)
    before = [row.offered for row in await asked(door)]
    await tell(on_the_road, a_delay(20, team_id=team, noted_at=UNDER_WAY))
    await answer(on_the_road)
    after = [row.offered for row in await asked(door)]

    (one,) = before
    assert one.team_id == team
    assert one.behind is not None
    assert one.starts_at > ends
    assert all(row.starts_at >= one.starts_at for row in after)


async def test_what_a_team_agreed_to_stays_in_a_plan_that_was_made_before_it_said_so(on_the_road):
    door, reading = await on_the_road.open("acceptor"), await on_the_road.open("planner")
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (one,) = await asked(door)
    with ThreadPoolExecutor(1) as solver:
        planning = Planning(reading, door, on_the_road.dsn("planner"), solver, Limits(0))
        posed = await pose(planning, REGION, UNDER_WAY)
        plan = repair(posed.problem, Limits(0), seed=7)

        await tell(on_the_road, says(one.offered, YES))
        agreed = await standing(door)
        await submit(planning, to_submission(posed, plan, UNDER_WAY), UNDER_WAY)

    assert uid("crisis") in agreed
    assert await standing(door) == agreed


async def test_where_a_person_approves_plans_a_team_that_agrees_makes_the_visit_at_once(
    on_the_road,
):
    door = await on_the_road.open("acceptor")
    await tell(on_the_road, PolicyChanged(publish_automatically=False), an_urgent_call())
    await answer(on_the_road)
    (one,) = await asked(door)

    await tell(on_the_road, says(one.offered, YES))

    assert uid("crisis") in await standing(door)


@pytest.mark.parametrize("hours", [-30, -1, 30])
async def test_a_clock_that_jumps_while_a_team_is_asked_publishes_nothing_of_the_past(
    on_the_road, hours
):
    door = await on_the_road.open("acceptor")
    await tell(on_the_road, an_urgent_call())
    await answer(on_the_road)
    (one,) = await asked(door)
    now = UNDER_WAY + timedelta(hours=hours)

    await tell(on_the_road, a_patient("new"), a_consent("new"), now=now)
    await answer(on_the_road, now)
    await tell(on_the_road, says(one.offered, YES, now), now=now)

    stands = await standing(door)
    assert hours < 0 or uid("crisis") not in stands
    assert all(at >= now for visit, (_, at) in stands.items() if visit == uid("crisis"))
