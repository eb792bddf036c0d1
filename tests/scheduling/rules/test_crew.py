"""Who injects may do so: somebody is there, a doctor beside assistants, and an order for the product."""

from scheduling.rules import crew
from tests.scheduling.builders import a_plan, a_problem, a_route, a_shift, a_visit, at


def details(product: str | None = "moderna", **shift) -> list[str]:
    problem = a_problem(shifts=(a_shift(**shift),))
    call = a_visit(problem, product_id=product)
    plan = a_plan(problem, a_route(problem, "S1", (call, at(0, 9))))
    return [row.detail for row in crew.violations(problem, plan)]


def test_a_crew_that_may_inject_is_sent():
    assert details() == []


def test_a_crew_of_whom_nobody_may_inject_is_not_sent():
    assert details(injectors=0) == ["nobody of S1 may inject"]


def test_assistants_inject_in_the_presence_of_a_doctor_only():
    assert details(assistants_only=True, doctor=True) == []
    assert details(assistants_only=True, doctor=False) == ["no doctor beside the assistants of S1"]
    assert details(assistants_only=False, doctor=False) == []


def test_a_product_needs_a_standing_order():
    assert details("pfizer") == ["no standing order for pfizer"]


def test_a_call_without_product_needs_none_of_this():
    assert details(None, injectors=0, ordered_products=frozenset()) == []
