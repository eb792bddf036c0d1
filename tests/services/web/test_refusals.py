"""A sender hears what of its own was refused, and nobody hears of the topics of another region."""

from dataclasses import replace

import pytest

from events.envelope import Record, System
from infra.postgres.database import Who
from infra.postgres.heartbeats import Process, beat
from infra.postgres.systems import Gap, report_gaps, stop_topic
from infra.tokens import SENDER
from tests.builders import a_record
from tests.facts import a_patient
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME, NOW
from tests.services.web.test_quarantine import FOREIGN, HIS, SECRET, bad, by_https, set_aside

pytestmark = pytest.mark.postgres
NAMES = (HIS.topic, FOREIGN.topic)


def sender(system: System) -> Who:
    """A connected system by its own token."""
    return Who(SENDER, "", None, system.topic)


def not_allowed(name: str, offset: int) -> Record:
    """A good event by a source that its system may not use."""
    record = a_record(a_patient(name), name, system=HIS)
    early = replace(HIS, sources=("urn:x",))
    return replace(record, system=early, topic=HIS.topic, partition=0, offset=offset)


async def ask(site: Site, who: Who | None, path: str) -> tuple[int, dict]:
    async with site.client(who, cookie=False) as client:
        found = await client.get(path)
        return found.status_code, found.json()


async def test_a_system_reads_what_of_its_own_was_refused_by_its_own_name_for_it(site: Site):
    await set_aside(site, not_allowed("e1", 0), bad(HIS, 1), bad(FOREIGN), by_https(site))

    status, said = await ask(site, sender(HIS), "/api/v1/refusals")

    assert status == 200
    first, second = said["refusals"]
    assert (first["id"], first["reason"], first["fields"]) == ("e1", "source_not_allowed", ["source"])  # fmt: skip
    assert first["source"].startswith("urn:nld:prikploeg:practice:")
    assert (first["topic"], first["partition"], first["offset"]) == (HIS.topic, 0, 0)
    assert (second["id"], second["reason"], second["offset"]) == (None, "not_an_event", 1)
    assert said["open"] == [
        {"topic": HIS.topic, "reason": "not_an_event", "records": 1},
        {"topic": HIS.topic, "reason": "source_not_allowed", "records": 1},
    ]
    assert said["next"] is None
    assert "Geheim" not in str(said)
    assert FOREIGN.topic not in str(said)


async def test_refusals_come_in_pages_and_each_once(site: Site):
    await set_aside(site, *(bad(HIS, n) for n in range(7)))
    found, after = [], 0

    while after is not None:
        _, said = await ask(site, sender(HIS), f"/api/v1/refusals?limit=3&after={after}")
        found += [one["offset"] for one in said["refusals"]]
        after = said["next"]

    assert found == list(range(7))


@pytest.mark.parametrize("asked", ["limit=0", "limit=501", "after=-1", "after=9223372036854775808", "after=x", "limit=%00"])  # fmt: skip
async def test_a_page_that_nobody_has_is_told(site: Site, asked: str):
    status, said = await ask(site, sender(HIS), f"/api/v1/refusals?{asked}")

    assert status == 400
    assert said["errors"][0]["location"] == {"name": asked.partition("=")[0]}


async def test_a_practice_reads_what_it_sent_by_https_and_nobody_elses(site: Site):
    await set_aside(site, bad(HIS), by_https(site, 0), by_https(site, 1))

    _, own = await ask(site, site.who("practice", number=0), "/api/v1/refusals")
    _, other = await ask(site, site.who("practice", number=1), "/api/v1/refusals")

    assert [one["topic"] for one in own["refusals"]] == ["https"]
    assert [one["topic"] for one in other["refusals"]] == ["https"]
    assert own["refusals"][0]["number"] != other["refusals"][0]["number"]


async def test_a_planner_reads_those_of_the_region_without_the_names_that_senders_gave(site: Site):
    await set_aside(site, not_allowed("e1", 0), bad(FOREIGN))

    _, said = await ask(site, site.who("planner"), "/api/v1/refusals")

    assert [(one["topic"], one["id"]) for one in said["refusals"]] == [(HIS.topic, None)]


