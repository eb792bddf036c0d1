"""Chosen parts of another plan make a whole plan that keeps every rule; what cannot stand alone hears what it needs."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from scheduling.care.told import published_to_come
from scheduling.choosing import Chosen, Part, Spot, choose
from scheduling.plan import Plan, Reason
from scheduling.problem import Problem
from scheduling.rules import check_added
from scheduling.solve import Limits, solve
from tests.effort import either
from tests.scheduling.builders import (
    a_location,
    a_lot,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_told,
    a_visit,
    at,
    needs,
    published,
)
from tests.scheduling.test_promises import an_event

REGIONS = either(short=8, long=100)  # of which ten subsets each


def parts_between(problem: Problem, plan: Plan) -> list[Part]:
    """What a plan does otherwise than what was published."""
    was = {
        (dose, row.campaign_id): row
        for row in published_to_come(problem)
        for dose in row.doses or (("", 0),)
        if row.doses or row.campaign_id is None
    }
    found: dict[tuple[str | None, Spot | None], tuple[str, str | None, list[tuple[str, int]]]] = {}
    seen = set()
    for route in plan.routes:
        for stop in route.stops:
            visit = stop.visit
            spot = Spot(visit.id, route.shift_id, stop.start, visit.product_id)
            for dose in visit.needs:
                row = was.get((dose, visit.campaign_id))
                seen.add((dose, visit.campaign_id))
                if row and (row.shift_id, row.start) == (route.shift_id, stop.start):
                    continue
                key = (row.visit_id if row else None, spot)
                found.setdefault(key, (visit.location_id, visit.campaign_id, []))[2].append(dose)
    for key, row in was.items():
        if key not in seen and row.campaign_id is not None:
            found.setdefault((row.visit_id, None), (row.location_id or "", row.campaign_id, []))[
                2
            ].append(key[0])
    return [
        Part(str(n), place, campaign, tuple(doses), old, spot)
        for n, ((old, spot), (place, campaign, doses)) in enumerate(found.items())
    ]


def all_of(problem: Problem, parts: Iterable[Part], *names: str) -> Chosen:
    listed = list(parts)
    return choose(problem, listed, set(names) or {one.name for one in listed}, {})


Dose = tuple[tuple[str, int], str | None]  # person and number, and the campaign


def where(plan: Plan) -> dict[Dose, tuple[str, int]]:
    return {
        (dose, stop.visit.campaign_id): (route.shift_id, stop.start)
        for route in plan.routes
        for stop in route.stops
        for dose in stop.visit.needs
    }


def draw(seed: int) -> tuple[Problem, list[Part]]:
    """A published plan that facts struck, and another plan beside it."""
    problem, _ = an_event(seed)
    other = solve(replace(problem, published=()), Limits(5, 1), seed=seed + 1)
    return problem, parts_between(problem, other)


def judge_subsets(seeds: Iterable[int], subsets: int) -> tuple[int, int, int]:
    """Tries random subsets; how many there were, how many stood whole, and how many plans break a rule."""
    tried = whole = broken = 0
    for seed in seeds:
        random = Random(seed)
        problem, parts = draw(seed)
        for _ in range(subsets if parts else 0):
            wanted = {one.name for one in parts if random.random() < random.random()}
            chosen = choose(problem, parts, wanted, {})
            tried += 1
            whole += chosen.standing == wanted
            broken += bool(check_added(problem, chosen.plan))
            assert chosen.standing | {row.name for row in chosen.refused} == wanted
            assert_rest_stands(problem, parts, chosen)
    return tried, whole, broken


def assert_rest_stands(problem: Problem, parts: Iterable[Part], chosen: Chosen) -> None:
    """Nobody moves but by a part that stands, or because facts took the place."""
    went = {
        (dose, one.campaign_id)
        for one in parts
        if one.name in chosen.standing
        for dose in one.doses
    }
    campaigns = {row.visit_id: row.campaign_id for row in problem.published}
    went |= {(dose, campaigns[row.visit_id]) for row in chosen.plan.taken for dose in row.doses}
    pinned = {person for row in problem.fixed for person in row.person_ids}
    now = where(chosen.plan)
    for row in published_to_come(problem):
        for dose in row.doses:
            key = (dose, row.campaign_id)
            if key not in went and key in now and dose[0] not in pinned:
                assert now[key] == (row.shift_id, row.start)


def test_random_subsets_break_no_rule():
    tried, whole, broken = judge_subsets(range(REGIONS), 10)

    assert broken == 0
    assert tried > 3 * REGIONS
    assert whole > 0


def two_stops(**changes) -> Problem:
    """Two locations served by one team on one day, one after the other."""
    problem = a_problem(
        locations=(a_location("L1", 1), a_location("L2", 2)),
        needs=(*needs(4, "L1"), *needs(4, "L2")),
        shifts=(a_shift("S1", 5), a_shift("S2", 6)),
        **changes,
    )
    plan = a_plan(
        problem,
        a_route(
            problem, "S1", (a_visit(problem, "L1"), at(5, 10)), (a_visit(problem, "L2"), at(5, 12))
        ),
    )
    return replace(problem, published=published(plan, told=False), notice_seconds=0)


def a_part(problem: Problem, name: str, n: int, shift: str | None, start: int = 0) -> Part:
    row = problem.published[n]
    spot = Spot(row.visit_id, shift, start, row.product_id) if shift else None
    return Part(name, row.location_id or "", row.campaign_id, row.doses, row.visit_id, spot)


def test_nothing_chosen_is_the_published_plan():
    problem = two_stops()

    chosen = choose(problem, [], (), {})

    assert chosen.refused == ()
    assert set(where(chosen.plan).values()) == {("S1", at(5, 10)), ("S1", at(5, 12))}
    assert chosen.plan.values.moved_stops == 0


def test_a_chosen_part_moves_and_the_rest_stays():
    problem = two_stops()

    chosen = all_of(problem, [a_part(problem, "to the next day", 0, "S2", at(6, 10))])

    assert chosen.standing == {"to the next day"}
    assert set(where(chosen.plan).values()) == {("S2", at(6, 10)), ("S1", at(5, 12))}


def test_a_part_that_needs_the_place_of_another_is_refused_and_names_it():
    problem = two_stops()
    parts = [
        a_part(problem, "takes the place", 0, "S1", at(5, 12)),
        a_part(problem, "makes room", 1, "S2", at(6, 12)),
    ]

    alone = all_of(problem, parts, "takes the place")
    both = all_of(problem, parts)

    (refused,) = alone.refused
    assert refused.needs == ("makes room",)
    assert set(where(alone.plan).values()) == {("S1", at(5, 10)), ("S1", at(5, 12))}
    assert both.standing == {"takes the place", "makes room"}


def test_a_shift_that_is_gone_takes_its_stops_whatever_is_chosen():
    problem = two_stops()
    problem = replace(problem, shifts=problem.shifts[1:])

    chosen = all_of(problem, [a_part(problem, "to the next day", 0, "S2", at(6, 10))])

    assert set(where(chosen.plan).values()) == {("S2", at(6, 10))}
    assert {row.rule for row in chosen.plan.taken} == {"withdrawn"}


def test_a_part_to_a_shift_that_is_gone_says_so():
    problem = two_stops()

    chosen = all_of(problem, [a_part(problem, "nowhere", 0, "S9", at(6, 10))])

    (refused,) = chosen.refused
    assert refused.rule == "withdrawn"


def test_a_part_that_breaks_what_people_were_told_is_refused_by_that_rule():
    problem = two_stops()
    told = tuple(replace(row, told=True) for row in problem.published)
    problem = replace(problem, published=told)

    chosen = all_of(problem, [a_part(problem, "other day", 0, "S2", at(6, 10))])

    (refused,) = chosen.refused
    assert refused.rule == "promise"


def test_too_few_doses_for_two_parts_leave_the_heavier_one():
    problem = a_problem(
        locations=(a_location("L1", 1), a_location("L2", 2)),
        needs=(*needs(4, "L1"), *needs(8, "L2")),
        shifts=(a_shift("S1", 5),),
        stock=(a_lot(10),),
        notice_seconds=0,
    )
    campaign = a_visit(problem, "L1").campaign_id
    parts = [
        Part("few", "L1", campaign, _doses(problem, "L1"), None, _spot(problem, "L1", 10)),
        Part("many", "L2", campaign, _doses(problem, "L2"), None, _spot(problem, "L2", 12)),
    ]

    chosen = all_of(problem, parts)

    assert chosen.standing == {"many"}
    (refused,) = chosen.refused
    assert (refused.name, refused.rule) == ("few", "stock")
    assert {row.reasons for row in chosen.plan.unassigned} == {(Reason.LEFT_OUT,)}


def _doses(problem: Problem, place: str) -> tuple[tuple[str, int], ...]:
    return a_visit(problem, place).needs


def _spot(problem: Problem, place: str, hour: int) -> Spot:
    visit = a_visit(problem, place)
    return Spot(visit.id, "S1", at(5, hour), visit.product_id)


def test_who_is_added_to_a_visit_makes_it_longer_and_moves_nobody():
    problem = a_problem(needs=needs(6), shifts=(a_shift("S1", 5),), notice_seconds=0)
    visit = a_visit(problem)
    first = replace(visit, needs=visit.needs[:3])
    row = a_told(first, "S1", at(5, 10), service_seconds=3000)
    problem = replace(problem, published=(row,))
    joins = Part(
        "joins",
        "L1",
        visit.campaign_id,
        visit.needs[3:],
        None,
        Spot(visit.id, "S1", at(5, 10), visit.product_id),
    )

    chosen = all_of(problem, [joins])

    assert chosen.refused == ()
    assert len(where(chosen.plan)) == 6
