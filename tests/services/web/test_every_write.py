"""Every route that writes: each fact that a person makes by it says in the ledger who acted, and for which organisation.

The routes are those of the application itself, so a new one fails here until somebody says what it writes. Whom its answer shows is logged."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx2
import pytest

from events.catalogue import CATALOGUE
from events.envelope import Sender
from events.organisations import PolicyChanged
from infra.postgres.database import Who
from tests.services.accept.looking import rows
from tests.services.web import bundle_acts, return_acts
from tests.services.web import test_same_words as words
from tests.services.web.conftest import Site, agreed_at
from tests.services.web.lists import KEPT_ONLY, a_list_to_store
from tests.services.web.looks import list_unlogged
from tests.services.web.roles import SESSIONS_ONLY
from tests.services.web.seed import CAMPAIGN, HOME, NOW, PRODUCT, an_id, propose
from tests.services.web.test_access import routes
from tests.services.web.test_doses import said_second_as_first
from tests.services.web.test_doubted_places import EXCHANGED
from tests.services.web.test_extra_stops import an_offer
from tests.services.web.test_proposal import wait_for_decision
from tests.services.web.test_questions import STRANGER, post, registered
from tests.services.web.test_registering import GOOD, send
from tests.services.web.test_stock import LOT, MINUTE, a_count
from tests.services.web.test_who_acted import a_consent, an_event, offer

pytestmark = pytest.mark.postgres
READS, INBOX = (
    {"GET", "HEAD", "OPTIONS"},
    {"/beheer/inzage/noodinzage/{glass}", "/beheer/inzage/melding/{alert}"},
)
DERIVED = sorted(  # said by the system itself, because of a fact: nobody made it
    {kind for entry in CATALOGUE.values() for kind in entry.derives} | {"identity.questioned.v1"}
)
NO_FACT = SESSIONS_ONLY | {
    "/api/v1/plan/fits": "asks only; a POST because everything is solved again",
    "/api/v1/plan/fits/region": "asks only; what is found is kept in memory for a while",
    "/api/v1/plan/fits/region/{search}": "stops what was asked",
    **KEPT_ONLY,
    "/planning/passend": "asks only; likewise, or stops it",
    "/planning/wat-als": "asks only; what is supposed is kept in memory for a while",
    "/planning/wat-als/andere": "asks only; likewise",
    "/api/v1/plan/alternatives": "asks only; likewise",
    "/api/v1/plan/scenarios": "asks only; likewise",
    "/api/v1/plan/scenarios/{scenario}": "throws away what was kept in memory",
    "/api/v1/plan/scenarios/{scenario}/again": "asks only; likewise",
    "/api/v1/known": "asks only; a POST because a file has thousands",
    "/api/v1/persons/questions": "asks only; a POST because ids stand in no address",
    "/api/v1/plan/checks": "asks only; a POST because a change has many words",
    "/api/v1/plan/places": "asks only; likewise",
}
Act = Callable[[], Awaitable[tuple[Who, httpx2.Response]]]


def practice(site: Site) -> Who:
    return site.who("practice", number=1)


def form(site: Site, who: Who, address: str, **fields: str) -> Act:
    """The form of a page, sent by somebody."""

    async def act() -> tuple[Who, httpx2.Response]:
        return who, await post(site, who, address, **fields)

    return act


async def questioned(site: Site) -> str:
    await registered(site)
    return f"/praktijk/vragen/{(await registered(site, 1, **STRANGER)).person}"


async def registering(site: Site) -> Act:
    async def act() -> tuple[Who, httpx2.Response]:
        return practice(site), await send(site, practice(site))

    return act


async def deciding(site: Site) -> Act:
    person, who = await said_second_as_first(site), site.who("practice")
    about = {"person": str(person), "campaign": str(CAMPAIGN), "why": "both were given"}
    return form(site, who, "/praktijk/beslissing", counts="2", **about)


async def mending(site: Site) -> Act:
    address = await questioned(site)
    mended = {**GOOD, **STRANGER, "bsn": "999990184"}
    return form(site, practice(site), f"{address}/verbeteren", **mended)


async def taking_back(site: Site) -> Act:
    return form(site, practice(site), f"{await questioned(site)}/intrekken")


async def settling(site: Site) -> Act:
    address = (await questioned(site)).replace("/praktijk", "/planning")
    return form(site, site.who("planner"), address, antwoord="zelfde")


async def proposed(site: Site, what: str) -> Act:
    await site.say(Sender.OPERATOR, PolicyChanged(publish_automatically=False))
    await propose(site.say, site.home, HOME, served=7, number=2)
    address = f"/planning/voorstel/{site.home.plan}/{what}"
    return form(site, site.who("planner"), address, reden="te veel telefoontjes")


async def approving(site: Site) -> Act:
    return await proposed(site, "goedkeuren")


async def rejecting(site: Site) -> Act:
    return await proposed(site, "afwijzen")


async def counting(site: Site) -> Act:
    site.clock.at = NOW + 30 * MINUTE
    await site.say(Sender.GGD, a_count(site, 110, 10))
    lot = f"{site.home.post} {PRODUCT} {LOT}"
    fields = {"partij": lot, "doses": "111", "reden": "samen nageteld"}
    return form(site, site.who("planner"), "/planning/telling", **fields)


async def cancelling(site: Site) -> Act:
    address = f"/planning/bezoek/{an_id(HOME, 'visit')}/afzeggen"
    fields = {"reden": "de weg is dicht", "weer_vanaf": "2021-02-20"}
    return form(site, site.who("planner"), address, **fields)


async def confirming_a_place(site: Site) -> Act:
    await site.say(Sender.INSTITUTION, EXCHANGED)
    address = f"/planning/locatie/{EXCHANGED.location_id}/klopt"
    return form(site, site.who("planner"), address)


async def answering_for_a_team(site: Site) -> Act:
    asked = an_offer(site)
    await site.say(Sender.SYSTEM, asked)
    address = f"/planning/gevraagd/{asked.extra_stop_id}"
    return form(site, site.who("planner"), address, antwoord="nee")


async def offering(site: Site, address: str, **fields: str) -> Act:
    """Refused for its moment, and offered by a planner when that has come: its maker stays the practice."""
    who, planner = site.who("practice"), site.who("planner")
    source = f"urn:nld:prikploeg:practice:{who.organisation}"
    await offer(site, who, an_event(a_consent(site), source, time="2021-02-19T09:30:00+00:00"))
    ((number,),) = await rows(await site.fresh.open("acceptor"), "SELECT number FROM quarantine")
    site.clock.at = NOW.replace(day=19)

    async def act() -> tuple[Who, httpx2.Response]:
        return who, await post(site, planner, address.format(number=number), **fields)

    return act


async def offering_one(site: Site) -> Act:
    return await offering(site, "/quarantaine/aanbieden/{number}")


async def offering_a_group(site: Site) -> Act:
    group = {"bron": "https", "reden": "in_the_future"}
    return await offering(site, "/quarantaine/aanbieden", **group)


async def an_event_by_api(site: Site) -> Act:
    who = site.who("practice")
    source = f"urn:nld:prikploeg:practice:{who.organisation}"

    async def act() -> tuple[Who, httpx2.Response]:
        return who, await offer(site, who, an_event(a_consent(site), source))

    return act


async def persons_by_api(site: Site) -> Act:
    """Words that mend: what was said about the first id is taken back, and said about the other."""
    await registered(site)
    who = practice(site)
    first = await words.store(site, who, bsn=None)
    await words.tell(site, who, first, words.ConsentStatus.GIVEN)

    async def act() -> tuple[Who, httpx2.Response]:
        async with site.client(who, cookie=False) as client:
            return who, await client.post("/api/v1/persons", json={"persons": [words.PERSON]})

    return act


async def at_hand(site: Site, what: str, **fields: str) -> Act:
    """A form about the stop of the seed, the day before."""
    site.clock.at = NOW - timedelta(days=1)
    address = f"/planning/bezoek/{an_id(HOME, 'visit')}/{what}"
    return form(site, site.who("planner"), address, **fields)


async def moving(site: Site) -> Act:
    shift = str(an_id(HOME, "shift"))
    return await at_hand(
        site, "hand", dienst=shift, om="14:00", gezien="999999", reden="op verzoek"
    )


async def pinning(site: Site) -> Act:
    return await at_hand(site, "vast")


async def releasing(site: Site) -> Act:
    return await at_hand(site, "los")


async def holding(site: Site) -> Act:
    return await at_hand(site, "houd", wat="team")


async def taking_off(site: Site) -> Act:
    return await at_hand(site, "eraf", gezien="999999", reden="de weg is dicht")


async def locking_days(site: Site) -> Act:
    await at_hand(site, "vast")  # the day before
    day, team = "2021-02-17", str(an_id(HOME, "team"))
    fields = {"team": team, "van": day, "tot": day, "wijziging": "vast"}
    return form(site, site.who("planner"), "/planning/dagen", **fields)


async def agreeing(site: Site) -> Act:
    values = {"over": "regels", "dagen": "5", "schuif": "2", "reden": "proef"}
    values["gezien"] = await agreed_at(site)
    return form(site, site.who("planner"), "/planning/afspraken", **values)


async def agreeing_by_api(site: Site) -> Act:
    who, seen = site.who("planner"), await agreed_at(site)

    async def act() -> tuple[Who, httpx2.Response]:
        async with site.client(who, cookie=False) as client:
            body = {"notice_days": 7, "reason": "proef", "seen": seen}
            return who, await client.post("/api/v1/agreements", json=body)

    return act


async def undoing_on_the_page(site: Site) -> Act:
    act = await changing_by_hand(site)
    _, stored = await act()
    address = f"/planning/handelingen/{stored.json()['edit']}/ongedaan"
    return form(site, site.who("planner"), address)


async def changing_by_hand(site: Site) -> Act:
    who, site.clock.at = site.who("planner"), NOW - timedelta(days=1)
    visit, shift = str(an_id(HOME, "visit")), str(an_id(HOME, "shift"))
    edit = {"kind": "move", "visit": visit, "to": {"shift": shift}}
    wanted = {"edit": edit, "seen": 2**62, "reason": "op verzoek"}

    async def act() -> tuple[Who, httpx2.Response]:
        async with site.client(who, cookie=False) as client:
            return who, await client.post("/api/v1/plan/edits", json=wanted)

    return act


async def by_api(site: Site, what: str, **body: str) -> Act:
    await wait_for_decision(site)
    who, address = site.who("planner"), f"/api/v1/plans/{site.home.plan}/{what}"

    async def act() -> tuple[Who, httpx2.Response]:
        async with site.client(who, cookie=False) as client:
            return who, await client.post(address, json=body)

    return act


async def approving_by_api(site: Site) -> Act:
    return await by_api(site, "approve", reason="goed zo")


async def rejecting_by_api(site: Site) -> Act:
    return await by_api(site, "reject", reason="te veel telefoontjes")


async def undoing(site: Site) -> Act:
    act = await changing_by_hand(site)
    who, stored = await act()
    address = f"/api/v1/plan/edits/{stored.json()['edit']}/undo"

    async def undo() -> tuple[Who, httpx2.Response]:
        async with site.client(who, cookie=False) as client:
            return who, await client.post(address)

    return undo


WRITES: dict[str, Callable[[Site], Awaitable[Act]]] = {
    "/praktijk/aanmelden": registering,
    "/praktijk/beslissing": deciding,
    **return_acts.WRITES,
    "/praktijk/lijst/{upload}/opslaan": a_list_to_store,
    **bundle_acts.WRITES,
    "/praktijk/vragen/{person}/verbeteren": mending,
    "/praktijk/vragen/{person}/intrekken": taking_back,
    "/planning/vragen/{person}": settling,
    "/planning/voorstel/{plan}/goedkeuren": approving,
    "/planning/voorstel/{plan}/afwijzen": rejecting,
    "/planning/telling": counting,
    "/planning/bezoek/{visit}/afzeggen": cancelling,
    "/planning/bezoek/{visit}/hand": moving,
    "/planning/bezoek/{visit}/los": releasing,
    "/planning/bezoek/{visit}/vast": pinning,
    "/planning/bezoek/{visit}/houd": holding,
    "/planning/bezoek/{visit}/eraf": taking_off,
    "/planning/dagen": locking_days,
    "/planning/afspraken": agreeing,
    "/api/v1/agreements": agreeing_by_api,
    "/planning/handelingen/{edit}/ongedaan": undoing_on_the_page,
    "/planning/gevraagd/{extra_stop}": answering_for_a_team,
    "/planning/locatie/{location}/klopt": confirming_a_place,
    "/quarantaine/aanbieden": offering_a_group,
    "/quarantaine/aanbieden/{number}": offering_one,
    "/api/v1/events": an_event_by_api,
    "/api/v1/persons": persons_by_api,
    "/api/v1/plan/edits": changing_by_hand,
    "/api/v1/plan/edits/{edit}/undo": undoing,
    "/api/v1/plans/{plan}/approve": approving_by_api,
    "/api/v1/plans/{plan}/reject": rejecting_by_api,
}
# Needs a plan of the real planner: `test_plan_decisions`, `test_scenarios`, `test_steer_pages`, `test_hand_parts_page`,
# `test_fits_applied`.
OF_A_PLANNER = {
    "/planning/bezoek/{visit}/ruil", "/planning/bezoek/{visit}/splits", "/planning/bezoek/{visit}/samen", "/planning/dienst/{shift}/sluit",
    "/planning/crisisbezoek", "/planning/open/{location}/ja", "/api/v1/plans/{plan}/restore",
    "/planning/plannen/{plan}/terugzetten", "/api/v1/plan/scenarios/{scenario}/proposal", "/planning/wat-als/{scenario}",
}  # fmt: skip
IN_THE_VAULT = {"/praktijk/vragen/{person}/klopt", "/noodinzage", *INBOX}  # which keep who did it


def test_every_route_that_writes_is_tried_here():
    writing = {address for address, method in routes() if method not in READS}

    assert writing == WRITES.keys() | NO_FACT.keys() | IN_THE_VAULT | OF_A_PLANNER


@pytest.mark.parametrize("address", WRITES)
async def test_every_fact_of_a_route_says_who_made_it_and_for_whom(site: Site, address: str):
    act, door = await WRITES[address](site), await site.fresh.open("acceptor")
    before = await rows(door, "SELECT source, id FROM ledger")

    who, answer = await act()

    assert answer.status_code in (200, 201, 202, 303), answer.text
    made = await rows(
        door,
        "SELECT source, id, type, actor, actor_org FROM ledger WHERE type <> ALL ($1::text[])",
        DERIVED,
    )
    new = [row for row in made if row[:2] not in before]
    assert new
    assert [row[2:] for row in new if row[3:] != (who.subject, who.organisation)] == []
    assert await list_unlogged(site, who, answer, address) == set()


async def test_who_confirms_what_stands_there_is_kept_with_the_question(site: Site):
    who = practice(site)
    await post(site, who, f"{await questioned(site)}/klopt")

    asked = "SELECT confirmed_by, organisation FROM person_questions WHERE confirmed_at IS NOT NULL"
    kept = await rows(await site.fresh.open("identifier"), asked)
    assert kept == [(who.subject, who.organisation)]


async def test_a_proof_of_another_session_writes_nothing(site: Site):
    """The kinds of form have one door: what a session may not prove is refused before anything is read."""
    who, other = site.who("practice"), practice(site)
    async with site.client(who) as client:
        answer = await client.post("/praktijk/aanmelden", data={**GOOD, "proof": site.proof(other)})

    assert answer.status_code == 403
