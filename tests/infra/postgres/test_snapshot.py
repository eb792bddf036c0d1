"""What one region looks like to the planner, from events through the door to a `Problem`."""

from datetime import UTC, date, datetime, timedelta

import pytest

from events.identifiers import Payload
from events.location import OutbreakDeclared, OutbreakLifted
from events.organisations import PolicyChanged
from events.supply import LotQuarantined, LotReleased, StockMoved
from events.teams import CrewRole, ShiftWithdrawn, StopPinned
from events.visits import DoseWasted, TeamUnavailable, VisitStarted, WasteReason
from scheduling.problem import Consent, Outbreak, Shift, StockLine
from tests.builders import REGION, SmallRegion, a_plan, say
from tests.facts import (
    DONE,
    NOW,
    a_campaign,
    a_certificate,
    a_consent,
    a_crisis,
    a_delivery,
    a_dose,
    a_location,
    a_patient,
    a_product,
    a_promise,
    a_shift,
    an_announcement,
    an_assignment,
    an_order,
    an_organisation,
    uid,
)
from tests.infra.postgres.seeing import snapshot_of

pytestmark = pytest.mark.postgres
ONE_PATIENT = (a_campaign(), a_location(), a_patient(), a_consent())
JUDGED = {
    "person_id": uid("p1"),
    "campaign_id": uid("corona"),
    "location_id": uid("wilg"),
    "practice_id": uid("practice"),
}
MONDAY, TUESDAY = date(2021, 2, 15), date(2021, 2, 16)


async def the_shift(fresh, *said: Payload) -> Shift:
    base = [*SmallRegion().places(), *SmallRegion(days=()).crews()]
    (shift,) = (await snapshot_of(fresh, *base, *said)).problem.shifts
    return shift


async def the_stock(fresh, *said: Payload) -> tuple[StockLine, ...]:
    return (await snapshot_of(fresh, *SmallRegion().places(), a_product(), *said)).problem.stock


async def test_a_small_region_is_seen_whole(fresh):
    snapshot = await snapshot_of(fresh, *SmallRegion().all())

    problem = snapshot.problem
    assert (problem.region, problem.horizon_start, problem.days) == (REGION, "2021-02-15", 14)
    assert problem.now == 6 * 3600
    assert len(problem.needs) == 8
    assert {need.consent for need in problem.needs} == {Consent.GIVEN}
    assert [location.known for location in problem.locations] == [True, True]
    assert [shift.day for shift in sorted(problem.shifts, key=lambda one: one.day)] == [1, 2]
    assert problem.stock == (StockLine(str(uid("post")), "moderna", "LOT1", 0, 44, 200),)
    assert snapshot.kept == ()


async def test_a_plan_knows_the_newest_numbers_of_region_and_country(fresh):
    snapshot = await snapshot_of(fresh, a_location(), a_campaign(), a_product(), a_patient())

    assert snapshot.problem.as_of == (2, 2)


async def test_a_shift_knows_who_may_inject_what(fresh):
    shift = await the_shift(fresh, a_shift())

    assert (shift.injectors, shift.doctor, shift.assistants_only) == (2, True, False)
    assert shift.ordered_products == {"moderna"}
    assert (shift.day, shift.start, shift.end) == (1, 32 * 3600, 41 * 3600)
    assert shift.pause is not None


async def test_a_certificate_and_an_order_end_on_their_last_day(fresh):
    last = a_certificate(CrewRole.DOCTOR, member_id=uid("late doctor"), valid_until=TUESDAY)
    over = a_certificate(CrewRole.NURSE, member_id=uid("late nurse"), valid_until=MONDAY)
    crew = [
        {"member_id": uid("late doctor"), "role": "doctor"},
        {"member_id": uid("late nurse"), "role": "nurse"},
    ]
    orders = [an_order("pfizer", valid_until=MONDAY), an_order("janssen", valid_until=TUESDAY)]

    shift = await the_shift(fresh, last, over, *orders, a_shift(crew=crew))

    assert shift.injectors == 1
    assert shift.ordered_products == {"moderna", "janssen"}


async def test_the_shift_of_an_absent_team_is_left_out(fresh):
    absent = TeamUnavailable(
        team_id=uid("team"),
        begins_at=datetime(2021, 2, 16, 12, tzinfo=UTC),
        ends_at=datetime(2021, 2, 16, 13, tzinfo=UTC),
    )

    snapshot = await snapshot_of(fresh, *SmallRegion().all(), absent)

    assert [shift.day for shift in snapshot.problem.shifts] == [2]


