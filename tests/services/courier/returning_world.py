"""Two practices with patients whom the vault knows, doses, and receivers of return records in the test's own process."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiohttp import web

from events.births import BirthDate
from events.identifiers import Payload
from events.practice import ConsentSubject
from infra.person import Description, Person, SaidBy, Speaker
from infra.postgres.courier import return_addresses
from infra.postgres.courier.return_addresses import Address
from infra.postgres.vault import identify
from infra.webhooks import new_secret
from services.courier.desk import Desk
from services.courier.returns import lay_ready, list_due, make_returns, post_next
from tests.builders import REGION, ClockAt, a_record, say
from tests.conftest import Fresh
from tests.facts import (
    DONE,
    NOW,
    a_consent,
    a_correction,
    a_dose,
    a_location,
    a_patient,
    a_product,
    a_retraction,
    an_organisation,
    uid,
)
from tests.services.accept.looking import rows
from tests.services.courier.receiver import a_desk

NORTH, SOUTH = uid("practice north"), uid("practice south")
DESCRIBED = 100  # persons in one transaction
BSNS = ("111222333", "123456782", "999990019", "999990020", "999990032", "999990044")


@dataclass
class Listener:
    """A practice's own system: what came, each once by its id, and how it answers a Bundle."""

    url: str = ""
    judge: Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]] = lambda _, __: (201, {})
    got: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: list[str] = field(default_factory=list)
    raw: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        message = request.headers["webhook-id"]
        body = await request.read()
        bundle = json.loads(body)
        self.raw.append(({name.lower(): value for name, value in request.headers.items()}, body))
        self.tries.append(message)
        status, said = self.judge(message, bundle)
        if status < 300:
            self.got[message] = bundle
        return web.json_response(said, status=status, content_type="application/fhir+json")


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    listener = Listener()
    app = web.Application()
    app.router.add_post("/fhir", listener.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}/fhir"
    try:
        yield listener
    finally:
        await runner.cleanup()


@dataclass
class Loop:
    """The desk of a courier, and people with a practice."""

    fresh: Fresh
    desk: Desk
    real: ClockAt
    people: list[UUID] = field(default_factory=list)

    async def register(self, *names: str, practice: UUID = NORTH) -> list[UUID]:
        """Patients of a practice, described by it; whom the name is given for the first time."""
        described = [self.describe(name, n, practice) for n, name in enumerate(names)]
        vault = await self.fresh.open("identifier", 1)
        ids: list[UUID] = []
        for at in range(0, len(described), DESCRIBED):
            async with vault.transaction() as tx:
                part = described[at : at + DESCRIBED]
                found = await identify(tx, self.fresh.keys(), part, NOW)
            ids += [one.id for one in found]
        await self.say(
            *(a_patient(person_id=one, practice_id=practice) for one in ids),
            *(a_consent(person_id=one, practice_id=practice) for one in ids),
        )
        self.people += ids
        return ids

    def describe(self, name: str, n: int, practice: UUID) -> Description:
        """Somebody new; the first few have a BSN."""
        number = len(self.people) + n
        bsn = BSNS[number] if number < len(BSNS) else None
        born = BirthDate(1931 + number % 30, 4, 3)
        postcode = f"{3511 + number % 400}AB"
        person = Person(bsn, name, f"van {name}", born, postcode, "12")
        return Description(person, Speaker(SaidBy.PRACTICE, practice, REGION))

    async def say(self, *payloads: Payload) -> list[tuple[str, str]]:
        """Facts, accepted; source and id of each, by which it can be corrected."""
        records = [a_record(one) for one in payloads]
        outcomes = await say(self.desk.door, *records, now=DONE)
        assert all(one.reason is None for one in outcomes), outcomes
        found = [json.loads(one.value or b"") for one in records]
        return [(one["source"], one["id"]) for one in found]

    async def give(self, person: UUID, **changes: Any) -> tuple[str, str]:
        (named,) = await self.say(a_dose(person_id=person, **changes))
        return named

    async def correct(self, of: tuple[str, str], person: UUID, **changes: Any) -> tuple[str, str]:
        (named,) = await self.say(a_correction(of, person_id=person, **changes))
        return named

    async def retract(self, of: tuple[str, str], person: UUID) -> None:
        await self.say(a_retraction(of, person_id=person))

    async def opt_in(self, person: UUID, practice: UUID = NORTH, **changes: Any) -> None:
        about = {"person_id": person, "practice_id": practice, "subject": ConsentSubject.REGISTER}
        await self.say(a_consent(**about, **changes))

    async def address(
        self, url: str, receiver: str = "practice", practice: UUID | None = NORTH
    ) -> str:
        """From now on messages of this receiver are posted here; the secret that signs them."""
        secret = new_secret()
        keys = self.desk.keys
        assert keys is not None
        sealed = keys.seal(secret, return_addresses.bound_to(REGION, receiver, practice))
        made = Address(REGION, receiver, practice, url, sealed)
        async with self.desk.store.transaction() as tx:
            await return_addresses.put(tx, made, NOW)
        return secret

    async def turn(self) -> None:
        """Everything that a courier does of itself, once."""
        await make_returns(self.desk)
        await lay_ready(self.desk)
        for address in await list_due(self.desk):
            while await post_next(self.desk, address):
                pass

    async def states(self, receiver: str = "practice") -> list[tuple[str, str]]:
        """Kind and state of every message, in the order in which they were made."""
        return await rows(
            self.desk.store,
            "SELECT kind, state FROM return_states WHERE receiver = $1 ORDER BY made_at, dose_seq, number, person",
            receiver,
        )

    async def messages(self) -> list[UUID]:
        found = await rows(
            self.desk.store,
            "SELECT message FROM return_messages WHERE receiver = 'practice' ORDER BY dose_seq, number",
        )
        return [one for (one,) in found]


@asynccontextmanager
async def a_loop(fresh: Fresh) -> AsyncIterator[Loop]:
    real = ClockAt()
    async with a_desk(fresh, real=real, clock=ClockAt(DONE)) as desk:
        loop = Loop(fresh, desk, real)
        await loop.say(
            a_product("moderna", hpk="2924528", snomed="28531000087107"),
            an_organisation("post", agb="01234567"),
            an_organisation("practice north", kind="practice"),
            an_organisation("practice south", kind="practice"),
            a_location("wilg"),
        )
        yield loop
