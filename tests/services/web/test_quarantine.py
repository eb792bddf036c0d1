"""The page of what was set aside: who sees which records, never what they hold, and the buttons that offer them again."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import asyncpg
import pytest

from events.envelope import Record, Sender, System
from infra.clock import SystemClock
from infra.postgres.systems import connect_systems
from services.accept.accept import accept
from services.accept.submission import Submission
from services.web.writing import find_system
from tests.builders import a_record
from tests.facts import a_patient
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.seed import ABROAD, HOME, NOW

pytestmark = pytest.mark.postgres
SECRET = b'{"family_name": "van Geheim"}'
HIS = System(
    "in.practice.his.v1", Sender.PRACTICE, ("urn:nld:prikploeg:practice:",), frozenset({HOME})
)
FOREIGN = replace(HIS, topic="in.practice.noord.v1", regions=frozenset({ABROAD}))


async def set_aside(
    site: Site, *records: Record, systems: tuple[System, ...] = (HIS, FOREIGN)
) -> None:
    door = await site.fresh.open("acceptor")
    async with door.transaction() as tx:
        await connect_systems(tx, systems, 1)
    await accept(door, [Submission((record,)) for record in records], NOW)


def bad(system: System, offset: int = 0) -> Record:
    return Record(system, SECRET, topic=system.topic, partition=0, offset=offset)


def not_yet_allowed(name: str, offset: int) -> Record:
    """A good event by a source that its system could not use when it came."""
    record = a_record(a_patient(name), name, system=HIS)
    early = replace(HIS, sources=("urn:x",))
    return replace(record, system=early, topic=HIS.topic, partition=0, offset=offset)


def by_https(site: Site, number: int = 0, region: str = HOME) -> Record:
    return Record(find_system(site.who("practice", region, number)), SECRET)


async def page_of(
    site: Site, role: str, region: str = HOME, number: int = 0, query: str = ""
) -> str:
    async with site.client(site.who(role, region, number)) as client:
        return (await client.get(f"/quarantaine{query}")).text


async def press(
    site: Site, path: str, role: str = "planner", region: str = HOME, **fields: str
) -> Any:
    who = site.who(role, region)
    async with site.client(who) as client:
        return await client.post(path, data={**fields, "proof": site.proof(who)})


async def test_a_planner_sees_the_systems_of_the_region_and_never_what_they_said(site: Site):
    await set_aside(site, bad(HIS), bad(FOREIGN))

    page = await page_of(site, "planner")

    assert "Geen geldig bericht" in page
    assert HIS.topic in page
    assert FOREIGN.topic not in page
    assert "Geheim" not in page
    assert "family_name" not in page


async def test_a_practice_sees_only_what_it_sent_itself(site: Site):
    await set_aside(site, bad(HIS), by_https(site, 0))

    own, other = await page_of(site, "practice"), await page_of(site, "practice", number=1)

    assert "Pagina of API" in own
    assert HIS.topic not in own
    assert "Geheim" not in own
    assert "Alles is verwerkt" in other


async def test_a_planner_of_another_region_sees_nothing_of_it(site: Site):
    await set_aside(site, bad(HIS), by_https(site))

    assert "Alles is verwerkt" in await page_of(site, "planner", ABROAD)


async def test_a_record_that_our_key_does_not_open_stays_and_the_page_says_so(site: Site):
    await set_aside(site, not_yet_allowed("q1", 0))
    owner = await asyncpg.connect(site.fresh.dsn("owner"))
    await owner.execute("UPDATE quarantine SET sealed = '?'")
    await owner.close()

    answer = await press(
        site, "/quarantaine/aanbieden/1", bron=HIS.topic, reden="source_not_allowed"
    )
    page = await page_of(
        site, "planner", query=answer.headers["location"].removeprefix("/quarantaine")
    )

    assert "1 bericht kon niet worden geopend" in page
    assert 'action="/quarantaine/aanbieden/1"' in page


async def test_a_record_is_offered_again_and_is_done_with(site: Site):
    await set_aside(site, not_yet_allowed("q1", 0), bad(HIS, 1))

    answer = await press(
        site, "/quarantaine/aanbieden/1", bron=HIS.topic, reden="source_not_allowed"
    )

    assert answer.status_code == 303
    page = await page_of(
        site, "planner", query=answer.headers["location"].removeprefix("/quarantaine")
    )
    assert "1 bericht is aangenomen" in page
    assert "Deze afzender mag hier niet sturen" not in page
    door = await site.fresh.open("acceptor")
    assert await rows(door, "SELECT offered_by FROM quarantine WHERE resolved_at IS NOT NULL") == [
        (site.who("planner").subject,)
    ]


async def test_a_whole_group_is_offered_again(site: Site):
    await set_aside(site, *(not_yet_allowed(f"q{n}", n) for n in range(60)))

    answer = await press(site, "/quarantaine/aanbieden", bron=HIS.topic, reden="source_not_allowed")

    assert "aangenomen=60&geweigerd=0" in answer.headers["location"]
    assert "Alles is verwerkt" in await page_of(site, "planner")


async def test_what_was_not_kept_whole_is_never_offered_again(site: Site):
    """A press of the button could only say that nothing came of it."""
    await set_aside(site, not_yet_allowed("q1", 0))
    owner = await asyncpg.connect(site.fresh.dsn("owner"))
    query = f"?{urlencode({'bron': HIS.topic, 'reden': 'source_not_allowed'})}"
    assert 'action="/quarantaine/aanbieden"' in await page_of(site, "planner", query=query)

    await owner.execute("UPDATE quarantine SET cut = true, whole = false")
    await owner.close()

    page = await page_of(site, "planner", query=query)
    assert "Niet heel bewaard" in page
    assert 'action="/quarantaine/aanbieden' not in page


async def test_what_is_refused_again_stays(site: Site):
    await set_aside(site, bad(HIS))

    answer = await press(site, "/quarantaine/aanbieden", bron=HIS.topic, reden="not_an_event")

    assert "aangenomen=0&geweigerd=1" in answer.headers["location"]
    assert "Geen geldig bericht" in await page_of(site, "planner")


@pytest.mark.parametrize(("role", "region"), [("practice", HOME), ("planner", ABROAD)])
async def test_nobody_offers_the_record_of_another(site: Site, role: str, region: str):
    await set_aside(site, not_yet_allowed("q1", 0))

    one = await press(site, "/quarantaine/aanbieden/1", role, region)
    group = await press(
        site, "/quarantaine/aanbieden", role, region, bron=HIS.topic, reden="source_not_allowed"
    )

    assert (one.status_code, group.status_code) == (403, 403)
    door = await site.fresh.open("acceptor")
    assert await rows(door, "SELECT count(*) FROM quarantine WHERE offered_again_at IS NULL") == [
        (1,)
    ]


async def test_a_long_list_is_shown_in_pages(site: Site):
    await set_aside(site, *(bad(HIS, n) for n in range(120)))

    first = await page_of(site, "planner")
    second = await page_of(site, "planner", query=f"?bron={HIS.topic}&reden=not_an_event&voor=71")

    assert first.count('id="n-') == 50
    assert 'id="n-120"' in first
    assert "voor=71" in first
    assert 'id="n-70"' in second
    assert 'id="n-71"' not in second


async def test_who_listens_hears_that_a_record_was_set_aside(site: Site):
    heard: list[str] = []
    connection = await asyncpg.connect(site.fresh.dsn("reader"))
    await connection.add_listener("accepted", lambda *notice: heard.append(str(notice[3])))

    await set_aside(site, bad(HIS))
    await connection.execute("SELECT 1")
    await connection.close()

    assert heard == [f"{HOME} 0"]


@pytest.mark.slow
async def test_a_hundred_thousand_open_records_do_not_slow_the_page(site: Site):
    owner = await site.fresh.open("owner")
    await set_aside(site)
    async with owner.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO quarantine (at, topic, part, off, headers, raw, reason, fields, sender)
            SELECT now(), $1, 0, n, '{}', repeat('x', 400)::bytea, 'not_an_event', '{}', 'practice'
            FROM generate_series(1, 100000) AS n
            """,
            HIS.topic,
        )
    async with owner.transaction() as tx:
        await tx.execute("ANALYZE quarantine")
    clock = SystemClock()
    began = clock.monotonic()

    page = await page_of(site, "planner")

    assert "100.000" in page
    assert clock.monotonic() - began < 2.0
