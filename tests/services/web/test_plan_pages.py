"""The page of a plan: a box for each line, whom to phone, what was refused and why, and every version."""

from collections.abc import AsyncIterator

import pytest

from events.organisations import PolicyChanged
from events.practice import ConsentStatus
from events.teams import ShiftWithdrawn
from tests.builders import SmallRegion
from tests.conftest import Fresh
from tests.facts import a_consent, uid
from tests.services.web.desk import Desk, a_desk, newcomers, propose

pytestmark = pytest.mark.postgres


@pytest.fixture
async def desk(fresh: Fresh) -> AsyncIterator[Desk]:
    """Eight people at two locations in a published plan; from now on a person approves."""
    async with a_desk(fresh) as opened:
        await opened.plan(*SmallRegion().all())
        yield opened


async def page(desk: Desk, path: str, name: str = "anna") -> str:
    async with await desk.browser(name) as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def send(desk: Desk, path: str, **fields: object):
    async with await desk.browser() as client:
        return await client.post(path, data={**fields, "proof": desk.proof()})


async def test_the_page_of_a_proposal_has_a_box_for_each_line_and_says_whom_to_phone(desk: Desk):
    plan = await propose(desk)
    lines = (await desk.get(f"plans/{plan}/diff"))["lines"]

    day = await page(desk, "/planning")
    read = await page(desk, f"/planning/voorstel/{plan}")

    assert f'href="/planning/voorstel/{plan}"' in day
    for line in lines:
        assert f'value="{line["id"]}" checked' in read
        assert line["text"]["nl"] in read
    assert "U hoeft niemand te bellen." in read  # three minutes later: nobody is phoned for that
    assert "Mensen met een afspraak: nu 8, straks 11." in read
    assert "Met voorrang 50: nu 8 mensen, straks 11." in read


async def test_what_is_ticked_on_the_page_is_taken(desk: Desk):
    plan = await propose(desk)
    lines = (await desk.get(f"plans/{plan}/diff"))["lines"]
    eik = [one["id"] for one in lines if one["location"] == str(uid("eik"))]

    answer = await send(
        desk,
        f"/planning/voorstel/{plan}/goedkeuren",
        regel=eik,
        keuze=len(lines),
        waarom="eerst De Eik",
    )

    assert answer.status_code == 303
    stands = await desk.stands()
    assert uid("n3") in stands
    assert uid("n1") not in stands
    versions = await page(desk, "/planning/plannen")
    assert "Gemaakt van regels die een planner koos." in versions
    assert "De reden: eerst De Eik." in versions


async def test_all_boxes_ticked_is_the_whole_plan(desk: Desk):
    plan = await propose(desk)
    lines = [one["id"] for one in (await desk.get(f"plans/{plan}/diff"))["lines"]]

    await send(desk, f"/planning/voorstel/{plan}/goedkeuren", regel=lines, keuze=len(lines))

    assert (await desk.get(f"plans/{plan}"))["state"] == "published"


async def test_what_does_not_fit_is_said_on_the_page_and_nothing_typed_is_lost(desk: Desk):
    plan = await propose(desk)
    lines = (await desk.get(f"plans/{plan}/diff"))["lines"]
    (joins,) = [
        one["id"] for one in lines if (one["kind"], one["location"]) == ("new", str(uid("wilg")))
    ]

    answer = await send(
        desk, f"/planning/voorstel/{plan}/goedkeuren", regel=joins, keuze=len(lines), waarom="haast"
    )

    assert answer.status_code == 409
    assert "Neem dan ook over: De Eik (4 bewoners)" in answer.text
    assert "Er is niets opgeslagen." in answer.text
    assert f'value="{joins}" checked' in answer.text
    assert answer.text.count(" checked") == 1
    assert 'value="haast"' in answer.text


async def test_what_somebody_reads_stands_still_and_the_newer_one_is_offered_beside_it(desk: Desk):
    plan = await propose(desk)
    before = await page(desk, f"/planning/voorstel/{plan}")
    await desk.plan(*newcomers("wilg", "n4"))

    after = await page(desk, f"/planning/voorstel/{plan}")

    assert "Er is een nieuwer voorstel: plan 3" in after
    assert "zijn daarin anders" in after or "is daarin anders" in after
    boxes = [text.split('name="regel" value="')[1:] for text in (before, after)]
    names = [[one.split('"')[0] for one in found] for found in boxes]
    assert names[0] == names[1] != []
    assert "hx-get" not in after.split('id="inhoud"')[1].split(">")[0]


async def test_a_version_is_put_back_from_the_page_and_says_what_changes(desk: Desk):
    plan = await propose(desk)
    await desk.post(f"plans/{plan}/approve")
    first = (await desk.versions())[-1]

    answer = await send(desk, f"/planning/plannen/{first['plan']}/terugzetten")

    assert answer.status_code == 303
    read = await page(desk, answer.headers["location"])
    assert "Een eerder plan, met de gegevens van nu." in read
    assert "vervalt. Een planner nam dit deel van het plan niet over." in read
    assert "Bel De Wilg." in read


async def test_what_of_an_earlier_version_cannot_come_back_stands_there_with_its_reason(desk: Desk):
    """One withdrew the consent; the shift of the first day is gone, so the moment that the others had is too."""
    first = (await desk.versions())[0]
    days = {shift for shift, _ in (await desk.stands()).values()}
    no = a_consent("p0", location_id=uid("wilg"), status=ConsentStatus.REFUSED)
    moved = PolicyChanged(notice_days=0)
    await desk.plan(moved, no, *(ShiftWithdrawn(shift_id=shift) for shift in days))

    answer = await send(desk, f"/planning/plannen/{first['plan']}/terugzetten")

    read = await page(desk, answer.headers["location"])
    part = read.split('id="niet-terug"')[1].split("</section>")[0]
    assert "De Wilg (1 bewoner): de afspraak van dinsdag 16 februari" in part
    assert "vervalt. " in part
    assert "De Eik (4 bewoners): niet op dinsdag 16 februari" in part
    assert "Deze dienst gaat niet door." in part
