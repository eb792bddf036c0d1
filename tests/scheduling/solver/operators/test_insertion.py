"""Where a visit fits in a route and what that costs, against routes that are timed anew as a whole."""

from dataclasses import replace
from itertools import permutations
from random import Random

from scheduling.problem import Break, Outbreak, Published
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import RouteSchedule, best_schedule
from scheduling.solver.operators.insertion import InsertionCosts, keeps_last
from scheduling.solver.params import DEFAULT
from tests.scheduling.builders import (
    a_need,
    a_problem,
    a_product,
    a_shift,
    a_visit,
)
from tests.scheduling.plainest_route import first_open
from tests.scheduling.solver.small import (
    a_call,
    a_day_of_seconds,
    a_draft,
    a_drawn_day,
    insert_at,
    of_locations,
)

SEEDS = range(120)
WASTED = DEFAULT.weights.wasted


def with_a_route(seed: int, *, pauses: bool) -> tuple[Draft, RouteSchedule] | None:
    """A route of three stops drawn at random, the fourth visit unassigned; None when it fits no way."""
    indexed = of_locations(a_drawn_day(seed, 4, pauses=pauses))
    draft = Draft(indexed)
    made = any(draft.set_route(0, visits) for visits in permutations(range(3)))
    route = draft.routes[0]
    return (draft, route) if made and route is not None else None


