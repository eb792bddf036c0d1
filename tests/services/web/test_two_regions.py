"""One person in two regions: from what both practices and a team say to what both planners and both practices read."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from events.envelope import Sender
from events.identifiers import NATIONAL, Payload
from events.organisations import OrganisationKind
from events.practice import ConsentStatus
from events.teams import CrewMember, CrewRole
from infra.postgres.database import Who
from tests import facts
from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.planner.planning import plan_with
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME, NOW
from tests.services.web.test_same_words import store
from tests.services.web.test_who_acted import an_event, offer

pytestmark = pytest.mark.postgres
PERSON = {
    "bsn": "999990172",
    "given_name": "Trijntje",
    "family_name": "Overheen",
    "birth_date": "1933-05-06",
    "postcode": "3581AB",
}
SECOND = datetime(2021, 3, 15, 6, tzinfo=UTC)  # four weeks after the first dose
SHIFT = date(2021, 3, 17)


def in_region(region: str, name: str) -> UUID:
    return uid(f"{region} {name}")


async def settle_region(site: Site, region: str) -> None:
    """A practice, a home, stock and a crew of this region's own, with a shift when the second dose is due."""
    place, post = in_region(region, "home"), in_region(region, "post")
    practice, team = in_region(region, "practice"), in_region(region, "team")
    roles = (CrewRole.DOCTOR, CrewRole.NURSE)
    crew = tuple(CrewMember(member_id=in_region(region, one.value), role=one) for one in roles)
    named = {"name": f"Praktijk van {region}", "kind": OrganisationKind.PRACTICE, "point": None}
    said: tuple[tuple[Sender, tuple[Payload, ...]], ...] = (
        (
            Sender.OPERATOR,
            (
                facts.an_organisation(organisation_id=post),
                facts.an_organisation(organisation_id=practice, **named),
            ),
        ),
        (
            Sender.INSTITUTION,
            (facts.a_location(location_id=place, name=f"Huis van {region}"),),
        ),
        (
            Sender.HAP,
            (
                facts.a_team(team_id=team, organisation_id=post, name=f"Ploeg {region}"),
                facts.an_order(organisation_id=post),
                *(facts.a_certificate(one.role, member_id=one.member_id) for one in crew),
                facts.a_shift(
                    day=SHIFT,
                    shift_id=in_region(region, "shift"),
                    team_id=team,
                    depot_id=post,
                    crew=crew,
                ),
            ),
        ),
        (
            Sender.GGD,
            (facts.a_delivery(delivery_id=in_region(region, "delivery"), depot_id=post),),
        ),
    )
    for sender, payloads in said:
        await site.say(sender, *payloads, region=region)


def practice(region: str) -> Who:
    return Who("practice", region, in_region(region, "practice"), f"test:{region}")


async def tell(site: Site, region: str, said: Payload, at: datetime) -> None:
    """A fact of the region's practice, by its system."""
    who = practice(region)
    site.clock.at = at
    source = f"urn:nld:prikploeg:practice:{who.organisation}"
    value = an_event(said, source, time=at.isoformat(), partitionkey=region)
    answer = await offer(site, who, value)
    assert answer.status_code == 202, answer.text


def about(region: str, person: UUID) -> dict[str, UUID]:
    return {
        "person_id": person,
        "location_id": in_region(region, "home"),
        "practice_id": in_region(region, "practice"),
    }


async def read(site: Site, who: Who, path: str) -> httpx2.Response:
    async with site.client(who, cookie=not path.startswith("/api")) as client:
        answer: httpx2.Response = await client.get(path)
    return answer


async def appointments(site: Site, person: UUID) -> list[tuple[object, ...]]:
    door = await site.fresh.open("acceptor")
    query = "SELECT region, dose_no FROM appointments WHERE person = $1 AND live"
    return await rows(door, query, person)


@pytest.fixture
async def person(unplanned: Site) -> UUID:
    """Registered and given dose 1 in the first region; registered and willing in the second, later."""
    site = unplanned
    await site.say(Sender.GGD, facts.a_product(), facts.a_campaign(), region=NATIONAL)
    for region in (HOME, ABROAD):
        await settle_region(site, region)
    first, second = [await store(site, practice(one), **PERSON) for one in (HOME, ABROAD)]
    assert first == second
    born = {"birth_year": 1933}
    await tell(site, HOME, facts.a_patient(**about(HOME, first), **born), NOW)
    given = facts.a_dose(
        person_id=first,
        visit_id=uid("earlier"),
        location_id=in_region(HOME, "home"),
        depot_id=in_region(HOME, "post"),
        team_id=in_region(HOME, "team"),
        given_at=NOW - timedelta(hours=1),
    )
    await site.say(Sender.TEAM, given)
    moved = NOW + timedelta(days=5)
    await tell(site, ABROAD, facts.a_patient(**about(ABROAD, first), **born), moved)
    willing = facts.a_consent(**about(ABROAD, first), status=ConsentStatus.GIVEN)
    await tell(site, ABROAD, willing, moved)
    site.clock.at = SECOND
    for region in (HOME, ABROAD, HOME):
        await plan_with(site.fresh, now=SECOND, region=region)
    return first


async def test_the_second_dose_is_planned_once_in_the_country_by_the_later_region(
    unplanned: Site, person: UUID
):
    site = unplanned
    assert await appointments(site, person) == [(ABROAD, 2)]

    day = f"/api/v1/plan?day={SHIFT}"
    here = (await read(site, site.who("planner"), day)).json()["visits"]
    there = (await read(site, site.who("planner", ABROAD), day)).json()["visits"]
    assert here == []
    assert [one["people"] for one in there] == [1]


async def test_both_practices_read_their_patient_and_nothing_of_the_other_region(
    unplanned: Site, person: UUID
):
    site = unplanned
    for region, other, state in ((HOME, ABROAD, "taken_over"), (ABROAD, HOME, "planned")):
        told = (await read(site, practice(region), f"/api/v1/patients/{person}")).json()
        page = (await read(site, practice(region), f"/praktijk?patient={person}")).text

        (registration,) = told["registrations"]
        assert registration["state"] == state, told
        assert "Trijntje Overheen" in page
        assert "dosis 1" in page.lower()
        sentence = "door" if region == HOME else "van"
        assert f"Overgenomen {sentence} een andere regio" in page
        for theirs in (f"van {other}", f"Ploeg {other}", str(in_region(other, "practice"))):
            assert theirs.casefold() not in page.casefold()
            assert theirs.casefold() not in str(told).casefold()
        assert f"Huis Van {region.title()}" in page


async def test_both_planners_read_that_somebody_moved_and_not_who_or_where(
    unplanned: Site, person: UUID
):
    site = unplanned
    for region, other, sentence in ((HOME, ABROAD, "door"), (ABROAD, HOME, "van")):
        page = (await read(site, site.who("planner", region), "/planning")).text

        assert f"1 persoon is overgenomen {sentence} een andere regio" in page
        for theirs in ("Trijntje", "Overheen", f"van {other}", f"Ploeg {other}", str(person)):
            assert theirs.casefold() not in page.casefold()


async def test_a_refusal_in_the_region_of_before_takes_the_appointment_of_the_other_off(
    unplanned: Site, person: UUID
):
    site = unplanned
    refused = facts.a_consent(**about(HOME, person), status=ConsentStatus.REFUSED)
    await tell(site, HOME, refused, SECOND)

    assert await appointments(site, person) == []
    told = (await read(site, practice(ABROAD), f"/api/v1/patients/{person}")).json()
    assert told["registrations"][0]["state"] == "blocked"  # two answers, and not whose
