"""Numbers that no row may have are refused, at the bound exactly."""

from dataclasses import fields, replace

import pytest

from scheduling import problem as types
from scheduling.problem import Problem
from scheduling.validation.bounds import BOUNDS, OF_PROBLEM, beyond
from tests.scheduling.builders import (
    DAY,
    a_crisis,
    a_location,
    a_need,
    a_pause,
    a_problem,
    a_region,
    a_shift,
    a_travel,
)


def test_a_real_problem_is_within_them():
    assert list(beyond(a_region(1))) == []


@pytest.mark.parametrize(
    ("problem", "row"),
    [
        (a_problem(max_residents_per_visit=0), "max_residents_per_visit: below 1"),
        (a_problem(shifts=(a_shift(capacity=-1),)), "shifts[0].capacity: below 0"),
        (a_problem(locations=(a_location(seats=0),)), "locations[0].seats: below 1"),
        (a_problem(needs=(a_need(), a_need("P2", priority=101))), "needs[1].priority: above 100"),
        (
            a_problem(crisis_visits=(a_crisis(service_seconds=-1),)),
            "crisis_visits[0].service_seconds: below 0",
        ),
        (
            a_problem(shifts=(a_shift(pause=a_pause(seconds=-1)),)),
            "shifts[0].pause.seconds: below 0",
        ),
        (a_problem(travel=a_travel(3, 10 * DAY + 1)), "travel.seconds[0]: above 864000"),
        (a_problem(day_starts=(5, DAY)), "day_starts[0]: not 0"),
        (a_problem(day_starts=(0, 3 * DAY)), "day_starts[1]: a day of more than 26 hours"),
        (a_problem(day_starts=tuple(range(400))), "day_starts: more than a year"),
    ],
)
def test_a_number_out_of_bounds_is_told_by_row_and_field(problem: Problem, row: str):
    assert row in beyond(problem)


def test_a_number_at_its_bound_is_none_of_them():
    at_bound = a_problem(
        max_residents_per_visit=1,
        shifts=(a_shift(capacity=0, injectors=0, pause=a_pause(seconds=0)),),
        needs=(a_need(priority=0), a_need("P2", priority=100)),
        travel=a_travel(3, 60_000),
    )

    assert list(beyond(at_bound)) == []
    assert list(beyond(replace(at_bound, day_starts=(0, DAY + 7200)))) == []


def test_every_bound_is_of_a_field_that_exists():
    tables = {
        "locations": types.Location,
        "products": types.Product,
        "campaigns": types.Campaign,
        "needs": types.Need,
        "crisis_visits": types.CrisisVisit,
        "shifts": types.Shift,
        "standing_shifts": types.Shift,
        "stock": types.StockLine,
        "fixed": types.Fixed,
        "published": types.Published,
    }

    for table, bounds in BOUNDS.items():
        assert set(bounds) <= {field.name for field in fields(tables[table])}
    assert set(OF_PROBLEM) <= {field.name for field in fields(Problem)}
