"""A part of a plan goes to an engine and comes back as a plan that keeps every rule."""

from dataclasses import replace
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.objective import values
from scheduling.pins import release_pins
from scheduling.plan import Plan
from scheduling.problem import Outbreak, Problem, Published, Travel
from scheduling.routing.evaluate import route_cost
from scheduling.rules import check_added
from scheduling.solver.decomposition.bridge import Bridge, Restrictions, clip_to_day
from scheduling.solver.decomposition.subproblem import SubProblem
from scheduling.solver.model.draft import Draft, to_routes
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.model.schedule import best_schedule
from scheduling.solver.operators.construction import construct
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.operators.repair import repair_routes
from scheduling.solver.phases.start import take_everything
from scheduling.visits.grouping import group
from tests.effort import examples
from tests.scheduling.builders import (
    a_campaign,
    a_lot,
    a_need,
    a_pause,
    a_pin,
    a_problem,
    a_region,
    a_shift,
    a_visit,
    at,
    needs,
)
from tests.scheduling.solver.small import a_drawn_day, of_locations
from tests.scheduling.strange import a_strange_problem

TWO = a_problem(needs=(*needs(10, "L1"), *needs(10, "L2")))
STRANGE = examples(short=15, long=40)


def a_draft(problem: Problem) -> tuple[IndexedProblem, InsertionCosts, Draft]:
    indexed = IndexedProblem(problem, group(problem))
    insertions = InsertionCosts(indexed)
    return indexed, insertions, construct(indexed, insertions)


def routes(draft: Draft) -> list[tuple[int, ...]]:
    return [draft.visits(s) for s in range(len(draft.indexed.shifts))]


def broken_rules(problem: Problem, draft: Draft) -> set[str]:
    """Rules that the routes break beside what frozen stops break; coverage is not asked, reasons are found later."""
    made = to_routes(draft)
    plan = Plan(
        problem.region, problem.as_of, problem.horizon_start, made, (), values(problem, made)
    )
    return {row.rule for row in check_added(problem, plan)} - {"coverage"}


@STRANGE
@given(st.integers(0, 10**9))
def test_there_and_back_is_the_same_plan(seed: int):
    indexed, insertions, draft = a_draft(release_pins(a_strange_problem(seed))[0])
    bridge = Bridge(indexed, draft, take_everything(indexed, draft), Restrictions())

    again = repair_routes(draft, insertions, bridge.to_shifts(bridge.routes()))

    assert again is not None
    published = {v for v in bridge.visits if draft.where[v] in bridge.shifts}
    assert all(again.where[v] == draft.where[v] for v in published)
    assert sum(map(len, routes(again))) >= sum(map(len, routes(draft)))


@STRANGE
@given(st.integers(0, 10**9))
def test_routes_drawn_by_chance_are_repaired_and_break_no_rule(seed: int):
    problem = release_pins(a_strange_problem(seed))[0]
    indexed, insertions, draft = a_draft(problem)
    sub_problem = take_everything(indexed, draft)
    random = Random(seed)
    drawn: dict[int, tuple[int, ...]] = dict.fromkeys(sub_problem.shifts, ())
    for v in random.sample(sub_problem.visits, len(sub_problem.visits)):
        if sub_problem.shifts and v not in indexed.is_pinned:
            s = random.choice(sub_problem.shifts)
            drawn[s] = (*drawn[s], v)

    made = repair_routes(draft, insertions, drawn)

    assert made is not None
    assert broken_rules(problem, made) == set()


def test_what_a_team_can_not_reach_in_time_is_put_elsewhere():
    problem = replace(TWO, shifts=(a_shift(end=at(0, 10.5)), a_shift("S2", end=at(0, 10.5))))
    _, insertions, draft = a_draft(problem)

    made = repair_routes(draft, insertions, {0: (0, 1), 1: ()})

    assert made is not None
    assert sorted(map(len, routes(made))) == [1, 1]


def test_what_the_depot_lacks_is_not_taken():
    problem = replace(TWO, stock=(a_lot(10),))
    _, insertions, draft = a_draft(problem)

    made = repair_routes(draft, insertions, {0: (0, 1)})

    assert made is not None
    assert len(made.visits(0)) == 1


def test_an_engine_that_knows_no_pause_gets_a_shorter_shift():
    indexed, _, draft = a_draft(replace(TWO, shifts=(a_shift(pause=a_pause()),)))
    sub_problem = take_everything(indexed, draft)

    said = Bridge(indexed, draft, sub_problem, Restrictions()).problem.vehicles[0]
    left_out = Bridge(
        indexed, draft, sub_problem, Restrictions(with_breaks=False)
    ).problem.vehicles[0]

    assert said.pause is not None
    assert (left_out.pause, left_out.latest) == (None, said.latest - said.pause.seconds)