async def test_a_shift_that_is_withdrawn_or_of_a_day_past_the_horizon_is_left_out(fresh):
    gone = ShiftWithdrawn(shift_id=uid("shift 2021-02-16"))
    far = a_shift("far", MONDAY + timedelta(days=14))
    near = a_shift("near", MONDAY + timedelta(days=13))

    snapshot = await snapshot_of(fresh, *SmallRegion().all(), gone, far, near)

    assert sorted(shift.day for shift in snapshot.problem.shifts) == [2, 13]


async def test_what_a_frozen_shift_does_is_kept_and_its_people_wait_for_nobody_else(fresh):
    region = SmallRegion()
    visit = an_assignment("v1", ["p0", "p2"], 9, shift_id=uid("shift 2021-02-16"))
    later = an_assignment("v2", ["p1"], 9, shift_id=uid("shift 2021-02-17"), location_id=uid("eik"))
    later = later.model_copy(
        update={
            "starts_at": later.starts_at + timedelta(days=1),
            "ends_at": later.ends_at + timedelta(days=1),
        }
    )
    await say(await fresh.open("acceptor"), *region.all(), a_plan("one", (0, 0), visit, later))
    an_hour_before = datetime(2021, 2, 16, 6, tzinfo=UTC)

    snapshot = await snapshot_of(fresh, now=an_hour_before)

    problem = snapshot.problem
    assert [one.visit_id for one in snapshot.kept] == [uid("v1")]
    assert [shift.day for shift in problem.shifts] == [1]  # tomorrow's
    assert not {need.person_id for need in problem.needs} & {str(uid("p0")), str(uid("p2"))}
    assert problem.done_visits == {str(uid("v1"))}
    assert [one.visit_id for one in problem.published] == [str(uid("v2"))]
    assert problem.stock[0].doses == 198


@pytest.mark.parametrize(("freeze_minutes", "frozen"), [(59, 0), (61, 1)])
async def test_a_shift_is_frozen_by_the_minutes_of_the_policy(fresh, freeze_minutes, frozen):
    policy = PolicyChanged(freeze_minutes=freeze_minutes)

    snapshot = await snapshot_of(
        fresh, *SmallRegion().all(), policy, now=datetime(2021, 2, 16, 6, tzinfo=UTC)
    )

    assert len(snapshot.problem.shifts) == 2 - frozen


async def test_what_a_region_decides_about_plans_comes_from_its_policy(fresh):
    policy = PolicyChanged(
        max_duty_minutes=480,
        max_week_minutes=2400,
        same_team_minutes=3,
        ideal_day_minutes=4,
        together_from=50,
        area_points=10,
    )

    problem = (await snapshot_of(fresh, *SmallRegion().all(), policy)).problem

    assert (problem.max_duty_seconds, problem.max_week_seconds) == (480 * 60, 2400 * 60)
    assert (problem.same_team_seconds, problem.ideal_day_seconds) == (180, 240)
    assert (problem.together_from, problem.area_points) == (50, 10)


async def test_shifts_of_the_week_before_count_for_the_hours_of_a_team(fresh):
    problem = (
        await snapshot_of(fresh, *SmallRegion().all(), now=datetime(2021, 2, 21, 6, tzinfo=UTC))
    ).problem

    assert sorted(shift.day for shift in problem.standing_shifts) == [-5, -4]
    assert problem.max_week_seconds == 60 * 3600


async def test_a_visit_that_has_begun_is_not_moved(fresh):
    visit = an_assignment("v1", ["p0"], 9, shift_id=uid("shift 2021-02-16"))
    started = VisitStarted(visit_id=uid("v1"), team_id=uid("team"), started_at=DONE)
    await say(await fresh.open("acceptor"), *SmallRegion().all(), a_plan("one", (0, 0), visit))

    snapshot = await snapshot_of(fresh, started)

    assert snapshot.problem.published == ()
    assert snapshot.problem.done_visits == {str(uid("v1"))}


async def test_a_pinned_visit_is_fixed_where_the_planner_put_it(fresh):
    visit = an_assignment("v1", ["p0", "p2"], 9, shift_id=uid("shift 2021-02-16"))
    pin = StopPinned(
        visit_id=uid("v1"),
        shift_id=uid("shift 2021-02-17"),
        starts_at=visit.starts_at + timedelta(1),
    )
    await say(await fresh.open("acceptor"), *SmallRegion().all(), a_plan("one", (0, 0), visit), pin)

    (fixed,) = (await snapshot_of(fresh)).problem.fixed

    assert (fixed.shift_id, fixed.why, fixed.dose_no) == (str(uid("shift 2021-02-17")), "pinned", 1)
    assert fixed.start == (2 * 24 + 10) * 3600


