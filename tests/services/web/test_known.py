"""What a program of ours hears about a file before it sends it: what is known, in its region and the country."""

import pytest

from infra.postgres.database import Who
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, CAMPAIGN, HOME, PRODUCT, an_id

pytestmark = pytest.mark.postgres


async def ask(site: Site, region: str, **asked: object) -> dict:
    program = Who("system", region, None, "import")
    async with site.client(program, cookie=False) as client:
        answer = await client.post("/api/v1/known", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_key_is_known_where_somebody_registered_the_thing(site: Site):
    practice, place = str(site.home.practices[0]), str(site.home.locations[0])
    unknown = str(an_id("location", "nowhere"))
    asked = {
        "organisation": [practice, unknown],
        "location": [place, unknown],
        "campaign": [str(CAMPAIGN), unknown],
        "product": [PRODUCT, "no_such"],
    }

    here, there = await ask(site, HOME, **asked), await ask(site, ABROAD, **asked)

    assert here["keys"] == {
        "organisation": [practice],
        "location": [place],
        "campaign": [str(CAMPAIGN)],
        "product": [PRODUCT],
    }
    assert set(there["keys"]) == {"campaign", "product"}


async def test_an_event_is_known_by_its_name_in_its_own_region(site: Site):
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        row = await tx.fetchrow("SELECT source, id FROM ledger WHERE region = $1 LIMIT 1", HOME)
    events = [dict(row), {"source": row["source"], "id": "never said"}]

    assert (await ask(site, HOME, events=events))["events"] == [dict(row)]
    assert (await ask(site, ABROAD, events=events))["events"] == []
