"""Parts of one location are put together again where one visit can serve them all."""

from dataclasses import replace
from math import inf

from scheduling.problem import Problem
from scheduling.solver.budget import Budget
from scheduling.solver.model.draft import NOWHERE, Draft
from scheduling.solver.operators.insertion import InsertionCosts
from scheduling.solver.params import ExchangeParams
from scheduling.solver.phases.exchange import exchange_residents
from scheduling.solver.phases.joining import join_parts
from tests.scheduling.builders import a_need, a_problem, a_shift, a_told, a_visit, at, needs
from tests.scheduling.solver.small import a_case

FIRST = tuple(a_need(f"first {k}") for k in range(5))
SECOND = tuple(a_need(f"second {k}") for k in range(4))
TWO_DAYS = (a_shift("S1", end=at(0, 11.2)), a_shift("S2", 1, end=at(1, 10.2)))


def in_two(problem: Problem, shifts: tuple[int, int]) -> Draft:
    """The residents of L1 in two visits in these shifts; whoever else there is waits."""
    whole = a_visit(problem, "L1")
    parts = [
        replace(whole, id=name, needs=tuple(sorted((n.person_id, n.dose_no) for n in some)))
        for name, some in (("one", FIRST), ("other", SECOND))
    ]
    indexed = a_case(problem)
    others = [row for row in indexed.visits if row.location_id != "L1"]
    draft = Draft(indexed.with_visits([*parts, *others]))
    for s in set(shifts):
        assert draft.set_route(s, tuple(k for k in (0, 1) if shifts[k] == s))
    return draft


def stops(draft: Draft) -> list[int]:
    """How many residents each stop serves."""
    where = enumerate(draft.where)
    return sorted(draft.indexed.visits[v].doses for v, s in where if s != NOWHERE)


def test_two_stops_of_one_team_at_one_door_become_one():
    draft = in_two(a_problem(needs=(*FIRST, *SECOND)), (0, 0))

    joined = join_parts(draft, ExchangeParams())

    assert stops(joined) == [9]
    assert joined.values().working_seconds < draft.values().working_seconds
    assert joined.values().unserved_weight == draft.values().unserved_weight == 0


def test_a_visit_of_which_people_were_told_is_not_joined():
    problem = a_problem(needs=(*FIRST, *SECOND))
    row = a_told(replace(a_visit(problem), id="one", needs=()), "S1", at(0, 9), told=False)
    told = replace(row, doses=tuple((n.person_id, 1) for n in FIRST), service_seconds=3000)
    draft = in_two(replace(problem, published=(told,)), (0, 0))

    assert stops(join_parts(draft, ExchangeParams())) == [4, 5]


def test_a_part_joins_another_on_another_day_to_make_room_for_who_waits():
    # the second team has time for one stop only: either for the four of L1 or for the ten of L2
    day = {"first_day": 1, "last_day": 1}
    others = tuple(replace(need, **day) for need in needs(10, "L2"))
    draft = in_two(a_problem(needs=(*FIRST, *SECOND, *others), shifts=TWO_DAYS), (0, 1))

    other, _ = exchange_residents(draft, InsertionCosts(draft.indexed), Budget(inf, None))

    assert stops(draft) == [4, 5]
    assert stops(other) == [9, 10]
