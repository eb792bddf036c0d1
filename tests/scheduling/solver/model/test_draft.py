"""The draft counts as the objective and the rules count, at every moment of a search."""

from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.objective import values
from scheduling.pins import release_pins
from scheduling.plan import Plan
from scheduling.problem import Break, Outbreak, Problem, Shift
from scheduling.rules import check
from scheduling.rules.stock import taken
from scheduling.solver.model.draft import NOWHERE, Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.operators.construction import construct
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.ruin_recreate import RuinRecreate
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import (
    HOUR,
    a_campaign,
    a_lot,
    a_pin,
    a_problem,
    a_product,
    a_shift,
    a_visit,
    at,
    needs,
)
from tests.scheduling.solver.small import a_call, a_day_of_seconds, a_drawn_day, of_locations
from tests.scheduling.strange import a_strange_problem


@examples(short=40, long=150)
@given(st.integers(0, 10**9))
def test_a_draft_has_the_values_of_its_routes(seed: int):
    problem, draft = a_draft_after_ruins(seed)

    whole = values(problem, to_routes(draft))

    gone = sum(  # told of before, and no visit any more: nothing that a draft decides
        row.start >= problem.now and row.visit_id not in draft.indexed.index
        for row in problem.published
    )
    assert draft.values() == replace(whole, moved_stops=whole.moved_stops - gone)


@examples(short=40, long=150)
@given(st.integers(0, 10**9))
def test_a_draft_takes_from_the_stock_what_its_routes_take(seed: int):
    problem, draft = a_draft_after_ruins(seed)
    plan = Plan(problem.region, problem.as_of, "2021-02-15", to_routes(draft), (), draft.values())

    by_depot = taken(problem, plan)

    assert draft.stockroom.given_out() == by_depot


def a_draft_after_ruins(seed: int) -> tuple[Problem, Draft]:
    """A plan that was made, and partly made again a few times."""
    problem = release_pins(a_strange_problem(seed))[0]
    indexed = IndexedProblem(problem, group(problem))
    insertions = InsertionCosts(indexed)
    draft, ruin = construct(indexed, insertions), RuinRecreate(indexed, insertions, Random(seed))
    if ruin.free:
        for _ in range(5):
            draft = ruin.ruin_and_recreate(draft)
    return problem, draft


def day_shifts(*days: int, **changes) -> tuple[Shift, ...]:
    """One team with a shift on each of these days."""
    return tuple(a_shift(f"S{k}", day, team_id="T", **changes) for k, day in enumerate(days))


def a_draft_of(problem: Problem, *routes: tuple[int, ...]) -> Draft:
    draft = Draft(of_locations(problem))
    for s, visits in enumerate(routes):
        assert not visits or draft.set_route(s, visits)
    return draft


def two_calls(**changes) -> Problem:
    """Six people at one location and ten at the other; containers of ten."""
    return a_problem(**({"needs": (*needs(6, "L1"), *needs(10, "L2"))} | changes))


def state(draft: Draft) -> tuple[object, ...]:
    shifts = range(len(draft.routes))
    return (
        [draft.visits(s) for s in shifts],
        list(draft.where),
        list(draft.loads),
        list(draft.used),
        list(draft.spare),
        draft.stockroom.given_out(),
        draft.values(),
    )


def test_a_route_that_is_set_is_counted_everywhere_and_gone_when_another_is():
    draft = a_draft_of(two_calls())
    empty = state(draft)

    assert draft.set_route(0, (1, 0))

    assert draft.where == [0, 0]
    assert (draft.loads, draft.used, draft.spare) == ([(("moderna", 20),)], [20], [{"moderna": 4}])
    assert draft.wasted() == 4
    assert draft.stockroom.given_out() == {("D1", "moderna"): {0: 20}}
    assert draft.set_route(0, (1,))
    assert draft.unassigned() == [0]
    assert draft.used == [10]
    assert draft.set_route(0, ())
    assert state(draft) == empty


