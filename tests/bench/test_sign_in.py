"""How long a sign-in and the page behind it take, besides what the identity provider itself takes.

The site of the tests, with its pages as they are for a person; the provider is a real Keycloak on the same machine.
"""

import os

import pytest
from typing_extensions import override

from infra.oidc.asking import Answer, Asking
from tests.bench.measuring import CLOCK, percentile, show
from tests.keycloak.running import Running
from tests.services.web.conftest import (  # noqa: F401  # fixtures
    Site,
    planned_regions,
    site,
    two_regions,
)
from tests.services.web.signing_in import provided_site

pytestmark = [pytest.mark.postgres, pytest.mark.keycloak, pytest.mark.slow]
TIMES = int(os.environ.get("COUNT", "30"))
MOST_MS = 300  # of issue and design, besides the provider's own time


class Timed(Asking):
    """Asks, and knows how long it waited for answers."""

    waited = 0.0

    @override
    async def _ask(self, *asked: object) -> Answer:  # type: ignore[override]
        began = CLOCK.monotonic()
        try:
            return await super()._ask(*asked)  # type: ignore[arg-type]
        finally:
            Timed.waited += CLOCK.monotonic() - began


async def test_a_sign_in_and_the_page_behind_it(site: Site, keycloak: Running, capsys):  # noqa: F811
    async with provided_site(site, keycloak) as provided:
        object.__setattr__(provided.seats.provider, "asking", Timed())
        await provided.realm.person("anja", ["practice"], ["singel"])
        ours, theirs = [], []
        for _ in range(TIMES):
            visit = provided.visit("anja")
            address = await visit.leave("/praktijk")
            Timed.waited = 0.0
            began = CLOCK.monotonic()
            back = await visit.return_by(address)
            page = await visit.pages.get(back.headers["location"])
            took = CLOCK.monotonic() - began
            assert (back.status_code, page.status_code) == (303, 200)
            ours.append((took - Timed.waited) * 1000)
            theirs.append(Timed.waited * 1000)

    rows = [
        ("ours", f"median {percentile(ours, 0.5):.0f} ms, 95 of 100 within {percentile(ours, 0.95):.0f} ms, most {max(ours):.0f} ms"),
        ("the provider's", f"median {percentile(theirs, 0.5):.0f} ms, most {max(theirs):.0f} ms"),
    ]  # fmt: skip
    show(capsys, f"Back from the provider to the practice's page, {TIMES} times", rows)
    if os.environ.get("SPEED_BARS"):
        assert percentile(ours, 0.95) < MOST_MS
