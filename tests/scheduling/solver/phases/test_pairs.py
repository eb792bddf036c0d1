"""Two calls that two teams begin at one moment: the moment that costs least of all that both allow."""

from dataclasses import replace
from itertools import product
from random import Random

import pytest

from scheduling.problem import Problem, Published, Travel
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.phases.pairs import pin_pairs
from tests.scheduling.builders import a_lot, a_pin, a_shift, a_visit
from tests.scheduling.solver.small import a_call, a_day_of_seconds


def two_halves(*hours: tuple[int, int], people: int = 6, **changes) -> Problem:
    """Everybody at one location three seconds away; two teams unless told otherwise."""
    shifts = tuple(a_shift(f"S{k}", start=0, end=60, injectors=1) for k in range(2))
    return a_day_of_seconds(a_call(1, *hours), people=(people,), **({"shifts": shifts} | changes))


def paired(problem: Problem) -> IndexedProblem:
    """The residents of the location in two visits of one pair."""
    whole = a_visit(problem)
    half = len(whole.needs) // 2
    one = replace(whole, id="one", needs=whole.needs[:half], together_with="other")
    other = replace(whole, id="other", needs=whole.needs[half:], together_with="one")
    indexed = IndexedProblem(problem, [one, other])
    pin_pairs(indexed)
    return indexed


def placed(indexed: IndexedProblem) -> list[tuple[int, int, int]]:
    return [(row.visit, row.shift, row.start) for row in indexed.pinned]


def test_a_pair_begins_at_the_first_moment_that_both_teams_allow():
    indexed = paired(two_halves((0, 50)))

    assert placed(indexed) == [(0, 0, 3), (1, 1, 3)]
    assert indexed.is_pinned == {0, 1}
    assert Draft(indexed).where == [0, 1]


@pytest.mark.parametrize(("closes", "can"), [(20, True), (19, False)])
def test_the_moment_lies_within_the_hours_of_both_teams(closes: int, can: bool):
    """The second team is there at 20 at the earliest."""
    shifts = (
        a_shift("S0", start=0, end=60, injectors=1),
        a_shift("S1", start=17, end=60, injectors=1),
    )
    indexed = paired(two_halves((0, closes), shifts=shifts))

    assert placed(indexed) == ([(0, 0, 20), (1, 1, 20)] if can else [])
    assert indexed.unplannable == (set() if can else {0, 1})
    assert indexed.possible_shifts == ([[0], [1]] if can else [[], []])


def test_one_team_is_no_pair_and_neither_are_teams_of_two_days():
    same = tuple(a_shift(f"S{k}", team_id="T", start=0, end=60, injectors=1) for k in range(2))
    days = (
        a_shift("S0", 0, start=0, end=60, injectors=1),
        a_shift("S1", 1, start=60, end=120, injectors=1),
    )

    for shifts in (same, days):
        indexed = paired(
            two_halves((0, 50), (60, 110), shifts=shifts, rest_seconds=0, day_starts=(0, 60, 120))
        )
        assert indexed.unplannable == {0, 1}


def test_a_pair_that_was_published_stays_where_it_was_told_while_that_holds():
    told = (Published("one", "S1", 25), Published("other", "S0", 25))
    closed = two_halves((0, 20), published=told)

    assert placed(paired(two_halves((0, 50), published=told))) == [(1, 0, 25), (0, 1, 25)]
    assert {start for _, _, start in placed(paired(closed))} == {3}


def test_the_team_whose_road_is_shorter_is_chosen():
    """Three teams; the first one begins at a depot far away."""
    problem = two_halves(
        (0, 50), shifts=tuple(a_shift(f"S{k}", start=0, end=60, injectors=1) for k in range(3))
    )
    far = ((0, 3, 1), (3, 0, 9), (1, 9, 0))
    depots = (problem.depots[0], replace(problem.depots[0], id="D2", place=2))
    shifts = (replace(problem.shifts[0], depot_id="D2"), *problem.shifts[1:])
    problem = replace(
        problem,
        depots=depots,
        shifts=shifts,
        stock=(a_lot(), a_lot(depot_id="D2")),
        travel=Travel("far", far, far),
    )

    assert sorted(shift for _, shift, _ in placed(paired(problem))) == [1, 2]


def test_a_team_that_has_a_stop_comes_after_it():
    """A fixed stop next door until ten; three seconds later the team is at the other door."""
    problem = a_day_of_seconds(
        a_call(1),
        a_call(2),
        people=(6, 6),
        shifts=tuple(a_shift(f"S{k}", start=0, end=60, injectors=1) for k in range(2)),
    )
    pin = a_pin("fixed", 6, ["L2-P00"], shift_id="S0", location_id="L2", service_seconds=4)
    problem = replace(problem, fixed=(pin,))
    whole = a_visit(problem)
    visits = [
        replace(whole, id="one", needs=whole.needs[:3], together_with="other"),
        replace(whole, id="other", needs=whole.needs[3:], together_with="one"),
        replace(a_visit(problem, "L2"), id="fixed"),
    ]
    indexed = IndexedProblem(problem, visits)

    pin_pairs(indexed)

    assert {start for v, _, start in placed(indexed) if v != 2} == {13}
    assert Draft(indexed).visits(0)[0] == 2


def test_stock_for_one_half_is_stock_for_none():
    indexed = paired(two_halves((0, 50), stock=(a_lot(10),)))

    assert indexed.unplannable == {0, 1}
    assert Draft(indexed).where == [NOWHERE, NOWHERE]


@pytest.mark.parametrize("seed", range(25))
def test_a_pair_has_a_moment_whenever_some_second_suits_two_teams(seed: int):
    random = Random(seed)
    shifts = []
    for k in range(3):
        start = random.randrange(30)
        shifts.append(
            a_shift(f"S{k}", start=start, end=start + random.randrange(8, 20), injectors=1)
        )
    ends = sorted(random.sample(range(55), 4))
    problem = two_halves((ends[0], ends[1]), (ends[2], ends[3]), shifts=tuple(shifts))

    indexed = paired(problem)

    suits = [
        (s, t, second)
        for s, t in product(range(3), repeat=2)
        for second in range(60)
        if s != t
        and all(
            shifts[u].start + 3 <= second <= shifts[u].end - 3 - 3
            and (ends[0] <= second <= ends[1] or ends[2] <= second <= ends[3])
            for u in (s, t)
        )
    ]
    found = {v: (s, start) for v, s, start in placed(indexed)}
    assert bool(found) == bool(suits)
    if found:
        assert found[0][1] == found[1][1]
        assert (found[0][0], found[1][0], found[0][1]) in suits