@pytest.mark.parametrize("shift", ["shift 2021-02-16", "shift 2021-02-17"])
async def test_of_two_pins_that_call_one_team_at_once_the_older_holds(fresh, shift):
    visits = [
        an_assignment(name, [name], hour, shift_id=uid("shift 2021-02-16"))
        for name, hour in (("p0", 9), ("p1", 11))
    ]
    pins = [
        StopPinned(
            visit_id=uid("p0"), shift_id=uid("shift 2021-02-16"), starts_at=visits[0].starts_at
        ),
        StopPinned(visit_id=uid("p1"), shift_id=uid(shift), starts_at=visits[0].starts_at),
    ]
    await say(
        await fresh.open("acceptor"), *SmallRegion().all(), a_plan("one", (0, 0), *visits), *pins
    )

    (fixed,) = (await snapshot_of(fresh)).problem.fixed

    assert fixed.visit_id == str(uid("p0"))


async def test_an_outbreak_is_seen_until_it_is_lifted(fresh):
    declared = await snapshot_of(fresh, a_location(), OutbreakDeclared(location_id=uid("wilg")))
    lifted = await snapshot_of(fresh, OutbreakLifted(location_id=uid("wilg")))

    assert declared.problem.locations[0].outbreak is Outbreak.BLOCKED
    assert lifted.problem.locations[0].outbreak is Outbreak.NONE


async def test_a_crisis_visit_is_asked_for_within_its_hours(fresh):
    (crisis,) = (await snapshot_of(fresh, a_location(), a_crisis())).problem.crisis_visits

    assert (crisis.first_second, crisis.last_second) == (33 * 3600, 37 * 3600)
    assert crisis.service_seconds == 1800


async def test_an_announced_delivery_counts_from_the_day_after(fresh):
    (line,) = await the_stock(fresh, an_announcement(expected_on=date(2021, 2, 20)))

    assert (line.first_day, line.last_day, line.doses) == (6, 5 + 30, 100)


async def test_only_what_the_ggd_confirmed_or_what_is_there_secures_next_doses(fresh):
    said = [a_delivery(), an_announcement(), an_announcement("sure"), a_promise("sure", doses=60)]

    stock = await the_stock(fresh, *said)

    assert {(line.doses, line.confirmed) for line in stock} == {
        (200, True),
        (100, False),
        (60, True),
    }


async def test_an_announced_delivery_of_yesterday_is_not_counted_on(fresh):
    assert await the_stock(fresh, an_announcement(expected_on=MONDAY - timedelta(days=1))) == ()


async def test_what_was_received_is_not_counted_as_announced_too(fresh):
    stock = await the_stock(fresh, an_announcement("same"), a_delivery("same", doses=90))

    assert [line.doses for line in stock] == [90]


async def test_a_lot_in_quarantine_is_no_stock_until_it_is_released(fresh):
    lot = {"product_id": "moderna", "lot": "LOT1"}

    held = await the_stock(fresh, a_delivery(), LotQuarantined(**lot))
    released = await the_stock(fresh, LotReleased(**lot))

    assert (held, [line.doses for line in released]) == ((), [200])


async def test_stock_is_what_came_less_what_went(fresh):
    lot = {"product_id": "moderna", "lot": "LOT1"}
    went = [
        a_dose("p1"),
        DoseWasted(**lot, depot_id=uid("post"), doses=3, reason=WasteReason.BROKEN, wasted_at=NOW),
        StockMoved(**lot, from_depot_id=uid("post"), doses=10),
    ]

    stock = await the_stock(fresh, a_delivery(), *went)

    assert [line.doses for line in stock] == [186]


async def test_stock_keeps_its_last_day_when_it_moves_to_another_depot(fresh):
    lot = {"product_id": "moderna", "lot": "LOT1"}
    moved = StockMoved(**lot, from_depot_id=uid("post"), to_depot_id=uid("second post"), doses=50)
    stock = await the_stock(fresh, a_delivery(), an_organisation("second post"), moved)

    assert {(line.depot_id, line.doses, line.last_day) for line in stock} == {
        (str(uid("post")), 150, 44),
        (str(uid("second post")), 50, 44),
    }


async def test_days_keep_their_real_length_over_a_change_of_the_clock(fresh):
    snapshot = await snapshot_of(fresh, *ONE_PATIENT, now=datetime(2021, 3, 27, 12, tzinfo=UTC))

    starts = snapshot.problem.day_starts
    assert (starts[1] - starts[0], starts[2] - starts[1]) == (24 * 3600, 23 * 3600)


async def test_an_empty_region_is_a_problem_too(fresh):
    snapshot = await snapshot_of(fresh)

    assert (snapshot.problem.needs, snapshot.problem.shifts, snapshot.problem.as_of) == (
        (),
        (),
        (0, 0),
    )
