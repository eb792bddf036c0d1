"""A planner reads a proposal that stands still, and decides with the keyboard."""

from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from events.envelope import Sender
from events.organisations import PolicyChanged
from tests.browser.conftest import Visitor
from tests.browser.test_axe import faults
from tests.services.web.seed import HOME, propose

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


async def a_proposal(visitor: Visitor, served: int = 7, number: int = 2) -> UUID:
    if number == 2:
        await visitor.site.say(Sender.OPERATOR, PolicyChanged(publish_automatically=False))
    await propose(visitor.site.say, visitor.site.home, HOME, served=served, number=number)
    return visitor.site.home.plan


async def go_to(page: Page, label: str) -> None:
    """Tabs until this control has the focus."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        name = await page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
        )
        if name.startswith(label):
            return
    pytest.fail(f"the keyboard does not reach {label}")


async def test_a_proposal_is_read_and_taken_with_the_keyboard_alone(visitor: Visitor):
    await a_proposal(visitor)
    page = await visitor.open("/planning", visitor.site.who("planner"))

    await go_to(page, "Bekijk en beslis")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="Plan 2")).to_be_visible()
    await go_to(page, "Lindeplein")
    await page.keyboard.press("Space")
    await expect(page.get_by_role("checkbox")).not_to_be_checked()
    await page.keyboard.press("Space")
    await go_to(page, "Waarom?")
    await page.keyboard.type("goed zo")
    await go_to(page, "Neem over wat is aangevinkt")
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("Plan 2, gepubliceerd")).to_be_visible()
    await page.goto(visitor.address + "/planning/plannen")
    await expect(page.get_by_text("De reden: goed zo.")).to_be_visible()


async def test_what_is_read_and_typed_stays_when_a_newer_proposal_comes(visitor: Visitor):
    read = await a_proposal(visitor)
    page = await visitor.open(f"/planning/voorstel/{read}", visitor.site.who("planner"))
    await page.get_by_label("Waarom niet?").fill("te veel telef")

    await a_proposal(visitor, served=5, number=3)
    await page.wait_for_timeout(1_500)  # longer than the page that renews itself needs

    await expect(page.get_by_role("heading", level=1, name="Plan 2")).to_be_visible()
    await expect(page.get_by_label("Waarom niet?")).to_have_value("te veel telef")
    await page.get_by_label("Waarom niet?").fill("te veel telefoontjes")
    await page.get_by_role("button", name="Wijs af").click()
    await page.goto(visitor.address + "/planning/plannen")
    await expect(page.get_by_text("De reden: te veel telefoontjes.")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("language", ["nl", "en"])
async def test_axe_finds_nothing_in_a_proposal_and_the_versions(
    visitor: Visitor, width: int, language: str
):
    read = await a_proposal(visitor, served=5)
    await a_proposal(visitor, served=7, number=3)
    view = {"width": width, "height": 800}

    for path in (f"/planning/voorstel/{read}", "/planning/plannen"):
        assert await faults(visitor, "planner", f"{path}?lang={language}", viewport=view) == []


async def test_axe_finds_nothing_where_a_decision_was_not_taken(visitor: Visitor):
    read = await a_proposal(visitor)
    who = visitor.site.who("planner")
    page = await visitor.open(f"/planning/voorstel/{read}", who)
    async with visitor.site.client(who) as other:
        await other.post(
            f"/planning/voorstel/{read}/goedkeuren", data={"proof": visitor.site.proof(who)}
        )
    await page.get_by_role("button", name="Neem over wat is aangevinkt").click()

    await expect(page.get_by_role("alert")).to_contain_text("Plan 2 is al goedgekeurd door")
    visitor.complaints.clear()  # the browser tells of the 409
