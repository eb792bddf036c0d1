"""Counts, quarantine and corrections of supply, from the event that comes in to what planner and crisis team read."""

import json
import re
from datetime import timedelta

import pytest

from events.codec import encode, to_event
from events.envelope import Record, Sender, System
from events.leftovers import (
    ContainerCorrected,
    ContainerOpened,
    LeftoverOffered,
    LeftoverTaken,
)
from events.supply import (
    DeliveryConfirmed,
    DeliveryReceived,
    LotQuarantined,
    LotReleased,
    StockCounted,
)
from events.visits import DoseWasted, WasteCorrected, WasteReason
from services.accept.submission import Submission
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, NOW, PRODUCT, an_id
from tests.services.web.test_status import home_of

pytestmark = pytest.mark.postgres
LOT = "FK8912"
MINUTE = timedelta(minutes=1)


def a_count(site: Site, doses: int, minutes: int = 0, **changes) -> StockCounted:
    usual = {
        "depot_id": site.home.post,
        "product_id": PRODUCT,
        "lot": LOT,
        "doses": doses,
        "counted_at": NOW + minutes * MINUTE,
    }
    return StockCounted(**usual | changes)


async def page_of(site: Site, role: str = "planner") -> str:
    async with site.client(site.who(role)) as client:
        answer = await client.get("/planning" if role == "planner" else "/regio")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


async def settle(site: Site, **fields: str):
    who = site.who("planner")
    key = f"{site.home.post} {PRODUCT} {LOT}"
    async with site.client(who) as client:
        return await client.post(
            "/planning/telling", data={"partij": key, "proof": site.proof(who), **fields}
        )


async def usable(site: Site) -> int:
    async with site.client(site.who("planner"), cookie=False) as client:
        return (await client.get("/api/v1/stock")).json()["products"][0]["usable"]


@pytest.mark.parametrize("role", ["planner", "crisis"])
async def test_a_count_that_differs_is_shown_with_both_numbers_and_who_counted(site: Site, role):
    site.clock.at = NOW + 30 * MINUTE
    await site.say(Sender.GGD, a_count(site, 110, 10))
    await site.say(Sender.HAP, a_count(site, 115, 12))

    page = await page_of(site, role)

    assert f"Telling wijkt af: lot {LOT}, Huisartsenpost Zeist" in page
    assert "Geteld: 110, 115. In de boeken: 120. Geteld door GGD, huisartsenpost." in page
    assert 'id="tellingen"' in page
    assert ('action="/planning/telling"' in page) == (role == "planner")
    assert await usable(site) == 120


async def test_a_count_that_is_said_twice_is_one_count(site: Site):
    await site.say(Sender.GGD, a_count(site, 110), a_count(site, 110))

    page = await page_of(site)

    assert "Geteld: 110. In de boeken: 120." in page
    await settle(site, doses="110", reden="nageteld")
    assert "Telling wijkt af" not in await page_of(site)


async def test_a_count_says_which_person_counted_for_whom(site: Site):
    said = {
        "specversion": "1.0",
        "type": "stock.counted.v1",
        "source": f"urn:nld:prikploeg:hap:{site.home.post}:app",
        "id": "counted",
        "data": a_count(site, 110).model_dump(mode="json"),
    }
    async with site.client(site.who("planner"), cookie=False) as client:
        await client.post(
            "/api/v1/events",
            content=json.dumps(said),
            headers={"content-type": "application/cloudevents+json"},
        )

    assert "Geteld door Huisartsenpost Zeist (" in await page_of(site)


async def test_a_count_that_agrees_asks_nothing(site: Site):
    await site.say(Sender.GGD, a_count(site, 120))

    assert "Telling wijkt af" not in await page_of(site)


async def test_a_planner_settles_counts_with_a_reason_and_the_difference_is_gone(site: Site):
    site.clock.at = NOW + 30 * MINUTE
    await site.say(Sender.GGD, a_count(site, 110, 10))
    await site.say(Sender.HAP, a_count(site, 112, 12))

    answer = await settle(site, doses="111", reden="samen nageteld")

    assert answer.status_code == 303
    page = await page_of(site)
    assert "Telling wijkt af" not in page
    assert "telling vastgesteld door" in page
    assert "samen nageteld" in page
    assert await usable(site) == 111
    site.clock.at = NOW + 60 * MINUTE
    await site.say(
        Sender.TEAM,
        DoseWasted(
            depot_id=site.home.post,
            product_id=PRODUCT,
            lot=LOT,
            doses=3,
            reason=WasteReason.BROKEN,
            wasted_at=NOW + 50 * MINUTE,
        ),
    )
    assert await usable(site) == 108


