"""What the planner sees of teams that are swapped, lent or late, of stops that were moved, of people who fell ill."""

from datetime import date, datetime, timedelta

import pytest

from events.identifiers import Payload, Point
from events.practice import AssessmentRecorded, Judgement
from events.teams import CrewMember, CrewRole, StopPinned
from events.visits import TeamUnavailable
from infra.postgres.snapshot.load import find_due_regions, load_snapshot
from scheduling.problem import Assessment
from scheduling.solve import Limits, solve
from services.planner.problem.posed import PosedProblem, to_problem
from tests.builders import OTHER_REGION, REGION, SmallRegion, a_plan, say
from tests.conftest import Fresh
from tests.facts import (
    NOW,
    TEN,
    a_campaign,
    a_certificate,
    a_consent,
    a_delay,
    a_delivery,
    a_dose,
    a_loan,
    a_location,
    a_move,
    a_patient,
    a_shift,
    a_swap,
    a_team,
    an_adverse_event,
    an_assignment,
    an_order,
    an_organisation,
    uid,
)
from tests.infra.postgres.seeing import snapshot_of

pytestmark = pytest.mark.postgres
TUESDAY, WEDNESDAY = date(2021, 2, 16), date(2021, 2, 17)
HOUR = 3600
JUDGED = {
    "person_id": uid("p1"),
    "campaign_id": uid("corona"),
    "location_id": uid("wilg"),
    "practice_id": uid("practice"),
}
FIRST_DOSE: tuple[Payload, ...] = (
    a_campaign(), a_location(), a_patient(), a_consent(), a_dose(given_at=datetime.fromisoformat("2021-01-20T10:00Z")),
)  # fmt: skip


def in_two_regions() -> list[Payload]:
    """A post of another region with a team of its own."""
    at = Point(lat=52.20, lon=5.30)
    doctor = CrewMember(member_id=uid("their doctor"), role=CrewRole.DOCTOR)
    theirs = {"team_id": uid("their team"), "depot_id": uid("their post"), "crew": (doctor,)}
    return [
        an_organisation("their post", point=at),
        a_team("their team", organisation_id=uid("their post")),
        a_certificate(member_id=uid("their doctor")),
        an_order(organisation_id=uid("their post")),
        a_shift("their shift", TUESDAY, **theirs),
        a_shift("their other shift", date(2021, 2, 22), **theirs),
    ]


def lent(**changes: object) -> Payload:
    return a_loan(to_region=REGION, team_id=uid("their team"), **changes)


async def see(fresh: Fresh, region: str = REGION, now: datetime = NOW) -> PosedProblem:
    return to_problem(await load_snapshot(await fresh.open("planner"), region, now))


async def lend(fresh: Fresh, *loans: Payload) -> None:
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion(days=()).all())
    await say(door, *in_two_regions(), *loans, region=OTHER_REGION)


async def test_a_swapped_shift_has_the_other_team_with_its_skills_orders_and_crew(fresh):
    crisis = a_team("crisis", organisation_id=uid("east"), skills={"crisis"})
    order = an_order("janssen", organisation_id=uid("east"))

    snapshot = await snapshot_of(
        fresh, *SmallRegion().all(), crisis, order, a_swap(("shift 2021-02-16", "crisis"))
    )

    (shift,) = [one for one in snapshot.problem.shifts if one.day == 1]
    assert (shift.team_id, shift.skills, shift.ordered_products) == (
        str(uid("crisis")), {"crisis"}, {"janssen"},
    )  # fmt: skip
    assert (shift.injectors, shift.doctor) == (1, False)
    assert snapshot.team_of[shift.id] == uid("crisis")


async def test_a_swapped_shift_is_absent_with_the_team_that_works_it(fresh):
    ill = TeamUnavailable(team_id=uid("team"), begins_at=TEN, ends_at=TEN + timedelta(hours=1))

    snapshot = await snapshot_of(
        fresh, *SmallRegion().all(), a_team("other"), a_swap(("shift 2021-02-16", "other")), ill
    )

    assert len(snapshot.problem.shifts) == 2


