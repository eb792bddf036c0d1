# ruff: noqa: INP001 - a script beside the pictures, not part of a package
"""Takes the pictures of the README from a running demo, with the Chromium of this machine.

Run: make demo (in another terminal), then python docs/pictures/make.py [http://127.0.0.1:8080]
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGES = {"planner": "/planning", "practice": "/praktijk", "crisis": "/regio"}


def sign_in(page: Page, url: str, role: str) -> None:
    """Choose the first demo user of this role."""
    page.goto(f"{url}/aanmelden")
    form = page.locator("form", has=page.locator(f'input[name="role"][value="{role}"]')).first
    form.locator('button[type="submit"], button:not([type])').first.click()
    page.wait_for_url(f"{url}{PAGES[role]}*")


def main(url: str) -> int:
    """One picture for each audience; 1 when there is no browser."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.stderr.write("No Chromium found: install chromium.\n")
        return 1
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for role in PAGES:
            page = running.new_page(viewport={"width": 1440, "height": 900}, locale="nl-NL")
            sign_in(page, url, role)
            page.wait_for_timeout(1500)  # the map draws itself; the stream of changes never ends
            page.screenshot(path=HERE / f"{role}.png")
            page.close()
        running.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"))
