"""Which doses a plan may count on, from which day to which."""

from datetime import date, timedelta

from scheduling.problem import Need, Product
from services.planner.problem.supply import to_products, to_stock, with_unknown
from tests.facts import a_product, uid
from tests.services.planner.problem.rows import (
    CALENDAR,
    MONDAY,
    a_stock_row,
    an_announcement_row,
    supply,
)

DAY = timedelta(days=1)
POST = str(uid("post"))
CATALOGUE = (a_product(fridge_days=30),)


def stock(*rows, in_cars=None, products=CATALOGUE):
    return to_stock(supply(*rows, products=products), in_cars or {}, CALENDAR)


def test_a_lot_counts_from_its_first_day_here_to_its_use_by():
    (line,) = stock(a_stock_row(since=MONDAY + 2 * DAY, use_by=MONDAY + 9 * DAY))

    assert (line.first_day, line.last_day, line.doses) == (2, 9, 100)


def test_what_lies_there_already_counts_from_the_first_day_of_the_horizon():
    (line,) = stock(a_stock_row(since=MONDAY - 9 * DAY))

    assert line.first_day == 0


def test_a_lot_in_quarantine_is_no_stock():
    assert stock(a_stock_row(is_usable=False)) == []


def test_a_lot_of_which_nothing_is_left_is_no_stock():
    assert stock(a_stock_row(0), a_stock_row(-3, "LOT2")) == []


def test_doses_in_cars_are_taken_from_the_lot_that_expires_first():
    lots = [a_stock_row(10, "EARLY"), a_stock_row(20, "LATE")]

    found = stock(*lots, in_cars={(POST, "moderna"): 12})

    assert [(line.lot, line.doses) for line in found] == [("LATE", 18)]


def test_doses_in_cars_of_another_depot_or_product_are_not_taken_from_this_one():
    elsewhere = {(str(uid("other")), "moderna"): 12, (POST, "pfizer"): 12}

    assert [line.doses for line in stock(a_stock_row(), in_cars=elsewhere)] == [100]


def test_doses_in_quarantine_lend_nothing_to_the_cars():
    lots = [a_stock_row(10, "WARM", is_usable=False), a_stock_row(20, "GOOD")]

    assert [line.doses for line in stock(*lots, in_cars={(POST, "moderna"): 12})] == [8]


def test_a_lot_without_a_use_by_or_a_catalogued_product_is_not_counted_on():
    assert stock(a_stock_row(use_by=None)) == []
    assert stock(a_stock_row(), products=()) == []


def test_an_announced_delivery_counts_from_the_day_after_until_it_has_been_thawed_too_long():
    (line,) = stock(an_announcement_row(MONDAY + 5 * DAY))

    assert (line.first_day, line.last_day, line.doses) == (6, 35, 100)


def test_only_a_confirmed_delivery_may_secure_next_doses():
    announced, confirmed = an_announcement_row(), an_announcement_row(is_confirmed=True)

    assert [line.confirmed for line in stock(announced, confirmed)] == [False, True]


def test_what_lies_in_a_depot_may_secure_next_doses():
    assert [line.confirmed for line in stock(a_stock_row())] == [True]


def test_a_delivery_of_today_may_still_come_and_one_of_yesterday_is_not_counted_on():
    assert len(stock(an_announcement_row(MONDAY))) == 1
    assert stock(an_announcement_row(MONDAY - DAY)) == []


def test_an_announcement_of_nothing_or_of_an_unknown_product_is_not_counted_on():
    assert stock(an_announcement_row(doses=0)) == []
    assert stock(an_announcement_row(product="pfizer")) == []


def test_a_product_that_nobody_catalogued_is_known_without_stock():
    need = Need("p1", "c1", 1, "L1", ("pfizer", "moderna"), 0, 9)

    found = with_unknown(to_products(CATALOGUE), [need])

    assert [product.id for product in found] == ["moderna", "pfizer"]
    assert found[1] == Product("pfizer", 1, open_seconds=0, transport_seconds=0)


def test_limits_of_a_product_are_minutes_in_the_catalogue_and_seconds_in_a_problem():
    (product,) = to_products((a_product(open_minutes=360, transport_minutes=720),)).values()

    assert (product.open_seconds, product.transport_seconds) == (6 * 3600, 12 * 3600)


def test_a_use_by_of_the_next_century_counts_as_ten_years():
    (line,) = stock(a_stock_row(use_by=date(2199, 12, 31)))

    assert line.last_day == 3660


def test_a_single_dose_counts_in_a_depot_and_announced():
    found = stock(a_stock_row(1), an_announcement_row(doses=1))

    assert [line.doses for line in found] == [1, 1]