def test_the_cheapest_insertion_is_that_of_all_positions_where_the_whole_route_is_feasible():
    """Detour, stay and half of the waiting at the door, and the doses that the container wastes."""
    found_any = {True: 0, False: 0}
    for seed in SEEDS:
        made = with_a_route(seed, pauses=False)
        if made is None:
            continue
        draft, route = made
        indexed, road, here = draft.indexed, draft.indexed.travel, draft.indexed.place[3]
        costs = []
        for k in range(4):
            if best_schedule(indexed, 0, insert_at(route.sequence, 3, k)):
                a, b = route.places[k], route.places[k + 1]
                arrival = route.earliest_departures[k] + road[a][here]
                start = first_open(indexed.windows[3][0], arrival)
                assert start is not None
                detour = road[a][here] + road[here][b] - road[a][b]
                costs.append((detour + indexed.service[3][0] + (start - arrival) // 2, k))
        wasted = WASTED * (10 - indexed.visits[3].doses)

        found = InsertionCosts(indexed).find_cheapest(draft, 3, 0)

        assert found == (min((cost + wasted, k) for cost, k in costs) if costs else None), seed
        found_any[bool(costs)] += 1

    assert min(found_any.values()) > 5


def test_where_nobody_waits_an_insertion_costs_what_the_day_becomes_longer():
    """Doors that are always open and 40 people: whole containers, so that nothing is wasted."""
    for seed in range(20):
        random = Random(seed)
        places = random.sample(range(1, 12), 4)
        problem = a_day_of_seconds(
            *(a_call(place, (0, 9_999)) for place in places),
            people=(10, 20, 10, 10),
            day_starts=(0, 10_000),
            shifts=(a_shift(start=0, end=10_000, injectors=1),),
        )
        indexed = of_locations(problem)
        draft = a_draft(indexed, (0, 1, 2))

        found = InsertionCosts(indexed).find_cheapest(draft, 3, 0)

        assert found is not None
        before, after = (
            draft.routes[0],
            best_schedule(indexed, 0, insert_at((0, 1, 2), 3, found[1])),
        )
        assert before is not None
        assert after is not None
        assert found[0] == duration(after) - duration(before)
        longer = [
            duration(schedule) - duration(before)
            for k in range(4)
            if (schedule := best_schedule(indexed, 0, insert_at((0, 1, 2), 3, k)))
        ]
        assert found[0] == min(longer)


def duration(schedule: RouteSchedule) -> int:
    return schedule.return_time - schedule.departure


def test_a_route_of_one_costs_its_whole_day():
    indexed = of_locations(a_day_of_seconds(a_call(2), people=(10,)))

    assert InsertionCosts(indexed).find_cheapest(Draft(indexed), 0, 0) == (6 + 10 + 6, 0)


def test_beside_a_break_every_insertion_that_is_found_can_be_driven():
    found = 0
    for seed in SEEDS:
        made = with_a_route(seed, pauses=True)
        if made is not None:
            draft, route = made
            insertion = InsertionCosts(draft.indexed).find_cheapest(draft, 3, 0)
            if insertion is not None:
                trial = insert_at(route.sequence, 3, insertion[1])
                assert best_schedule(draft.indexed, 0, trial) is not None
                found += 1

    assert found > 20


def test_a_feasible_position_is_found_when_there_is_one_with_the_break_on_any_leg():
    answers = {True: 0, False: 0}
    for seed in SEEDS:
        made = with_a_route(seed, pauses=True)
        if made is None:
            continue
        draft, route = made
        positions = {
            k for k in range(4) if best_schedule(draft.indexed, 0, insert_at(route.sequence, 3, k))
        }

        position = InsertionCosts(draft.indexed).find_feasible_position(draft, 3, 0)

        assert position in positions or (position is None and not positions), seed
        answers[bool(positions)] += 1

    assert min(answers.values()) > 5


def test_an_insertion_may_be_before_the_break_or_after_it_on_one_leg():
    """The break is on the leg to the far stop, from 10 to 15; the near door is open early or late."""
    for hours, start in (((0, 4), 3), ((16, 40), 16)):
        indexed = of_locations(
            a_day_of_seconds(
                a_call(4, (30, 45)), a_call(1, hours), people=(1, 1), pause=Break(10, 10, 5)
            )
        )
        draft = a_draft(indexed, (0,))
        route = draft.routes[0]
        assert route is not None
        assert route.break_leg == 0

        found = InsertionCosts(indexed).find_cheapest(draft, 1, 0)

        assert found is not None
        assert found[1] == 0
        after = best_schedule(indexed, 0, (1, 0))
        assert after is not None
        assert after.earliest_departures[1] == start + 1


def test_a_route_that_did_not_change_is_not_asked_again_and_one_that_did_is():
    """The roads become nothing meanwhile, which no search would see."""
    indexed = of_locations(a_day_of_seconds(*(a_call(k) for k in (1, 2, 3)), people=(1, 1, 1)))
    insertions, draft = InsertionCosts(indexed), a_draft(indexed, (0,))
    first = insertions.find_cheapest(draft, 2, 0)
    indexed.travel = tuple(tuple(0 * s for s in row) for row in indexed.travel)

    again = insertions.find_cheapest(draft, 2, 0)
    assert draft.set_route(0, (0, 1))

    assert again == first
    anew = insertions.find_cheapest(draft, 2, 0)
    assert anew == InsertionCosts(indexed).find_cheapest(draft, 2, 0) != first


def test_another_shift_than_people_were_told_costs_a_phone_call():
    shifts = tuple(a_shift(f"S{k}", start=0, end=60, injectors=1) for k in range(2))
    told = (Published("visit of L1", "S1", 20),)
    indexed = of_locations(a_day_of_seconds(a_call(1), people=(10,), shifts=shifts, published=told))

    costs = [InsertionCosts(indexed).find_cheapest(Draft(indexed), 0, s) for s in (0, 1)]

    assert costs == [(16 + DEFAULT.weights.moved, 0), (16, 0)]


def test_wishes_that_a_shift_leaves_unfulfilled_cost_their_seconds():
    rows = tuple(
        a_need(f"P{k}", dose_no=2, previous_team_id="team of S0", ideal_day=0) for k in range(10)
    )
    problem = a_problem(
        needs=rows,
        shifts=(a_shift("S0"), a_shift("S1", 1)),
        same_team_seconds=100,
        ideal_day_seconds=7,
    )
    indexed = IndexedProblem(problem, [a_visit(problem)])

    own, other = (InsertionCosts(indexed).find_cheapest(Draft(indexed), 0, s) for s in (0, 1))

    assert own is not None
    assert other == (own[0] + 10 * 100 + 10 * 7, 0)


def test_doses_that_share_a_container_make_an_insertion_cheaper():
    """Four of ten are spare after the first call; three of a container of their own are wasted."""
    problem = a_day_of_seconds(
        a_call(1),
        a_call(2),
        people=(6, 3),
        products=(a_product(open_seconds=10**6, transport_seconds=10**6, open_may_travel=True),),
    )
    indexed = of_locations(problem)
    sharing, alone = a_draft(indexed, (0,)), Draft(indexed)

    costs = InsertionCosts(indexed)

    assert costs.find_cheapest(sharing, 1, 0) == (2 * 3 + 3 - 3 * WASTED, 0)
    assert costs.find_cheapest(alone, 1, 0) == (4 * 3 + 3 + 7 * WASTED, 0)


def with_outbreaks(*places: int, outbreak: tuple[int, ...]) -> IndexedProblem:
    """Visits at these places; those whose index is named are at a location with an outbreak."""
    locations = [
        replace(
            a_call(place),
            id=f"L{v}",
            outbreak=Outbreak.LAST if v in outbreak else Outbreak.NONE,
        )
        for v, place in enumerate(places)
    ]
    return of_locations(a_day_of_seconds(*locations, people=(1,) * len(places)))


def test_nothing_but_the_same_location_comes_after_an_outbreak():
    indexed = with_outbreaks(1, 2, 3, 3, outbreak=(2, 3))

    for length in range(5):
        for visits in permutations(range(4), length):
            closed = [k for k, v in enumerate(visits) if indexed.must_be_last[v]]
            after = visits[closed[0] :] if closed else ()
            same_place = len({indexed.place[v] for v in after}) <= 1
            assert keeps_last(indexed, visits) == same_place, visits


def test_a_visit_stands_before_an_outbreak_and_an_outbreak_at_the_end():
    indexed = with_outbreaks(1, 2, 3, 3, outbreak=(2, 3))
    costs = InsertionCosts(indexed)
    before, after = a_draft(indexed, (0, 2)), a_draft(indexed, (0, 1))

    usual, last, same = (
        costs.find_cheapest(before, 1, 0),
        costs.find_cheapest(after, 2, 0),
        costs.find_cheapest(before, 3, 0),
    )

    assert usual is not None
    assert usual[1] in (0, 1)
    assert last is not None
    assert last[1] == 2
    assert same is not None
    assert same[1] == 2


def test_two_locations_with_outbreaks_share_no_route():
    indexed = with_outbreaks(1, 2, outbreak=(0, 1))
    draft, costs = a_draft(indexed, (0,)), InsertionCosts(indexed)

    assert costs.find_cheapest(draft, 1, 0) is None
    assert costs.find_feasible_position(draft, 1, 0) is None
