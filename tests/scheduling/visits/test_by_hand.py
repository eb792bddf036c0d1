"""Visits that a planner split or joined: who is together stays together, and who comes later joins the smallest with room."""

from dataclasses import replace

from scheduling.problem import Consent, Grouped, Published
from scheduling.visits.grouping import group
from tests.scheduling.builders import a_need, a_problem, at, needs

PEOPLE = needs(10)


def a_group(name: str, people, **changes) -> Grouped:
    doses = tuple((need.person_id, need.dose_no) for need in people)
    return replace(Grouped(name, "L1", "C1", "moderna", doses), **changes)


def a_split(**changes) -> tuple[Grouped, ...]:
    """Ten people in a visit of six and one of four."""
    return a_group("V1", PEOPLE[:6], **changes), a_group("V2", PEOPLE[6:], **changes)


def sizes(problem) -> dict[str, int]:
    return {visit.id: len(visit.needs) for visit in group(problem)}


def test_people_of_one_place_are_visited_in_the_groups_that_a_planner_made():
    assert sizes(a_problem(needs=PEOPLE, grouped=a_split())) == {"V1": 6, "V2": 4}


def test_without_a_planner_all_are_visited_together():
    assert sorted(sizes(a_problem(needs=PEOPLE)).values()) == [10]


def test_who_comes_later_joins_the_smallest_group():
    later = a_need("P-later")
    found = group(a_problem(needs=(*PEOPLE, later), grouped=a_split()))

    assert {visit.id: len(visit.needs) for visit in found} == {"V1": 6, "V2": 5}
    (second,) = [visit for visit in found if visit.id == "V2"]
    assert ("P-later", 1) in second.needs


def test_nobody_joins_beyond_the_most_at_a_time():
    later = tuple(a_need(f"P-later {k}") for k in range(4))
    problem = a_problem(needs=(*PEOPLE, *later), grouped=a_split(most=6))

    assert sorted(sizes(problem).values()) == [2, 6, 6]


def test_people_of_another_visit_there_do_not_join():
    other = tuple(a_need(f"P-other {k}") for k in range(3))
    row = Published(
        "V9", "S1", at(0, 10), "L1", "C1", "moderna", tuple((need.person_id, 1) for need in other)
    )
    problem = a_problem(
        needs=(*PEOPLE, *other),
        published=(row,),
        notice_seconds=0,
        grouped=a_split(beside=("V9",)),
    )

    assert sorted(sizes(problem).values()) == [3, 4, 6]


def test_who_may_no_longer_be_planned_leaves_the_group():
    refused = replace(PEOPLE[0], consent=Consent.REFUSED)
    problem = a_problem(needs=(refused, *PEOPLE[1:]), grouped=a_split())

    assert sizes(problem) == {"V1": 5, "V2": 4}


def test_a_group_of_which_nobody_is_left_is_no_visit():
    assert sizes(a_problem(needs=PEOPLE[:6], grouped=a_split())) == {"V1": 6}


def test_who_is_due_on_no_day_of_the_others_is_visited_apart():
    early = replace(PEOPLE[0], first_day=0, last_day=0)
    others = tuple(replace(need, first_day=1, last_day=2) for need in PEOPLE[1:])
    problem = a_problem(needs=(early, *others), grouped=(a_group("V1", PEOPLE),))

    assert sorted(sizes(problem).values()) == [1, 9]