def test_a_route_that_does_not_fit_changes_nothing():
    too_late = two_calls(shifts=(a_shift(end=at(0, 10.5)),))
    no_stock, small_box = two_calls(stock=(a_lot(10),)), two_calls(shifts=(a_shift(capacity=19),))
    for problem in (too_late, no_stock, small_box):
        draft = a_draft_of(problem, (1,))
        before = state(draft)

        assert not draft.set_route(0, (1, 0))
        assert not draft.insert(0, 0, 0)
        assert state(draft) == before


def test_a_copy_is_changed_apart():
    draft = a_draft_of(two_calls(), (1,))
    before, twin = state(draft), draft.copy()

    twin.insert(0, 0, 0)

    assert twin.visits(0) == (0, 1)
    assert state(draft) == before


@examples(short=30, long=150)
@given(st.integers(0, 10**9))
def test_a_draft_that_is_extended_is_the_draft_of_the_same_routes_with_more_visits(seed: int):
    _, draft = a_draft_after_ruins(seed)
    indexed = draft.indexed
    before = list(draft.where)
    more = [replace(row, id=f"{row.id} again") for row in indexed.visits if row.product_id]
    finer = indexed.with_visits([*indexed.visits, *more])

    found, anew = draft.extended(finer), Draft(finer)

    for s in range(len(finer.shifts)):
        assert anew.visits(s) == draft.visits(s) or anew.set_route(s, draft.visits(s))
    assert [found.visits(s) for s in range(len(finer.shifts))] == [
        anew.visits(s) for s in range(len(finer.shifts))
    ]
    assert (found.where, found.loads, found.values()) == (anew.where, anew.loads, anew.values())
    places = [(v, s) for v in range(finer.size) for s in finer.possible_shifts[v]]
    assert [found.fits(*one) for one in places] == [anew.fits(*one) for one in places]
    for s in range(len(finer.shifts)):
        found.set_route(s, ())
    assert draft.where == before


def test_fixed_stops_stand_in_a_draft_from_the_beginning_whatever_they_break():
    """Both at ten in the morning, and no stock at all."""
    pins = (
        a_pin("visit of L1", at(0, 10), ["L1-P00"]),
        a_pin("visit of L2", at(0, 10), ["L2-P00"], location_id="L2"),
    )

    draft = a_draft_of(two_calls(fixed=pins, stock=()))

    assert sorted(draft.visits(0)) == [0, 1]
    draft.remove(0)
    assert draft.where == [0, 0]


@pytest.mark.parametrize(("capacity", "fits"), [(30, True), (29, False)])
def test_a_cool_box_holds_whole_containers(capacity: int, fits: bool):
    """Eleven people and six: two containers and one."""
    problem = two_calls(
        needs=(*needs(6, "L1"), *needs(11, "L2")), shifts=(a_shift(capacity=capacity),)
    )

    assert a_draft_of(problem, (1,)).allows(0, 0) == fits


def test_spare_doses_of_an_open_container_need_no_room():
    product = a_product(open_may_travel=True)
    problem = two_calls(
        needs=(*needs(6, "L1"), *needs(14, "L2")),
        products=(product,),
        shifts=(a_shift(capacity=20),),
    )

    draft = a_draft_of(problem, (1,))

    assert draft.spare == [{"moderna": 6}]
    assert draft.allows(0, 0)
    assert draft.fits(0, 0)
    assert draft.insert(0, 0, 1)
    assert draft.used == [20]


def test_a_team_opens_no_shift_without_rest_from_one_that_it_works():
    """From five in the afternoon to eight in the morning are fifteen hours."""
    problem = two_calls(shifts=day_shifts(0, 1, 3), rest_seconds=16 * HOUR)

    draft = a_draft_of(problem, (0,))

    assert [draft.allows(1, s) for s in range(3)] == [True, False, True]
    draft.remove(0)
    assert [draft.allows(1, s) for s in range(3)] == [True, True, True]


