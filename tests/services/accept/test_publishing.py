import pytest

from events.organisations import PolicyChanged
from events.plans import Made
from events.teams import PlanApproved, PlanRejected
from infra.postgres.database import Database
from services.accept.submission import Outcome, Status
from tests.builders import PLANS, REGION, a_plan, a_record, say
from tests.facts import (
    NOW,
    a_campaign,
    a_consent,
    a_dose,
    a_location,
    a_patient,
    an_assignment,
    given_elsewhere,
    not_given,
    uid,
)
from tests.services.accept.looking import live, rows, said

pytestmark = pytest.mark.postgres
PROPOSED, PUBLISHED = "plan.proposed.v1", "plan.published.v1"
ASSIGNED, UNASSIGNED = "visit.assigned.v1", "visit.unassigned.v1"
BY_HAND = PolicyChanged(publish_automatically=False)


async def new_lines(door: Database, before: int) -> list[str]:
    """The types in the region's ledger after a number."""
    return [kind for seq, kind in await said(door, REGION) if seq > before]


async def newest(door: Database) -> int:
    return max((seq for seq, _ in await said(door, REGION)), default=0)


async def test_a_proposal_is_published_and_its_visits_are_assigned_at_once(fresh):
    door = await fresh.open("acceptor")

    (outcome,) = await say(
        door, a_plan("one", (0, 0), an_assignment("v1"), an_assignment("v2", ["p2"], 11))
    )

    assert outcome == Outcome(Status.ACCEPTED, REGION, 1)
    assert await said(door, REGION) == [(1, PROPOSED), (2, PUBLISHED), (3, ASSIGNED), (4, ASSIGNED)]
    assert await live(door) == {(uid("v1"), uid("p1")), (uid("v2"), uid("p2"))}


async def test_what_is_derived_has_the_same_ids_whenever_it_is_derived(fresh):
    door = await fresh.open("acceptor")
    plan = a_plan("one", (0, 0), an_assignment("v1"))

    await say(door, plan)
    (again,) = await say(door, plan)

    assert again.status is Status.DUPLICATE
    assert len(await said(door, REGION)) == 3


async def test_the_same_plan_under_another_name_says_nothing_new_of_its_visits(fresh):
    door = await fresh.open("acceptor")
    visits = (an_assignment("v1"), an_assignment("v2", ["p2"], 11))
    await say(door, a_plan("one", (0, 0), *visits))
    before = await newest(door)

    await say(door, a_plan("two", (0, 0), *visits))

    assert await new_lines(door, before) == [PROPOSED, PUBLISHED]


async def test_only_what_changed_is_said(fresh):
    door = await fresh.open("acceptor")
    await say(
        door,
        a_plan(
            "one",
            (0, 0),
            an_assignment("v1"),
            an_assignment("v2", ["p2"], 11),
            an_assignment("v3", ["p3"], 13),
        ),
    )
    before = await newest(door)

    await say(door, a_plan("two", (0, 0), an_assignment("v1"), an_assignment("v2", ["p2"], 14)))

    assert await new_lines(door, before) == [PROPOSED, PUBLISHED, UNASSIGNED, ASSIGNED]
    assert await live(door) == {(uid("v1"), uid("p1")), (uid("v2"), uid("p2"))}


@pytest.mark.parametrize("known", [(4, 9), (9, 1)])
async def test_a_plan_that_knew_less_is_stale_and_published_by_nobody(fresh, known):
    door = await fresh.open("acceptor")
    await say(door, a_plan("one", (5, 2), an_assignment("v1")))
    before = await newest(door)

    await say(door, a_plan("two", known, an_assignment("v2", ["p2"], 12)))
    await say(door, a_record(PlanApproved(plan_id=uid("two"))))

    assert await new_lines(door, before) == [PROPOSED, "plan.approved.v1"]
    assert await live(door) == {(uid("v1"), uid("p1"))}
    assert await rows(door, "SELECT stale FROM plans WHERE plan = $1", uid("two")) == [(True,)]


async def test_a_plan_that_knows_as_much_replaces_the_other(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_plan("one", (5, 2), an_assignment("v1")))

    await say(door, a_plan("two", (5, 2), an_assignment("v2", ["p2"], 12)))

    assert await live(door) == {(uid("v2"), uid("p2"))}


