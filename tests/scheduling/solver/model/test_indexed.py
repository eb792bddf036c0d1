"""A problem in numbers: what is known of visits and shifts beforehand, counted by hand."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.care.visit_length import service_seconds
from scheduling.plan import Visit
from scheduling.problem import Depot, Outbreak, Published
from scheduling.solver.model.indexed import LONG, IndexedProblem, Pinned
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_need,
    a_pin,
    a_problem,
    a_product,
    a_shift,
    a_travel,
    a_visit,
    at,
    needs,
)
from tests.scheduling.solver.small import a_case, visit_at

CRISIS = Visit("X1", "L1", None, None, (), 0, 0, 90, frozenset({"crisis"}))


def test_shifts_stand_by_day_and_then_by_name():
    shifts = (a_shift("B", 1), a_shift("A", 1), a_shift("C", 0))

    indexed = a_case(a_problem(shifts=shifts))

    assert [shift.id for shift in indexed.shifts] == ["C", "A", "B"]
    assert indexed.shift_index == {"C": 0, "A": 1, "B": 2}
    assert indexed.day == [0, 1, 1]


def test_places_are_those_of_locations_and_depots():
    problem = a_problem(
        needs=(*needs(2, "L1"), *needs(2, "L2")),
        depots=(Depot("D0", 3), Depot("D1", 0)),
        shifts=(a_shift("S0", depot_id="D0"), a_shift("S1")),
        travel=a_travel(4),
    )

    indexed = a_case(problem)

    assert [indexed.place[visit_at(indexed, name)] for name in ("L1", "L2")] == [1, 2]
    assert indexed.home == [3, 0]
    assert indexed.size == 2


def test_a_shift_that_has_begun_opens_now():
    indexed = a_case(a_problem(now=at(0, 10), shifts=(a_shift("S0"), a_shift("S1", 1))))

    assert indexed.opens == [at(0, 10), at(1, 8)]


def test_a_visit_loads_whole_containers_but_its_own_doses_at_least_when_they_may_travel():
    """13 people, containers of ten; a crisis takes nothing and is never too old."""
    for may_travel, least in ((False, 20), (True, 13)):
        product = a_product(open_may_travel=may_travel)
        problem = a_problem(needs=needs(13), products=(product,), crisis_visits=(a_crisis(),))

        indexed = IndexedProblem(problem, [a_visit(problem), CRISIS])

        assert indexed.load == [20, 0]
        assert indexed.min_load == [least, 0]
        assert indexed.fresh_seconds == [product.transport_seconds, LONG]
        assert indexed.product == [product, None]


def test_a_visit_weighs_its_residents_by_their_priority_and_a_crisis_as_forty():
    rows = (a_need("P1", priority=50), a_need("P2", priority=70))
    problem = a_problem(needs=rows, crisis_visits=(a_crisis(),))

    indexed = IndexedProblem(problem, [a_visit(problem), CRISIS])

    assert indexed.weight == [51 + 71, 40 * 91]


def test_crises_come_first_then_next_doses_then_the_rest():
    problem = a_problem(
        needs=(a_need("P1"), a_need("P2", "L2"), a_need("P3", "L2", dose_no=2)),
        crisis_visits=(a_crisis(),),
    )

    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2"), CRISIS])

    assert indexed.insertion_class == [2, 1, 0]


@pytest.mark.parametrize(("dose", "last_day", "late"), [(2, 13, 1), (2, 14, 0), (1, 3, 0)])
def test_a_next_dose_is_late_when_its_last_day_lies_within_the_horizon(
    dose: int, last_day: int, late: int
):
    problem = a_problem(needs=(a_need("P1", dose_no=dose, last_day=last_day),))

    assert IndexedProblem(problem, [a_visit(problem)]).late == [late]


def test_a_visit_takes_as_long_as_service_seconds_says_for_every_crew():
    shifts = tuple(a_shift(f"S{k}", injectors=n) for k, n in enumerate((1, 2, 3, 2)))
    problem = a_problem(
        locations=(a_location(seats=20), a_location("L2", 2)),
        needs=(*needs(12, "L1"), *needs(3, "L2")),
        shifts=shifts,
    )

    indexed = a_case(problem)

    assert indexed.service == [
        [service_seconds(problem, visit, shift) for shift in shifts] for visit in indexed.visits
    ]
    assert len(set(indexed.service[visit_at(indexed, "L1")])) == 3


@pytest.mark.parametrize("seed", range(20))
def test_shifts_of_one_team_conflict_when_they_leave_no_rest(seed: int):
    random = Random(seed)
    shifts = []
    for k in range(8):
        day, hour, length = (
            random.randrange(3),
            random.randrange(0, 20, 2),
            random.choice((2, 4, 8)),
        )
        team = random.choice(("T", "U"))
        shifts.append(
            a_shift(f"S{k}", day, team_id=team, start=at(day, hour), end=at(day, hour + length))
        )
    indexed = IndexedProblem(a_problem(shifts=tuple(shifts), rest_seconds=4 * 3600), [])

    for s, one in enumerate(indexed.shifts):
        for t, other in enumerate(indexed.shifts):
            mates = s != t and one.team_id == other.team_id
            gap = max(one.start - other.end, other.start - one.end)
            same_day = mates and one.day == other.day
            assert (t in indexed.conflicts[s]) == (mates and gap < 4 * 3600)
            assert (t in indexed.later_that_day[s]) == (same_day and other.start >= one.start)
            assert (t in indexed.earlier_that_day[s]) == (same_day and other.start <= one.start)
            assert (t in indexed.duties[s][0][0]) == (one.team_id == other.team_id)


def test_exactly_the_rest_between_two_shifts_is_enough():
    """From five in the afternoon to eight in the morning."""
    shifts = (a_shift("S0", 0, team_id="T"), a_shift("S1", 1, team_id="T"))
    enough, short = (
        IndexedProblem(a_problem(shifts=shifts, rest_seconds=rest), [])
        for rest in (15 * 3600, 15 * 3600 + 1)
    )

    assert enough.conflicts == [[], []]
    assert short.conflicts == [[1], [0]]


@pytest.mark.parametrize(
    ("outbreak", "last"), [(Outbreak.NONE, False), (Outbreak.LAST, True), (Outbreak.BLOCKED, True)]
)
def test_a_visit_at_a_location_with_an_outbreak_must_be_last(outbreak: Outbreak, last: bool):
    problem = a_problem(locations=(a_location(outbreak=outbreak), a_location("L2", 2)))

    assert IndexedProblem(problem, [a_visit(problem)]).must_be_last == [last]


def test_fixed_stops_are_pinned_by_shift_and_moment():
    problem = a_problem(
        needs=(*needs(2, "L1"), *needs(2, "L2")),
        shifts=(a_shift("S1"), a_shift("S2")),
        fixed=(
            a_pin("visit of L1", at(0, 11), ["L1-P00"], shift_id="S2", service_seconds=900),
            a_pin("visit of L2", at(0, 9), ["L2-P00"], location_id="L2", service_seconds=800),
        ),
    )

    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])

    assert indexed.pinned == [
        Pinned(1, 0, at(0, 9), at(0, 9) + 800),
        Pinned(0, 1, at(0, 11), at(0, 11) + 900),
    ]
    assert indexed.fixed_visits == indexed.is_pinned == {0, 1}
    assert indexed.service == [[900, 900], [800, 800]]


def test_a_visit_that_the_search_pins_keeps_its_moment_and_is_no_fixed_stop():
    problem = a_problem(shifts=(a_shift("S1"), a_shift("S2")))
    indexed = IndexedProblem(problem, [a_visit(problem)])

    indexed.pin(Pinned(0, 1, at(0, 10), at(0, 11)))

    assert indexed.windows == [[(), ((at(0, 10), at(0, 10)),)]]
    assert indexed.possible_shifts == [[1]]
    assert (indexed.is_pinned, indexed.fixed_visits) == ({0}, set())


def test_a_visit_that_is_unplannable_has_no_shift_left():
    problem = a_problem()
    indexed = IndexedProblem(problem, [a_visit(problem)])

    indexed.make_unplannable(0)

    assert indexed.windows == [[()]]
    assert indexed.possible_shifts == [[]]
    assert indexed.unplannable == {0}


def test_visits_of_one_series_know_each_other():
    problem = a_problem(
        campaigns=(a_campaign(min_days=2, max_days=4),),
        needs=(a_need("P1"), a_need("P1", dose_no=2, since_dose=1), a_need("P2", "L2")),
    )
    first, second = (
        replace(a_visit(problem), id=f"dose {dose}", needs=(("P1", dose),)) for dose in (1, 2)
    )

    indexed = IndexedProblem(problem, [second, first, a_visit(problem, "L2")])

    assert [(follow.before, follow.after) for follow in indexed.follows] == [(1, 0)]
    assert indexed.in_series == [True, True, False]
    assert indexed.clashes == [frozenset({1}), frozenset({0}), frozenset()]


def test_what_people_were_told_counts_while_it_is_still_to_come():
    told = (
        Published("visit of L1", "S1", at(0, 10)),
        Published("visit of L2", "gone", at(0, 9)),
        Published("a visit of before", "S1", at(0, 12)),
    )
    problem = a_problem(needs=(*needs(2, "L1"), *needs(2, "L2")), published=told)
    visits = [a_visit(problem), a_visit(problem, "L2")]

    early = IndexedProblem(replace(problem, now=at(0, 9)), visits)
    later = IndexedProblem(replace(problem, now=at(0, 9) + 1), visits)

    assert early.published == {0: told[0], 1: told[1]}
    assert early.published_shift == {0: 0, 1: -1}
    assert later.published == {0: told[0]}


def test_wishes_are_known_by_shift_of_those_who_have_any():
    """Another team for one of them; one and three days from the ideal day."""
    rows = (
        a_need("P1", dose_no=2, previous_team_id="team of S1", ideal_day=1),
        a_need("P2", dose_no=2),
        a_need("P3", "L2"),
    )
    problem = a_problem(needs=rows, shifts=(a_shift("S1", 2), a_shift("S4", 4)))

    indexed = IndexedProblem(problem, [a_visit(problem), a_visit(problem, "L2")])

    assert indexed.unmet == {0: [(0, 1), (1, 3)]}
