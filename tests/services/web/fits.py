"""A region in which one home waits for a visit, because it is open too early for the team."""

from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

from events.identifiers import Opening, Point
from events.location import LocationRegistered
from tests.builders import SmallRegion, say
from tests.facts import NOW, a_location, a_shift, uid
from tests.services.planner.planning import plan_with
from tests.services.web.conftest import Site

TODAY = date(2021, 2, 16)
ELSEWHERE = Point(lat=52.06, lon=5.16)
EARLY = Opening(weekday=1, begins=time(7), ends=time(8))


async def wake(site: Site) -> None:
    """Starts the process that answers, before anybody asks: on a busy machine that alone takes longer than a request may."""
    assert await site.parts.fitting._run(partial(abs, -1)) == 1
    site.clock.at = NOW


async def plan_one_early_home(site: Site) -> None:
    """De Eik, of four people, is open from seven to eight on the day on which the team is there."""
    await wake(site)
    facts = [one for one in SmallRegion(days=(TODAY,)).all() if not is_eik(one)]
    await say(await site.fresh.open("acceptor"), *facts, an_eik(opening=(EARLY,)))
    await plan_with(site.fresh)


async def plan_one_short_shift(site: Site) -> None:
    """Two homes of four people, and a team that has time for one of them."""
    await wake(site)
    small = SmallRegion(days=())
    ends = datetime.combine(TODAY, time(8, 55), UTC)
    await say(await site.fresh.open("acceptor"), *small.all(), a_shift(day=TODAY, ends_at=ends))
    await plan_with(site.fresh)


def an_eik(**changes: Any) -> LocationRegistered:
    return a_location("eik", point=ELSEWHERE, **changes)


def is_eik(payload: object) -> bool:
    return isinstance(payload, LocationRegistered) and payload.location_id == uid("eik")