async def test_a_count_is_settled_once_and_never_without_a_number_and_a_reason(site: Site):
    await site.say(Sender.GGD, a_count(site, 110))

    empty = await settle(site, doses="", reden="")
    bsn = await settle(site, doses="110", reden="999990019 zei het")
    await settle(site, doses="110", reden="nageteld")
    again = await settle(site, doses="100", reden="nog eens")

    assert (empty.status_code, bsn.status_code, again.status_code) == (422, 422, 403)
    assert "Deze telling staat niet meer open" in again.text
    assert await usable(site) == 110


async def test_a_system_settles_counts_through_the_api(site: Site):
    await site.say(Sender.GGD, a_count(site, 110))
    async with site.client(site.who("planner"), cookie=False) as client:
        (count,) = (await client.get("/api/v1/stock")).json()["counts"]
    assert (count["counted"], count["booked"]) == (110, 120)
    said = {
        "specversion": "1.0",
        "type": "stock.adjusted.v1",
        "source": f"urn:nld:prikploeg:hap:{site.home.post}:app",
        "id": "settled",
        "data": {
            "depot_id": str(site.home.post),
            "product_id": PRODUCT,
            "lot": LOT,
            "doses": 109,
            "counts": [{"source": count["source"], "id": count["id"]}],
            "reason": "een lag achter in de koelkast",
            "adjusted_by": str(an_id("member")),
            "adjusted_at": NOW.isoformat(),
        },
    }

    async with site.client(site.who("planner"), cookie=False) as client:
        answer = await client.post(
            "/api/v1/events",
            content=json.dumps(said),
            headers={"content-type": "application/cloudevents+json"},
        )

    assert answer.status_code == 202, answer.text
    assert await usable(site) == 109
    assert "Telling wijkt af" not in await page_of(site)


async def test_a_delivery_that_is_said_again_is_not_added_to_what_was_said_first(site: Site):
    again = DeliveryReceived(
        delivery_id=an_id(HOME, "delivery"),
        depot_id=site.home.post,
        product_id=PRODUCT,
        lot=LOT,
        doses=50,
        received_on=NOW.date(),
        use_by=NOW.date() + timedelta(days=20),
    )

    await site.say(Sender.GGD, again)

    assert await usable(site) == 50
    assert "<dd>50 <small>doses" in await page_of(site)


@pytest.mark.parametrize("role", ["planner", "crisis"])
async def test_doses_in_quarantine_are_shown_apart_with_lot_and_moment(site: Site, role):
    await site.say(Sender.GGD, LotQuarantined(product_id=PRODUCT, lot=LOT))

    page, home = await page_of(site, role), await home_of(site)

    assert f"Lot {LOT} staat in quarantaine" in page
    assert "120 doses Spikevax in Huisartsenpost Zeist, sinds wo 17 feb, ochtend." in page
    assert "120 in quarantaine" in page
    assert (home["stock"][0]["usable"], home["stock"][0]["quarantined"]) == (0, 120)
    assert home["quarantined_lots"] == [
        {"product": PRODUCT, "lot": LOT, "doses": 120, "since": NOW.isoformat()}
    ]

    await site.say(Sender.GGD, LotReleased(product_id=PRODUCT, lot=LOT))
    assert "quarantaine:" not in await page_of(site, role)
    assert (await home_of(site))["quarantined_lots"] == []
    assert await usable(site) == 120


async def test_planned_visits_whose_only_doses_are_in_quarantine_come_into_the_inbox(site: Site):
    await site.say(Sender.GGD, LotQuarantined(product_id=PRODUCT, lot=LOT))

    page = await page_of(site)

    assert "1 bezoek zonder bruikbare doses: Huisartsenpost Zeist" in page
    assert f"lot {LOT} staat in quarantaine. Het eerste is Lindeplein" in page


