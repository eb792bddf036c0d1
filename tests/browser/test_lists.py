"""The four steps of a list in a real browser: by keyboard alone, on a phone, and without any script."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from services.web.assets import TARGET
from tests.browser.conftest import Visitor
from tests.browser.test_tasks import tab_to
from tests.services.web.lists import HEADER, a_bsn, a_row, as_csv

pytestmark = [pytest.mark.browser, pytest.mark.postgres]
ROWS = [
    a_row(1),
    a_row(2, BSN="123456789"),
    a_row(3, Postcode="1234 A", Geboortedatum="31-02-1940"),
    a_row(4, BSN=""),
    *(a_row(n) for n in range(5, 12)),
]


async def look(page: Page, name: str) -> None:
    """What a machine can say of a step: no fault of axe, and nothing that sticks out of the page."""
    await page.add_script_tag(path=TARGET / "axe.min.js")
    found: dict[str, Any] = await page.evaluate("axe.run()")
    faults = [
        f"{name} {violation['id']}: {node['target']} {node['html'][:120]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert (faults, wide) == ([], 0)


@pytest.mark.parametrize("width", [1280, 320])
async def test_each_step_is_sound_at_any_width(visitor: Visitor, width: int):
    page = await visitor.open(
        "/praktijk/lijst",
        visitor.site.who("practice"),
        bypass_csp=True,
        viewport={"width": width, "height": 800},
    )
    await look(page, f"{width}-1")
    raw = as_csv(ROWS, (*HEADER, "Ruiter"))
    await page.get_by_label("Bestand", exact=True).set_input_files(
        [{"name": "lijst.csv", "mimeType": "text/csv", "buffer": raw}]
    )
    await page.get_by_role("button", name="Verder naar kolommen").click()
    await look(page, f"{width}-2")
    await page.get_by_role("button", name="Controleer de lijst").click()
    await expect(page.get_by_role("alert")).to_contain_text("Kies een instelling")
    await look(page, f"{width}-2-fout")
    assert len(visitor.complaints) == 1  # of the browser, about the 422
    visitor.complaints.clear()
    await page.get_by_label("Instelling", exact=True).fill("Eemzicht GG2514, Amersfoort (3511)")
    await page.get_by_role("button", name="Controleer de lijst").click()
    await expect(page.locator(".tally-wrong b")).to_have_text("2")
    await look(page, f"{width}-3")
    await page.locator("a.tally-new").click()
    await look(page, f"{width}-3-nieuw")
    await page.get_by_role("button", name="Sla 9 regels op").click()
    await expect(page.get_by_role("heading", name="De lijst is opgeslagen")).to_be_visible()
    await look(page, f"{width}-4")


async def test_a_list_is_pasted_and_stored_by_keyboard_alone(visitor: Visitor):
    page = await visitor.open("/praktijk", visitor.site.who("practice"))
    await tab_to(page, "Lijst aanleveren")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/praktijk/lijst")

    await tab_to(page, "tekst")
    await page.keyboard.insert_text(as_csv([a_row(1), a_row(2)]).decode())
    await tab_to(page, "Verder naar kolommen")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/lijst/*")
    await tab_to(page, "instelling")
    await page.keyboard.type("Eemzicht GG2514, Amersfoort (3511)")
    await page.keyboard.press("Escape")
    await tab_to(page, "Controleer de lijst")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/controle")
    await tab_to(page, "Sla 2 regels op")
    await page.keyboard.press("Enter")

    await expect(page.locator(".tally-new")).to_have_text("2 nieuw")


async def test_a_list_is_stored_without_any_script(visitor: Visitor):
    page = await visitor.open(
        "/praktijk/lijst", visitor.site.who("practice"), java_script_enabled=False
    )
    await page.set_input_files(
        "#bestand",
        [
            {
                "name": "l.csv",
                "mimeType": "text/csv",
                "buffer": as_csv([a_row(1), a_row(2, BSN="1")]),
            }
        ],
    )
    await page.get_by_role("button", name="Verder naar kolommen").click()
    await page.fill("#instelling", "Eemzicht GG2514, Amersfoort (3511)")
    await page.get_by_role("button", name="Controleer de lijst").click()
    await page.get_by_role("button", name="Sla 1 regel op").click()
    async with page.expect_download() as given:
        await page.get_by_role("link", name="Download 1 foute regel").click()

    back = (await (await given.value).path()).read_text()
    assert "fout" in back.splitlines()[0]
    assert a_bsn(1) not in back
