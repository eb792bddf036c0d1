"""A fact that forbids a dose takes the person off the published plan in the transaction that stores it."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from events.identifiers import Payload
from events.identities import IdentityQuestion, IdentityQuestioned
from events.location import OutbreakDeclared
from events.organisations import PolicyChanged
from events.plans import VisitAssigned
from events.practice import (
    ConsentStatus,
    Judgement,
    PatientChanged,
    PatientWithdrawn,
    WithdrawalReason,
)
from events.teams import PlanApproved, StopReleased
from events.visits import NotGiven, VisitCompleted, VisitStarted
from infra.postgres.database import Database
from services.accept.rebuild import compare
from services.accept.submission import Status
from tests.builders import OTHER_REGION, REGION, a_plan, a_record, say
from tests.facts import (
    NOW,
    a_cancellation,
    a_consent,
    a_crisis,
    a_dose,
    a_location,
    a_patient,
    an_adverse_event,
    an_assessment,
    an_assignment,
    given_elsewhere,
    not_given,
    uid,
)
from tests.services.accept.looking import live, rows, said

pytestmark = pytest.mark.postgres
ASSIGNED, UNASSIGNED = "visit.assigned.v1", "visit.unassigned.v1"
LATER = NOW + timedelta(hours=2)
ABOUT = {
    "person_id": uid("p1"),
    "campaign_id": uid("corona"),
    "practice_id": uid("practice"),
    "location_id": uid("wilg"),
}


def withdrawn(reason: WithdrawalReason) -> PatientWithdrawn:
    return PatientWithdrawn(**ABOUT, reason=reason)


VETOES: dict[str, Payload] = {
    "refused": a_consent(status=ConsentStatus.REFUSED),
    "withdrawn": a_consent(status=ConsentStatus.WITHDRAWN),
    "not known any more": a_consent(status=ConsentStatus.UNKNOWN),
    "another says no": a_consent(status=ConsentStatus.REFUSED, given_by="mentor"),
    "deceased": withdrawn(WithdrawalReason.DECEASED),
    "a mistake": withdrawn(WithdrawalReason.MISTAKE),
    "own request": withdrawn(WithdrawalReason.OWN_REQUEST),
    "moved away": withdrawn(WithdrawalReason.MOVED),
    "moved to another place": PatientChanged(**ABOUT | {"location_id": uid("eik")}),
    "excluded": an_assessment(judgement=Judgement.EXCLUDED),
    "uncertain": an_assessment(judgement=Judgement.UNCERTAIN),
    "triage": an_assessment(judgement=Judgement.TRIAGE),
    "fell ill": an_adverse_event("p1", severity="severe"),
    "had it elsewhere": given_elsewhere("p1"),
    "had a later dose elsewhere": given_elsewhere("p1", dose_no=2),
    "had it from another team": a_dose("p1", visit_id=uid("another")),
    "asked who this is": IdentityQuestioned(
        person_id=uid("p1"), question=next(iter(IdentityQuestion))
    ),
    "found dead by another team": not_given(
        "p1", visit_id=uid("another"), reason=NotGiven.DECEASED
    ),
}
every_veto = pytest.mark.parametrize("fact", VETOES.values(), ids=VETOES)


async def seed(door: Database, *visits: VisitAssigned, people: Sequence[str] = ("p1", "p2")) -> int:
    """A published plan with people who are registered and said yes; the last number of the ledger."""
    places = [a_location(), a_location("eik")]
    await say(door, *places, *(fact for one in people for fact in (a_patient(one), a_consent(one))))
    await say(door, a_plan("one", (0, 0), *(visits or (an_assignment("v1", people),))))
    return await newest(door)


async def newest(door: Database) -> int:
    return max(seq for seq, _ in await said(door, REGION))


async def new_lines(door: Database, before: int) -> list[str]:
    return [kind for seq, kind in await said(door, REGION) if seq > before]


async def hear(door: Database, *facts: Payload) -> list[str]:
    """Say this two hours later, each on its own feet, in one batch; what of it and of what follows is in the ledger."""
    before = await newest(door)
    await say(door, *(later(fact) for fact in facts), now=LATER)
    return [kind for kind in await new_lines(door, before) if kind in (ASSIGNED, UNASSIGNED)]


def later(fact: Payload):
    return a_record(fact, time=LATER)


@every_veto
async def test_a_veto_takes_a_person_off_the_published_visit_and_leaves_the_others(fresh, fact):
    door = await fresh.open("acceptor")
    await seed(door)

    heard = await hear(door, fact)

    assert heard == [ASSIGNED]
    assert await live(door) == {(uid("v1"), uid("p2"))}
    assert await compare(fresh.dsn("owner")) == []


@every_veto
async def test_a_visit_of_which_nobody_is_left_is_off_the_plan(fresh, fact):
    door = await fresh.open("acceptor")
    await seed(door, people=["p1"])

    heard = await hear(door, fact)

    assert heard == [UNASSIGNED]
    assert await live(door) == set()
    assert await rows(door, "SELECT visit FROM visits WHERE live") == []
    assert await compare(fresh.dsn("owner")) == []


@every_veto
async def test_a_veto_reaches_a_visit_that_has_begun(fresh, fact):
    door = await fresh.open("acceptor")
    await seed(door)
    start = VisitStarted(visit_id=uid("v1"), team_id=uid("team"), started_at=NOW)
    await say(door, start)

    heard = await hear(door, fact)

    assert heard == [ASSIGNED]
    assert await live(door) == {(uid("v1"), uid("p2"))}


async def test_a_team_that_is_there_keeps_its_visit_when_nobody_is_left(fresh):
    door = await fresh.open("acceptor")
    await seed(door, people=["p1"])
    await say(door, VisitStarted(visit_id=uid("v1"), team_id=uid("team"), started_at=NOW))

    heard = await hear(door, VETOES["refused"])

    assert heard == [ASSIGNED]
    assert await live(door) == set()
    assert await rows(door, "SELECT visit FROM visits WHERE live") == [(uid("v1"),)]


async def test_who_had_the_dose_at_the_visit_stays_in_it_whatever_comes_after(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    await say(door, VisitStarted(visit_id=uid("v1"), team_id=uid("team"), started_at=NOW))

    heard = await hear(door, a_dose("p1", visit_id=uid("v1")), VETOES["fell ill"])

    assert heard == []
    assert await live(door) == {(uid("v1"), uid("p1")), (uid("v1"), uid("p2"))}


async def test_a_visit_that_is_over_is_left_as_it_was(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    await say(door, VisitCompleted(visit_id=uid("v1"), team_id=uid("team"), completed_at=NOW))

    assert await hear(door, VETOES["refused"]) == []


async def test_a_visit_of_days_ago_that_nobody_completed_is_left_as_it_was(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    week_later = NOW + timedelta(days=8)
    before = await newest(door)

    await say(door, a_record(VETOES["refused"], time=week_later), now=week_later)

    assert await new_lines(door, before) == ["consent.recorded.v1"]


async def test_several_people_of_one_visit_in_one_batch_change_it_once(fresh):
    door = await fresh.open("acceptor")
    await seed(door, people=["p1", "p2", "p3"])

    heard = await hear(
        door,
        a_consent("p1", status=ConsentStatus.REFUSED),
        an_assessment("p2", judgement=Judgement.TRIAGE),
    )

    assert heard == [ASSIGNED]
    assert await live(door) == {(uid("v1"), uid("p3"))}


async def test_two_vetoes_for_one_person_change_the_visit_once(fresh):
    door = await fresh.open("acceptor")
    await seed(door)

    assert await hear(door, VETOES["refused"], VETOES["fell ill"]) == [ASSIGNED]
    assert await hear(door, VETOES["deceased"]) == []


async def test_a_veto_that_arrives_twice_is_heard_once(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    record = later(VETOES["refused"])
    await say(door, record, now=LATER)
    before = await newest(door)

    (again,) = await say(door, record, now=LATER)
    await say(door, later(VETOES["refused"]), now=LATER)

    assert again.status is Status.DUPLICATE
    assert await new_lines(door, before) == ["consent.recorded.v1"]


async def test_an_older_refusal_that_arrives_later_changes_nothing(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    before = await newest(door)

    await say(door, a_record(VETOES["refused"], time=NOW - timedelta(days=3)), now=LATER)

    assert await new_lines(door, before) == ["consent.recorded.v1"]
    assert len(await live(door)) == 2


async def test_who_says_yes_again_changes_nothing(fresh):
    door = await fresh.open("acceptor")
    await seed(door)

    assert await hear(door, a_consent(), an_assessment()) == []


async def test_an_outbreak_that_blocks_a_place_empties_its_visits_and_no_others(fresh):
    door = await fresh.open("acceptor")
    elsewhere = an_assignment("v2", ["p3"], 11, location_id=uid("eik"))
    await say(door, a_patient("p3", location_id=uid("eik")), a_consent("p3"))
    await seed(door, an_assignment("v1", ["p1", "p2"]), elsewhere)

    assert await hear(door, OutbreakDeclared(location_id=uid("wilg"), policy="last")) == []
    assert await hear(door, OutbreakDeclared(location_id=uid("wilg"))) == [UNASSIGNED]
    assert await live(door) == {(uid("v2"), uid("p3"))}


async def test_a_crisis_visit_goes_to_a_place_with_an_outbreak(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_crisis("v9"))
    crisis = an_assignment("v9", [], 12, campaign_id=None, product_id=None)
    await seed(door, an_assignment("v1", ["p1"]), crisis, people=["p1"])

    assert await hear(door, OutbreakDeclared(location_id=uid("wilg"))) == [UNASSIGNED]
    assert await rows(door, "SELECT visit FROM visits WHERE live") == [(uid("v9"),)]


@every_veto
async def test_a_plan_that_was_made_before_the_fact_is_published_without_the_person(fresh, fact):
    door = await fresh.open("acceptor")
    await say(door, PolicyChanged(publish_automatically=False))
    await seed(door)
    await say(door, later(fact), now=LATER)

    await say(door, PlanApproved(plan_id=uid("one")), now=LATER + timedelta(hours=5))

    assert await live(door) == {(uid("v1"), uid("p2"))}


@every_veto
@pytest.mark.parametrize("approved_first", [False, True])
async def test_so_is_one_that_is_approved_in_the_batch_of_the_fact(fresh, fact, approved_first):
    door = await fresh.open("acceptor")
    await say(door, PolicyChanged(publish_automatically=False))
    before = await seed(door)
    batch = [later(fact), a_record(PlanApproved(plan_id=uid("one")), time=LATER)]

    await say(door, *(reversed(batch) if approved_first else batch), now=LATER)

    assert await live(door) == {(uid("v1"), uid("p2"))}
    assert (await new_lines(door, before)).count(ASSIGNED) == 1
    assert await compare(fresh.dsn("owner")) == []


async def test_a_plan_that_was_made_before_an_outbreak_is_published_without_the_place(fresh):
    door = await fresh.open("acceptor")
    await say(door, PolicyChanged(publish_automatically=False))
    await seed(door)
    await say(door, OutbreakDeclared(location_id=uid("wilg")), now=LATER)

    await say(door, PlanApproved(plan_id=uid("one")), now=LATER)

    assert await live(door) == set()


async def test_a_fact_of_another_region_reaches_the_appointment_where_it_is(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    place = a_location("far")
    fact = given_elsewhere("p1", location_id=uid("far"))
    await say(door, place, region=OTHER_REGION)

    await say(door, a_record(fact, region=OTHER_REGION), region=OTHER_REGION, now=LATER)

    assert await live(door) == {(uid("v1"), uid("p2"))}
    assert await rows(door, "SELECT region FROM doses") == [(OTHER_REGION,)]


# --- what a planner takes off ---


async def cancelled(door: Database, **changes: object) -> list[str]:
    return await hear(door, a_cancellation("v1", **changes))


async def test_a_planner_takes_a_stop_off_at_once(fresh):
    door = await fresh.open("acceptor")
    await seed(door)

    assert await cancelled(door) == [UNASSIGNED]
    assert await live(door) == set()
    assert await rows(door, "SELECT DISTINCT not_before FROM put_off") == [(date(2021, 2, 17),)]
    assert await compare(fresh.dsn("owner")) == []


async def test_its_people_wait_until_the_day_that_the_planner_says(fresh):
    door = await fresh.open("acceptor")
    await seed(door)

    await cancelled(door, again_from=date(2021, 3, 1))

    assert await rows(door, "SELECT person, not_before FROM put_off ORDER BY person") == [
        (one, date(2021, 3, 1)) for one in sorted([uid("p1"), uid("p2")])
    ]


async def test_a_stop_that_was_taken_off_does_not_come_back_with_a_plan_of_before(fresh):
    door = await fresh.open("acceptor")
    await say(door, PolicyChanged(publish_automatically=False))
    await seed(door)
    await say(door, PlanApproved(plan_id=uid("one")))
    number = await newest(door)
    await say(door, a_plan("two", (number, 0), an_assignment("v1", ["p1", "p2"])))

    await cancelled(door)
    await say(door, PlanApproved(plan_id=uid("two")), now=LATER)

    assert await live(door) == set()


async def test_a_plan_that_knows_of_it_may_use_the_name_of_the_visit_again(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    await cancelled(door)

    again = an_assignment("v1", ["p1"], 14)
    await say(door, a_plan("two", (await newest(door), 0), again), now=LATER)

    assert await live(door) == {(uid("v1"), uid("p1"))}


async def test_of_a_stop_that_has_begun_those_who_had_the_dose_stay(fresh):
    door = await fresh.open("acceptor")
    await seed(door)
    await say(
        door,
        VisitStarted(visit_id=uid("v1"), team_id=uid("team"), started_at=NOW),
        a_dose("p1", visit_id=uid("v1")),
    )

    assert await cancelled(door) == [ASSIGNED]
    assert await live(door) == {(uid("v1"), uid("p1"))}


@pytest.mark.parametrize("again", [StopReleased(visit_id=uid("v1")), a_cancellation("v1")])
async def test_taking_off_what_is_off_says_nothing(fresh, again):
    door = await fresh.open("acceptor")
    await seed(door)
    await cancelled(door)

    assert await hear(door, again) == []