async def test_a_moved_visit_is_fixed_where_the_planner_moved_it(fresh):
    visit = an_assignment("v1", ["p0", "p2"], 9, shift_id=uid("shift 2021-02-16"))
    pin = StopPinned(
        visit_id=uid("v1"), shift_id=uid("shift 2021-02-16"), starts_at=visit.starts_at
    )
    move = a_move("v1", shift_id=uid("shift 2021-02-17"), starts_at=visit.starts_at + timedelta(1))
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion().all(), a_plan("one", (0, 0), visit), pin, move)

    (fixed,) = (await see(fresh)).problem.fixed

    assert (fixed.shift_id, fixed.why) == (str(uid("shift 2021-02-17")), "pinned")
    assert fixed.start == (2 * 24 + 10) * HOUR


async def test_a_pin_after_a_move_holds(fresh):
    visit = an_assignment("v1", ["p0"], 9, shift_id=uid("shift 2021-02-16"))
    pin = StopPinned(
        visit_id=uid("v1"), shift_id=uid("shift 2021-02-16"), starts_at=visit.starts_at
    )
    door = await fresh.open("acceptor")
    await say(door, *SmallRegion().all(), a_plan("one", (0, 0), visit))
    await say(door, a_move("v1", shift_id=uid("shift 2021-02-17")), pin)

    (fixed,) = (await see(fresh)).problem.fixed

    assert fixed.shift_id == str(uid("shift 2021-02-16"))


async def test_a_borrowed_team_is_planned_by_the_region_that_borrows_on_the_days_of_the_loan(fresh):
    await lend(fresh, lent())

    problem = (await see(fresh)).problem

    (shift,) = problem.shifts
    assert (shift.id, shift.region, shift.team_id) == (
        str(uid("their shift")), REGION, str(uid("their team")),
    )  # fmt: skip
    assert (shift.injectors, shift.ordered_products) == (1, {"moderna"})
    assert str(uid("their post")) in {depot.id for depot in problem.depots}


async def test_a_lent_team_is_seen_and_not_planned_by_its_own_region(fresh):
    await lend(fresh, lent())
    await say(
        await fresh.open("acceptor"), a_location("eik"), a_delivery(depot_id=uid("their post")),
        a_patient("q", location_id=uid("eik")), a_consent("q", location_id=uid("eik")), region=OTHER_REGION,
    )  # fmt: skip

    problem = (await see(fresh, OTHER_REGION)).problem
    plan = solve(problem, Limits(seconds=5, rounds=1))

    assert {shift.id: shift.region for shift in problem.shifts} == {
        str(uid("their shift")): REGION,
        str(uid("their other shift")): OTHER_REGION,
    }
    assert {route.shift_id for route in plan.routes if route.stops} <= {
        str(uid("their other shift"))
    }


async def test_a_loan_to_a_third_region_is_not_seen_here(fresh):
    await lend(fresh, a_loan(to_region="GG1009", team_id=uid("their team")))

    assert (await see(fresh)).problem.shifts == ()


async def test_a_loan_that_was_shortened_ends(fresh):
    before = date(2021, 2, 10)
    await lend(fresh, lent(), lent(valid_from=before, valid_until=before))

    assert (await see(fresh)).problem.shifts == ()


async def test_a_shift_that_two_regions_name_is_our_own(fresh):
    await lend(fresh, lent())
    own = a_shift("their shift", TUESDAY)

    (shift,) = (await snapshot_of(fresh, own)).problem.shifts

    assert shift.team_id == str(uid("team"))


async def test_the_plan_of_a_region_that_borrows_serves_people_with_the_borrowed_team(fresh):
    await lend(fresh, lent())
    await say(await fresh.open("acceptor"), a_delivery("theirs", depot_id=uid("their post")))

    problem = (await see(fresh)).problem
    plan = solve(problem, Limits(seconds=5, rounds=1))

    assert {route.shift_id for route in plan.routes if route.stops} == {str(uid("their shift"))}


