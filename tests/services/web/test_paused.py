"""While the state is rebuilt, pages are read as ever, and whoever saves is told that it waits."""

import pytest

from infra.postgres.state import pause_accept
from tests.services.web.conftest import Site
from tests.services.web.test_api import an_event, offer
from tests.services.web.test_proposal import decide, page_of, wait_for_decision

pytestmark = pytest.mark.postgres


async def test_pages_and_api_say_in_words_that_saving_waits(site: Site):
    await wait_for_decision(site)
    event = an_event(site)
    owner = await site.fresh.open("owner", 1)

    async with owner.transaction() as tx:
        await pause_accept(tx)
        said, page = await offer(site, event), await decide(site, "goedkeuren")
        assert "Voorstel 2 wacht op u" in await page_of(site)

    assert said.status_code == page.status_code == 503
    assert said.headers["retry-after"] == page.headers["retry-after"] == "30"
    assert "made anew after an upgrade" in said.json()["detail"]
    assert "opslaan kan over enkele minuten weer" in page.text
    assert "Er is niets opgeslagen" in page.text
    assert (await offer(site, event)).json()["outcomes"][0]["status"] == "accepted"
