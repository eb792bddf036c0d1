"""Somebody in the crews of two regions on one day: planned by one of them, and both planners read of it, not where."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from events.envelope import Sender
from events.identifiers import NATIONAL
from events.organisations import PolicyChanged
from events.teams import CrewMember, CrewRole, ShiftWithdrawn
from tests import facts
from tests.facts import uid
from tests.services.accept.looking import rows
from tests.services.planner.planning import plan_with
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME
from tests.services.web.test_two_regions import SECOND, SHIFT, in_region, read, settle_region

pytestmark = pytest.mark.postgres
SHARED = CrewMember(member_id=uid("somebody"), role=CrewRole.DOCTOR)
AT_SEVEN = datetime.combine(SHIFT, time(7), UTC)


async def roster(site: Site, region: str, begins: datetime, crew: Sequence[CrewMember]) -> None:
    """The region's shift, with this crew, and one resident who waits for dose 1."""
    shift = facts.a_shift(
        shift_id=in_region(region, "shift"),
        team_id=in_region(region, "team"),
        depot_id=in_region(region, "post"),
        starts_at=begins,
        ends_at=begins + timedelta(hours=8),
        crew=tuple(crew),
    )
    certificate = facts.a_certificate(SHARED.role, member_id=SHARED.member_id)
    await site.say(Sender.HAP, certificate, shift, region=region)
    about = {
        "location_id": in_region(region, "home"),
        "practice_id": in_region(region, "practice"),
    }
    person = f"resident of {region}"
    for said in (facts.a_patient(person, **about), facts.a_consent(person, **about)):
        await site.say(Sender.PRACTICE, said, region=region)


async def both_regions(site: Site, begins: datetime, *, shared: bool = True) -> None:
    """HOME's crew begins at seven, ABROAD's as said; then both are planned, and both again."""
    await site.say(Sender.GGD, facts.a_product(), facts.a_campaign(), region=NATIONAL)
    for region, start in ((HOME, AT_SEVEN), (ABROAD, begins)):
        await settle_region(site, region)
        own = CrewMember(member_id=in_region(region, "doctor"), role=CrewRole.DOCTOR)
        await roster(site, region, start, [SHARED if shared else own])
    site.clock.at = SECOND
    for region in (HOME, ABROAD, HOME, ABROAD):
        await plan_with(site.fresh, now=SECOND, region=region)


async def regions_with_visits(site: Site) -> list[str]:
    door = await site.fresh.open("acceptor")
    found = await rows(door, "SELECT region FROM visits WHERE live ORDER BY region")
    return [region for (region,) in found]


async def inbox(site: Site, region: str) -> str:
    return (await read(site, site.who("planner", region), "/planning")).text


async def test_who_is_in_two_crews_at_once_is_planned_by_one_region_and_both_are_told(
    unplanned: Site,
):
    await both_regions(unplanned, AT_SEVEN)

    assert await regions_with_visits(unplanned) == [HOME]
    for region, other in ((HOME, ABROAD), (ABROAD, HOME)):
        page = await inbox(unplanned, region)
        told = (
            rf"Iemand van team Ploeg {region.title()} \(wo 17 \w+, ochtend\) staat ook in een ploeg"
        )
        assert re.search(told, page)
        assert "Op hetzelfde moment." in page
        for theirs in (f"Ploeg {other}", str(in_region(other, "team")), str(SHARED.member_id)):
            assert theirs.casefold() not in page.casefold()
        assert f">{other}<" not in page


async def test_too_little_rest_between_two_regions_counts_per_member(unplanned: Site):
    await both_regions(unplanned, AT_SEVEN + timedelta(hours=12))

    assert await regions_with_visits(unplanned) == [HOME]
    assert "Met te weinig rust ertussen." in await inbox(unplanned, ABROAD)


@pytest.mark.parametrize(
    ("begins", "shared"),
    [(AT_SEVEN + timedelta(days=1), True), (AT_SEVEN, False)],
)
async def test_who_can_work_both_is_planned_by_both_and_nobody_is_told(
    unplanned: Site, begins: datetime, shared: bool
):
    await both_regions(unplanned, begins, shared=shared)

    assert await regions_with_visits(unplanned) == [ABROAD, HOME]
    assert "ploeg van een andere regio" not in await inbox(unplanned, HOME)


async def test_the_hours_of_a_week_count_over_both_regions(unplanned: Site):
    await unplanned.say(Sender.OPERATOR, PolicyChanged(max_week_minutes=15 * 60), region=ABROAD)

    await both_regions(unplanned, AT_SEVEN + timedelta(days=1))

    assert await regions_with_visits(unplanned) == [HOME]


async def test_when_one_roster_is_changed_the_other_region_is_planned(unplanned: Site):
    await both_regions(unplanned, AT_SEVEN)

    withdrawn = ShiftWithdrawn(shift_id=UUID(str(in_region(HOME, "shift"))))
    await unplanned.say(Sender.HAP, withdrawn)
    for region in (HOME, ABROAD):
        await plan_with(unplanned.fresh, now=SECOND, region=region)

    assert await regions_with_visits(unplanned) == [ABROAD]
    assert "ploeg van een andere regio" not in await inbox(unplanned, ABROAD)