def test_people_who_were_told_keep_their_team_and_hour_unless_it_is_freed():
    problem = replace(TWO, shifts=(a_shift(), a_shift("S2")))
    indexed, _, draft = a_draft(problem)
    plan = [
        (indexed.visits[v].id, r.shift_id, s.start)
        for r in to_routes(draft)
        for v, s in zip(draft.visits(indexed.shift_index[r.shift_id]), r.stops, strict=True)
    ]
    indexed, _, draft = a_draft(replace(problem, published=tuple(Published(*row) for row in plan)))
    sub_problem = take_everything(indexed, draft)

    held = Bridge(indexed, draft, sub_problem, Restrictions()).problem.clients
    free = Bridge(indexed, draft, sub_problem, Restrictions(keep_published=False)).problem.clients

    assert [sum(map(bool, client.windows)) for client in held] == [1, 1]
    assert [sum(map(bool, client.windows)) for client in free] == [2, 2]


def test_while_stock_is_held_a_visit_keeps_its_depot_and_day():
    indexed, _, draft = a_draft(a_region(4, locations=25, teams=4))
    bridge = Bridge(indexed, draft, take_everything(indexed, draft), Restrictions(keep_supply=True))

    for v, client in zip(bridge.visits, bridge.problem.clients, strict=True):
        may = {s for s, windows in zip(bridge.shifts, client.windows, strict=True) if windows}
        shelves = {(indexed.shifts[s].depot_id, indexed.day[s]) for s in may}
        now = indexed.shifts[draft.where[v]]

        assert shelves == {(now.depot_id, now.day)} or not indexed.min_load[v]


def on_a_line(problem: Problem) -> Problem:
    """The same places along one road, where no way round is shorter than the way."""
    places = range(len(problem.travel.seconds))
    road = tuple(tuple(3 * abs(a - b) for b in places) for a in places)
    return replace(
        problem, travel=Travel("line", road, tuple(tuple(41 * s for s in row) for row in road))
    )


def orders(size: int) -> list[tuple[int, ...]]:
    return [order for length in range(1, size + 1) for order in permutations(range(size), length)]


@pytest.mark.parametrize("pauses", [False, True])
def test_of_plain_visits_the_routing_problem_says_what_the_care_model_says(pauses: bool):
    """Which routes can be driven, and without a break what their arcs and paid seconds cost."""
    answers = []
    for seed in range(25):
        indexed = of_locations(on_a_line(a_drawn_day(seed, pauses=pauses, windows=3, teams=2)))
        bridge = Bridge(indexed, Draft(indexed), SubProblem((0, 1), (0, 1, 2)), Restrictions())
        client = {v: k for k, v in enumerate(bridge.visits)}
        for s in range(2):
            for visits in orders(3):
                schedule = best_schedule(indexed, s, visits)
                known = all(v in client for v in visits)
                cost = route_cost(bridge.problem, s, [client[v] for v in visits]) if known else None

                assert (cost is None) == (schedule is None), (seed, s, visits)
                answers.append(cost is None)
                if schedule is not None and cost is not None:
                    way = [0, *(indexed.place[v] for v in visits), 0]
                    arcs = sum(indexed.metres[a][b] // 20 for a, b in pairwise(way))
                    paid = schedule.return_time - schedule.departure
                    assert cost == arcs + paid or (pauses and cost < arcs + paid)

    assert min(answers.count(True), answers.count(False)) > 100


def test_the_clock_of_a_vehicle_and_a_client_begins_at_midnight_of_their_day():
    rest = a_pause(2)
    indexed, _, draft = a_draft(replace(TWO, shifts=(a_shift("S2", 2, pause=rest),)))
    problem = Bridge(indexed, draft, take_everything(indexed, draft), Restrictions()).problem

    vehicle, client = problem.vehicles[0], problem.clients[0]

    assert (vehicle.earliest, vehicle.latest) == (8 * 3600, 17 * 3600)
    assert vehicle.pause is not None
    assert (vehicle.pause.earliest, vehicle.pause.latest) == (12 * 3600, 13 * 3600 + 1800)
    assert client.windows == (((9 * 3600, 17 * 3600),),)


def test_what_a_visit_is_worth_is_its_people_less_the_doses_that_it_wastes():
    """Six people of priority 50; four doses of the container reach nobody. One was told: a move more."""
    problem = replace(TWO, needs=(*needs(6, "L1"), *needs(10, "L2")))
    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])
    told = IndexedProblem(
        replace(problem, published=(Published("visit of L1", "S1", at(0, 9)),)), indexed.visits
    )

    prizes = [
        [
            client.prize
            for client in Bridge(
                one, Draft(one), SubProblem((0,), (0, 1)), Restrictions()
            ).problem.clients
        ]
        for one in (indexed, told)
    ]

    assert prizes[0] == [200 * 6 * 51 - 500 * 4, 200 * 10 * 51]
    assert prizes[1] == [prizes[0][0] + 900, prizes[0][1]]


