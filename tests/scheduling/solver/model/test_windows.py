"""When a visit may begin in a shift: every second of small days asked of each rule in plain words."""

from dataclasses import replace
from itertools import pairwise
from pickle import dumps, loads
from random import Random

import pytest

from scheduling.plan import Visit
from scheduling.problem import Problem, Published, Shift, TimeWindow
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.windows import StartWindows, Windows, merge_windows, overlap
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_pin,
    a_problem,
    a_product,
    a_shift,
    a_visit,
    at,
    needs,
)
from tests.scheduling.solver.small import (
    SECONDS,
    a_call,
    a_case,
    a_day_of_seconds,
    a_drawn_day,
    of_locations,
)

BOTH = frozenset({"moderna", "pfizer"})


def seconds_in(windows: Windows) -> set[int]:
    return {t for opens, closes in windows for t in range(opens, closes + 1)}


def windows_of(problem: Problem, visit: Visit | None = None, shift: int = 0) -> Windows:
    """Of one visit in one shift; a usual call on L1 unless another is given."""
    return IndexedProblem(problem, [visit or a_visit(problem)]).windows[0][shift]


@pytest.mark.parametrize("seed", range(60))
def test_merged_windows_hold_the_same_seconds_in_order_and_do_not_touch(seed: int):
    random = Random(seed)
    windows = [(a, a + random.randrange(6)) for a in (random.randrange(30) for _ in range(5))]

    merged = merge_windows(windows)

    assert seconds_in(merged) == seconds_in(tuple(windows))
    assert all(a[1] + 1 < b[0] for a, b in pairwise(merged))


@pytest.mark.parametrize("seed", range(60))
def test_the_overlap_holds_the_seconds_between_two_moments_both_included(seed: int):
    random = Random(seed)
    windows = merge_windows((a, a + 3) for a in (random.randrange(30) for _ in range(3)))
    earliest, latest = random.randrange(30), random.randrange(30)

    found = overlap(windows, earliest, latest)

    assert seconds_in(found) == {t for t in seconds_in(windows) if earliest <= t <= latest}
    assert all(opens <= closes for opens, closes in found)


@pytest.mark.parametrize("seed", range(40))
def test_a_visit_begins_in_opening_hours_when_the_team_can_come_and_go(seed: int):
    problem = a_drawn_day(seed, pauses=False, windows=3, teams=2)
    indexed = of_locations(problem)

    for v, location in enumerate(problem.locations):
        for s, shift in enumerate(indexed.shifts):
            road = problem.travel.seconds
            there, back = road[0][location.place], road[location.place][0]
            expected = {
                t
                for t in range(SECONDS)
                if any(window.earliest <= t <= window.latest for window in location.time_windows)
                and t >= max(shift.start, problem.now) + there
                and t + indexed.service[v][s] + back <= shift.end
            }
            assert seconds_in(indexed.windows[v][s]) == expected
            assert (s in indexed.possible_shifts[v]) == bool(expected)


def test_visits_at_one_location_have_the_windows_that_each_has_alone():
    """Of another size, product, skill or days, or told of a moment outside the hours with slack."""
    problem = a_problem(
        needs=needs(30),
        products=(a_product(), a_product("pfizer", transport_seconds=7200)),
        shifts=tuple(
            a_shift(f"S{day}", day, end=at(day, 14.95), capacity=20, ordered_products=BOTH)
            for day in range(3)
        ),
        slack_minutes=30,
        published=(Published("told", "S1", at(1, 14) + 60),),
    )
    usual = a_visit(problem)
    visits = [
        usual,
        replace(usual, id="small", needs=usual.needs[:5]),
        replace(usual, id="other", needs=usual.needs[:5], product_id="pfizer"),
        replace(usual, id="skilled", needs=usual.needs[:5], skills=frozenset({"sedation"})),
        replace(usual, id="early", needs=usual.needs[:5], last_day=0),
        replace(usual, id="late", needs=usual.needs[:5], first_day=1),
        replace(usual, id="told", needs=usual.needs[:5]),
        replace(usual, id="ten", needs=usual.needs[:10]),
    ]

    # each in a copy, so that nothing is known of the same locations
    alone = [IndexedProblem(loads(dumps(problem)), [visit]).windows[0] for visit in visits]

    assert IndexedProblem(problem, visits).windows == alone
    # nobody makes the whole one, nor the one that asks for a skill
    assert len({tuple(row) for row in alone}) == len(visits) - 1