async def test_two_teams_swap_their_slots_in_one_plan(fresh):
    door = await fresh.open("acceptor")
    teams = uid("team A"), uid("team B")
    await say(
        door,
        a_plan(
            "one",
            (0, 0),
            an_assignment("v1", ["p1"], team_id=teams[0]),
            an_assignment("v2", ["p2"], team_id=teams[1]),
        ),
    )

    (outcome,) = await say(
        door,
        a_plan(
            "two",
            (0, 0),
            an_assignment("v1", ["p1"], team_id=teams[1]),
            an_assignment("v2", ["p2"], team_id=teams[0]),
        ),
    )

    assert outcome.status is Status.ACCEPTED
    found = await rows(door, "SELECT visit, team FROM visits WHERE live")
    assert set(found) == {(uid("v1"), teams[1]), (uid("v2"), teams[0])}


async def test_two_visits_of_one_team_swap_their_hours_in_one_plan(fresh):
    door = await fresh.open("acceptor")
    await say(
        door, a_plan("one", (0, 0), an_assignment("v1", ["p1"], 9), an_assignment("v2", ["p2"], 10))
    )

    (outcome,) = await say(
        door, a_plan("two", (0, 0), an_assignment("v1", ["p1"], 10), an_assignment("v2", ["p2"], 9))
    )

    assert outcome.status is Status.ACCEPTED
    assert len(await live(door)) == 2


async def test_a_person_who_moves_to_another_visit_has_one_live_appointment(fresh):
    door = await fresh.open("acceptor")
    await say(
        door,
        a_plan("one", (0, 0), an_assignment("v1", ["p1", "p2"]), an_assignment("v2", ["p3"], 11)),
    )

    await say(
        door,
        a_plan("two", (0, 0), an_assignment("v1", ["p2"]), an_assignment("v2", ["p1", "p3"], 11)),
    )

    assert await live(door) == {
        (uid("v1"), uid("p2")),
        (uid("v2"), uid("p1")),
        (uid("v2"), uid("p3")),
    }
    presences = await rows(door, "SELECT visit, person FROM presences WHERE live")
    assert set(presences) == await live(door)


async def test_a_plan_that_books_one_dose_twice_leaves_one_live_appointment(fresh):
    door = await fresh.open("acceptor")

    await say(
        door, a_plan("one", (0, 0), an_assignment("v1", ["p1"]), an_assignment("v2", ["p1"], 11))
    )

    assert len(await live(door)) == 1


async def test_a_person_may_not_be_in_two_places_at_once_for_two_campaigns(fresh):
    door = await fresh.open("acceptor")
    flu = an_assignment("v2", ["p1"], campaign_id=uid("flu"), team_id=uid("team B"))

    (outcome,) = await say(door, a_plan("one", (0, 0), an_assignment("v1", ["p1"]), flu))

    assert outcome.status is Status.REJECTED
    assert await live(door) == set()


@pytest.mark.parametrize("fact", [a_dose("p1"), given_elsewhere("p1")], ids=["by us", "elsewhere"])
async def test_a_person_who_had_the_dose_meanwhile_is_dropped_at_publishing(fresh, fact):
    door = await fresh.open("acceptor")
    await say(door, a_patient("p1"), a_consent("p1"), fact)

    await say(
        door,
        a_plan("one", (0, 0), an_assignment("v1", ["p1", "p2"]), an_assignment("v2", ["p1"], 11)),
    )

    assert await live(door) == {(uid("v1"), uid("p2"))}
    assert await rows(door, "SELECT visit FROM visits WHERE live") == [(uid("v1"),)]


async def test_a_person_who_was_not_given_the_dose_stays_in_the_plan(fresh):
    door = await fresh.open("acceptor")
    await say(door, not_given("p1"))

    await say(door, a_plan("one", (0, 0), an_assignment("v1", ["p1"])))

    assert await live(door) == {(uid("v1"), uid("p1"))}


async def test_a_person_who_was_not_given_the_dose_is_free_for_another_visit_in_that_hour(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_plan("one", (0, 0), an_assignment("v1", ["p1"])))
    await say(door, not_given("p1", visit_id=uid("v1")))
    elsewhere = an_assignment("v2", ["p1"], team_id=uid("team B"))

    (outcome,) = await say(door, a_record(elsewhere, system=PLANS))

    assert outcome.status is Status.ACCEPTED


async def test_a_visit_that_has_begun_is_left_alone(fresh):
    from events.visits import VisitStarted

    door = await fresh.open("acceptor")
    await say(door, a_plan("one", (0, 0), an_assignment("v1"), an_assignment("v2", ["p2"], 11)))
    await say(door, VisitStarted(visit_id=uid("v1"), team_id=uid("team"), started_at=NOW))
    before = await newest(door)

    await say(door, a_plan("two", (0, 0), an_assignment("v1", ["p1"], 15)))

    assert await new_lines(door, before) == [PROPOSED, PUBLISHED, UNASSIGNED]
    assert await rows(door, "SELECT visit FROM visits WHERE live") == [(uid("v1"),)]


