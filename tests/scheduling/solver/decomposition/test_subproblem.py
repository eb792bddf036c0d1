"""Which shifts and visits are solved again: near ones, some idle ones, nothing that may not change."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.problem import Problem
from scheduling.solver.decomposition.subproblem import (
    SubProblem,
    choose_compatible,
    choose_sub_problem,
    may_change,
)
from scheduling.solver.model.draft import Draft
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import SubProblemSize
from tests.scheduling.builders import a_pin, a_problem, a_shift, a_visit, at, needs
from tests.scheduling.solver.small import a_call, a_day_of_seconds, of_locations

ALL = SubProblemSize(shifts=99, idle=99, unassigned=99)


def six_calls(teams: int = 5, **changes) -> Problem:
    """Six calls on one person, at places 1 to 6; a visit's index is its place less one."""
    shifts = tuple(a_shift(f"S{k}", start=0, end=60, injectors=1) for k in range(teams))
    return a_day_of_seconds(
        *(a_call(k) for k in range(1, 7)), people=(1,) * 6, **{"shifts": shifts, **changes}
    )


def a_draft(problem: Problem, *routes: tuple[int, ...]) -> Draft:
    draft = Draft(of_locations(problem))
    for s, visits in enumerate(routes):
        assert not visits or draft.set_route(s, visits)
    return draft


def choose(draft: Draft, near: list[int], size: SubProblemSize = ALL, **changes) -> SubProblem:
    return choose_sub_problem(draft.indexed, draft, near, Random(1), size, **changes)


def test_the_shifts_that_call_nearest_are_chosen_with_all_that_they_make():
    draft = a_draft(six_calls(), (0, 5), (1, 2), (3,))

    found = choose(draft, [1, 5, 3, 4, 0, 2], SubProblemSize(shifts=2, idle=0, unassigned=0))

    assert found == SubProblem((1, 0), (1, 2, 0, 5))


def test_the_nearest_unassigned_visits_come_along_up_to_a_number():
    draft = a_draft(six_calls(), (0,))

    few, none = (choose(draft, [3, 0, 5, 1, 2, 4], SubProblemSize(12, 0, most)) for most in (2, 0))

    assert few == SubProblem((0,), (0, 3, 5))
    assert none == SubProblem((0,), (0,))


def test_an_unassigned_visit_that_no_chosen_shift_can_make_stays_behind():
    draft = a_draft(six_calls(), (0,), (1,))
    draft.indexed.possible_shifts[3] = [1]

    found = choose(draft, [0, 3, 4, 5, 2], SubProblemSize(1, 0, 12))

    assert found == SubProblem((0,), (0, 4, 5, 2))


def test_some_idle_shifts_come_along_others_each_time():
    draft, chosen = a_draft(six_calls(5), (0,)), set()
    for seed in range(20):
        found = choose_sub_problem(draft.indexed, draft, [0], Random(seed), SubProblemSize(1, 2, 0))
        assert found.shifts[0] == 0
        assert len(set(found.shifts[1:])) == 2
        chosen |= set(found.shifts[1:])

    assert chosen == {1, 2, 3, 4}


def test_nothing_of_another_sub_problem_is_chosen_again():
    draft = a_draft(six_calls(4), (0,), (1,))
    other = SubProblem((1, 3), (1, 4))

    found = choose(draft, [1, 0, 4, 5, 2, 3], apart_from=(other,))

    assert set(found.shifts) == {0, 2}
    assert found.visits == (0, 5, 2, 3)


def test_a_shift_that_has_begun_is_left_alone_and_one_that_begins_now_is_not():
    """Out from second 2 for the fixed stop; at second 4 that is history."""
    pin = a_pin("visit of L1", 5, ["L1-P00"], shift_id="S0", service_seconds=1)
    for now, may in ((2, True), (3, False)):
        draft = Draft(of_locations(six_calls(2, now=now, fixed=(pin,))))

        assert may_change(draft.indexed, draft, 0) == may
        assert (0 in choose(draft, list(range(6))).shifts) == may


@pytest.mark.parametrize(
    ("day", "now", "may"), [(0, 59, True), (0, 60, False), (-1, 0, False), (1, 0, False)]
)
def test_an_idle_shift_may_change_while_it_is_not_over_and_within_the_horizon(
    day: int, now: int, may: bool
):
    draft = Draft(of_locations(six_calls(shifts=(a_shift(day=day, start=0, end=60),), now=now)))

    assert may_change(draft.indexed, draft, 0) == may


def two_days() -> IndexedProblem:
    """One team late on day 0, early and late on day 1, and another team; eight hours of rest."""
    shifts = (
        a_shift("S0", 0, team_id="T", start=at(0, 16), end=at(0, 23)),
        a_shift("S1", 1, team_id="T", start=at(1, 6), end=at(1, 12)),
        a_shift("S2", 1, team_id="T", start=at(1, 20), end=at(1, 23)),
        a_shift("S3", 1, team_id="U", start=at(1, 6), end=at(1, 12)),
    )
    problem = a_problem(needs=needs(5), shifts=shifts)
    problem = replace(problem, locations=(a_call(1, (0, at(2, 0))), a_call(2)))
    return IndexedProblem(problem, [a_visit(problem)])


def test_of_idle_shifts_those_are_chosen_that_a_team_can_work_with_rest_between():
    indexed = two_days()

    assert indexed.conflicts == [[1], [0], [], []]
    assert choose_compatible(indexed, [0, 1, 2, 3], 9) == [0, 2, 3]
    assert choose_compatible(indexed, [1, 0, 2, 3], 9) == [1, 2, 3]
    assert choose_compatible(indexed, [1, 0, 2, 3], 2) == [1, 2]
    assert choose_compatible(indexed, [0], 0) == []


def test_an_idle_shift_of_a_team_without_rest_after_what_it_makes_may_not_change():
    draft = Draft(two_days())
    assert draft.set_route(0, (0,))

    assert [may_change(draft.indexed, draft, s) for s in range(4)] == [True, False, True, True]
