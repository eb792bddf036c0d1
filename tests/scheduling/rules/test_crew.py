"""Who injects may do so: somebody is there, a doctor beside assistants, and an order for the product."""

from dataclasses import replace

from scheduling.care.members import injectors_for
from scheduling.care.visit_length import service_seconds
from scheduling.rules import crew
from tests.scheduling.builders import a_plan, a_problem, a_route, a_shift, a_visit, at, needs


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


def test_assistants_beside_a_nurse_inject_with_a_doctor_on_site_only():
    shift = a_shift(injectors=3, assistants=2, doctor=False)

    assert injectors_for(shift, "moderna") == 1
    assert injectors_for(replace(shift, doctor=True), "moderna") == 3
    assert details(injectors=2, assistants=2, doctor=False) == [
        "no doctor beside the assistants of S1"
    ]


def test_a_product_that_fewer_of_the_crew_may_inject_takes_longer():
    usual = a_shift(injectors=2, ordered_products=frozenset({"moderna", "pfizer"}))
    shift = replace(usual, product_injectors=(("pfizer", 1),))

    assert [injectors_for(shift, one) for one in ("moderna", "pfizer")] == [2, 1]
    problem = a_problem(shifts=(shift,), needs=needs(4))
    lengths = [
        service_seconds(problem, a_visit(problem, product_id=one), shift)
        for one in ("moderna", "pfizer")
    ]
    assert lengths[1] - lengths[0] == 2 * 180
    assert details(product_injectors=(("moderna", 0),)) == ["nobody of S1 may inject moderna"]
