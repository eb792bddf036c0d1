"""What each fact of the road, of lending and of reporting leaves in the state, through the door."""

import json
from datetime import timedelta

import pytest

from events.supply import LotReleased
from events.teams import ShiftChanged, StopPinned, StopReleased
from services.accept.submission import Status
from tests.builders import REGION, a_record, say
from tests.facts import (
    DONE,
    TEN,
    a_confirmation,
    a_container,
    a_count,
    a_decision,
    a_delay,
    a_delivery,
    a_loan,
    a_move,
    a_notice,
    a_reading,
    a_refusal,
    a_reserve,
    a_return,
    a_shift,
    a_swap,
    a_taking,
    an_acknowledgement,
    an_adverse_event,
    an_assignment,
    an_offer,
    uid,
)
from tests.services.accept.looking import rows, said

pytestmark = pytest.mark.postgres
USABLE = "SELECT lot, usable FROM lots ORDER BY lot"


async def test_a_location_answers_and_its_last_answer_holds(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_confirmation())
    await say(door, a_confirmation(answer="asks_other_moment", wishes_from=TEN, wishes_until=TEN))

    assert await rows(
        door, "SELECT visit, answer, answered_by, wishes_from FROM confirmations"
    ) == [(uid("visit"), "asks_other_moment", "institution", TEN)]


async def test_a_swap_is_one_event_and_gives_each_shift_its_other_team(fresh):
    door = await fresh.open("acceptor")
    second = a_shift("shift 2", team_id=uid("team 2"))

    await say(door, a_shift(), second)
    await say(door, a_swap(("shift", "team 2"), ("shift 2", "team")))

    found = await rows(
        door, "SELECT shift, worked ->> 'team_id', worked ->> 'capacity', worked FROM shifts"
    )
    assert {(shift, team, capacity) for shift, team, capacity, _ in found} == {
        (uid("shift"), str(uid("team 2")), "100"),
        (uid("shift 2"), str(uid("team")), "100"),
    }
    assert {len(json.loads(worked)["crew"]) for *_, worked in found} == {1}


async def test_a_shift_that_is_changed_after_a_swap_is_as_the_change_says(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_shift(), a_swap(("shift", "team 2")))
    await say(door, ShiftChanged(**a_shift(capacity=70).model_dump()))

    assert await rows(door, "SELECT worked ->> 'team_id', worked ->> 'capacity' FROM shifts") == [
        (str(uid("team")), "70")
    ]


@pytest.mark.parametrize(("released", "holds"), [(False, True), (True, False)])
async def test_a_moved_stop_holds_until_it_is_released(fresh, released, holds):
    door = await fresh.open("acceptor")
    release = [StopReleased(visit_id=uid("visit"))] if released else []

    await say(door, a_move(), *release)

    assert await rows(door, "SELECT moved_shift, moved_to, moved_reason, holds FROM pins") == [
        (uid("shift"), TEN, "asked for by phone", holds)
    ]


async def test_a_pin_after_a_release_holds_again(fresh):
    door = await fresh.open("acceptor")
    pin = StopPinned(visit_id=uid("visit"), shift_id=uid("shift"), starts_at=TEN)

    await say(door, a_move(), StopReleased(visit_id=uid("visit")), pin)

    assert await rows(door, "SELECT holds FROM pins") == [(True,)]


async def test_a_loan_is_replaced_by_what_is_said_of_it_later(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_loan())
    await say(door, a_loan(valid_until=a_loan().valid_from))

    assert await rows(
        door, "SELECT region, team, to_region, upper(valid) - lower(valid) FROM loans"
    ) == [(REGION, uid("team"), "GG0111", 1)]


async def test_a_delay_is_a_line_each_time(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_delay(30), a_delay(0))

    assert await rows(door, "SELECT minutes FROM delays ORDER BY seq") == [(30,), (0,)]


async def test_a_reserve_list_is_replaced_whole_and_keeps_its_order(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_reserve(people=["p1", "p2"]))
    await say(door, a_reserve(people=["p3", "p1"], others=4))

    ((facts,),) = await rows(door, "SELECT facts FROM reserves")
    assert json.loads(facts)["persons"] == [str(uid("p3")), str(uid("p1"))]
    assert json.loads(facts)["others"] == 4


async def test_an_opened_container_and_what_is_left_of_it_are_known(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_taking(doses=2), a_container(doses=11), an_offer(), a_taking())

    assert await rows(door, "SELECT container, lot, doses, opened_at FROM containers") == [
        (uid("container"), "LOT1", 11, DONE)
    ]
    left = "SELECT l.doses - sum(t.doses) FROM leftovers l JOIN leftovers_taken t USING (region, offer) GROUP BY l.doses"
    assert await rows(door, left) == [(0,)]


