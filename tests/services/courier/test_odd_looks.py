"""Which looks stand out: very many people, oneself, neighbours and at night, by numbers of the region's own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from events.identifiers import NATIONAL
from infra.postgres.access_policy import AccessPolicy
from infra.postgres.courier.alerts import Looked
from services.courier.odd_looks import find_alerts

NOON = datetime(2021, 2, 17, 11, tzinfo=UTC)  # 12:00 in Amsterdam
POLICY = AccessPolicy(
    glass_minutes=30, review_hours=72, bulk_persons=3, bulk_minutes=60, night_begins=23, night_ends=6, night_roles="practice",
)  # fmt: skip


def a_look(person: int, at: datetime = NOON, role: str = "practice", who: str = "balie", alike: tuple[str, ...] = ()) -> Looked:  # fmt: skip
    return Looked(at, "GG2514", who, role, UUID(int=9), UUID(int=person), alike)


def spread(count: int, minutes: float, **more: str) -> list[Looked]:
    """So many people, one each so many minutes."""
    return [a_look(n, NOON + n * timedelta(minutes=minutes), **more) for n in range(count)]


def kinds(looks: list[Looked], policy: AccessPolicy = POLICY) -> list[tuple[str, int]]:
    return sorted((one.kind, one.persons) for one in find_alerts(looks, {NATIONAL: policy}))


@pytest.mark.parametrize(
    ("count", "minutes", "found"),
    [
        (3, 1, []),
        (4, 1, [("bulk", 4)]),
        (4, 20, [("bulk", 4)]),  # within an hour exactly
        (4, 21, []),
        (9, 21, []),
    ],
)
def test_more_people_than_the_policy_allows_within_its_minutes_stand_out(count, minutes, found):
    assert kinds(spread(count, minutes)) == found


def test_the_same_person_many_times_is_one_person():
    assert kinds([a_look(1, NOON + timedelta(seconds=n)) for n in range(50)]) == []


def test_people_of_several_readers_are_not_added_up():
    assert kinds([one for who in ("a", "b") for one in spread(3, 1, who=who)]) == []


def test_an_alert_says_who_in_which_role_and_how_long():
    looks = spread(5, 2)
    (alert,) = find_alerts(looks, {NATIONAL: POLICY})

    assert (alert.who, alert.role, alert.region) == ("balie", "practice", "GG2514")
    assert (alert.first_at, alert.last_at) == (looks[0].at, looks[-1].at)


@pytest.mark.parametrize("kind", ["own_name", "neighbour"])
def test_who_looks_at_the_own_name_or_a_neighbour_stands_out_at_once(kind: str):
    assert kinds([a_look(1, alike=(kind,)), a_look(2)]) == [(kind, 1)]


@pytest.mark.parametrize(
    ("hour", "minute", "role", "stands_out"),
    [  # of Amsterdam in winter: one hour later than UTC
        (21, 59, "practice", False),
        (22, 0, "practice", True),
        (4, 59, "practice", True),
        (5, 0, "practice", False),
        (23, 0, "planner", False),  # a post is open at night
    ],
)
def test_who_is_not_at_work_at_night_stands_out_then(hour, minute, role, stands_out):
    at = NOON.replace(hour=hour, minute=minute)

    assert kinds([a_look(1, at, role)]) == ([("night", 1)] if stands_out else [])


def test_the_roles_and_the_hours_of_the_night_are_settings():
    policy = replace(POLICY, night_roles="planner, crisis", night_begins=21, night_ends=5)
    at = NOON.replace(hour=20, minute=30)

    assert kinds([a_look(1, at, "planner")], policy) == [("night", 1)]
    assert kinds([a_look(1, at, "practice")], policy) == []


def test_a_program_has_no_name_and_no_night():
    assert kinds(spread(40, 0.1, role="system")) == []


def test_a_day_of_looking_is_one_alert_however_often_it_is_looked_at():
    looks = spread(10, 1)

    assert {one.id for one in find_alerts(looks, {NATIONAL: POLICY})} == {
        one.id for one in find_alerts(looks[:5], {NATIONAL: POLICY})
    }


def test_each_region_has_numbers_of_its_own():
    strict, looks = replace(POLICY, bulk_persons=1), spread(3, 1)

    assert find_alerts(looks, {NATIONAL: POLICY}) == []
    assert [one.kind for one in find_alerts(looks, {NATIONAL: POLICY, "GG2514": strict})] == ["bulk"]  # fmt: skip
    assert find_alerts(looks, {NATIONAL: POLICY, "GG0111": strict}) == []
