"""A list that waits, and what becomes of it: another session, an hour later, two tabs at once, a process that is killed."""

import asyncio
from uuid import UUID

import pytest

from services.web import list_rows
from tests.services.web.conftest import Site, session_of
from tests.services.web.lists import NONE, a_bsn, a_row, as_csv, dump, practice, said_by_pages

pytestmark = pytest.mark.postgres


async def test_a_list_is_of_one_session_and_gone_after_an_hour(site: Site):
    browser, other = practice(site), practice(site, 1)
    await browser.hand_over(as_csv([a_row(1)]))
    other.at = browser.at
    owner = await site.fresh.open("owner", 1)

    foreign = await other.get(browser.at)
    own = await browser.get(browser.at)
    async with owner.transaction() as tx:
        await tx.execute("UPDATE uploads SET until = now()")
    late = await browser.get(browser.at)
    await site.parts.writing.lists.forget_old()

    assert (foreign.status_code, own.status_code, late.status_code) == (404, 200, 404)
    async with owner.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM uploads") == 0


async def test_a_list_that_waits_is_nowhere_in_plain_text(site: Site):
    browser = practice(site)
    await browser.hand_over(as_csv([a_row(1)]), "Kwikstaart.csv")
    await browser.choose()
    await browser.check()
    owner = await site.fresh.open("owner", 1)

    async with owner.transaction() as tx:
        rows = [
            bytes(row[0])
            for name in ("uploads", "upload_columns", "persons", "person_statements")
            for row in await tx.fetch(f"SELECT convert_to(t::text, 'UTF8') FROM {name} t")
        ]

    text = b" ".join(rows)
    assert text
    for secret in ("Kwikstaart", a_bsn(1), "Achternaam", b"Kwikstaart".hex()):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in text


async def test_thrown_away_it_is_gone_at_once_and_after_storing_only_wrong_rows_are_kept(
    site: Site,
):
    browser, other = practice(site), practice(site)
    await browser.hand_over(as_csv([a_row(1)]))
    await browser.post(f"{browser.at}/weg")
    await other.all_steps(as_csv([a_row(2), a_row(3, Postcode="geen")]))

    kept = await site.parts.writing.lists.find(
        other.who, session_of(other.who), UUID(other.at.rsplit("/", 1)[1])
    )

    assert (await browser.get(browser.at)).status_code == 404
    assert kept is not None
    assert a_bsn(2).encode() not in kept.raw
    assert a_bsn(3).encode() in kept.raw


async def test_two_tabs_that_store_the_same_list_at_once_store_it_once(site: Site):
    raw = as_csv([a_row(n) for n in range(1, 30)])
    tabs = [practice(site), practice(site)]
    for tab in tabs:
        await tab.hand_over(raw)
        await tab.choose()
        await tab.check()
    before = await dump(site)

    site.parts.lists.gate = asyncio.Semaphore(2)
    did = await asyncio.gather(*(tab.store() for tab in tabs))

    after = await dump(site)
    assert after["persons"] == before["persons"] + 29
    assert after["person_statements"] == before["person_statements"] + 29
    assert after["ledger"] == before["ledger"] + 58  # a registration and an answer for each
    assert all(sum(one.values()) == 29 and one["wrong"] == 0 for one in did)


async def test_killed_while_it_stores_it_goes_on_with_the_same_list_and_nothing_is_double(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(list_rows, "PART", 5)
    raw = as_csv([a_row(n) for n in range(1, 21)])
    browser = practice(site)
    await browser.hand_over(raw)
    await browser.choose()
    await browser.check()
    await browser.post(f"{browser.at}/opslaan")
    (job,) = site.parts.lists.stores.values()
    while not job.done:
        await asyncio.sleep(0)
    job.task.cancel()  # the process is gone, with all that it remembers
    await asyncio.wait([job.task])
    site.parts.lists.stores.clear()
    site.parts.lists.checks.clear()
    half = await dump(site)

    promised = await browser.check()
    did = await browser.store()

    assert 0 < promised["known"] < 20
    assert promised == did == NONE | {"known": promised["known"], "new": 20 - promised["known"]}
    after = await dump(site)
    assert after["persons"] > half["persons"]
    said = [one for one in await said_by_pages(site) if one["type"] == "patient.registered.v1"]
    assert len(said) == len({one["person_id"] for one in said}) == 20


async def test_a_list_in_use_by_nobody_is_refused_where_it_is_no_list(site: Site):
    browser = practice(site)

    for raw in (b"PK\x03\x04 no archive", b"\xd0\xcf\x11\xe0 old", b"", b"\n\n"):
        answer = await browser.hand_over(raw)
        assert answer.status_code == 422, raw
        assert "niets opgeslagen" in answer.text or "niet worden gelezen" in answer.text


async def test_a_file_is_taken_at_that_address_and_from_a_practice_only(site: Site):
    files = {"bestand": ("lijst.csv", as_csv([a_row(1)]))}
    async with site.client(site.who("practice")) as client:
        elsewhere = await client.post("/praktijk/aanmelden", files=files)
    async with site.client(site.who("planner")) as client:
        planner = await client.post("/praktijk/lijst", files=files)

    assert (elsewhere.status_code, planner.status_code) == (415, 403)


async def test_guessing_at_one_name_is_refused_in_a_dry_run_too(site: Site):
    rows = [a_row(1, BSN=a_bsn(n)) for n in range(1, 40)]
    browser = practice(site)
    await browser.hand_over(as_csv(rows))
    await browser.choose()

    page = await browser.wait(f"{browser.at}/controle")

    assert "Het is niet gelukt" in page.text