async def test_a_token_of_a_sender_opens_nothing_else(site: Site):
    async with site.client(sender(HIS), cookie=False) as client:
        answers = [
            (await client.get(path)).status_code
            for path in ("/api/v1/stock", "/api/v1/plan", "/api/v1/patients", "/api/v1/changes")
        ]
        page = await client.get("/quarantaine")

    assert set(answers) <= {403, 404}
    assert page.status_code in (303, 401, 403)
    assert (await ask(site, None, "/api/v1/refusals"))[0] == 401
    assert (await ask(site, site.who("crisis"), "/api/v1/refusals"))[0] == 403


async def trouble(site: Site) -> None:
    """A topic of each region is stopped, has a gap, refused records, and an alarm."""
    await set_aside(site, bad(HIS), bad(FOREIGN), bad(FOREIGN, 1))
    door = await site.fresh.open("acceptor")
    alarms = [
        {"kind": "open_transaction", "topic": one.topic, "partition": 0, "offset": 5, "seconds": 120, "regions": sorted(one.regions)}
        for one in (HIS, FOREIGN)
    ]  # fmt: skip
    async with door.transaction() as tx:
        for topic in NAMES:
            await stop_topic(tx, topic, 990, 1000, NOW)
            await report_gaps(tx, [Gap(topic, 0, 1, 3)], NOW)
        state = {"lag": 3, "ok": False, "alarms": alarms, "stopped": list(NAMES)}
        await beat(tx, Process("intake", 0, 1, NOW), NOW, state)


async def test_the_open_status_names_no_topic_and_says_that_there_is_something(site: Site):
    await trouble(site)

    _, said = await ask(site, None, "/status")

    assert "in." not in str(said["processes"])
    assert not any(name in str(said) for name in NAMES)
    assert said["set_aside"] == [{"reason": "not_an_event", "records": 3}]
    assert (said["gaps"], said["stopped"]) == (2, 2)
    assert {"kind": "open_transaction", "topics": 2, "seconds": 120} in said["alarms"]
    async with site.client() as client:
        text = (await client.get("/metrics")).text
        ready = (await client.get("/readyz")).json()
    assert not any(name in text for name in NAMES)
    assert 'prikploeg_set_aside{reason="not_an_event"} 3.0' in text
    assert ready["processes"]["intake"] in ("alarm", "silent")


@pytest.mark.parametrize(("region", "own", "other", "count"), [(HOME, *NAMES, 1), (ABROAD, *NAMES[::-1], 2)])  # fmt: skip
async def test_a_planner_and_a_sender_hear_of_their_own_topics_on_the_status(
    site: Site, region: str, own: str, other: str, count: int
):
    await trouble(site)

    for who in (site.who("planner", region), Who(SENDER, "", None, own)):
        _, said = await ask(site, who, "/status")
        told = said["own"]
        assert told["set_aside"] == [{"topic": own, "reason": "not_an_event", "records": count}]
        assert [one["topic"] for one in told["stopped"]] == [own]
        assert told["gaps"] == [{"topic": own, "gaps": 1}]
        assert [(one["kind"], one["topic"]) for one in told["alarms"]] == [("open_transaction", own)]  # fmt: skip
        assert other not in str(said)
    assert "own" not in (await ask(site, site.who("crisis", region), "/status"))[1]


async def test_pages_of_a_region_count_and_name_their_own_topics_only(site: Site):
    await trouble(site)

    async with site.client(site.who("planner")) as client:
        pages = [(await client.get(path)).text for path in ("/planning", "/quarantaine")]
    async with site.client(site.who("crisis")) as client:
        crisis = (await client.get("/regio")).text

    for text in pages:
        assert HIS.topic in text
        assert FOREIGN.topic not in text
    assert "Berichten van in.practice.his.v1 wachten op de afzender" in pages[0]
    assert "1 bericht is niet verwerkt" in pages[0]
    assert "1 bericht is niet verwerkt" in crisis
    assert FOREIGN.topic not in crisis


async def test_a_record_that_is_not_kept_whole_has_no_button(site: Site):
    large = replace(bad(HIS), value=b"x" * 300_000)
    await set_aside(site, large)
    door = await site.fresh.open("acceptor")

    async with site.client(site.who("planner")) as client:
        text = (await client.get("/quarantaine")).text
    _, said = await ask(site, sender(HIS), "/api/v1/refusals")

    assert "Niet heel bewaard" in text
    assert 'action="/quarantaine/aanbieden/' not in text
    assert [(one["kept"], one["length"]) for one in said["refusals"]] == [(False, 300_000)]
    found = await rows(door, "SELECT whole, octet_length(value_digest) FROM quarantine")
    assert found == [(False, 32)]
    assert SECRET not in text.encode()
