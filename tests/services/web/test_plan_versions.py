"""Every version of a plan has a state, says who decided when and why, and what it changes of what people go by."""

import pytest

from events.envelope import Sender
from events.organisations import PolicyChanged
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME, propose
from tests.services.web.test_proposal import decide

pytestmark = pytest.mark.postgres
BY_HAND = PolicyChanged(publish_automatically=False)


async def ask(site: Site, path: str, region: str = HOME, status: int = 200):
    async with site.client(site.who("planner", region), cookie=False) as client:
        answer = await client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


async def versions(site: Site) -> list[dict]:
    found: list[dict] = (await ask(site, "plans"))["plans"]
    return found


async def test_a_plan_that_the_policy_published_was_decided_by_nobody(site: Site):
    (first,) = await versions(site)

    assert (first["number"], first["state"], first["decision"]) == (1, "published", None)
    assert first["people_served"] == 6


async def test_the_plan_before_is_superseded_when_another_is_published(site: Site):
    await propose(site.say, site.home, HOME, served=7, number=2)

    assert [one["state"] for one in await versions(site)] == ["published", "superseded"]


async def test_a_rejected_plan_says_who_rejected_it_when_and_why(site: Site):
    await site.say(Sender.OPERATOR, BY_HAND)
    await propose(site.say, site.home, HOME, served=7, number=2)
    await decide(site, "afwijzen", reden="te veel telefoontjes")

    newest, old = await versions(site)

    assert (newest["state"], old["state"]) == ("rejected", "published")
    assert newest["decision"]["what"] == "rejected"
    assert newest["decision"]["reason"] == "te veel telefoontjes"
    assert newest["decision"]["by"]
    assert newest["decision"]["organisation"] == "Huisartsenpost Zeist"


async def test_an_approved_plan_says_who_approved_it(site: Site):
    await site.say(Sender.OPERATOR, BY_HAND)
    await propose(site.say, site.home, HOME, served=7, number=2)
    waiting = await ask(site, f"plans/{site.home.plan}")
    await decide(site, "goedkeuren")

    approved = await ask(site, f"plans/{site.home.plan}")

    assert (waiting["state"], waiting["decision"]) == ("proposed", None)
    assert (approved["state"], approved["decision"]["what"]) == ("published", "approved")


async def test_versions_come_in_parts(site: Site):
    await propose(site.say, site.home, HOME, served=7, number=2)
    await propose(site.say, site.home, HOME, served=6, number=3)

    first = await ask(site, "plans?limit=2")
    rest = await ask(site, f"plans?limit=2&before={first['next']}")

    assert [one["number"] for one in first["plans"]] == [3, 2]
    assert [one["number"] for one in rest["plans"]] == [1]
    assert rest["next"] is None


async def test_the_difference_says_who_is_new_and_what_the_plans_are_worth(site: Site):
    await site.say(Sender.OPERATOR, BY_HAND)
    await propose(site.say, site.home, HOME, served=7, number=2)

    found = await ask(site, f"plans/{site.home.plan}/diff")

    (line,) = found["lines"]
    assert (line["kind"], line["people"], line["call"]) == ("new", 1, False)
    assert line["text"]["nl"] == (
        f"Lindeplein {HOME} (1 bewoner): erbij in het bezoek van woensdag 17 februari om 12:00, met Team Vecht."
    )
    assert line["text"]["en"] == (
        f"Lindeplein {HOME} (1 resident): added to the visit of Wednesday 17 February at 12:00, with Team Vecht."
    )
    assert found["calls"] == []
    assert found["totals"][0]["nl"] == "Mensen met een afspraak: nu 6, straks 7."


async def test_who_loses_the_appointment_is_to_be_phoned_and_hears_the_reason(site: Site):
    await site.say(Sender.OPERATOR, BY_HAND)
    await propose(site.say, site.home, HOME, served=5, number=2)

    found = await ask(site, f"plans/{site.home.plan}/diff")

    (line,) = found["lines"]
    assert (line["kind"], line["people"], line["call"]) == ("dropped", 1, True)
    assert line["why"][0] in ("no_stock", "no_contact")
    (call,) = found["calls"]
    assert call["lines"] == [line["id"]]
    assert call["text"]["nl"] == f"Bel Lindeplein {HOME}."


async def test_two_versions_are_compared_with_each_other(site: Site):
    await site.say(Sender.OPERATOR, BY_HAND)
    await propose(site.say, site.home, HOME, served=7, number=2)
    earlier = site.home.plan
    await propose(site.say, site.home, HOME, served=8, number=3)

    found = await ask(site, f"plans/{site.home.plan}/diff?against={earlier}")

    assert [(line["kind"], line["people"]) for line in found["lines"]] == [("new", 1)]


@pytest.mark.parametrize("what", ["", "/diff"])
async def test_a_plan_of_another_region_is_not_found(site: Site, what: str):
    await ask(site, f"plans/{site.home.plan}{what}", region=ABROAD, status=404)
