"""Accessibility rules that a machine can check, on every page and in every state of it."""

from dataclasses import replace
from typing import Any

import pytest

from events.envelope import Sender
from events.organisations import PolicyChanged
from infra.postgres.systems import stop_topic
from services.web.assets import TARGET
from tests.browser.conftest import Visitor
from tests.services.web.seed import HOME, NOW, an_id, propose
from tests.services.web.test_quarantine import HIS, bad, by_https, set_aside
from tests.services.web.test_returns import a_dose, answer, messages

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


async def faults(visitor: Visitor, role: str | None, path: str, **options: object) -> list[str]:
    """The violations that axe finds; the page's own policy is set aside for axe alone."""
    who = visitor.site.who(role) if role else None
    page = await visitor.open(path, who, bypass_csp=True, **options)
    if path.partition("?")[0].partition("#")[0] == "/planning":
        await page.locator("#kaart[data-drawn]").wait_for()
    await page.add_script_tag(path=TARGET / "axe.min.js")
    found: dict[str, Any] = await page.evaluate("axe.run()")
    return [
        f"{violation['id']}: {node['target']} {node['html'][:120]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (None, "/aanmelden"),
        ("planner", "/planning"),
        ("planner", "/planning?dag=2021-02-20"),
        ("planner", f"/planning?bezoek={an_id(HOME, 'visit')}"),
        ("planner", "/regio"),
        ("practice", "/praktijk"),
        ("practice", "/praktijk?stand=ingepland"),
        ("crisis", "/regio"),
        ("crisis", "/regio?toon=tabel"),
        ("crisis", "/regio?lang=en"),
        ("admin", "/beheer"),
        ("practice", "/quarantaine"),
        ("practice", "/praktijk/terugmelding"),
        ("planner", "/planning/terugmelding"),
        ("planner", "/planning/producten"),
    ],
)
async def test_axe_finds_nothing(visitor: Visitor, role: str | None, path: str):
    assert await faults(visitor, role, path) == []


@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_where_a_code_is_asked(visitor: Visitor, width: int):
    visitor.site.app.state.parts = replace(visitor.site.parts, embedded=False)

    assert await faults(visitor, None, "/aanmelden", viewport={"width": width, "height": 800}) == []


@pytest.mark.parametrize(
    ("role", "path"), [("planner", "/planning"), ("practice", "/praktijk"), ("crisis", "/regio")]
)
async def test_axe_finds_nothing_on_a_phone(visitor: Visitor, role: str, path: str):
    assert await faults(visitor, role, path, viewport={"width": 390, "height": 800}) == []


@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_where_doses_lie_ready_and_were_rejected(
    visitor: Visitor, width: int
):
    await a_dose(visitor.site)
    await a_dose(visitor.site, nth=1)
    first, _ = await messages(visitor.site)
    await answer(visitor.site, first["message"], "rejected")
    how = {"viewport": {"width": width, "height": 800}}

    assert await faults(visitor, "practice", "/praktijk/terugmelding", **how) == []
    assert await faults(visitor, "planner", "/planning/terugmelding", **how) == []


async def test_axe_finds_nothing_with_a_proposal(visitor: Visitor):
    await visitor.site.say(Sender.OPERATOR, PolicyChanged(publish_automatically=False))
    await propose(visitor.site.say, visitor.site.home, HOME, served=7, number=2)

    assert await faults(visitor, "planner", "/planning") == []


@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_where_records_were_set_aside(visitor: Visitor, width: int):
    await set_aside(visitor.site, bad(HIS), by_https(visitor.site))
    door = await visitor.site.fresh.open("acceptor")
    async with door.transaction() as tx:
        await stop_topic(tx, HIS.topic, 962, 1000, NOW)
    viewport = {"width": width, "height": 800}

    assert await faults(visitor, "planner", "/quarantaine", viewport=viewport) == []


async def test_axe_finds_nothing_in_an_opened_patient(visitor: Visitor):
    person = visitor.site.home.patients[visitor.site.home.practices[0]][0]

    assert await faults(visitor, "practice", f"/praktijk?patient={person}") == []


@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_where_somebody_looks_for_a_reason_and_it_is_reviewed(
    visitor: Visitor, width: int
):
    site, viewport = visitor.site, {"width": width, "height": 800}
    planner, person = site.who("planner"), site.home.patients[site.home.practices[0]][0]
    glass = await site.parts.seats.emergencies.open(planner, person, "bel de familie")  # fmt: skip

    for role, path in (
        ("planner", "/noodinzage"),
        ("planner", f"/noodinzage/{glass}"),
        ("admin", "/beheer/inzage"),
        ("practice", f"/praktijk/inzage/{person}"),
    ):
        assert await faults(visitor, role, path, viewport=viewport) == [], path


async def test_axe_finds_nothing_in_a_form_with_mistakes(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"), bypass_csp=True)
    await page.locator("#answer-other").check()
    await page.get_by_role("button", name="Controleer en verstuur").click()
    await page.locator("#samenvatting").wait_for()
    await page.add_script_tag(path=TARGET / "axe.min.js")

    found = await page.evaluate("axe.run()")

    assert [violation["id"] for violation in found["violations"]] == []
    visitor.complaints.clear()  # the browser tells of the 422


async def test_axe_finds_nothing_where_one_may_not_come(visitor: Visitor):
    found = await faults(visitor, "crisis", "/praktijk")

    visitor.complaints.clear()  # the browser tells of the 403
    assert found == []
