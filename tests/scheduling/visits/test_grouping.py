"""Residents to visits: who is called on together, for which product, in how many parts."""

from dataclasses import replace
from random import Random

from scheduling.problem import Consent, Outbreak, Published
from scheduling.visits.grouping import group, visit_id
from tests.scheduling.builders import (
    a_campaign,
    a_crisis,
    a_location,
    a_lot,
    a_need,
    a_pin,
    a_problem,
    a_product,
    a_shift,
    at,
    needs,
)


def sizes(problem) -> list[int]:
    return sorted((len(visit.needs) for visit in group(problem)), reverse=True)


def test_everybody_at_one_location_is_called_on_together():
    assert sizes(a_problem(needs=needs(17))) == [17]


def test_each_location_has_its_own_call():
    assert sizes(a_problem(needs=(*needs(3, "L1"), *needs(4, "L2")))) == [4, 3]


def test_who_may_not_be_planned_is_in_no_call():
    problem = a_problem(needs=(*needs(3), a_need("P", consent=Consent.UNKNOWN)))

    assert sizes(problem) == [3]
    assert sizes(replace(problem, locations=(a_location(outbreak=Outbreak.BLOCKED),))) == []


def test_more_residents_than_the_limit_are_split_in_whole_containers():
    assert sizes(a_problem(needs=needs(41))) == [30, 11]
    assert sizes(a_problem(needs=needs(50), max_residents_per_visit=30)) == [30, 20]


def test_no_part_is_larger_than_a_cool_box_or_a_shift():
    assert sizes(a_problem(needs=needs(30), shifts=(a_shift(capacity=19),))) == [10, 10, 10]
    short = a_shift(end=at(0, 10.5))
    assert sizes(a_problem(needs=needs(30), shifts=(short,)))[0] < 30


def test_doses_share_a_call_when_they_have_enough_days_in_common():
    first = needs(3)
    together = needs(3, dose_no=2, first_day=2, last_day=4)
    apart = needs(3, dose_no=2, first_day=2, last_day=9)

    problem = a_problem(
        needs=(*first, *(replace(n, person_id="x" + n.person_id) for n in together))
    )
    assert [(v.first_day, v.last_day) for v in group(problem)] == [(2, 4)]

    early = tuple(replace(need, last_day=3) for need in first)
    late = tuple(replace(n, person_id="x" + n.person_id) for n in apart)
    assert sizes(a_problem(needs=(*early, *late))) == [3, 3]


def test_days_on_which_the_location_is_closed_are_not_in_common():
    open_late = a_location(time_windows=a_location().time_windows[5:])
    first = needs(3, last_day=6)
    later = tuple(replace(n, person_id="x" + n.person_id, first_day=6) for n in needs(3))

    assert sizes(a_problem(needs=(*first, *later))) == [3, 3]
    assert sizes(a_problem(needs=(*first, *later), locations=(open_late,))) == [3, 3]
    near = tuple(replace(need, first_day=5) for need in later)
    assert sizes(a_problem(needs=(*first, *near), locations=(open_late,))) == [6]


def test_ids_are_the_same_in_every_plan_and_in_every_order():
    problem = a_problem(needs=(*needs(45), *needs(3, "L2")))
    shuffled = list(problem.needs)
    Random(1).shuffle(shuffled)

    ids = [visit.id for visit in group(problem)]

    assert ids == [visit.id for visit in group(replace(problem, needs=tuple(shuffled)))]
    assert ids == [visit.id for visit in group(replace(problem, now=at(0, 7), as_of=(9, 9)))]
    assert visit_id("L2", "C1", "moderna", "1", 0) in ids


def test_one_resident_more_does_not_change_the_id():
    before, after = (group(a_problem(needs=needs(count)))[0].id for count in (7, 8))

    assert before == after


def test_an_id_that_was_used_is_not_used_again():
    used = group(a_problem())[0].id

    assert group(a_problem(done_visits=frozenset({used})))[0].id != used


PFIZER = a_product("pfizer", doses_per_container=6)
BOTH = {
    "products": (a_product(), PFIZER),
    "campaigns": (a_campaign(products=("moderna", "pfizer")),),
}


def test_of_two_allowed_products_the_one_with_more_stock_is_taken():
    stock = (a_lot(100), a_lot(200, product_id="pfizer", lot="p"))
    either = needs(5, products=("moderna", "pfizer"))

    assert [v.product_id for v in group(a_problem(needs=either, stock=stock, **BOTH))] == ["pfizer"]


def test_a_published_visit_keeps_its_product():
    stock = (a_lot(100), a_lot(200, product_id="pfizer", lot="p"))
    told = Published(visit_id("L1", "C1", "moderna", "1", 0), "S1", at(0, 9))
    either = needs(5, products=("moderna", "pfizer"))

    problem = a_problem(needs=either, stock=stock, published=(told,), **BOTH)

    assert [visit.product_id for visit in group(problem)] == ["moderna"]


def test_a_series_in_one_problem_has_one_product_and_one_visit_after_each_visit():
    either = needs(45, products=("moderna", "pfizer"))
    following = tuple(replace(need, dose_no=2, since_dose=1) for need in either)
    visits = group(a_problem(needs=(*either, *following), **BOTH))

    assert {visit.product_id for visit in visits} == {"moderna"}
    people = [{person for person, _ in visit.needs} for visit in visits]
    assert all(people.count(one) == 2 for one in people)


def test_residents_who_ask_for_a_skill_are_called_on_apart():
    special = a_need("P", skills=frozenset({"sedation"}))

    assert sizes(a_problem(needs=(*needs(5), special))) == [5, 1]


def test_a_fixed_stop_keeps_its_residents_and_the_others_get_a_call_of_their_own():
    told = group(a_problem(needs=needs(4)))[0]
    pin = a_pin(told.id, at(0, 9), (person for person, _ in told.needs))

    visits = group(a_problem(needs=needs(6), fixed=(pin,)))

    assert {len(v.needs): v.id == told.id for v in visits} == {4: True, 2: False}


def test_a_crisis_visit_is_a_call_without_product():
    (visit,) = group(a_problem(needs=(), crisis_visits=(a_crisis(),)))

    assert (visit.id, visit.product_id, visit.doses, visit.campaign_id) == ("X1", None, 0, None)


def test_who_began_a_series_is_called_on_apart_when_there_is_too_little():
    everybody = (a_need("second", dose_no=2), *needs(10))
    keeping = (a_campaign(reserve_next_dose=True),)
    enough, short = (
        group(a_problem(needs=everybody, campaigns=keeping, stock=(a_lot(doses),)))
        for doses in (30, 29)
    )

    assert [len(visit.needs) for visit in enough] == [11]
    assert sorted(len(visit.needs) for visit in short) == [1, 10]
