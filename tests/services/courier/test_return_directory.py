"""Where return records are posted to, as an operator says it by the command."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from standardwebhooks import Webhook

from infra.clock import SystemClock
from infra.errors import NotConfigured
from services.courier.return_directory import lay_ready_for, post_to
from tests.builders import REGION
from tests.services.courier.returning_world import NORTH, Loop, a_loop, listening

pytestmark = pytest.mark.postgres


@pytest.fixture
async def loop(fresh) -> AsyncIterator[Loop]:
    async with a_loop(fresh) as made:
        yield made


async def test_an_address_is_posted_to_with_the_secret_that_was_shown_until_it_is_taken_away(
    loop: Loop,
):
    settings = loop.fresh.settings(webhooks_internal=True)
    anna, bram = await loop.register("Anna", "Bram")
    async with listening() as listener:
        secret = await post_to(settings, REGION, NORTH, listener.url)
        await loop.give(anna)
        await loop.turn()
        await lay_ready_for(settings, REGION, NORTH)
        await loop.give(bram)
        await loop.turn()

    assert secret.startswith("whsec_")
    assert len(listener.got) == 1
    assert sorted(await loop.states()) == [("given", "acknowledged"), ("given", "sent")]


async def test_a_new_address_replaces_the_one_before_and_its_secret(loop: Loop):
    settings = loop.fresh.settings(webhooks_internal=True)
    (anna,) = await loop.register("Anna")
    async with listening() as old, listening() as new:
        first = await post_to(settings, REGION, NORTH, old.url)
        second = await post_to(settings, REGION, NORTH, new.url)
        await loop.give(anna)
        await loop.turn()

    assert first != second
    assert (len(old.got), len(new.got)) == (0, 1)


async def test_what_is_posted_is_signed_as_the_standard_says(loop: Loop):
    settings = loop.fresh.settings(webhooks_internal=True)
    (anna,) = await loop.register("Anna")
    async with listening() as listener:
        secret = await post_to(settings, REGION, NORTH, listener.url)
        await loop.give(anna)
        loop.desk = replace(loop.desk, real=SystemClock())
        await loop.turn()

    ((headers, body),) = listener.raw
    assert Webhook(secret).verify(body, headers)["resourceType"] == "Bundle"


async def test_an_address_that_is_not_safe_and_one_that_is_not_there_are_refused(loop: Loop):
    settings = loop.fresh.settings()

    with pytest.raises(NotConfigured, match="internal address"):
        await post_to(settings, REGION, NORTH, "https://127.0.0.1/fhir")
    with pytest.raises(NotConfigured, match="no address"):
        await lay_ready_for(settings, REGION, None)
