"""Locations, depots and crisis visits as the scheduler takes them."""

from datetime import time

import pytest

from events.identifiers import Opening, Point
from events.location import LocationChanged, Urgency
from events.organisations import OrganisationKind
from scheduling.problem import Outbreak
from services.planner.problem.places import Map, to_crises, to_depots, to_locations, to_unknown
from tests.facts import a_campaign, a_crisis, an_organisation, uid
from tests.services.planner.problem.rows import CALENDAR, a_location_row

MORNINGS = tuple(Opening(weekday=day, begins=time(9), ends=time(12)) for day in range(5))


def location_of(*campaigns, **changes):
    return to_locations([a_location_row(**changes)], campaigns, Map(), CALENDAR)[0]


def test_what_was_said_of_a_room_later_replaces_hours_contact_and_seats():
    changed = LocationChanged(
        location_id=uid("wilg"), opening=MORNINGS, contact_known=False, seats=3
    )

    found = location_of(changed=changed)

    assert (found.seats, found.has_contact, len(found.time_windows)) == (3, False, 10)
    assert location_of().seats == 6


@pytest.mark.parametrize(
    ("policy", "outbreak"),
    [(None, Outbreak.NONE), ("block", Outbreak.BLOCKED), ("last", Outbreak.LAST)],
)
def test_an_outbreak_blocks_a_location_or_makes_it_the_last_stop(policy, outbreak):
    assert location_of(outbreak=policy).outbreak is outbreak


def test_setting_up_takes_as_long_as_the_slowest_campaign_asks():
    slow = a_campaign("slow", setup_minutes=20, pack_minutes=5)

    found = location_of(a_campaign(setup_minutes=10, pack_minutes=15), slow)

    assert (found.setup_seconds, found.pack_seconds) == (20 * 60, 15 * 60)
    assert location_of().setup_seconds == 600


def test_a_location_that_nobody_registered_is_never_open():
    found = to_unknown("L9", Map())

    assert (found.known, found.time_windows) == (False, ())


def test_places_at_one_point_are_one_place():
    area = Map()
    here = {"point": Point(lat=52.1, lon=5.1)}
    rows = [a_location_row(name=name, **here) for name in ("wilg", "eik")]

    found = to_locations(rows, (), area, CALENDAR)
    (depot,) = to_depots([an_organisation(**here)], area)

    assert {one.place for one in found} | {depot.place} == {0}
    assert len(area.travel().points) == 1


@pytest.mark.parametrize(
    ("kind", "is_depot"),
    [
        (OrganisationKind.POST, True),
        (OrganisationKind.DEPOT, True),
        (OrganisationKind.PRACTICE, False),
        (OrganisationKind.INSTITUTION_OWNER, False),
    ],
)
def test_shifts_begin_at_posts_and_depots(kind, is_depot):
    assert bool(to_depots([an_organisation(kind=kind)], Map())) is is_depot


def test_a_post_without_a_point_is_no_depot():
    assert to_depots([an_organisation(point=None)], Map()) == []


def test_a_crisis_visit_that_is_under_way_is_not_asked_for_again():
    asked = [a_crisis("one"), a_crisis("two", urgency=Urgency.U0)]

    (found,) = to_crises(asked, {str(uid("one"))}, CALENDAR)

    assert (found.id, found.priority) == (str(uid("two")), 100)
    assert (found.first_second, found.last_second) == (33 * 3600, 37 * 3600)
