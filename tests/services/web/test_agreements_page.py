"""What a region agreed about its plans is read in words, changed by a planner with a reason, kept with who and when, and followed by the next plan."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from events.identifiers import Payload
from tests.facts import a_consent, a_patient, uid
from tests.services.accept.looking import rows
from tests.services.planner.planning import newest_plan, plan_with
from tests.services.web.conftest import Site
from tests.services.web.hand import plan_region  # noqa: F401  (`planned` is a fixture)
from tests.services.web.seed import CAMPAIGN
from tests.services.web.seed import NOW as LATER
from tests.services.web.test_hand_page import page, text

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
async def agree_after_the_seed(planned: Site) -> None:
    """At a moment after the policy of the seed: of two the later holds."""
    planned.clock.at = LATER


RULES = {"over": "regels", "nieuw": "ja", "team": "ja", "dag": "ja", "vervalt": "ja"}
BY_HAND = {**RULES, "anderen": "ja", "dagen": "5", "schuif": "2", "tijd": "15"}
RANKS = {"over": "voorrang", "age_90": "10", "wlz": "95"}


def seen(answer: Any) -> str:
    (found,) = re.findall(r'name="gezien" value="([^"]*)"', answer.text)
    return str(found)


async def shown(site: Site, asked: dict[str, str]) -> Any:
    return await page(site, f"/afspraken?{urlencode(asked)}")


async def first_campaign(site: Site) -> str:
    """The campaign of the people who are planned."""
    (campaign,) = {need.campaign_id for need in (await newest_plan(site.fresh))[0].needs}
    return campaign


async def known(site: Site) -> int:
    """The number of what holds now."""
    return int((await api(site)).json()["said"]["number"])


async def api(site: Site, body: dict[str, Any] | None = None, number: int = 0) -> Any:
    who = site.who("planner", number=number)
    async with site.client(who, cookie=False) as client:
        if body is None:
            return await client.get("/api/v1/agreements")
        return await client.post("/api/v1/agreements", json=body)


async def test_what_changes_is_read_first_and_nothing_is_stored(planned: Site):
    before = text(await page(planned, "/afspraken"))

    looked = await shown(planned, BY_HAND)

    assert "Afgesproken door onbekend" in before  # by a system that does not say who
    assert "Elk plan wacht op een planner." in text(looked)
    assert "Wie binnen 5 dagen bezoek krijgt, geldt als ingelicht." in text(looked)
    assert "mogen 2 afspraken op hun dag schuiven" in text(looked)
    assert "Hier is nog niets veranderd." in text(await page(planned, "/afspraken"))


async def test_a_policy_is_stored_with_who_when_and_why_and_the_next_plan_waits(planned: Site):
    looked = await shown(planned, BY_HAND)

    stored = await page(
        planned, "/afspraken", **BY_HAND, gezien=seen(looked), reden="wij bellen liever eerst"
    )
    await plan_with(planned.fresh, newcomer("wilg", "new"))

    subject = planned.who("planner").subject
    read = text(await page(planned, "/afspraken"))
    assert stored.status_code == 303, text(stored)
    assert f"Afgesproken door {subject}" in read
    assert "Waarom: wij bellen liever eerst" in read
    door = await planned.fresh.open("acceptor")
    said = await rows(
        door,
        "SELECT type, actor FROM ledger WHERE source LIKE '%operator%:web' ORDER BY seq",
    )
    assert said == [("policy.changed.v1", subject), ("decision.recorded.v1", subject)]
    assert "/planning/voorstel/" in (await page(planned, "")).text
    waiting = await rows(door, "SELECT count(*) FROM plans WHERE published_seq = 0")
    assert waiting == [(1,)]


def newcomer(place: str, name: str) -> list[Payload]:
    return [a_patient(name, location_id=uid(place)), a_consent(name, location_id=uid(place))]


async def test_who_goes_first_is_agreed_for_the_region_and_the_plan_counts_so(planned: Site):
    first = {**RANKS, "campagne": await first_campaign(planned)}
    looked = await shown(planned, first)
    stored = await page(planned, "/afspraken", **first, gezien=seen(looked), reden="besluit")
    await plan_with(planned.fresh, newcomer("wilg", "new"))
    counted = {need.priority for need in (await newest_plan(planned.fresh))[0].needs}
    read = await page(planned, "/afspraken")
    back = {"over": "landelijk", "campagne": first["campagne"]}
    again = await shown(planned, back)
    undone = await page(planned, "/afspraken", **back, gezien=seen(again), reden="weer gewoon")

    assert stored.status_code == 303, text(stored)
    assert "Wlz-instelling (95)" in text(looked)
    assert "90 jaar of ouder (10)" in text(read)
    assert "Dit geldt in deze regio." in text(read)
    assert counted <= {10, 95, 50}
    assert undone.status_code == 303
    assert (
        "Dit geldt in deze regio."
        not in text(await page(planned, "/afspraken"))
        .replace("Wat eerder werd afgesproken", "|")
        .partition("|")[0]
    )


async def test_the_second_planner_hears_who_agreed_what_and_nothing_is_stored(planned: Site):
    looked = await shown(planned, BY_HAND)
    first = await api(
        planned, {"notice_days": 7, "reason": "eerst", "seen": await known(planned)}, number=1
    )

    late = await page(planned, "/afspraken", **BY_HAND, gezien=seen(looked), reden="daarna")

    assert first.status_code == 200, first.text
    assert late.status_code == 409
    assert "Iemand sprak intussen iets anders af." in text(late)
    assert planned.who("planner", number=1).subject in text(late)
    assert (await api(planned)).json()["notice_days"] == 7


@pytest.mark.parametrize("reason", ["", "bel mij op 0612345678"])
async def test_a_change_wants_a_reason_that_can_be_stored(planned: Site, reason: str):
    looked = await shown(planned, BY_HAND)

    refused = await page(planned, "/afspraken", **BY_HAND, gezien=seen(looked), reden=reason)

    assert refused.status_code == 409
    assert "Vul in waarom dit moet" in text(refused)
    assert (await api(planned)).json()["publish_automatically"] is True


@pytest.mark.parametrize(
    "changed",
    [
        {"dagen": "15"},
        {"schuif": ""},
        {"tijd": "x"},
        {"over": "iets"},
        {"over": "voorrang", "campagne": str(uid("no campaign"))},
        {**RANKS, "campagne": str(CAMPAIGN), "wlz": "101"},
    ],
)
async def test_what_does_not_fit_is_refused_by_its_field(planned: Site, changed: dict[str, str]):
    assert (await shown(planned, {**BY_HAND, **changed})).status_code == 422


async def test_the_same_over_the_api(planned: Site):
    campaign = await first_campaign(planned)
    before = (await api(planned)).json()
    asked = {"auto_new": False, "repair_moves": 3, "reason": "rustig aan"}
    stored = await api(planned, asked | {"seen": before["said"]["number"]})
    same = await api(
        planned,
        {"auto_new": False, "reason": "nog eens", "seen": stored.json()["said"]["number"]},
    )
    late = await api(planned, {"auto_new": True, "reason": "te laat"})
    first = await api(
        planned,
        {
            "campaign": campaign,
            "priorities": {"wlz": 99},
            "reason": "besluit",
            "seen": stored.json()["said"]["number"],
        },
    )
    both = await api(planned, {"campaign": campaign, "auto_new": True, "reason": "x"})
    nobody = await api(
        planned,
        {"campaign": str(uid("none")), "reason": "x", "seen": first.json()["said"]["number"]},
    )

    assert before["by_itself"]["new"] is True
    assert stored.json()["by_itself"]["new"] is False
    assert stored.json()["repair_moves"] == 3
    assert (same.status_code, same.json()["type"].rsplit(":", 1)[1]) == (409, "nothing_new")
    assert (late.status_code, late.json()["type"].rsplit(":", 1)[1]) == (409, "agreed_meanwhile")
    assert late.json()["said"]["by"] == planned.who("planner").subject
    (one,) = [row for row in first.json()["campaigns"] if row["campaign"] == campaign]
    assert (one["priorities"], one["of_region"]) == ({"wlz": 99}, True)
    assert (both.status_code, nobody.status_code) == (400, 404)


async def test_the_page_of_all_plans_leads_there_and_it_speaks_english(planned: Site):
    assert 'href="/planning/afspraken"' in (await page(planned, "/plannen")).text
    assert 'href="/planning/afspraken"' in (await page(planned, "")).text
    assert "Agreements about the plan" in text(await page(planned, "/afspraken?lang=en"))
