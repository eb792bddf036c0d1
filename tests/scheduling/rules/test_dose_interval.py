"""Two doses of one series lie between the least and the most days apart, and are the same product."""

from scheduling.rules import dose_interval
from tests.scheduling.builders import (
    a_campaign,
    a_need,
    a_plan,
    a_problem,
    a_route,
    a_shift,
    a_visit,
    at,
)

FIRST = a_need()
NEXT = a_need(dose_no=2, since_dose=1)


def details(second_day: int, product: str = "moderna", *, with_first: bool = True) -> list[str]:
    problem = a_problem(
        needs=(FIRST, NEXT),
        campaigns=(a_campaign(min_days=3, ideal_days=3, max_days=5),),
        shifts=(a_shift("S1", 1), a_shift("S2", second_day)),
    )
    before = a_visit(problem, id="before", needs=(("P1", 1),))
    after = a_visit(problem, id="after", needs=(("P1", 2),), product_id=product)
    routes = [a_route(problem, "S2", (after, at(second_day, 10)))]
    if with_first:
        routes.append(a_route(problem, "S1", (before, at(1, 16))))
    return [row.detail for row in dose_interval.violations(problem, a_plan(problem, *routes))]


def test_the_least_and_the_most_days_are_allowed():
    assert details(4) == []
    assert details(6) == []


def test_a_day_less_or_more_is_not():
    assert details(3) == ["2 days, not 3 to 5"]
    assert details(7) == ["6 days, not 3 to 5"]


def test_a_series_keeps_its_product():
    assert details(4, "pfizer") == ["another product"]


def test_a_next_dose_without_the_dose_before_it_is_refused():
    assert details(4, with_first=False) == ["without dose 1"]
