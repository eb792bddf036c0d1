"""From what a practice or a planner says by HTTP to what everybody reads of the published plan, at once."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from events.codec import to_event
from events.envelope import Sender
from events.identifiers import Payload
from events.organisations import PolicyChanged
from events.practice import AssessmentRecorded, ConsentRecorded, ConsentStatus, Judgement
from events.teams import ShiftWithdrawn, StopCancelled, StopPinned
from infra.identity import new_id
from tests.services.web.conftest import Site
from tests.services.web.seed import CAMPAIGN, HOME, an_id

pytestmark = pytest.mark.postgres
SINGLE = {"content-type": "application/cloudevents+json"}
VISIT, SHIFT = an_id(HOME, "visit"), an_id(HOME, "shift")
STARTS = datetime(2021, 2, 17, 11, tzinfo=UTC)  # an hour and a half from now: frozen


async def offer(site: Site, payload: Payload, role: str):
    """Send one event as a system of the practice or the post does."""
    who = site.who(role)
    sender = "practice" if role == "practice" else "hap"
    source = f"urn:nld:prikploeg:{sender}:{who.organisation}"
    event = to_event(str(new_id()), source, site.clock.now(), HOME, payload)
    body = {
        "specversion": "1.0",
        "id": event.envelope.id,
        "source": source,
        "type": event.envelope.type,
        "time": site.clock.now().isoformat(),
        "partitionkey": HOME,
        "data": json.loads(event.body),
    }
    async with site.client(who, cookie=False) as client:
        return await client.post("/api/v1/events", content=json.dumps(body), headers=SINGLE)


def about(site: Site, person: UUID) -> dict[str, Any]:
    return {
        "person_id": person,
        "campaign_id": CAMPAIGN,
        "practice_id": site.home.practices[0],
        "location_id": site.home.locations[0],
    }


async def refuse(site: Site, person: UUID) -> None:
    site.clock.at += timedelta(minutes=1)
    said = ConsentRecorded(**about(site, person), status=ConsentStatus.REFUSED)
    assert (await offer(site, said, "practice")).status_code == 202


async def page(site: Site, path: str, role: str) -> str:
    async with site.client(site.who(role)) as client:
        return (await client.get(path)).text


async def read(site: Site, path: str, role: str) -> Any:
    async with site.client(site.who(role), cookie=False) as client:
        return (await client.get(path)).json()


async def planned_states(site: Site) -> int:
    """How many of the practice's patients read "Ingepland" on its page."""
    return len(re.findall(r"Ingepland</", await page(site, "/praktijk", "practice")))


async def test_who_refuses_is_off_todays_list_and_no_longer_reads_planned(site: Site):
    person = site.home.planned[0]
    before = await planned_states(site)

    await refuse(site, person)

    (visit,) = (await read(site, "/api/v1/plan?day=2021-02-17", "planner"))["visits"]
    assert visit["people"] == 5
    assert "5 bewoners" in await page(site, f"/planning?dag=2021-02-17&bezoek={VISIT}", "planner")
    assert await planned_states(site) == before - 1


async def test_when_all_refuse_the_visit_is_off_and_others_hear_that_and_not_why(site: Site):
    for person in site.home.planned:
        await refuse(site, person)

    assert (await read(site, "/api/v1/plan?day=2021-02-17", "planner"))["visits"] == []
    assert str(VISIT) not in await page(site, "/planning?dag=2021-02-17", "planner")
    changes = (await read(site, "/api/v1/changes", "planner"))["events"]
    last = [event for event in changes if event["data"].get("visit_id") == str(VISIT)][-1]
    assert last["type"].endswith("visit.unassigned.v1")
    assert set(last["data"]) == {"visit_id", "plan_id", "location_id"}


async def test_the_status_counts_them_as_planned_no_more(site: Site):
    async def planned() -> object:
        status = await read(site, "/status", "planner")
        (region,) = [one for one in status["regions"] if one["region"] == HOME]
        return region["campaigns"][0]["planned"]

    assert await planned() in (5, 10)  # six people, in fives
    for person in site.home.planned:
        await refuse(site, person)
    site.clock.ticks += 100  # the page is kept for some seconds

    assert await planned() == 0


async def test_a_clinician_who_says_no_is_heard_as_fast(site: Site):
    site.clock.at += timedelta(minutes=1)
    person = site.home.planned[0]
    said = AssessmentRecorded(**about(site, person), judgement=Judgement.EXCLUDED)

    assert (await offer(site, said, "practice")).status_code == 202

    (visit,) = (await read(site, "/api/v1/plan?day=2021-02-17", "planner"))["visits"]
    assert visit["people"] == 5


# --- a planner takes a stop off ---


async def cancel(site: Site, visit: UUID = VISIT, **fields: str):
    who = site.who("planner")
    async with site.client(who) as client:
        return await client.post(
            f"/planning/bezoek/{visit}/afzeggen", data={**fields, "proof": site.proof(who)}
        )


