"""Visits for some of the residents of a visit: how many, which priority, which names."""

from scheduling.care.lookup import needs_by_key
from scheduling.solver.model.parting import draw_names, halve_containers, with_members
from tests.scheduling.builders import a_need, a_problem, a_visit


def test_containers_are_halved_and_what_is_left_over_is_last():
    assert list(halve_containers(38, 10, 4)) == [20, 10, 8]
    assert list(halve_containers(100, 10, 4)) == [50, 20, 10, 20]
    assert list(halve_containers(9, 10, 4)) == [9]
    assert list(halve_containers(38, 10, 1)) == [38]


def test_a_visit_to_some_has_the_priority_of_the_highest_of_them():
    problem = a_problem(needs=(a_need("A", priority=90), a_need("B", priority=10)))
    whole = a_visit(problem)

    one = with_members(needs_by_key(problem), whole, "part", [("B", 1)])

    assert (one.id, one.needs, one.priority) == ("part", (("B", 1),), 10)
    assert one.location_id == whole.location_id


def test_the_first_name_is_that_of_the_whole_and_the_others_are_new():
    whole = a_visit(a_problem())
    first, second, third = (
        name for _, name in zip(range(3), draw_names(whole, set()), strict=False)
    )

    again = [name for _, name in zip(range(3), draw_names(whole, {second}), strict=False)]

    assert first == whole.id
    assert len({first, second, third}) == 3
    assert again[1] == third
