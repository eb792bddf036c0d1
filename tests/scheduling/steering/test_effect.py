"""What a change by hand does is what the planner makes of it: times, people to phone, minutes, doses, and rules by name."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from scheduling.limits import Limits
from scheduling.plan import Plan
from scheduling.problem import Outbreak, Problem, Published, TimeWindow
from scheduling.rules import check_added
from scheduling.solve import repair, solve
from scheduling.steering.actual import Actual, to_actual
from scheduling.steering.breaches import Soft, Unit
from scheduling.steering.edits import (
    AddCrisis,
    Edit,
    Move,
    MoveAll,
    Spot,
    StartFrom,
    Swap,
    Unassign,
)
from scheduling.steering.effect import Effect, compute_effect
from scheduling.steering.trials import Refused
from scheduling.visits.grouping import to_fixed
from tests.scheduling.builders import (
    HOUR,
    a_campaign,
    a_crisis,
    a_location,
    a_pause,
    a_problem,
    a_region,
    a_shift,
    a_travel,
    at,
    needs,
)

MINUTE = 60


def published(plan: Plan, *, told: bool = True) -> list[Published]:
    """What people go by after this plan."""
    return [
        Published(
            visit_id=stop.visit.id,
            shift_id=route.shift_id,
            start=stop.start,
            location_id=stop.visit.location_id,
            campaign_id=stop.visit.campaign_id,
            product_id=stop.visit.product_id,
            doses=stop.visit.needs,
            service_seconds=stop.departure - stop.start,
            told=told,
        )
        for route in plan.routes
        for stop in route.stops
    ]


def a_visit_at(place: int, hour: float, shift: str = "S1", **changes) -> Published:
    """A visit to the five people of a location, an hour long."""
    row = Published(
        visit_id=f"V{place}",
        shift_id=shift,
        start=at(0, hour),
        location_id=f"L{place}",
        campaign_id="C1",
        product_id="moderna",
        doses=tuple((f"L{place}-P{k:02}", 1) for k in range(5)),
        service_seconds=HOUR,
    )
    return replace(row, **changes)


def a_day(*stops: Published, pinned: Sequence[str] = (), **changes) -> Actual:
    """Four locations ten minutes apart, two teams of eight to five today; the notice time is three days."""
    problem = a_problem(
        locations=tuple(a_location(f"L{k}", k) for k in range(1, 5)),
        needs=tuple(need for k in range(1, 5) for need in needs(5, f"L{k}")),
        shifts=(a_shift("S1"), a_shift("S2")),
        travel=a_travel(5),
    )
    return to_actual(replace(problem, **changes), stops, pinned)


def moved(effect: Effect) -> dict[str, tuple[str, float]]:
    """Where each touched stop goes: shift and hour."""
    return {row.visit_id: (row.new[0], row.new[1] / HOUR) for row in effect.touched if row.new}


def test_a_visit_that_goes_into_a_gap_moves_nobody_else():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 12), a_visit_at(3, 9, "S2"))

    effect = compute_effect(actual, Move("V3", Spot("S1")))

    assert list(moved(effect)) == ["V3"]
    assert effect.hard == ()


def test_who_gives_way_is_later_by_as_much_as_it_takes_and_nobody_is_earlier():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 10.5), a_visit_at(4, 13), a_visit_at(3, 9, "S2"))

    effect = compute_effect(actual, Move("V3", Spot("S1", after="V1")))

    # V1 ends at 10:00, ten minutes to V3, an hour there, ten minutes to V2: 50 minutes later
    assert moved(effect) == {
        "V3": ("S1", at(0, 10) / HOUR + 1 / 6),
        "V2": ("S1", pytest.approx(11 + 1 / 3)),
    }
    assert [row.later for row in effect.touched if row.visit_id == "V2"] == [50 * MINUTE]


def test_minutes_doses_and_calls_are_counted():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 12), a_visit_at(3, 9, "S2"))

    effect = compute_effect(actual, Move("V3", Spot("S1", after="V1")))

    # S2 need not drive at all any more: two legs less; S1 drives one leg more
    assert effect.drive_seconds == -10 * MINUTE
    # S2 worked 80 minutes, S1 waits no longer than before: the visit falls into its waiting
    assert effect.work_seconds == -80 * MINUTE
    assert effect.doses == ()  # the same depot and day: as many containers
    assert effect.calls == 1


def test_a_visit_to_another_depot_or_day_takes_its_containers_along():
    actual = a_day(
        a_visit_at(1, 9),
        shifts=(a_shift("S1"), a_shift("T1", day=1)),
    )

    effect = compute_effect(actual, Move("V1", Spot("T1")))

    assert [(row.day, row.doses) for row in effect.doses] == [(0, -10), (1, 10)]
    assert [(row.rule, row.unit) for row in effect.soft] == [(Soft.PROMISE, Unit.SECONDS)]


def test_a_few_minutes_are_no_phone_call():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 10.5))

    few = compute_effect(actual, Move("V2", Spot("S1", start=at(0, 10.75))))
    many = compute_effect(actual, Move("V2", Spot("S1", start=at(0, 11))))

    assert (few.calls, many.calls) == (0, 1)


def test_a_stop_that_a_planner_pinned_gives_way_to_nobody():
    stops = a_visit_at(1, 9), a_visit_at(2, 10.5), a_visit_at(3, 9, "S2")

    free = compute_effect(a_day(*stops), Move("V3", Spot("S1", after="V1")))
    held = compute_effect(a_day(*stops, pinned=["V2"]), Move("V3", Spot("S1", after="V1")))

    assert (free.hard, "V2" in moved(free)) == ((), True)
    assert "V2" not in moved(held)
    assert [(row.rule, row.where, row.amount) for row in held.hard] == [
        ("shift_hours", "V2", 50 * MINUTE)
    ]


@pytest.mark.parametrize(
    ("changes", "edit", "rule", "amount"),
    [
        ({}, Move("V1", Spot("S1", start=at(0, 17.5))), "time_windows", 30 * MINUTE),
        ({}, Move("V1", Spot("S1", start=at(0, 16.5))), "shift_hours", 40 * MINUTE),
        ({}, Move("V1", Spot("S1", start=at(0, 8))), "time_windows", HOUR),
        (
            {"shifts": (a_shift("S1"), a_shift("S2", capacity=5))},
            Move("V1", Spot("S2")),
            "cool_box",
            5,
        ),
        (
            {"shifts": (a_shift("S1"), a_shift("S2", injectors=0))},
            Move("V1", Spot("S2")),
            "crew",
            None,
        ),
        (
            {"shifts": (a_shift("S1"), a_shift("S2", day=3)), "needs": needs(5, last_day=1)},
            Move("V1", Spot("S2")),
            "due",
            2,
        ),
        (
            {"shifts": (a_shift("S1"), a_shift("S2", region="GG0111"))},
            Move("V1", Spot("S2")),
            "lent",
            None,
        ),
        ({"now": at(0, 12)}, Move("V1", Spot("S1", start=at(0, 11))), "past", HOUR),
    ],
)
def test_a_hard_rule_is_named_with_the_amount(changes, edit, rule, amount):
    actual = a_day(a_visit_at(1, 13), **changes)

    effect = compute_effect(actual, edit)

    assert (rule, amount) in [(row.rule, row.amount) for row in effect.hard]


def test_what_was_broken_before_is_nobodys_fault_now():
    late = a_visit_at(1, 16.9)  # back after five, whatever is changed

    effect = compute_effect(a_day(late, a_visit_at(2, 10)), Move("V2", Spot("S1", start=at(0, 11))))

    assert effect.hard == ()


def test_a_swap_gives_each_the_place_of_the_other():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 12), a_visit_at(3, 11, "S2"))

    effect = compute_effect(actual, Swap("V1", "V3"))

    assert moved(effect) == {"V1": ("S2", 11), "V3": ("S1", 9)}
    assert {row.visit_id for row in effect.touched if row.is_meant} == {"V1", "V3"}


def test_who_leaves_the_plan_is_counted_and_needs_a_reason():
    effect = compute_effect(a_day(a_visit_at(1, 9), a_visit_at(2, 12)), Unassign("V1"))

    assert [(row.visit_id, row.new, row.must_call) for row in effect.touched] == [
        ("V1", None, True)
    ]
    assert (Soft.UNSERVED, 5) in [(row.rule, row.amount) for row in effect.soft]
    assert effect.hard == ()


def test_a_crisis_visit_goes_where_it_costs_least_and_only_to_who_can_make_it():
    able = a_shift("S2", skills=frozenset({"crisis"}))
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 9, "S2"), shifts=(a_shift("S1"), able))

    effect = compute_effect(actual, AddCrisis(a_crisis(location_id="L3")))

    assert moved(effect)["X1"][0] == "S2"
    assert effect.hard == ()


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (Move("V9", Spot("S1")), "gone"),
        (Unassign("done"), "done"),
        (Move("V1", Spot("S9")), "withdrawn"),
        (Move("V1", Spot("S1", after="V9")), "gone"),
        (Move("V2", Spot("S1")), "frozen"),
        (Move("V1", Spot("S2")), "frozen"),
    ],
)
def test_what_can_not_be_tried_is_refused_by_name(edit: Edit, rule: str):
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 9, "S2"), done_visits=frozenset({"done"}))
    actual = replace(actual, frozen_shifts=frozenset({"S2"}))

    with pytest.raises(Refused) as refused:
        compute_effect(actual, edit)

    assert refused.value.breach.rule == rule


def test_the_break_of_the_crew_keeps_its_room():
    busy = [a_visit_at(k, hour) for k, hour in ((1, 10.5), (2, 12.25))]
    shifts = a_shift("S1", pause=a_pause(earliest=11.5, latest=11.75)), a_shift("S2")
    actual = a_day(*busy, a_visit_at(3, 9, "S2"), shifts=shifts)

    effect = compute_effect(actual, Move("V3", Spot("S1", after="V1")))

    # V1 ends at 11:30; half an hour of break and ten minutes' drive before V3
    assert moved(effect)["V3"] == ("S1", pytest.approx(12 + 1 / 6))
    assert effect.hard == ()


def test_slack_before_closing_may_be_used_with_a_reason():
    actual = a_day(a_visit_at(1, 10), slack_minutes=10)

    effect = compute_effect(actual, Move("V1", Spot("S1", start=at(0, 15.75))))

    assert Soft.SLACK in [row.rule for row in effect.soft]
    assert effect.hard == ()


def test_a_wish_for_the_same_team_is_told():
    people = tuple(replace(need, dose_no=1, previous_team_id="team of S1") for need in needs(5))
    actual = a_day(a_visit_at(1, 10), needs=people, campaigns=(a_campaign(),))

    effect = compute_effect(actual, Move("V1", Spot("S2")))

    assert (Soft.WISHES, 5) in [(row.rule, row.amount) for row in effect.soft]


def test_an_outbreak_stays_the_last_stop():
    places = (
        a_location("L1", 1, outbreak=Outbreak.LAST),
        *(a_location(f"L{k}", k) for k in range(2, 5)),
    )
    actual = a_day(a_visit_at(1, 14), a_visit_at(2, 9), locations=places)

    effect = compute_effect(actual, Move("V2", Spot("S1", after="V1")))

    assert "outbreak" in [row.rule for row in effect.hard]


def test_hours_that_changed_since_do_not_move_who_stands():
    closed = a_location("L1", 1, time_windows=(TimeWindow(at(0, 14), at(0, 16)),))
    others = (a_location(f"L{k}", k) for k in range(2, 5))
    actual = a_day(
        a_visit_at(1, 9), a_visit_at(2, 11), a_visit_at(3, 9, "S2"), locations=(closed, *others)
    )

    effect = compute_effect(actual, Move("V3", Spot("S1", after="V2")))

    assert list(moved(effect)) == ["V3"]


def pinned_problem(actual: Actual, effect: Effect) -> Problem:
    """The problem that the planner is given once the change is stored: all that it moves is pinned."""
    problem, rows = actual.problem, []
    by_name = {row.visit_id: row for row in problem.published}
    for one in effect.touched:
        assert one.new is not None
        fixed = to_fixed(by_name[one.visit_id], "pinned")
        shift_id, start, departure = one.new
        rows.append(
            replace(fixed, shift_id=shift_id, start=start, service_seconds=departure - start)
        )
    return replace(problem, fixed=tuple(rows))


def test_the_planner_makes_of_it_what_was_said():
    problem = replace(
        a_region(5, locations=60, teams=3), notice_seconds=0, crisis_visits=(), now=at(0, 0)
    )
    plan = solve(problem, Limits(0))
    actual = to_actual(problem, published(plan, told=False))
    random, tried = Random(7), 0
    names = [row.visit_id for row in actual.problem.published]
    shifts = [shift.id for shift in problem.shifts]
    for _ in range(60):
        one, other = random.sample(names, 2)
        edit = random.choice((Move(one, Spot(random.choice(shifts))), Swap(one, other)))
        effect = compute_effect(actual, edit)
        if effect.hard:
            continue
        tried += 1
        answered = repair(pinned_problem(actual, effect), Limits(0))
        made = {
            stop.visit.id: (route.shift_id, stop.start)
            for route in answered.routes
            for stop in route.stops
        }
        wanted = {row.visit_id: (row.shift_id, row.start) for row in actual.problem.published}
        wanted |= {row.visit_id: row.new[:2] for row in effect.touched if row.new}

        assert answered.pin_faults == ()
        assert wanted.items() <= made.items(), edit
        assert check_added(pinned_problem(actual, effect), answered) == ()
    assert tried >= 10


def test_a_team_that_starts_later_takes_its_stops_along():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 10.5), a_visit_at(3, 14))

    effect = compute_effect(actual, StartFrom((("S1", at(0, 10)),)))

    # an hour and ten minutes' drive behind the first; the third has time enough
    assert moved(effect) == {"V1": ("S1", 10), "V2": ("S1", pytest.approx(11 + 1 / 6))}
    assert effect.hard == ()


def test_every_pin_that_stands_against_a_later_start_is_named():
    actual = a_day(a_visit_at(1, 9), a_visit_at(2, 10.5), pinned=["V1", "V2"])

    with pytest.raises(Refused) as refused:
        compute_effect(actual, StartFrom((("S1", at(0, 11)),)))

    assert [row.where for row in refused.value.breaches] == ["V1", "V2"]


def test_several_visits_that_go_back_at_once_may_pass_each_other():
    actual = a_day(a_visit_at(1, 11), a_visit_at(2, 9))

    effect = compute_effect(actual, MoveAll((("V1", "S1", at(0, 9)), ("V2", "S1", at(0, 11)))))

    assert moved(effect) == {"V1": ("S1", 9), "V2": ("S1", 11)}
    assert effect.hard == ()
