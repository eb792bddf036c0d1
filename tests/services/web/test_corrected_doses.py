"""Corrections, doses of elsewhere and facts that no longer fit, as planner and practice read them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from events.codec import encode, to_event
from events.envelope import Record, Sender, System
from events.identifiers import Payload
from events.leftovers import ContainerOpened, LeftoverOffered
from events.plans import VisitUnassigned
from events.practice import DoseGivenElsewhere, Teller
from events.supply import LotQuarantined
from events.visits import (
    DoseCorrected,
    DoseNotGiven,
    DoseRetracted,
    DoseWasted,
    NotGiven,
    RetractionReason,
    VisitStarted,
    WasteCorrected,
    WasteReason,
)
from infra.postgres.campaign_view import view_region
from services.accept.submission import Status, Submission
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, NOW, PRODUCT, an_id
from tests.services.web.test_doses import (
    TEAM,
    a_dose,
    page_of,
    patient,
    say,
    standing_of,
    stock,
    totals,
)

pytestmark = pytest.mark.postgres
BY = {"author_id": an_id("nurse"), "device_id": "tablet-7", "device_at": NOW}
HOUR = timedelta(hours=1)


async def say_at(site: Site, event_id: str, payload: Payload, hours: int) -> None:
    """A fact of the team under this id, that was so some hours before now."""
    event = to_event(event_id, TEAM, NOW - 24 * HOUR + hours * HOUR, HOME, payload)
    value, headers = encode(event.envelope, event.body)
    system = System("test", Sender.TEAM, (TEAM,), frozenset({HOME}))
    (outcome,) = await site.say.group.submit(Submission((Record(system, value, dict(headers)),)))
    assert outcome.status is Status.ACCEPTED, outcome


def a_correction(site: Site, of_id: str, person: UUID, why: str, **changes: Any) -> DoseCorrected:
    usual = {
        "of_source": TEAM,
        "of_id": of_id,
        "person_id": person,
        "campaign_id": CAMPAIGN,
        "location_id": site.home.locations[0],
        "dose_no": 1,
        "product_id": PRODUCT,
        "given_at": NOW,
        "why": why,
        "corrected_by": an_id("doctor", why),
    }
    return DoseCorrected(**usual | changes)


def a_retraction(site: Site, of_id: str, person: UUID, why: str) -> DoseRetracted:
    return DoseRetracted(
        of_source=TEAM,
        of_id=of_id,
        person_id=person,
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[0],
        reason=RetractionReason.NOT_GIVEN,
        why=why,
        corrected_by=an_id("doctor", why),
    )


async def test_a_correction_of_a_correction_takes_effect_and_every_step_stays_visible(site: Site):
    person = patient(site)
    before = await stock(site)
    await say(site, "dose", a_dose(site, person, NOW, **BY))
    await say_at(
        site, "once", a_correction(site, "dose", person, "wrong lot", lot="LOT-A", **BY), 1
    )

    await say_at(site, "twice", a_retraction(site, "once", person, "the syringe fell"), 2)

    page = await page_of(site, "planner", "/planning/doses")
    for said in ("wrong lot", "the syringe fell", "LOT-A", "Vervangen door een latere verbetering"):
        assert said in page
    assert "Zo telt het nu" in page
    for why in ("wrong lot", "the syringe fell"):
        assert str(an_id("doctor", why))[:8] in page
    assert page.count(f"vastgelegd door <code>{str(an_id('nurse'))[:8]}</code> tablet-7") >= 2
    assert await stock(site) == before
    assert await standing_of(site, person) == ("blocked", [])

    await say_at(site, "thrice", a_correction(site, "twice", person, "it was given after all"), 3)

    assert before - await stock(site) == 1
    assert await standing_of(site, person) == ("partly", [])
    assert "it was given after all" in await page_of(site, "planner", "/planning/doses")


async def test_a_correction_of_what_nobody_told_yet_is_shown_as_waiting_until_it_comes(site: Site):
    person = patient(site)
    await say_at(site, "twice", a_correction(site, "once", person, "second try"), 2)
    await say_at(site, "once", a_correction(site, "dose", person, "first try"), 1)

    waiting = await page_of(site, "planner", "/planning/doses")
    before = await standing_of(site, person)
    await say(site, "dose", a_dose(site, person, NOW))

    assert waiting.count("Verbetering wacht op de eerste melding") >= 2
    assert waiting.count("Wacht; telt zodra de eerste melding er is") == 2
    assert before == ("blocked", [])
    after = await page_of(site, "planner", "/planning/doses")
    assert "wacht op de eerste melding" not in after
    assert await standing_of(site, person) == ("partly", [])


async def test_corrections_of_waste_that_follow_each_other_or_wait_are_all_shown(site: Site):
    wasted = DoseWasted(
        depot_id=site.home.post,
        product_id=PRODUCT,
        lot="FK8912",
        doses=5,
        reason=WasteReason.BROKEN,
        wasted_at=NOW,
    )

    def corrected(of_id: str, doses: int, why: str) -> WasteCorrected:
        whole = wasted.model_dump() | {"doses": doses}
        return WasteCorrected(**whole, of_source=TEAM, of_id=of_id, why=why)

    before = await stock(site)
    await say_at(site, "waste", wasted, 0)
    await say_at(site, "w1", corrected("waste", 3, "counted again"), 1)
    await say_at(site, "w2", corrected("w1", 2, "and once more"), 2)
    await say_at(site, "w3", corrected("never told", 9, "of another day"), 3)

    assert before - await stock(site) == 2
    page = await page_of(site, "planner", "/planning")
    for said in ("counted again", "and once more", "of another day"):
        assert said in page
    assert page.count("Zo telt het nu") == 1
    assert page.count("Vervangen door een latere verbetering") == 1
    assert page.count("Wacht; telt zodra de eerste melding er is") == 1


async def test_a_dose_of_elsewhere_is_shown_with_its_place_and_who_told_of_it(site: Site):
    person = patient(site)
    said = DoseGivenElsewhere(
        person_id=person,
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[0],
        dose_no=1,
        product_id=PRODUCT,
        given_on=date(2021, 2, 1),
        place="ziekenhuis te Zeist",
        told_by=Teller.LETTER,
        practice_id=site.home.practices[0],
    )

    await site.say(Sender.PRACTICE, said)

    told = "elders gegeven: ziekenhuis te Zeist, volgens een brief"
    assert told in await page_of(site, "practice", f"/praktijk?patient={person}")
    assert told in await page_of(site, "planner", "/planning/doses")
    for role in ("crisis", "practice"):
        async with (await site.reader()).reading(site.who(role)) as tx:
            assert await tx.fetchval("SELECT count(*) FROM doses_elsewhere") == 0


async def test_who_recorded_a_dose_that_waits_for_a_clinician_is_shown(site: Site):
    person = patient(site)
    for n, day in enumerate((1, 8)):
        at = datetime(2021, 2, day, 10, tzinfo=UTC)
        await say(site, f"dose-{n}", a_dose(site, person, at, lot=f"LOT-{n}", **BY))

    page = await page_of(site, "planner", "/planning/doses")

    assert page.count(f"vastgelegd door <code>{str(an_id('nurse'))[:8]}</code> tablet-7") == 2


async def test_a_dose_at_a_visit_that_was_taken_off_meanwhile_is_accepted_and_shown(site: Site):
    person = site.home.planned[0]
    off = VisitUnassigned(
        visit_id=an_id(HOME, "visit"), plan_id=site.home.plan, location_id=site.home.locations[0]
    )
    await site.say(Sender.SYSTEM, off)

    await say(site, "dose", a_dose(site, person, NOW, visit_id=an_id(HOME, "visit"), **BY))

    page = await page_of(site, "planner", "/planning/doses")
    assert "Het bezoek stond niet meer in het plan" in page
    assert "tablet-7" in page
    assert "past niet bij wat intussen is beslist" in await page_of(site, "planner", "/planning")
    assert await standing_of(site, person) == ("partly", [])


async def test_no_dose_at_a_visit_of_another_team_is_accepted_and_shown(site: Site):
    missed = DoseNotGiven(
        visit_id=an_id(HOME, "visit"),
        person_id=site.home.planned[0],
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[0],
        dose_no=1,
        team_id=an_id(HOME, "another team"),
        reason=NotGiven.ILL,
        noted_at=NOW,
        **BY,
    )

    await say(site, "missed", missed)

    page = await page_of(site, "planner", "/planning/doses")
    assert "Het bezoek was van een ander team" in page
    assert "tablet-7" in page


async def test_a_visit_begun_by_another_team_or_after_it_was_taken_off_is_shown(site: Site):
    visit = an_id(HOME, "visit")
    begun = VisitStarted(visit_id=visit, team_id=an_id(HOME, "another team"), started_at=NOW, **BY)

    await say(site, "begun", begun)
    other = await page_of(site, "planner", "/planning/doses")
    off = VisitUnassigned(
        visit_id=visit, plan_id=site.home.plan, location_id=site.home.locations[0]
    )
    await say(site, "begun-again", begun.model_copy(update={"team_id": an_id(HOME, "team")}))
    fitting = await page_of(site, "planner", "/planning/doses")
    await site.say(Sender.SYSTEM, off)

    assert "Een ander team is het bezoek begonnen" in other
    assert "tablet-7" in other
    assert "Een ander team is het bezoek begonnen" not in fitting
    assert "Een team begon een bezoek dat niet meer in het plan stond" in await page_of(
        site, "planner", "/planning/doses"
    )


async def test_a_container_and_leftovers_of_a_lot_in_quarantine_are_accepted_and_shown(site: Site):
    team = an_id(HOME, "team")
    await site.say(Sender.GGD, LotQuarantined(product_id=PRODUCT, lot="FK8912"))
    about = {"product_id": PRODUCT, "lot": "FK8912", "team_id": team, **BY}

    await say(
        site, "vial", ContainerOpened(container_id=an_id("vial"), opened_at=NOW + HOUR, **about)
    )
    await say(
        site,
        "offer",
        LeftoverOffered(
            offer_id=an_id("offer"),
            campaign_id=CAMPAIGN,
            doses=3,
            offered_at=NOW + HOUR,
            use_before=NOW + 2 * HOUR,
            **about,
        ),
    )

    page = await page_of(site, "planner", "/planning/doses")
    assert "Een flacon is geopend van een partij in quarantaine" in page
    assert "Doses zijn aangeboden van een partij in quarantaine" in page
    assert page.count("tablet-7") == 2


async def test_a_visit_whose_dose_was_taken_back_waits_for_doses_again(site: Site):
    """The only lot is in quarantine: all had their dose, of whom one after all not."""
    visit = an_id(HOME, "visit")
    for n, person in enumerate(site.home.planned):
        await say(site, f"dose-{n}", a_dose(site, person, NOW, visit_id=visit))
    await site.say(Sender.GGD, LotQuarantined(product_id=PRODUCT, lot="FK8912"))
    without = await page_of(site, "planner", "/planning")

    await say(site, "back", a_retraction(site, "dose-0", site.home.planned[0], "not given"))

    assert "zonder bruikbare doses" not in without
    assert "1 bezoek zonder bruikbare doses" in await page_of(site, "planner", "/planning")


COUNTS = {
    "reader": "SELECT on_day, doses FROM totals_days ORDER BY on_day",
    "courier": "SELECT planned, dose_1_given, dose_2_given, wasted FROM courier_progress",
    "courier ": "SELECT region, person, dose_no FROM courier_given ORDER BY person",
    "planner": "SELECT person, outcome FROM person_doses ORDER BY person",
    "planner ": "SELECT depot, lot, sum(doses) FROM stock_now GROUP BY 1, 2 ORDER BY 2",
}


async def count_everywhere(site: Site) -> dict[str, Any]:
    """Every number that a dose changes: what pages, status, planner and courier read."""
    site.clock.ticks += 5  # the status is computed at most once a second
    found: dict[str, Any] = {"totals": await totals(site), "stock": await stock(site)}
    for role, query in COUNTS.items():
        database = await site.fresh.open(role.strip())  # type: ignore[arg-type]
        crisis = site.who("crisis")
        opened = database.reading(crisis) if role == "reader" else database.transaction()
        async with opened as tx:
            found[role] = [tuple(row) for row in await tx.fetch(query)]
    async with (await site.fresh.open("planner")).transaction() as tx:
        found["demo"] = (await view_region(tx, HOME)).given
    found["state"] = [await standing_of(site, person) for person in site.home.planned]
    found["totals"].pop("newest_at", None)
    return found


async def test_doses_that_are_taken_back_count_nowhere(site: Site):
    visit, before = an_id(HOME, "visit"), await count_everywhere(site)
    for n, person in enumerate(site.home.planned):
        await say(site, f"dose-{n}", a_dose(site, person, NOW, visit_id=visit))
    given = await count_everywhere(site)

    for n, person in enumerate(site.home.planned):
        correction = a_correction(site, f"dose-{n}", person, "another lot", lot="FK8912")
        await say_at(site, f"once-{n}", correction, 1)
        await say_at(site, f"twice-{n}", a_retraction(site, f"once-{n}", person, "not given"), 2)
    after = await count_everywhere(site)

    assert [name for name, count in given.items() if count == before[name]] == []
    assert after == before