def test_on_each_day_only_the_hours_of_that_day_count():
    problem = a_problem(shifts=tuple(a_shift(f"S{day}", day) for day in range(3)))

    assert windows_of(problem, shift=1) == ((at(1, 9), at(1, 17) - 600 - 3000),)


def test_a_window_over_midnight_is_open_on_both_days():
    night = a_location(time_windows=(TimeWindow(at(0, 22), at(1, 3)),))
    shifts = (
        a_shift("S0", 0, start=at(0, 20), end=at(1, 4)),
        a_shift("S1", 1, start=at(1, 0), end=at(1, 8)),
    )
    problem = a_problem(locations=(night, a_location("L2", 2)), shifts=shifts)

    assert windows_of(problem)[0] == (at(0, 22), at(1, 0) - 1)
    assert windows_of(problem, shift=1)[0] == (at(1, 0) + 600, at(1, 3))


def test_a_window_that_ends_before_it_begins_is_none():
    strange = a_location(time_windows=(TimeWindow(at(0, 12), at(0, 11)),))

    assert windows_of(a_problem(locations=(strange, a_location("L2", 2)))) == ()


@pytest.mark.parametrize(
    ("first_day", "last_day", "open_days"),
    [(0, 2, [0, 1, 2]), (1, 1, [1]), (2, 60, [2]), (3, 60, []), (-5, 0, [0])],
)
def test_a_visit_is_made_from_its_first_day_to_its_last(
    first_day: int, last_day: int, open_days: list[int]
):
    problem = a_problem(shifts=tuple(a_shift(f"S{day}", day) for day in range(3)))
    visit = a_visit(problem, first_day=first_day, last_day=last_day)

    assert IndexedProblem(problem, [visit]).possible_shifts[0] == open_days


@pytest.mark.parametrize(
    "shift",
    [
        a_shift(ordered_products=frozenset({"pfizer"})),
        a_shift(injectors=0),
        a_shift(doctor=False, assistants_only=True),
        a_shift(skills=frozenset({"crisis"})),
        a_shift(region="GG0111"),
        a_shift(capacity=9),
        a_shift(day=-1, start=at(-1, 8), end=at(-1, 17)),
        a_shift(day=14, start=at(14, 8), end=at(14, 17)),
    ],
    ids=["order", "crew", "doctor", "skills", "region", "cool box", "past", "after the horizon"],
)
def test_a_shift_that_may_not_make_a_visit_has_no_window_for_it(shift: Shift):
    problem = a_problem(shifts=(shift,))

    assert windows_of(problem, a_visit(problem, skills=frozenset({"sedation"}))) == ()
    assert (
        windows_of(problem, a_visit(problem)) == () or shift.skills
    )  # skills too many harm nobody


@pytest.mark.parametrize(
    "shift",
    [
        a_shift(region=""),
        a_shift(capacity=10),
        a_shift(doctor=False),
        a_shift(assistants_only=True),
        a_shift(skills=frozenset({"crisis"})),
    ],
)
def test_a_shift_that_only_just_may_make_a_visit_has_a_window_for_it(shift: Shift):
    assert windows_of(a_problem(shifts=(shift,)))


@pytest.mark.parametrize(("rest", "may"), [(15 * 3600, True), (15 * 3600 + 1, False)])
def test_a_team_that_worked_before_plans_nothing_before_it_has_rested(rest: int, may: bool):
    """From 17:00 to 8:00 are fifteen hours; another team's standing shift is no matter."""
    standing = a_shift("S0", -1, team_id="T", start=at(-1, 8), end=at(-1, 17))
    other = a_shift("S9", 0, team_id="U")
    problem = a_problem(
        shifts=(a_shift(team_id="T"),), standing_shifts=(standing, other), rest_seconds=rest
    )

    assert bool(windows_of(problem)) == may


