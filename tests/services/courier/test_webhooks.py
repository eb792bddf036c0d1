"""Webhooks to a real receiver that fails in every way that receivers fail."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from events.type_names import TypeNames, to_full
from infra.postgres.pages.destinations import DestinationRow, destination_rows
from services.courier.desk import Desk
from services.courier.loop import Service, deliver_round, serve
from services.courier.webhooks import MOST
from tests.builders import REGION, say
from tests.conftest import Fresh
from tests.facts import a_dose, a_patient, not_given
from tests.services.accept.looking import rows
from tests.services.courier.receiver import (
    DOSES,
    DROP,
    HANG,
    Receiver,
    a_desk,
    add_webhook,
    receiving,
    the,
)

pytestmark = pytest.mark.postgres


@dataclass
class World:
    """A ledger with five doses among other things, a desk and a receiver."""

    desk: Desk
    receiver: Receiver
    secret: str
    doses: list[str]

    async def round(self, name: str = "one") -> bool:
        return await deliver_round(self.desk, await the(self.desk, name))

    async def until_delivered(self, name: str = "one") -> None:
        async with asyncio.timeout(20):
            while (await self.status(name)).behind:
                await self.round(name)
                await asyncio.sleep(0.02)

    async def status(self, name: str = "one") -> DestinationRow:
        async with self.desk.store.transaction() as tx:
            return next(row for row in await destination_rows(tx) if row.name == name)


async def doses_in(desk: Desk, region: str = REGION) -> list[str]:
    found = await rows(
        desk.door,
        "SELECT id FROM ledger WHERE region = $1 AND type LIKE 'dose.%' ORDER BY seq",
        region,
    )
    return [one for (one,) in found]


@pytest.fixture
async def world(fresh: Fresh) -> AsyncIterator[World]:
    async with a_desk(fresh) as desk, receiving() as receiver:
        await say(desk.door, a_patient(), *(a_dose(f"p{n}") for n in range(4)), not_given("m"))
        await say(desk.door, a_patient("late"))
        secret = await add_webhook(desk, "one", receiver.url)
        yield World(desk, receiver, secret, await doses_in(desk))


async def test_the_events_of_its_types_come_once_and_in_order(world: World):
    await world.until_delivered()
    await world.round()

    assert world.receiver.ids == world.doses
    assert (await world.status()).delivered == 5


async def test_a_message_is_signed_as_the_standard_says(world: World):
    await world.until_delivered()

    headers, body = world.receiver.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(world.secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()

    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert len({one["webhook-id"] for one, _ in world.receiver.got}) == 5


async def test_a_message_is_genuine_for_the_reader_of_the_standard_and_a_changed_one_is_not(
    world: World,
):
    await world.until_delivered()

    reader = Webhook(world.secret)
    for headers, body in world.receiver.got:
        assert reader.verify(body, headers)["id"] in world.doses
        with pytest.raises(WebhookVerificationError):
            reader.verify(body.replace(b"lot", b"lat", 1) + b" ", headers)
        with pytest.raises(WebhookVerificationError):
            reader.verify(body, headers | {"webhook-id": "msg_another"})


@pytest.mark.parametrize("failure", [500, 503, 404, 429, 302, HANG, DROP])
async def test_what_fails_is_tried_again_with_the_same_id_and_nothing_overtakes_it(
    world: World, failure: int
):
    world.receiver.answers[:] = [200, failure, failure]

    await world.until_delivered()

    came = [headers["webhook-id"] for headers, _ in world.receiver.got]
    assert world.receiver.ids == [world.doses[0], *3 * [world.doses[1]], *world.doses[2:]]
    assert came[1] == came[2] == came[3]


async def test_a_stored_subscription_under_full_names_gets_the_same_events(world: World):
    full = [to_full(name) for name in DOSES]
    await add_webhook(world.desk, "full", world.receiver.url, full)

    await world.until_delivered("full")

    assert world.receiver.ids == world.doses
    assert {json.loads(body)["type"] for _, body in world.receiver.got} <= set(DOSES)


async def test_events_leave_under_full_names_where_the_setting_says_so(world: World):
    full = replace(world.desk, names=TypeNames.FULL)

    await deliver_round(full, await the(full, "one"))

    types = {json.loads(body)["type"] for _, body in world.receiver.got}
    assert types == {"nl.prikploeg.dose.administered.v1", "nl.prikploeg.dose.not_given.v1"}


async def test_a_redirect_is_not_followed(world: World):
    world.receiver.answers[:] = [302]
    world.receiver.headers["location"] = "/elsewhere"

    await world.until_delivered()

    assert set(world.receiver.paths) == {"/hook"}


async def test_retry_after_is_kept(world: World):
    world.receiver.answers[:] = [429]
    world.receiver.headers["retry-after"] = "600"

    await world.round()
    for _ in range(3):
        await asyncio.sleep(0.1)
        await world.round()

    ((wait,),) = await rows(
        world.desk.store,
        "SELECT next_try_at - now() FROM destination_positions WHERE region = $1",
        REGION,
    )
    assert len(world.receiver.got) == 1
    assert timedelta(seconds=590) < wait <= timedelta(seconds=600)


async def test_waits_grow_and_a_success_ends_the_failing(world: World):
    world.receiver.always = 500
    waits = []
    for _ in range(4):
        await world.round()
        ((wait, again),) = await rows(
            world.desk.store,
            "SELECT next_try_at - now(), attempts FROM destination_positions WHERE region = $1",
            REGION,
        )
        waits.append(wait)
        await rows(
            world.desk.store, "UPDATE destination_positions SET next_try_at = now() RETURNING 1"
        )
    failing = await world.status()
    world.receiver.always = 200
    await world.until_delivered()
    well = await world.status()

    assert again == 4
    assert waits[3] > waits[1]
    assert failing.failing_since is not None
    assert failing.last_success_at is None
    assert (well.failing_since, well.attempts) == (None, 0)
    assert well.last_success_at is not None


async def test_an_event_that_is_refused_by_name_is_passed_over_and_counted(world: World):
    world.receiver.answers[:] = [200, *5 * [422]]

    await world.until_delivered()

    assert world.receiver.ids == [world.doses[0], *5 * [world.doses[1]], *world.doses[2:]]
    assert (await world.status()).dead == 1


async def test_a_refusal_after_an_outage_is_tried_again_like_the_first(world: World):
    world.receiver.answers[:] = [200, *5 * [503], 422]

    await world.until_delivered()

    assert world.receiver.ids == [world.doses[0], *6 * [world.doses[1]], *world.doses[1:]]
    assert (await world.status()).dead == 0


async def test_a_receiver_that_is_gone_is_disabled_at_once(world: World):
    world.receiver.answers[:] = [410]

    await world.round()

    found = await world.status()
    assert (found.state, found.why) == ("disabled", "status 410")
    assert found.behind > 0


async def test_a_receiver_that_fails_for_days_is_disabled_with_the_reason(world: World):
    world.receiver.always = 500
    await world.round()
    await rows(
        world.desk.store,
        "UPDATE destination_positions SET failing_since = now() - interval '6 days', next_try_at = now() RETURNING 1",
    )

    await world.round()

    found = await world.status()
    assert found.state == "disabled"
    assert "status 500" in found.why


async def test_more_than_one_turn_holds_comes_in_order(world: World):
    await say(world.desk.door, *(a_dose(f"q{n}") for n in range(2 * MOST)))

    await world.until_delivered()

    assert world.receiver.ids == await doses_in(world.desk)
    assert len(world.receiver.ids) == 2 * MOST + 5


async def test_a_crash_after_the_delivery_delivers_again(world: World, monkeypatch: Any):
    async def dies(*_: object) -> None:
        raise ConnectionError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("services.courier.webhooks.note", dies)
        with pytest.raises(ConnectionError):
            await world.round()
    await world.until_delivered()

    assert world.receiver.ids == 2 * world.doses


async def test_a_region_that_it_did_not_ask_for_does_not_come(world: World):
    await add_webhook(world.desk, "two", world.receiver.url, regions=["GG0111"])
    await say(world.desk.door, a_dose("abroad"), region="GG0111")

    await world.until_delivered("two")

    assert world.receiver.ids == await doses_in(world.desk, "GG0111")


async def test_a_new_destination_begins_now(world: World):
    await add_webhook(world.desk, "two", world.receiver.url, from_start=False)
    await world.until_delivered("two")
    await say(world.desk.door, a_dose("new"))

    await world.until_delivered("two")

    assert world.receiver.ids == (await doses_in(world.desk))[-1:]


async def test_a_dead_destination_delays_nobody_else(world: World):
    async with receiving(always=HANG) as dead:
        await add_webhook(world.desk, "dead", dead.url)
        service = Service(world.desk)
        begun = world.desk.real.monotonic()
        tasks = []
        for name in ("dead", "one"):
            destination = await the(world.desk, name)
            service.wakes[destination] = asyncio.Event()
            tasks.append(
                asyncio.create_task(serve(world.desk, destination, service.wakes[destination]))
            )
        while len(world.receiver.got) < 5:
            await asyncio.sleep(0.01)
        seconds = world.desk.real.monotonic() - begun
        for task in tasks:
            task.cancel()

    assert seconds < 0.9  # the dead one answers nothing for a whole second
    assert len(dead.got) <= 1


async def test_what_was_sent_holds_no_more_than_the_outward_topics(world: World):
    await world.until_delivered()

    for _, body in world.receiver.got:
        assert b'"partitionkey":"GG2514"' in body
        assert b"birth_year" not in body
