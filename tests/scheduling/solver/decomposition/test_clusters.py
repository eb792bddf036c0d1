"""A large region is cut by geography: every visit in one piece, shifts from the nearest depots, hours by work."""

from dataclasses import replace
from random import Random

import pytest

from scheduling.problem import Depot, Travel
from scheduling.solver.decomposition.clusters import cut_by_geography
from scheduling.solver.decomposition.subproblem import SubProblem
from scheduling.solver.model.indexed import IndexedProblem
from scheduling.solver.params import ClusterParams
from tests.scheduling.builders import a_location, a_problem, a_shift, a_visit, needs


def two_towns(
    visits: int, *, west: float = 0.5, teams: int = 8, homes: str = "WE"
) -> IndexedProblem:
    """Places on a line: depot W and its town at the one end, depot E and its town at the other."""
    random = Random(4)
    inhabited = [
        random.uniform(0, 10) if k < west * visits else random.uniform(90, 100)
        for k in range(visits)
    ]
    points = [5.0, 95.0, *inhabited]
    road = tuple(tuple(round(60 * abs(a - b)) for b in points) for a in points)
    problem = a_problem(
        depots=(Depot("W", 0), Depot("E", 1)),
        locations=tuple(a_location(f"L{k}", 2 + k) for k in range(visits)),
        needs=tuple(need for k in range(visits) for need in needs(1, f"L{k}")),
        shifts=tuple(a_shift(f"S{k}", depot_id=homes[k % len(homes)]) for k in range(teams)),
        travel=Travel("line", road, road),
    )
    one = a_visit(problem, "L0")
    calls = (
        replace(one, id=row.id, location_id=row.id, needs=((f"{row.id}-P00", 1),))
        for row in problem.locations
    )
    return IndexedProblem(problem, tuple(calls))


def whole(indexed: IndexedProblem) -> SubProblem:
    return SubProblem(tuple(range(len(indexed.shifts))), tuple(range(indexed.size)))


PARAMS = ClusterParams(visits=40)


def cut(indexed: IndexedProblem, sub_problem: SubProblem | None = None) -> list[SubProblem]:
    return cut_by_geography(indexed, sub_problem or whole(indexed), PARAMS)


@pytest.fixture(scope="module")
def even() -> IndexedProblem:
    return two_towns(2 * PARAMS.visits)


def test_a_region_that_is_not_large_stays_whole():
    indexed = two_towns(PARAMS.visits // 2)

    assert cut(indexed) == [whole(indexed)]


def test_a_region_is_cut_between_the_visits_that_lie_furthest_apart(even: IndexedProblem):
    pieces = cut(even)

    towns = {tuple(range(PARAMS.visits)), tuple(range(PARAMS.visits, 2 * PARAMS.visits))}
    assert {piece.visits for piece in pieces} == towns


def test_every_piece_has_the_shifts_of_its_nearest_depot(even: IndexedProblem):
    for piece in cut(even):
        is_west = 0 in piece.visits
        assert {even.home[s] for s in piece.shifts} == {0 if is_west else 1}
        assert len(piece.shifts) == 4


def test_a_town_with_more_work_gets_shifts_from_further_away():
    """Four of five visits in the west: two of the eastern teams drive there."""
    indexed = two_towns(160, west=0.8, teams=10)

    pieces = cut(indexed)

    teams = {
        is_west: sum(len(p.shifts) for p in pieces if (p.visits[0] < 128) == is_west)
        for is_west in (True, False)
    }
    assert sum(teams.values()) == 10
    assert teams[True] > 5


def test_a_town_without_a_depot_gets_its_share_once_the_other_has_its_hours():
    indexed = two_towns(2 * PARAMS.visits, homes="W")

    west, east = sorted(cut(indexed), key=lambda piece: piece.visits)

    assert (len(west.shifts), len(east.shifts)) == (4, 4)


def test_nothing_is_lost_and_nothing_twice_however_many_pieces_there_are():
    indexed = two_towns(4 * PARAMS.visits + 2, teams=12)

    pieces = cut(indexed)

    assert len(pieces) > 2
    assert sorted(v for piece in pieces for v in piece.visits) == list(range(4 * PARAMS.visits + 2))
    assert sorted(s for piece in pieces for s in piece.shifts) == list(range(12))
    assert max(len(piece.visits) for piece in pieces) <= PARAMS.visits * PARAMS.largest_factor


def test_only_what_the_sub_problem_names_is_cut(even: IndexedProblem):
    some = SubProblem((1, 2, 3), tuple(range(PARAMS.visits + PARAMS.visits // 2 + 1)))

    pieces = cut(even, some)

    assert sorted(v for piece in pieces for v in piece.visits) == list(some.visits)
    assert sorted(s for piece in pieces for s in piece.shifts) == [1, 2, 3]