def test_a_team_rests_before_what_it_works_later_too():
    standing = a_shift("S2", 1, team_id="T", start=at(0, 20), end=at(0, 23))
    problem = a_problem(
        shifts=(a_shift(team_id="T"),), standing_shifts=(standing,), rest_seconds=4 * 3600
    )

    assert windows_of(problem) == ()
    assert windows_of(replace(problem, rest_seconds=3 * 3600))


def test_doses_are_under_way_from_the_start_of_the_shift_at_most():
    product = a_product(transport_seconds=2 * 3600)

    assert windows_of(a_problem(products=(product,))) == ((at(0, 9), at(0, 10)),)


@pytest.mark.parametrize(
    ("people", "injectors", "open_seconds", "fits"),
    [
        (5, 1, 900, True),  # five people, three minutes each, seats for all of them
        (5, 1, 899, False),
        (5, 2, 540, True),
        (5, 2, 539, False),
        (20, 2, 10 * 180, True),  # a full container at the pace of six seats
        (20, 2, 10 * 180 - 1, False),
    ],
)
def test_a_container_is_emptied_while_it_lives(
    people: int, injectors: int, open_seconds: int, fits: bool
):
    problem = a_problem(
        needs=needs(people),
        products=(a_product(open_seconds=open_seconds),),
        shifts=(a_shift(injectors=injectors),),
    )

    assert bool(windows_of(problem)) == fits


def test_a_crisis_visit_begins_between_its_first_and_last_second_whatever_the_hours():
    """The team is there ten minutes after the start of its shift and must be back at five."""
    closed = a_location(time_windows=())
    problem = a_problem(
        locations=(closed, a_location("L2", 2)),
        needs=(),
        crisis_visits=(a_crisis(first_second=at(0, 9), last_second=at(0, 16)),),
        shifts=(a_shift(skills=frozenset({"crisis"})), a_shift("S2")),
    )
    indexed = a_case(problem)

    assert indexed.windows == [[((at(0, 9), at(0, 15) + 3000),), ()]]


def test_nobody_is_sent_on_a_crisis_at_a_location_that_nobody_registered():
    unknown = a_location(known=False)
    problem = a_problem(
        locations=(unknown, a_location("L2", 2)),
        needs=(),
        crisis_visits=(a_crisis(),),
        shifts=(a_shift(skills=frozenset({"crisis"})),),
    )

    assert a_case(problem).windows == [[()]]


def test_a_fixed_stop_has_its_one_moment_in_its_one_shift_whatever_the_rules():
    problem = a_problem(
        shifts=(a_shift(injectors=0), a_shift("S2")),
        fixed=(a_pin("visit of L1", at(0, 3), ["L1-P00"]),),
    )

    indexed = IndexedProblem(problem, [a_visit(problem)])

    assert indexed.windows == [[((at(0, 3), at(0, 3)),), ()]]


def test_the_windows_of_a_day_ask_for_no_road_and_those_within_reach_for_no_stay():
    problem = a_day_of_seconds(
        a_call(2, (0, 8), (20, 59)), shifts=(a_shift(start=2, end=50, injectors=1),)
    )
    visit = a_visit(problem, "L2")
    starts = StartWindows(problem, problem.shifts)

    assert starts.list_day_windows(visit, 0) == ((0, 8), (20, 59))
    assert starts.list_reachable_windows(visit, 0) == ((8, 8), (20, 44))
    assert starts.compute_all([visit], [[5]], {}) == [[((8, 8), (20, 39))]]


def test_nothing_is_within_reach_of_a_shift_outside_of_the_horizon():
    problem = a_day_of_seconds(a_call(1), shifts=(a_shift(day=1, start=60, end=99),))

    assert StartWindows(problem, problem.shifts).list_reachable_windows(a_visit(problem), 0) == ()


def test_the_size_of_the_cool_box_counts_whole_containers():
    problem = a_problem(
        needs=needs(11),
        campaigns=(a_campaign(),),
        shifts=(a_shift(capacity=19), a_shift("S2", capacity=20)),
    )

    indexed = IndexedProblem(problem, [a_visit(problem)])

    assert indexed.possible_shifts == [[1]]
