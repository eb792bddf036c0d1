"""What of the ledger is one change, what waits for a plan, and for whom nothing waits."""

from datetime import datetime, timedelta

import pytest

from events.plans import VisitAssigned, VisitUnassigned
from infra.postgres.courier.telling import Told, VisitNow
from services.courier.waiting import LONGEST, Read, Waiting, find_losses, to_changes
from tests.facts import NOW, a_publication, an_assignment, uid

LATER = NOW + timedelta(seconds=3)
FREEZE = timedelta(hours=2)


def lost(plan: str = "plan") -> VisitUnassigned:
    return VisitUnassigned(visit_id=uid("visit"), plan_id=uid(plan), location_id=uid("wilg"))


def published(
    first: int, *lines: VisitUnassigned | VisitAssigned, at: datetime = NOW
) -> list[Read]:
    """A publication of the usual plan, with its lines behind it."""
    followed = [Read(first + 1 + n, at, line) for n, line in enumerate(lines)]
    return [Read(first, at, a_publication()), *followed]


def starting(at: datetime) -> VisitAssigned:
    return an_assignment(starts_at=at, ends_at=at + timedelta(hours=1))


def waiting(held_since: datetime | None = None) -> Waiting:
    return Waiting(held_since, NOW, NOW, FREEZE)


def test_what_a_publication_takes_off_waits_for_nothing():
    changes = to_changes(published(7, lost(), an_assignment("new")))

    assert [(one.first, len(one.lines)) for one in changes] == [(7, 2)]
    assert find_losses(changes) == []


@pytest.mark.parametrize(("seq", "at"), [(10, NOW), (9, LATER)])
def test_a_veto_on_what_the_same_plan_published_is_a_change_of_its_own(seq: int, at: datetime):
    changes = to_changes([*published(7, an_assignment("new")), Read(seq, at, lost())])

    assert [(one.first, one.is_published) for one in changes] == [(7, True), (seq, False)]
    assert find_losses(changes[1:]) == [seq]


def test_all_that_a_veto_takes_off_in_one_plan_is_one_change_and_each_plan_has_its_own():
    lines = [lost(), lost(), lost("other")]

    changes = to_changes([Read(seq, NOW, line) for seq, line in enumerate(lines, 4)])

    assert [len(one.lines) for one in changes] == [2, 1]
    assert find_losses(changes) == [4, 5, 6]


def test_what_comes_before_the_first_loss_does_not_wait_for_it():
    changes = to_changes([*published(3, an_assignment("new")), Read(9, LATER, lost())])

    assert find_losses(changes) == []


def test_nothing_waits_longer_than_the_longest():
    assert not waiting().is_over
    assert not waiting(NOW - LONGEST + timedelta(seconds=1)).is_over
    assert waiting(NOW - LONGEST).is_over


@pytest.mark.parametrize(
    ("begins_in", "at_once"),
    [
        (timedelta(hours=-2), False),
        (timedelta(minutes=-5), True),
        (FREEZE, True),
        (2 * FREEZE, False),
    ],
)
def test_a_visit_that_begins_within_the_freeze_time_may_not_wait(
    begins_in: timedelta, at_once: bool
):
    line = starting(NOW + begins_in)
    visit = VisitNow(7, False, 5, line.location_id, line.starts_at, line.ends_at)
    told = Told(line.visit_id, line.location_id, line.starts_at, line.ends_at, frozenset())
    of_old = {lost().visit_id: told}

    assert waiting().may_not([(7, line)], {}, {}) is at_once
    assert waiting().may_not([(7, lost())], {}, {lost().visit_id: visit}) is at_once
    assert waiting().may_not([(7, lost())], of_old, {}) is at_once


def test_a_visit_that_has_begun_hurries_nobody():
    line = starting(NOW)
    begun = VisitNow(7, True, 7, line.location_id, line.starts_at, line.ends_at)

    assert not waiting().may_not([(7, line)], {}, {line.visit_id: begun})