async def test_an_adverse_event_is_kept_with_its_person_and_what_was_seen(fresh):
    door = await fresh.open("acceptor")

    await say(door, an_adverse_event(reactions=["fever", "allergic"]), an_adverse_event("p2"))

    assert await rows(
        door, "SELECT person, severity, reactions FROM adverse_events ORDER BY seq"
    ) == [(uid("p1"), "moderate", ["allergic", "fever"]), (uid("p2"), "moderate", [])]


async def test_an_excursion_quarantines_the_lots_it_names_at_once_and_no_others(fresh):
    door = await fresh.open("acceptor")
    await say(door, a_delivery(), a_delivery("second", lot="LOT2"))

    await say(door, a_reading(19.5, "LOT1"))

    assert await said(door, REGION) == [
        (1, "delivery.received.v1"),
        (2, "delivery.received.v1"),
        (3, "temperature.read.v1"),
        (4, "lot.quarantined.v1"),
    ]
    assert await rows(door, USABLE) == [("LOT1", False)]
    assert await rows(door, "SELECT seq FROM problem_changes WHERE region = $1", REGION) == [(4,)]


async def test_a_lot_that_an_excursion_quarantined_may_be_released(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_reading(19.5, "LOT1"))
    await say(door, LotReleased(product_id="moderna", lot="LOT1"))

    assert await rows(door, USABLE) == [("LOT1", True)]


async def test_a_temperature_within_its_limits_is_kept_and_makes_no_plan_due(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_reading(5.0), a_reading(6.5))

    assert await rows(door, "SELECT celsius, excursion FROM temperatures ORDER BY seq") == [
        (5.0, False),
        (6.5, False),
    ]
    assert await rows(door, "SELECT seq FROM problem_changes") == []
    assert await rows(door, USABLE) == []


async def test_an_excursion_said_twice_quarantines_once(fresh):
    door = await fresh.open("acceptor")
    record = a_record(a_reading(19.5, "LOT1", "LOT1"))

    await say(door, record)
    (again,) = await say(door, record)

    assert again.status is Status.DUPLICATE
    assert [kind for _, kind in await said(door, REGION)].count("lot.quarantined.v1") == 1


async def test_decisions_are_a_log(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_decision(), a_decision())

    assert await rows(door, "SELECT decision_id, kind, reason FROM decisions") == 2 * [
        (uid("decision"), "other", "half of the delivery did not come")
    ]


async def test_a_notice_is_kept_without_an_address(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_notice(), a_notice("other", channel="sms"))

    found = await rows(door, "SELECT notice, channel, recipient, visit FROM notices")
    assert set(found) == {
        (uid("notice"), "mail", "institution", uid("visit")),
        (uid("other"), "sms", "institution", uid("visit")),
    }


@pytest.mark.parametrize(
    ("said_of_it", "state"),
    [
        ([a_return()], "sent"),
        ([a_return(), an_acknowledgement()], "acknowledged"),
        ([a_return(), a_refusal()], "rejected"),
        ([a_return(), a_refusal(), a_return()], "sent"),
        ([a_return(), a_refusal(), a_return(), an_acknowledgement()], "acknowledged"),
    ],
    ids=["sent", "acknowledged", "rejected", "sent again", "acknowledged after all"],
)
async def test_a_return_record_is_where_its_last_news_left_it(fresh, said_of_it, state):
    door = await fresh.open("acceptor")

    await say(door, *said_of_it)

    assert await rows(door, "SELECT person, state FROM return_records") == [(uid("p1"), state)]


async def test_the_newest_count_of_a_campaign_holds_and_what_is_hidden_stays_hidden(fresh):
    door = await fresh.open("acceptor")

    await say(door, a_count(), a_count(registered=41, refused=None))

    ((facts,),) = await rows(door, "SELECT facts FROM progress")
    assert (json.loads(facts)["registered"], json.loads(facts)["refused"]) == (41, None)


@pytest.mark.parametrize(
    "fact", [a_count(), a_notice(), a_return()], ids=lambda one: type(one).__name__
)
async def test_what_the_system_reports_of_itself_makes_no_plan_due(fresh, fact):
    door = await fresh.open("acceptor")

    await say(door, fact)

    assert await rows(door, "SELECT seq FROM problem_changes") == []


async def test_a_confirmation_counts_for_the_moment_that_it_was_about(fresh):
    door = await fresh.open("acceptor")
    told = an_assignment("visit")
    confirmed = """
        SELECT c.answer = 'confirmed' AND c.starts_at = lower(v.slot) FROM visits v JOIN confirmations c USING (region, visit)
    """

    await say(door, a_record(told, system=None), a_confirmation(starts_at=told.starts_at))
    before = await rows(door, confirmed)
    later = told.model_copy(update={"starts_at": told.starts_at + timedelta(minutes=30)})
    await say(door, a_record(later))

    assert (before, await rows(door, confirmed)) == ([(True,)], [(False,)])
