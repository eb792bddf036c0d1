"""Every type of event shows on some page, or stands in `docs/events.md` as kept and not shown yet: both ways."""

import re
from pathlib import Path

import pytest

from events.catalogue import CATALOGUE, ENTRIES, TYPE_OF, RegionFrom
from events.identifiers import NATIONAL, Payload
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.one_of_each import OneOfEach, Proposal, Written, sender_of
from tests.services.web.seed import HOME, an_id, propose

pytestmark = pytest.mark.postgres
DOCUMENT = Path(__file__).parents[3] / "docs/events.md"
PLANNER = (
    "/planning?dag=2021-02-17",
    f"/planning?dag=2021-02-17&bezoek={an_id(HOME, 'visit')}",
    f"/planning?dag=2021-02-17&bezoek={an_id('second')}",
    "/planning/kaart.json?dag=2021-02-17",
    "/quarantaine",
    "/status",
    "/api/v1/plan?day=2021-02-17",
    "/api/v1/stock",
)
CRISIS = ("/regio", "/regio?toon=tabel", "/status")
PRACTICE = ("/praktijk", "/api/v1/patients", "/quarantaine")


def not_shown() -> dict[str, str]:
    """Types that the document lists as kept and not shown yet, or as seen in the next plan only, with why."""
    text = DOCUMENT.read_text(encoding="utf-8").split("## Kept, not shown yet")[1]
    return dict(re.findall(r"^\| `([a-z_.]+\.v[0-9]+)` \| (.+?) \|$", text, flags=re.MULTILINE))


async def look(site: Site) -> dict[str, str]:
    """Every page of every role as it is now, without what differs each time."""
    found: dict[str, str] = {}
    everybody = [("planner", 0, PLANNER), ("crisis", 0, CRISIS)]
    everybody += [("practice", number, PRACTICE) for number in (0, 1)]
    for role, number, paths in everybody:
        async with site.client(site.who(role, number=number)) as client:
            for path in paths:
                answer = await client.get(path)
                assert answer.status_code == 200, (role, path, answer.text[:500])
                shown = re.sub(r'(?:value|content)="[0-9a-f]{32}"', "", answer.text)
                found[f"{role} {number} {path}"] = shown
    return found


async def say(site: Site, one: OneOfEach, fact: Payload | Proposal) -> str:
    """Sends the fact as somebody who may say it; the type of the event."""
    if isinstance(fact, Proposal):
        await propose(site.say, site.home, HOME, served=fact.served, number=fact.number)
        return "plan.proposed.v1"
    kind = TYPE_OF[type(fact)]
    national = CATALOGUE[kind].region_from is RegionFrom.NATIONAL
    await site.say(sender_of(fact), fact, region=NATIONAL if national else HOME)
    newest = "SELECT source, id FROM ledger WHERE type LIKE $1 ORDER BY accepted_at DESC, seq DESC LIMIT 1"
    ((source, identity),) = await rows(one.ledger, newest, kind.rpartition(".")[0] + ".%")
    one.said[type(fact)] = Written(fact, source, identity)
    return kind


@pytest.mark.slow
async def test_one_fact_of_each_type_changes_a_page_or_is_listed(site: Site):
    before = await look(site)
    assert await look(site) == before
    one, seen, sent = OneOfEach(site, await site.fresh.open("acceptor", 1)), set[str](), set[str]()
    for fact in one.all():
        kind = await say(site, one, fact)
        after = await look(site)
        sent.add(kind)
        if after != before:
            seen.add(kind)
        before = after

    unsent, listed = {entry.name for entry in ENTRIES} - sent, set(not_shown())
    unseen, shown = sent - seen - listed, listed & seen
    assert not unsent, f"no fact of these types is sent: {sorted(unsent)}"
    assert not unseen, f"show these, or list them in docs/events.md: {sorted(unseen)}"
    assert not shown, f"these are shown, take them off the list in docs/events.md: {sorted(shown)}"


def test_what_shows_in_the_next_plan_only_does_change_the_problem():
    for kind, why in not_shown().items():
        assert kind in CATALOGUE
        if "next plan" in why:
            assert CATALOGUE[kind].changes_problem, kind