async def test_a_visit_before_the_plan_begins_is_left_alone(fresh):
    door = await fresh.open("acceptor")
    early, late = an_assignment("v1"), an_assignment("v2", ["p2"], 11)
    await say(door, a_plan("one", (0, 0), early, late))

    await say(door, a_plan("two", (0, 0), from_at=late.starts_at))

    assert await rows(door, "SELECT visit FROM visits WHERE live") == [(uid("v1"),)]


async def test_a_visit_without_people_is_published_too(fresh):
    door = await fresh.open("acceptor")
    crisis = an_assignment("crisis", [], campaign_id=None, product_id=None)

    await say(door, a_plan("one", (0, 0), crisis))

    assert await rows(door, "SELECT visit, campaign FROM visits WHERE live") == [
        (uid("crisis"), None)
    ]


async def test_a_plan_waits_for_approval_where_the_policy_says_so(fresh):
    door = await fresh.open("acceptor")
    await say(door, BY_HAND)
    await say(door, a_plan("one", (0, 0), an_assignment("v1")))
    before = await newest(door)

    await say(door, a_record(PlanApproved(plan_id=uid("one"))))

    assert before == 2
    assert await new_lines(door, before) == ["plan.approved.v1", PUBLISHED, ASSIGNED]


async def test_a_second_approval_says_nothing(fresh):
    door = await fresh.open("acceptor")
    await say(door, BY_HAND)
    await say(door, a_plan("one", (0, 0), an_assignment("v1")))

    await say(door, PlanApproved(plan_id=uid("one")), PlanApproved(plan_id=uid("one")))

    kinds = [kind for _, kind in await said(door, REGION)]
    assert kinds.count(PUBLISHED) == 1


async def test_an_older_plan_can_not_be_approved_after_a_newer_one(fresh):
    door = await fresh.open("acceptor")
    await say(door, BY_HAND)
    await say(door, a_plan("one", (1, 0), an_assignment("v1")))
    await say(door, a_plan("two", (2, 0), an_assignment("v2", ["p2"], 11)))

    await say(door, PlanApproved(plan_id=uid("one")))
    await say(door, PlanApproved(plan_id=uid("two")))

    assert await live(door) == {(uid("v2"), uid("p2"))}


async def test_a_rejected_plan_can_not_be_approved(fresh):
    door = await fresh.open("acceptor")
    await say(door, BY_HAND)
    await say(door, a_plan("one", (0, 0), an_assignment("v1")))
    await say(door, PlanRejected(plan_id=uid("one"), reason="no"))

    await say(door, PlanApproved(plan_id=uid("one")))

    assert await live(door) == set()


async def test_a_published_plan_changes_no_problem(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_campaign(), a_location())
    before = await rows(door, "SELECT region, seq FROM problem_changes ORDER BY region")

    await say(door, a_plan("one", (1, 1), an_assignment("v1")))

    assert await rows(door, "SELECT region, seq FROM problem_changes ORDER BY region") == before


async def test_the_unassigned_and_the_record_of_a_plan_are_kept(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_plan("one", (0, 0)))

    assert await rows(door, "SELECT region, record FROM plan_records") == [
        (REGION, b"record of one")
    ]


async def test_a_plan_made_beside_a_plan_that_was_replaced_meanwhile_would_undo_it_and_is_stale(
    fresh,
):
    door = await fresh.open("acceptor")
    await say(door, a_plan("one", (1, 1), an_assignment("v1")))
    await say(door, a_plan("two", (1, 1), an_assignment("v1", hour=11), base=uid("one")))
    before = await newest(door)

    await say(door, a_plan("late", (9, 9), an_assignment("v1"), base=uid("one")))

    assert await new_lines(door, before) == [PROPOSED]
    assert await rows(door, "SELECT stale FROM plans WHERE plan = $1", uid("late")) == [(True,)]
    assert await rows(door, "SELECT plan FROM planned") == [(uid("two"),)]


async def test_who_approves_before_somebody_rejects_in_the_same_moment_was_first(fresh):
    door = await fresh.open("acceptor")
    await say(door, BY_HAND, a_plan("one", (9, 9), an_assignment("v1")))

    await say(
        door,
        a_record(PlanApproved(plan_id=uid("one"))),
        a_record(PlanRejected(plan_id=uid("one"), reason="te laat")),
    )

    assert await live(door) == {(uid("v1"), uid("p1"))}


async def test_a_plan_that_a_person_had_made_waits_for_a_person(fresh):
    door = await fresh.open("acceptor")
    made = {"made_of": uid("one"), "made": Made.RESTORED}

    await say(door, a_plan("two", (1, 1), an_assignment("v1"), **made))

    assert await live(door) == set()