@pytest.mark.parametrize(("hours", "may"), [(18, True), (17.99, False)])
def test_a_team_opens_no_shift_that_makes_its_week_too_long(hours: float, may: bool):
    """Two shifts of nine hours within seven days; the third is eight days after the first."""
    problem = two_calls(shifts=day_shifts(0, 6, 8), max_week_seconds=int(hours * HOUR))

    draft = a_draft_of(problem, (0,))

    assert draft.allows(1, 1) == may
    assert draft.set_route(1, (1,)) == may
    draft.set_route(1, ())
    assert draft.allows(1, 2)


def test_hours_that_a_team_works_already_count_in_its_week():
    standing = a_shift("worked", -1, team_id="T", start=at(-1, 8), end=at(-1, 17))
    problem = two_calls(
        shifts=day_shifts(0), standing_shifts=(standing,), max_week_seconds=18 * HOUR - 1
    )

    assert not a_draft_of(problem).allows(0, 0)
    assert a_draft_of(replace(problem, max_week_seconds=18 * HOUR)).allows(0, 0)


def test_after_an_outbreak_a_team_opens_no_other_shift_of_the_day():
    mornings = (
        a_shift("S0", team_id="T", end=at(0, 12)),
        a_shift("S1", team_id="T", start=at(0, 12)),
        a_shift("S2", team_id="U", start=at(0, 12)),
    )
    closed = replace(a_problem().locations[0], outbreak=Outbreak.LAST)
    problem = two_calls(
        locations=(closed, a_problem().locations[1]), shifts=mornings, rest_seconds=0
    )

    after = a_draft_of(problem, (0,))
    before = a_draft_of(problem, (), (1,))

    assert after.ends_with_outbreak(0)
    assert not after.ends_with_outbreak(1)
    assert [after.allows(1, s) for s in (1, 2)] == [False, True]
    assert [before.allows(0, s) for s in (0, 1)] == [False, True]


def test_nobody_is_called_on_by_two_teams_at_one_time():
    """The same people in two campaigns; one shift ends when another begins."""
    problem = a_problem(
        needs=(*needs(3), *needs(3, campaign_id="C2")),
        campaigns=(a_campaign(), a_campaign(id="C2")),
        shifts=(
            a_shift("S0", end=at(0, 13)),
            a_shift("S1", start=at(0, 12)),
            a_shift("S2", start=at(0, 13)),
        ),
    )
    first = replace(a_visit(problem), needs=tuple((f"L1-P0{k}", 1) for k in range(3)))
    indexed = IndexedProblem(problem, [first, replace(first, id="again", campaign_id="C2")])
    draft = Draft(indexed)

    assert draft.set_route(0, (0,))

    assert [draft.allows(1, s) for s in range(3)] == [True, False, True]


def a_series(*, days: tuple[int, int] = (2, 3)) -> Draft:
    """Three doses of three people at one location, a shift on each of ten days."""
    problem = a_problem(
        campaigns=(a_campaign(doses=3, min_days=days[0], max_days=days[1]),),
        needs=tuple(
            need for n in (1, 2, 3) for need in needs(3, dose_no=n, since_dose=n - 1 or None)
        ),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(10)),
    )
    one = a_visit(problem)
    doses = (
        replace(one, id=f"dose {n}", needs=tuple((f"L1-P0{k}", n) for k in range(3)))
        for n in (1, 2, 3)
    )
    return Draft(IndexedProblem(problem, list(doses)))


