"""Which stops of a published plan no replanning may touch any more."""

from scheduling.freeze import frozen, is_frozen
from tests.scheduling.builders import HOUR, a_problem, a_route, a_visit, at, needs

PROBLEM = a_problem(needs=(*needs(2, "L1"), *needs(2, "L2")))
ROUTE = a_route(
    PROBLEM, "S1", (a_visit(PROBLEM, "L1"), at(0, 9)), (a_visit(PROBLEM, "L2"), at(0, 14))
)


def test_a_stop_freezes_at_the_second():
    assert is_frozen(start=HOUR, now=0, freeze_seconds=HOUR)
    assert not is_frozen(start=HOUR + 1, now=0, freeze_seconds=HOUR)


def test_frozen_stops_keep_everything_that_people_were_told():
    (row,) = frozen([ROUTE], now=at(0, 8), freeze_seconds=HOUR)

    stop = ROUTE.stops[0]
    assert (row.visit_id, row.shift_id, row.start) == (stop.visit.id, "S1", stop.start)
    assert row.person_ids == {person for person, _ in stop.visit.needs}
    assert row.service_seconds == stop.departure - stop.start
    assert (row.why, row.dose_no) == ("frozen", 1)


def test_nothing_is_frozen_long_before():
    assert list(frozen([ROUTE], now=0, freeze_seconds=HOUR)) == []