async def test_a_visit_with_other_doses_in_its_depot_is_not_in_the_inbox(site: Site):
    other = DeliveryReceived(
        delivery_id=an_id("other"),
        depot_id=site.home.post,
        product_id=PRODUCT,
        lot="OTHER",
        doses=10,
        received_on=NOW.date(),
        use_by=NOW.date() + timedelta(days=20),
    )
    await site.say(Sender.GGD, LotQuarantined(product_id=PRODUCT, lot=LOT), other)

    assert "zonder bruikbare doses" not in await page_of(site)


async def test_corrected_waste_is_shown_as_it_was_said_and_as_it_is(site: Site):
    wasted = DoseWasted(
        depot_id=site.home.post,
        product_id=PRODUCT,
        lot=LOT,
        doses=5,
        reason=WasteReason.BROKEN,
        wasted_at=NOW,
    )
    source = "urn:nld:prikploeg:team:test"
    right = WasteCorrected(
        **wasted.model_dump() | {"doses": 2},
        of_source=source,
        of_id="the-waste",
        why="drie lagen nog in de doos",
        corrected_by=an_id("member"),
    )
    await site.say(Sender.TEAM, right)
    assert await usable(site) == 120

    await say_as(site, source, "the-waste", wasted)

    assert await usable(site) == 118
    for role in ("planner", "crisis"):
        page = await page_of(site, role)
        assert f"{LOT}: 5" in page
        assert f"{LOT}: 2" in page
        assert "drie lagen nog in de doos" in page
    assert "<dt>Gebroken</dt><dd>2</dd>" in await page_of(site, "crisis")


async def say_as(site: Site, source: str, event_id: str, payload) -> None:
    system = System("test", Sender.TEAM, (source,), frozenset({HOME}))
    event = to_event(event_id, source, NOW, HOME, payload)
    value, headers = encode(event.envelope, event.body)
    await site.say.group.submit(Submission((Record(system, value, dict(headers)),)))


async def test_a_confirmed_delivery_that_is_late_or_short_comes_into_the_inbox(site: Site):
    late = DeliveryConfirmed(
        delivery_id=an_id("late"),
        depot_id=site.home.post,
        product_id=PRODUCT,
        doses=300,
        expected_on=NOW.date() - timedelta(days=1),
    )
    short = late.model_copy(update={"delivery_id": an_id(HOME, "delivery"), "doses": 150})

    await site.say(Sender.GGD, late, short)

    page = await page_of(site)
    assert "Levering van di 16 feb is er nog niet" in page
    assert "Levering van di 16 feb: 30 doses te weinig" in page


async def test_doses_left_over_are_shown_by_the_lot_of_the_corrected_container(site: Site):
    source, team = "urn:nld:prikploeg:team:test", an_id(HOME, "team")
    container = ContainerOpened(
        container_id=an_id("vial"), product_id=PRODUCT, lot=LOT, team_id=team, opened_at=NOW
    )
    offer = LeftoverOffered(
        offer_id=an_id("offer"),
        team_id=team,
        campaign_id=CAMPAIGN,
        product_id=PRODUCT,
        lot=LOT,
        doses=3,
        offered_at=NOW,
        use_before=NOW + 60 * MINUTE,
        container_id=an_id("vial"),
    )
    right = ContainerCorrected(
        **container.model_dump() | {"lot": "FK9999"},
        of_source=source,
        of_id="the-vial",
        why="verkeerd gelezen",
    )
    await say_as(site, source, "the-vial", container)
    await site.say(Sender.TEAM, offer)
    assert f"Spikevax, lot {LOT}, bruikbaar tot 11:30." in await page_of(site)

    await site.say(
        Sender.TEAM, right, LeftoverTaken(offer_id=offer.offer_id, team_id=team, taken_at=NOW)
    )

    page = await page_of(site)
    assert "2 doses over bij Team Vecht" in page
    assert "Spikevax, lot FK9999, bruikbaar tot 11:30." in page
    assert "verkeerd gelezen" in page


async def test_a_confirmed_delivery_is_shown_as_confirmed(site: Site):
    coming = DeliveryConfirmed(
        delivery_id=an_id("coming"),
        depot_id=site.home.post,
        product_id=PRODUCT,
        doses=300,
        expected_on=NOW.date() + timedelta(days=3),
    )
    await site.say(Sender.GGD, coming)

    page = await page_of(site, "crisis")

    assert "bevestigd</span></dt><dd>300</dd>" in page