def test_a_client_takes_its_containers_and_a_crew_its_own_seconds():
    shifts = (a_shift("S0", injectors=1), a_shift("S1", injectors=3), a_shift("S2", injectors=1))
    indexed, _, draft = a_draft(replace(TWO, needs=needs(11), shifts=shifts))

    problem = Bridge(indexed, draft, take_everything(indexed, draft), Restrictions()).problem

    assert problem.clients[0].load == (20,)
    assert [vehicle.capacity for vehicle in problem.vehicles] == [(100,)] * 3
    assert [vehicle.crew for vehicle in problem.vehicles] == [0, 1, 0]
    assert problem.clients[0].service == (indexed.service[0][0], indexed.service[0][1])


def test_a_pinned_visit_must_be_served_where_it_is_and_the_last_of_a_route_stays_in_its_shift():
    closed = replace(TWO.locations[1], outbreak=Outbreak.LAST)
    pin = a_pin("visit of L1", at(0, 10), ["L1-P00"], service_seconds=3000)
    problem = replace(
        TWO,
        locations=(TWO.locations[0], closed),
        shifts=(a_shift("S1"), a_shift("S2")),
        fixed=(pin,),
    )
    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])
    draft = Draft(indexed)
    assert draft.set_route(0, (0, 1))

    bridge = Bridge(indexed, draft, SubProblem((0, 1), (0, 1)), Restrictions())

    fixed, last = bridge.problem.clients
    assert fixed.prize is None
    assert fixed.windows == (((at(0, 10), at(0, 10)),), ())
    assert [bool(windows) for windows in last.windows] == [True, False]
    assert bridge.routes() == ((0, 1), ())
    assert bridge.to_shifts([(1,), (0,)]) == {0: (1,), 1: (0,)}


def test_the_days_of_a_series_that_is_solved_again_are_those_of_its_fixed_half():
    """First doses on day 1 or 2; the next ones two or three days later."""
    problem = replace(
        TWO,
        campaigns=(a_campaign(min_days=2, max_days=3),),
        needs=(a_need("P1"), a_need("P2", "L2", dose_no=2, since_dose=1), a_need("P2", dose_no=1)),
        shifts=tuple(a_shift(f"S{day}", day) for day in range(6)),
    )
    first = replace(a_visit(problem), needs=(("P2", 1),))
    second = replace(a_visit(problem, "L2"), needs=(("P2", 2),))
    indexed = IndexedProblem(problem, [first, second])
    indexed.clashes = [frozenset(), frozenset()]  # they would keep their shift
    draft = Draft(indexed)
    assert draft.set_route(1, (0,))
    assert draft.set_route(4, (1,))
    both = SubProblem(tuple(range(6)), (0, 1))

    def days(keep_earlier_dose: bool) -> list[list[int]]:
        bridge = Bridge(indexed, draft, both, Restrictions(keep_earlier_dose=keep_earlier_dose))
        return [
            [s for s, windows in enumerate(client.windows) if windows]
            for client in bridge.problem.clients
        ]

    assert days(keep_earlier_dose=True) == [[1], [3, 4]]
    assert days(keep_earlier_dose=False) == [[1, 2], [4]]


@pytest.mark.parametrize(("moved", "held"), [(900, True), (901, False)])
def test_a_visit_near_its_published_moment_stays_near_it(moved: int, held: bool):
    """It stands at the first second of its hours; people were told of a later one."""
    told = Published("visit of L1", "S1", at(0, 9) + moved)
    problem = replace(
        TWO, needs=needs(10), shifts=(a_shift("S1"), a_shift("S2")), published=(told,)
    )
    indexed = IndexedProblem(problem, [a_visit(problem)])
    draft = Draft(indexed)
    assert draft.set_route(0, (0,))
    route = draft.routes[0]
    assert route is not None
    assert route.starts == [at(0, 9)]

    client = Bridge(indexed, draft, SubProblem((0, 1), (0,)), Restrictions()).problem.clients[0]

    near = ((at(0, 9), told.start + 900),)
    assert client.windows == ((near, ()) if held else (client.windows[0],) * 2)


def test_a_visit_that_stands_in_another_shift_than_people_were_told_is_free_at_any_hour():
    told = Published("visit of L1", "S2", at(0, 9))
    problem = replace(
        TWO, needs=needs(10), shifts=(a_shift("S1"), a_shift("S2")), published=(told,)
    )
    indexed = IndexedProblem(problem, [a_visit(problem)])
    draft = Draft(indexed)
    assert draft.set_route(0, (0,))

    client = Bridge(indexed, draft, SubProblem((0, 1), (0,)), Restrictions()).problem.clients[0]

    assert client.windows == (((at(0, 9), at(0, 17)),),) * 2


def test_what_lies_before_midnight_does_not_count():
    assert clip_to_day(100, ((0, 50), (80, 120), (130, 140))) == ((0, 20), (30, 40))
    assert clip_to_day(100, ((90, 100), (0, 99))) == ((0, 0),)