def test_a_next_dose_keeps_its_interval_to_the_dose_before_and_the_dose_after():
    draft = a_series()
    assert not any(draft.allows(1, s) for s in range(10))  # nothing to follow

    assert draft.set_route(1, (0,))
    assert [s for s in range(10) if draft.allows(1, s)] == [3, 4]
    assert draft.set_route(4, (1,))
    assert draft.set_route(6, (2,))

    assert [s for s in range(10) if draft.allows(0, s)] == [1, 2]
    assert [s for s in range(10) if draft.allows(1, s)] == [3, 4]
    assert [s for s in range(10) if draft.allows(2, s)] == [6, 7]


def test_what_follows_a_visit_that_is_removed_goes_too():
    draft = a_series()
    for s, v in ((1, 0), (4, 1), (6, 2)):
        assert draft.set_route(s, (v,))

    draft.remove(1)

    assert draft.where == [1, NOWHERE, NOWHERE]
    assert draft.stockroom.given_out() == {("D1", "moderna"): {1: 10}}


def test_where_the_rest_of_a_route_can_not_be_driven_without_a_visit_all_of_it_is_removed():
    """The direct road to the second call is closed until noon, so to say: four hours."""
    travel = a_problem().travel
    slow = tuple(
        tuple(16_000 if {a, b} == {0, 2} else s for b, s in enumerate(row))
        for a, row in enumerate(travel.seconds)
    )
    draft = a_draft_of(two_calls(travel=travel))
    assert draft.set_route(0, (0, 1))
    draft.indexed.travel = slow

    draft.remove(0)

    assert draft.where == [NOWHERE, NOWHERE]
    assert draft.used == [0]


def test_promises_come_and_go_with_their_visits():
    """Thirty doses: ten for the visit, twenty to promise; ten more visitors find them taken."""
    problem = two_calls(
        needs=(*needs(10, "L1"), *needs(10, "L2")),
        campaigns=(a_campaign(reserve_next_dose=True),),
        stock=(a_lot(30),),
    )
    draft = a_draft_of(problem)

    assert draft.set_route(0, (0,))
    assert not draft.fits(1, 0)
    draft.remove(0)

    assert draft.fits(1, 0)
    assert draft.stockroom.doses_unpromised("moderna") == 30


@pytest.mark.parametrize("seed", range(60))
def test_a_route_with_a_break_is_told_with_moments_that_keep_every_rule(seed: int):
    problem = a_drawn_day(seed, pauses=True)
    indexed = of_locations(problem)
    for order in permutations(range(3)):
        draft = Draft(indexed)
        if draft.set_route(0, order):
            routes = to_routes(draft)
            plan = Plan(problem.region, problem.as_of, "2021-02-15", routes, (), draft.values())
            broken = {row.rule for row in check(problem, plan)} - {"coverage", "eligibility"}

            assert broken == set()
            assert [stop.visit for stop in routes[0].stops] == [indexed.visits[v] for v in order]


@pytest.mark.parametrize(
    ("pause", "begins"),
    [
        (Break(2, 20, 4), 2),  # at the depot, over before the team leaves at 27
        (Break(24, 30, 4), 24),  # on the way there: at the depot it would end after 27
        (Break(36, 37, 4), 36),  # on the way home
        (Break(39, 45, 4), 39),  # back at 38
    ],
)
def test_the_break_begins_as_early_as_it_may(pause: Break, begins: int):
    """The door is open from 30 to 40, three seconds from home; the visit takes five."""
    draft = a_draft_of(a_day_of_seconds(a_call(1, (30, 40)), pause=pause), (0,))

    assert to_routes(draft)[0].pause_start == begins


def test_the_stops_of_a_route_are_told_with_arrival_start_and_departure():
    """At the first door at three; the second one opens at forty, so that the first stop begins at 32."""
    draft = a_draft_of(a_day_of_seconds(a_call(1), a_call(2, (40, 45))), (0, 1))

    route = to_routes(draft)[0]

    assert [(s.arrival, s.start, s.departure) for s in route.stops] == [(32, 32, 37), (40, 40, 45)]
    assert (route.shift_id, route.departure, route.back) == ("S1", 29, 51)
    assert route.pause_start is None
