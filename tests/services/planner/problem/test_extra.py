"""Where a team is in its day, and what it has on board, by what was said of it."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.postgres.snapshot.rows import LoadedRow
from services.planner.problem.extra import count_aboard
from tests.facts import uid
from tests.scheduling.builders import a_problem

LEFT = datetime(2021, 2, 16, 7, tzinfo=UTC)
LATER = LEFT + timedelta(minutes=30)
PROBLEM = a_problem()  # moderna, ten doses a container


def doses(
    visit: str, kept: int, gone: int = 0, at: datetime = LATER, *, is_begun: bool = False
) -> list[LoadedRow]:
    """A visit with so many people, from which so many were taken off."""
    row = LoadedRow(uid("shift"), uid(visit), "moderna", is_begun)
    off = LoadedRow(uid("shift"), uid(visit), "moderna", is_begun, at)
    return [*[row] * kept, *[off] * gone]


@pytest.mark.parametrize(
    ("kept", "gone", "spare"), [(10, 0, 0), (10, 1, 10), (9, 1, 0), (0, 5, 10), (10, 11, 20)]
)
def test_people_who_were_taken_off_free_whole_containers(kept, gone, spare):
    assert count_aboard(doses("v", kept, gone), {}, LEFT, PROBLEM).get("moderna", 0) == spare


def test_who_was_taken_off_before_the_team_left_was_never_loaded():
    rows = doses("v", 10, 5, at=LEFT)

    assert count_aboard(rows, {}, LEFT, PROBLEM) == {}
    assert count_aboard(doses("v", 10, 5, LEFT + timedelta(seconds=1)), {}, LEFT, PROBLEM)


def test_what_was_opened_at_a_stop_stays_there():
    assert count_aboard(doses("v", 2, 10, is_begun=True), {}, LEFT, PROBLEM) == {}


def test_each_visit_opens_its_own_containers():
    rows = [*doses("v", 5, 1), *doses("w", 5, 1)]

    assert count_aboard(rows, {}, LEFT, PROBLEM) == {}


def test_an_extra_stop_uses_what_was_to_spare():
    rows = [*doses("v", 10, 5), *doses("extra", 10)]

    assert count_aboard(rows, {uid("extra"): LATER}, LEFT, PROBLEM) == {}
    assert count_aboard(doses("v", 10, 5), {}, LEFT, PROBLEM) == {"moderna": 10}


def test_an_extra_stop_that_was_agreed_before_the_team_left_was_loaded():
    rows = [*doses("v", 10, 5), *doses("extra", 10)]

    assert count_aboard(rows, {uid("extra"): LEFT}, LEFT, PROBLEM) == {"moderna": 10}


def test_a_product_that_nobody_knows_is_not_on_board():
    row = LoadedRow(uid("shift"), uid("v"), "other", is_begun=False, released_at=LATER)

    assert count_aboard([row], {}, LEFT, PROBLEM) == {}
