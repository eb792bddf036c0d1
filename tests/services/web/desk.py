"""The planner's desk of a small region whose plans the real planner makes: asks and decides over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2

from events.identifiers import Payload
from events.organisations import PolicyChanged
from infra.clock import SystemClock
from infra.postgres.database import Database, Who
from infra.postgres.sessions import open_session
from infra.tokens import WORKING_DAY, mint, proof
from services.accept.group import Group
from services.web.app import build
from services.web.parts import Parts
from services.web.seats import Seats
from services.web.writing import Writing
from tests.builders import REGION
from tests.conftest import Fresh
from tests.facts import NOW, a_consent, a_patient, uid
from tests.services.planner.planning import plan_with
from tests.services.web.conftest import KEY, cookie_of, session_of
from tests.services.web.seed import StillClock


@dataclass
class Desk:
    """A web application beside a planner, on one database."""

    fresh: Fresh
    parts: Parts
    door: Database
    clock: StillClock
    app: Any

    def who(self, name: str = "anna") -> Who:
        return Who("planner", REGION, uid("post"), f"test:{name}")

    async def plan(self, *payloads: Payload) -> None:
        """Says these facts, and lets the planner make a plan."""
        await plan_with(self.fresh, payloads, self.clock.at)

    def client(self, name: str = "anna") -> httpx2.AsyncClient:
        """A system of this planner."""
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://site.test",
            headers={"authorization": f"Bearer {mint(KEY, self.who(name))}"},
        )

    async def browser(self, name: str = "anna") -> httpx2.AsyncClient:
        """A browser in which this planner is signed in."""
        who, now = self.who(name), SystemClock().now()
        async with self.door.transaction() as tx:
            await open_session(tx, session_of(who), who, now, now + WORKING_DAY)
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://site.test",
            headers={"origin": "http://site.test"},
            cookies={"prikploeg_session": cookie_of(who)},
        )

    def proof(self, name: str = "anna") -> str:
        """What a form on this planner's page carries."""
        return proof(KEY, self.who(name), session_of(self.who(name)))

    async def get(self, path: str, name: str = "anna") -> Any:
        async with self.client(name) as client:
            answer = await client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(
        self, path: str, body: object = None, name: str = "anna"
    ) -> tuple[int, dict[str, Any]]:
        async with self.client(name) as client:
            answer = await client.post(f"/api/v1/{path}", json=body)
        return answer.status_code, answer.json()

    async def versions(self) -> list[dict[str, Any]]:
        """Every version, the newest first."""
        found: list[dict[str, Any]] = (await self.get("plans"))["plans"]
        return found

    async def stands(self) -> dict[UUID, tuple[UUID, datetime]]:
        """Everybody with an appointment: the shift and the moment."""
        async with self.door.transaction() as tx:
            rows: Sequence[Any] = await tx.fetch(
                """
                SELECT a.person, v.shift, lower(v.slot) AS at FROM appointments a JOIN visits v USING (region, visit)
                WHERE a.live AND v.live
                """
            )
        return {row["person"]: (row["shift"], row["at"]) for row in rows}


@asynccontextmanager
async def a_desk(fresh: Fresh, now: datetime = NOW) -> AsyncIterator[Desk]:
    """Opens the desk; the region is empty."""
    clock = StillClock(now)
    reader, acceptor = await fresh.open("reader"), await fresh.open("acceptor", 2)
    keys = fresh.keys()
    group = Group(acceptor, clock)
    running = asyncio.create_task(group.run())
    parts = Parts(
        reader,
        Writing(group, await fresh.open("identifier", 1), keys, clock),
        keys,
        clock,
        KEY,
        Seats(acceptor, KEY),
        embedded=True,
        hosts=frozenset({"site.test"}),
    )
    yield Desk(fresh, parts, acceptor, clock, build(parts))
    parts.region_fits.close()
    parts.scenarios.close()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


BY_HAND = PolicyChanged(publish_automatically=False, notice_days=0)


def newcomers(place: str, *names: str) -> list[Payload]:
    """People who are registered and consent."""
    facts: list[Payload] = []
    for name in names:
        facts += [
            a_patient(name, location_id=uid(place)),
            a_consent(name, location_id=uid(place)),
        ]
    return facts


async def propose(desk: Desk) -> UUID:
    """New people at both locations: a proposal with a line for each."""
    await desk.plan(BY_HAND, *newcomers("wilg", "n1", "n2"), *newcomers("eik", "n3"))
    (newest, *_) = await desk.versions()
    assert newest["state"] == "proposed"
    return UUID(newest["plan"])
