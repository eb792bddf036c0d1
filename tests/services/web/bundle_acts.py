"""The routes by which bundles and what they ask are written, for the test of every write."""

import json
from collections.abc import Awaitable, Callable

import httpx2

from infra.postgres.database import Who
from tests.services.web.conftest import Site
from tests.services.web.seed import PRODUCT
from tests.services.web.test_bundles import FHIR, a_bundle, a_dose, a_patient, send
from tests.services.web.test_questions import post

Act = Callable[[], Awaitable[tuple[Who, httpx2.Response]]]


async def registering(site: Site) -> Act:
    who, body = site.who("practice"), json.dumps(a_bundle(a_patient(site), a_dose()))

    async def act() -> tuple[Who, httpx2.Response]:
        async with site.client(who, cookie=False) as client:
            return who, await client.post("/api/v1/registrations", content=body, headers=FHIR)

    return act


async def naming_a_product(site: Site) -> Act:
    await send(site, a_bundle(a_patient(site), a_dose("7654321")))
    who = site.who("planner")

    async def act() -> tuple[Who, httpx2.Response]:
        fields = {"code": "hpk_7654321", "product": PRODUCT}
        return who, await post(site, who, "/planning/producten", **fields)

    return act


WRITES: dict[str, Callable[[Site], Awaitable[Act]]] = {
    "/api/v1/registrations": registering,
    "/planning/producten": naming_a_product,
}