async def test_a_planner_takes_a_frozen_stop_off_with_the_form_of_the_page(site: Site):
    before = await planned_states(site)
    shown = await page(site, f"/planning?dag=2021-02-17&bezoek={VISIT}", "planner")
    assert f'action="/planning/bezoek/{VISIT}/afzeggen"' in shown

    answer = await cancel(site, reden="de weg is dicht", weer_vanaf="2021-02-20")

    assert answer.status_code == 303
    assert (await read(site, "/api/v1/plan?day=2021-02-17", "planner"))["visits"] == []
    assert await planned_states(site) == before - 6


@pytest.mark.parametrize(
    "fields", [{}, {"reden": "bel jan@huis.nl"}, {"reden": "dicht", "weer_vanaf": "morgen"}]
)
async def test_a_stop_is_not_taken_off_without_a_reason_that_names_nobody(site: Site, fields):
    answer = await cancel(site, **fields)

    assert answer.status_code == 422
    assert "De reden of de dag klopt niet" in answer.text
    assert len((await read(site, "/api/v1/plan?day=2021-02-17", "planner"))["visits"]) == 1


async def test_a_stop_that_is_gone_is_not_taken_off_again(site: Site):
    await cancel(site, reden="de weg is dicht")

    answer = await cancel(site, reden="de weg is dicht")

    assert answer.status_code == 403
    assert "Dit bezoek staat niet meer in het plan" in answer.text


async def test_a_system_of_the_post_takes_a_stop_off(site: Site):
    answer = await offer(
        site, StopCancelled(visit_id=VISIT, reason="the road is closed"), "planner"
    )

    assert answer.status_code == 202
    assert (await read(site, "/api/v1/plan?day=2021-02-17", "planner"))["visits"] == []


# --- pins ---


async def pin(site: Site, shift: UUID = SHIFT, starts_at: datetime = STARTS, visit: UUID = VISIT):
    return await offer(
        site, StopPinned(visit_id=visit, shift_id=shift, starts_at=starts_at), "planner"
    )


async def thaw(site: Site) -> None:
    """Nothing is frozen, and the crew may inject; so that a pin is judged by the rules of care."""
    await site.say(Sender.OPERATOR, PolicyChanged(freeze_minutes=0, exercise=True))
    site.clock.at = datetime(2021, 2, 16, 9, tzinfo=UTC)


async def pins(site: Site) -> int:
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        found: int = await tx.fetchval("SELECT count(*) FROM pins")
    return found


async def test_a_pin_of_a_frozen_stop_elsewhere_is_refused_by_name_and_not_stored(site: Site):
    answer = await pin(site, starts_at=STARTS + timedelta(hours=1))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:prikploeg:problem:cannot_hold"
    assert answer.json()["rule"] == "frozen"
    assert await pins(site) == 0


async def test_a_pin_where_the_stop_stands_already_holds(site: Site):
    answer = await pin(site)

    assert answer.status_code == 202
    shown = await page(site, f"/planning?dag=2021-02-17&bezoek={VISIT}", "planner")
    assert re.search(r"Vastgezet</dt><dd>1</dd>", shown)


@pytest.mark.parametrize(
    ("moved", "rule"),
    [
        ({"starts_at": datetime(2021, 2, 17, 5, tzinfo=UTC)}, {"time_windows", "shift_hours"}),
        ({"shift": an_id("no such shift")}, {"withdrawn"}),
        ({"visit": an_id("no such visit")}, {"gone"}),
        ({}, {"crew"}),  # nobody of the crew has a certificate
    ],
)
async def test_a_pin_says_which_rule_it_breaks(site: Site, moved, rule):
    await thaw(site)

    answer = await pin(site, **moved)

    assert answer.status_code == 409
    assert answer.json()["rule"] in rule
    assert await pins(site) == 0


async def test_a_pin_in_a_shift_that_was_withdrawn_is_refused(site: Site):
    await site.say(Sender.HAP, ShiftWithdrawn(shift_id=SHIFT))
    await thaw(site)

    assert (await pin(site)).json()["rule"] == "withdrawn"


async def test_a_pin_that_was_accepted_and_is_sent_again_is_a_duplicate(site: Site):
    who = site.who("planner")
    source = f"urn:nld:prikploeg:hap:{who.organisation}"
    body = {
        "specversion": "1.0",
        "id": "pin-1",
        "source": source,
        "type": "stop.pinned.v1",
        "partitionkey": HOME,
        "data": {
            "visit_id": str(VISIT),
            "shift_id": str(SHIFT),
            "starts_at": STARTS.isoformat(),
        },
    }
    async with site.client(who, cookie=False) as client:
        first = await client.post("/api/v1/events", content=json.dumps(body), headers=SINGLE)
        await cancel(site, reden="de weg is dicht")
        again = await client.post("/api/v1/events", content=json.dumps(body), headers=SINGLE)

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["outcomes"][0]["status"] == "duplicate"


async def test_a_pin_that_came_by_kafka_and_does_not_hold_is_under_no_flag(site: Site):
    elsewhere = StopPinned(visit_id=VISIT, shift_id=SHIFT, starts_at=STARTS + timedelta(hours=1))
    await site.say(Sender.HAP, elsewhere)

    shown = await page(site, f"/planning?dag=2021-02-17&bezoek={VISIT}", "planner")

    assert re.search(r"Vastgezet</dt><dd>0</dd>", shown)