@pytest.mark.parametrize(
    ("news", "is_due"),
    [
        (a_shift("third", TUESDAY, team_id=uid("their team"), depot_id=uid("their post")), True),
        (a_loan("second", REGION, team_id=uid("their second team")), True),
        (a_patient("q", location_id=uid("nowhere")), False),
    ],
    ids=["a shift", "a loan", "a patient"],
)
async def test_news_of_its_borrowed_teams_makes_a_region_due(fresh, news, is_due):
    door, reading = await fresh.open("acceptor"), await fresh.open("planner")
    await lend(fresh, lent())
    as_of = (await see(fresh)).problem.as_of
    await say(door, a_plan("one", as_of, from_at=NOW), now=NOW)
    later = NOW + timedelta(minutes=1)

    async with reading.transaction() as tx:
        before = [due.region for due in await find_due_regions(tx, NOW)]
    await say(door, news, region=OTHER_REGION, now=later)
    async with reading.transaction() as tx:
        after = [due.region for due in await find_due_regions(tx, later)]

    assert REGION not in before
    assert (REGION in after) is is_due


async def test_a_team_that_is_late_begins_later_that_day_only(fresh):
    late = a_delay(45, noted_at=datetime.fromisoformat("2021-02-16T04:30Z"))

    snapshot = await snapshot_of(fresh, *SmallRegion().all(), late)

    starts = {shift.day: shift.start for shift in snapshot.problem.shifts}
    assert starts == {1: 32 * HOUR + 45 * 60, 2: 56 * HOUR}


@pytest.mark.parametrize("minutes", [0, -30])
async def test_a_team_that_caught_up_begins_in_time(fresh, minutes):
    five = datetime.fromisoformat("2021-02-16T04:00Z")
    delays = [a_delay(45, noted_at=five), a_delay(minutes, noted_at=five + timedelta(minutes=9))]

    snapshot = await snapshot_of(fresh, *SmallRegion().all(), *delays)

    assert {shift.start for shift in snapshot.problem.shifts if shift.day == 1} == {32 * HOUR}


async def test_a_delay_longer_than_the_shift_leaves_nothing_of_it(fresh):
    late = a_delay(600, noted_at=datetime.fromisoformat("2021-02-16T04:30Z"))

    snapshot = await snapshot_of(fresh, *SmallRegion().all(), late)

    assert [shift.day for shift in snapshot.problem.shifts] == [2]


async def test_a_team_under_way_that_is_late_rests_from_its_later_end(fresh):
    snapshot = await snapshot_of(fresh, *SmallRegion().all(), a_delay(60), now=TEN)

    (standing,) = snapshot.problem.standing_shifts
    assert standing.end == 18 * HOUR  # 17:00 and an hour, of the first day of this horizon


async def test_who_fell_ill_after_a_dose_waits_for_a_clinician(fresh):
    (need,) = (await snapshot_of(fresh, *FIRST_DOSE, an_adverse_event())).problem.needs

    assert (need.dose_no, need.assessment) == (2, Assessment.TRIAGE)


async def test_a_clinician_who_judges_after_an_adverse_event_ends_the_wait(fresh):
    judged = AssessmentRecorded(**JUDGED, judgement=Judgement.ELIGIBLE)

    (need,) = (await snapshot_of(fresh, *FIRST_DOSE, an_adverse_event(), judged)).problem.needs

    assert need.assessment is Assessment.ELIGIBLE


async def test_a_judgement_from_before_an_adverse_event_does_not_count(fresh):
    judged = AssessmentRecorded(**JUDGED, judgement=Judgement.ELIGIBLE)

    (need,) = (await snapshot_of(fresh, *FIRST_DOSE, judged, an_adverse_event())).problem.needs

    assert need.assessment is Assessment.TRIAGE
