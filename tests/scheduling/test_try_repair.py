"""A repair of which nobody asks for reasons plans what a repair plans."""

from dataclasses import replace

from scheduling.limits import Limits
from scheduling.rules import check_added
from scheduling.solve import repair, solve, try_repair
from tests.scheduling.builders import a_region, published
from tests.scheduling.fitting.cases import list_plans


def test_it_has_the_routes_of_a_repair():
    for problem, plan in [*list_plans(0, 24), _in_areas()]:
        rows = published(plan, told=False)[::2]
        stands = replace(problem, published=(*problem.published, *rows))

        whole, only = repair(stands, Limits(0.0)), try_repair(stands, Limits(0.0))

        assert only.routes == whole.routes
        assert (only.taken, only.held, only.moved) == (whole.taken, whole.held, whole.moved)
        assert only.values == whole.values
        assert not check_added(stands, whole)


def _in_areas():
    problem = replace(a_region(3, locations=30, teams=2), area_points=10)
    return problem, solve(problem, Limits(0.0))
