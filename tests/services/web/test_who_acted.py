"""Who did it: every write of a page or of the API keeps the subject and the organisation, and the planner reads both."""

import json
import re
from dataclasses import replace
from uuid import UUID

import pytest

from events.codec import encode, to_event
from events.envelope import Sender
from events.identifiers import Payload
from events.organisations import PolicyChanged
from events.practice import ConsentRecorded, ConsentStatus
from events.teams import StopReleased
from infra.identity import new_id
from infra.postgres.database import Who
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, NOW, an_id, propose
from tests.services.web.test_registering import send as send_form

pytestmark = pytest.mark.postgres


async def acted(site: Site, kind: str) -> list[tuple[str | None, UUID | None]]:
    """Subject and organisation of every fact of this type that a person made, in order."""
    door = await site.fresh.open("acceptor")
    return await rows(
        door,
        "SELECT actor, actor_org FROM ledger WHERE type = $1 AND actor IS NOT NULL ORDER BY seq",
        kind,
    )


def an_event(payload: Payload, source: str, **claims: str) -> bytes:
    """As a client sends it, with whatever else it claims."""
    event = to_event(str(new_id()), source, NOW, HOME, payload)
    whole = json.loads(encode(event.envelope, event.body)[0])
    return json.dumps(whole | claims).encode()


async def offer(site: Site, who: Who, value: bytes):
    async with site.client(who, cookie=False) as client:
        return await client.post(
            "/api/v1/events",
            content=value,
            headers={"content-type": "application/cloudevents+json"},
        )


def a_consent(site: Site) -> ConsentRecorded:
    return ConsentRecorded(
        person_id=site.home.patients[site.home.practices[0]][0],
        campaign_id=CAMPAIGN,
        location_id=site.home.locations[0],
        practice_id=site.home.practices[0],
        status=ConsentStatus.GIVEN,
    )


def a_release() -> StopReleased:
    return StopReleased(visit_id=an_id(HOME, "visit"))


async def test_the_form_of_a_practice_keeps_who_registered(site: Site):
    who = site.who("practice")

    answer = await send_form(site, who)

    assert answer.status_code == 303, answer.text
    for kind in ("patient.registered.v1", "consent.recorded.v1"):
        assert set(await acted(site, kind)) == {(who.subject, who.organisation)}


@pytest.mark.parametrize("what", ["goedkeuren", "afwijzen"])
async def test_a_decision_on_a_proposal_keeps_who_decided_and_the_page_says_it(
    site: Site, what: str
):
    await site.say(Sender.OPERATOR, PolicyChanged(publish_automatically=False))
    await propose(site.say, site.home, HOME, served=7, number=2)
    who = site.who("planner")

    async with site.client(who) as client:
        await client.post(
            f"/planning/voorstel/{site.home.plan}/{what}",
            data={"proof": site.proof(who), "reden": "te veel telefoontjes"},
        )
        page = (await client.get("/planning")).text

    kind = {"goedkeuren": "plan.approved.v1", "afwijzen": "plan.rejected.v1"}[what]
    assert await acted(site, kind) == [(who.subject, who.organisation)]
    assert f"door {who.subject}, namens Huisartsenpost Zeist" in page


async def test_the_api_takes_who_acts_from_the_token_whatever_the_event_says(site: Site):
    who = site.who("practice")
    source = f"urn:nld:prikploeg:practice:{who.organisation}"
    other = {"actor": "somebody-else", "actororg": str(new_id())}

    answer = await offer(site, who, an_event(a_consent(site), source, **other))

    assert answer.status_code == 202, answer.text
    assert await acted(site, "consent.recorded.v1") == [(who.subject, who.organisation)]


async def test_a_resend_by_somebody_else_of_the_organisation_is_a_duplicate(site: Site):
    who = site.who("practice")
    value = an_event(a_consent(site), f"urn:nld:prikploeg:practice:{who.organisation}")
    colleague = replace(who, subject="test:colleague")

    await offer(site, who, value)
    again = await offer(site, colleague, value)

    assert again.json()["outcomes"][0]["status"] == "duplicate"
    assert await acted(site, "consent.recorded.v1") == [(who.subject, who.organisation)]


async def test_the_history_of_a_stop_says_who_released_it_for_whom(site: Site):
    who = site.who("planner")
    source = f"urn:nld:prikploeg:hap:{who.organisation}"
    await offer(site, who, an_event(a_release(), source))

    async with site.client(who) as client:
        page = (await client.get(f"/planning?bezoek={an_id(HOME, 'visit')}")).text

    assert "Besluiten over dit bezoek" in page
    assert f"losgemaakt door {who.subject}, namens Huisartsenpost Zeist" in page


async def test_a_record_that_is_offered_again_keeps_who_sent_it(site: Site):
    """Two days ahead of the clock it is refused; two days later it is right."""
    who, planner = site.who("practice"), site.who("planner")
    source = f"urn:nld:prikploeg:practice:{who.organisation}"
    early = {"time": "2021-02-19T09:30:00+00:00", "actor": "somebody-else"}
    await offer(site, who, an_event(a_consent(site), source, **early))
    ((number,),) = await rows(await site.fresh.open("acceptor"), "SELECT number FROM quarantine")
    site.clock.at = NOW.replace(day=19)

    async with site.client(planner) as client:
        answer = await client.post(
            f"/quarantaine/aanbieden/{number}", data={"proof": site.proof(planner)}
        )

    assert answer.status_code == 303, answer.text
    assert await acted(site, "consent.recorded.v1") == [(who.subject, who.organisation)]


async def test_a_subject_that_is_a_name_becomes_a_pseudonym(site: Site):
    who = site.who("practice")
    named = replace(who, subject="a.name@example.test")
    await offer(
        site,
        named,
        an_event(a_consent(site), f"urn:nld:prikploeg:practice:{who.organisation}"),
    )

    ((subject, organisation),) = await acted(site, "consent.recorded.v1")
    assert subject.startswith("pseudonym:")
    assert "@" not in subject
    assert organisation == who.organisation


async def test_an_exercise_is_said_on_every_page(site: Site):
    await site.say(Sender.OPERATOR, PolicyChanged(exercise=True))

    for role, path in (("planner", "/planning"), ("practice", "/praktijk"), ("crisis", "/regio")):
        async with site.client(site.who(role)) as client:
            page = (await client.get(path)).text
        assert re.search(r'<span class="exercise"[^>]*>Oefening</span>', page), path


async def test_other_systems_read_the_organisation_and_never_the_subject(site: Site):
    await site.say(Sender.OPERATOR, PolicyChanged(publish_automatically=False))
    who = site.who("planner")
    door = await site.fresh.open("owner", 1)
    async with door.transaction() as tx:
        await tx.execute(
            "UPDATE ledger SET actor = 'demo:planner:1', actor_org = $1 WHERE type = 'visit.assigned.v1'",
            who.organisation,
        )

    async with site.client(who) as client:
        told = (await client.get("/api/v1/changes?after=0")).json()["events"]

    assigned = [one for one in told if one["type"] == "visit.assigned.v1"]
    assert {one.get("actororg") for one in assigned} == {str(who.organisation)}
    assert not any("actor" in one for one in told)
