"""README, docs/producing.md and docs/webhooks.md beside `prikploeg up`, as typed: what is sent is accepted, what is planned is told."""

import asyncio
import json
import os
import re
import shutil
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import psutil
import pytest
from aiohttp import web

from events.envelope import Record, Sender, System
from infra.embedded.folder import scratch
from infra.kafka.producer import Outgoing, Producer
from infra.postgres.database import Who
from infra.settings import Kafka, Postgres, read_secret
from infra.tokens import mint
from services.sending import TOPICS
from tests.builders import REGION, a_record, changed
from tests.documents import a_shell, begin, block, end, filled, typed
from tests.facts import a_patient, a_team, uid
from tests.flow.processes import a_free_port, until
from tests.infra.kafka.secured import write_keystore
from tests.services.courier.receiver import Receiver

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(300)]
README, PRODUCING, WEBHOOKS = "README.md", "docs/producing.md", "docs/webhooks.md"


@dataclass(frozen=True)
class Demo:
    """What runs, as its own note `environment.json` tells it to a reader."""

    note: dict[str, str]
    shell: dict[str, str]
    folder: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.note['WEB_PORT']}"

    @property
    def kafka(self) -> str:
        return self.note["KAFKA_BOOTSTRAP_SERVERS"]

    async def type(self, script: str, **settings: str) -> str:
        return await typed(script, self.shell | self.note | settings)

    async def status(self) -> dict[str, Any]:
        async with httpx2.AsyncClient(trust_env=False) as client:
            said: dict[str, Any] = (await client.get(f"http://{self.address}/status")).json()
            return said

    async def people_served(self) -> int:
        plans = [one["plan"] for one in (await self.status())["regions"] if one["plan"]]
        return plans[0]["counts"]["people_served"] if plans else 0

    async def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        folder = Path(self.note["DATABASE_PASSWORDS"])
        owner = Postgres(url=self.note["DATABASE_URL"], passwords=folder).dsn("owner")
        connection = await asyncpg.connect(owner)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *values)]
        finally:
            await connection.close()

    async def accepted(self, source: str) -> list[str]:
        """The types of what is in the ledger from this source, in order."""
        found = await self.rows("SELECT type FROM ledger WHERE source = $1 ORDER BY seq", source)
        return [kind for (kind,) in found]

    async def quarantined(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT topic, reason, fields FROM quarantine")

    async def send(self, topic: str, *records: Record) -> None:
        async with Producer(Kafka(bootstrap_servers=self.kafka)) as producer:
            for one in records:
                assert one.value is not None
                sent = Outgoing(topic, REGION.encode(), one.value, list(one.headers.items()))
                await producer.send_all([sent])

    async def restart_intake(self) -> None:
        """End it; its supervisor starts it again, and it reads the list of systems."""
        (row,) = await self.rows("SELECT pid FROM heartbeats WHERE process = 'intake'")
        psutil.Process(row[0]).send_signal(signal.SIGTERM)

        async def is_another() -> bool:
            return await self.rows("SELECT pid FROM heartbeats WHERE process = 'intake'") != [row]

        await until(is_another)


@pytest.fixture(scope="module")
async def demo() -> AsyncIterator[Demo]:
    """`prikploeg up` of README.md, in the days of the examples; its courier trusts an authority of ours."""
    up = block(README, "prikploeg up --region").splitlines()[0]
    with scratch() as folder:
        write_keystore(folder.data)
        trusted = folder.data / "trusted.pem"
        trusted.write_text((folder.data / "ca.pem").read_text() + machine_authorities())
        shell = a_shell(
            HOME=str(folder.data),
            PRIKPLOEG_DATA=str(folder.data),
            WEB_PORT=str(a_free_port()),
            SSL_CERT_FILE=str(trusted),
            WEBHOOKS_INTERNAL="true",
            PLANNER_SECONDS="2",
        )
        running = await begin(f"exec {up}", shell)
        try:
            async with asyncio.timeout(120):
                draining = await until_it_says(running, "prikploeg import")
            note = json.loads((folder.data / "environment.json").read_text())
            yield Demo(note, shell, folder.data)
            running.send_signal(signal.SIGINT)
            await running.wait()
            await draining
        finally:
            end(running)


def machine_authorities() -> str:
    """Whom this machine trusts anyway."""
    known = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return Path(known).read_text() if known else ""


async def until_it_says(process: asyncio.subprocess.Process, words: str) -> asyncio.Task[bytes]:
    """Read on until these words; what comes after them is drained."""
    assert process.stdout is not None
    said = ""
    while words not in said:
        line = (await process.stdout.readline()).decode()
        assert line, said
        said += line
    return asyncio.create_task(process.stdout.read())


async def test_the_examples_of_a_sender_are_accepted(demo: Demo):
    if os.environ.get("CI") != "true" and shutil.which("kcat") is None:
        pytest.skip("kcat is not here: apt-get install kcat")
    examples = filled(block(PRODUCING, "produce.sh"), {"127.0.0.1:19092": demo.kafka})

    said = await demo.type(examples)

    source = "urn:nld:prikploeg:hap:voorbeeld"
    wanted = ["member.certified.v1"] * 2 + ["team.formed.v1"] * 2
    await until(lambda: are(demo.accepted(source), wanted))
    assert "sent two events" in said
    assert await demo.quarantined() == []


async def are(found: Any, wanted: list[str]) -> bool:
    return sorted(await found) == wanted


async def test_a_practice_gets_a_number_for_a_person(demo: Demo):
    key = read_secret(Path(demo.note["WEB_SESSION_KEY_FILE"])).encode()
    token = mint(key, Who("practice", REGION, uid("practice"), "his"))
    asking = filled(block(PRODUCING, "/api/v1/persons"), {"127.0.0.1:8080": demo.address})

    first, second = [json.loads(await demo.type(asking, TOKEN=token)) for _ in range(2)]

    assert first == second
    assert [*first] == ["person_ids"]
    assert len(first["person_ids"]) == 1


async def test_a_connected_system_speaks_on_its_own_topic(demo: Demo):
    source, topic = "urn:nld:hap-noord:", "in.hap.noord.v1"
    noord = System(topic, Sender.HAP, (source,), frozenset({REGION}))

    said = await demo.type(block(PRODUCING, "prikploeg connect"))
    await demo.restart_intake()
    await demo.send(topic, a_record(a_team("noord"), system=noord))

    await until(lambda: are(demo.accepted(f"{source}test"), ["team.formed.v1"]))
    assert said == f"{topic} is connected; restart intake\n"


async def test_a_known_system_goes_on_under_its_urn(demo: Demo):
    line = block(PRODUCING, "prikploeg alias")
    _, _, urn, known = line.split()
    before = changed(a_record(a_patient("p1"), "same"), source=known)

    await demo.send(TOPICS[Sender.PRACTICE], before)
    await until(lambda: are(demo.accepted(known), ["patient.registered.v1"]))
    said = await demo.type(line)
    await demo.restart_intake()
    after = changed(a_record(a_patient("p2"), "other"), source=urn)
    await demo.send(TOPICS[Sender.PRACTICE], changed(before, source=urn), after)

    await until(lambda: are(demo.accepted(known), ["patient.registered.v1"] * 2))
    assert await demo.accepted(urn) == []
    assert said == f"{urn} is {known}; restart intake\n"


@asynccontextmanager
async def an_https_receiver(demo: Demo) -> AsyncIterator[Receiver]:
    """A system of somebody else, at an address whose certificate the courier trusts."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/prikploeg", receiver.answer)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(demo.folder / "broker.pem")
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    receiver.url = f"https://localhost:{runner.addresses[0][1]}/prikploeg"
    try:
        yield receiver
    finally:
        await runner.cleanup()


def documented_check() -> Callable[[str, dict[str, str], bytes], bool]:
    """The receiver's function as the document has it."""
    names: dict[str, Any] = {}
    exec(block(WEBHOOKS, "def is_genuine"), names)
    found: Callable[[str, dict[str, str], bytes], bool] = names["is_genuine"]
    return found


async def test_people_are_planned_as_typed_and_a_webhook_hears_of_it(demo: Demo):
    add, show, again, resume, remove = block(WEBHOOKS, "prikploeg destinations").splitlines()
    _, *imports = block(README, "prikploeg up --region").splitlines()
    is_genuine = documented_check()
    async with an_https_receiver(demo) as receiver:
        added = await demo.type(filled(add, {"https://example.nl/prikploeg": receiver.url}))
        for line in imports:
            await demo.type(line)
        await until(lambda: at_least(demo.people_served, 3), 120)
        await until(lambda: heard(receiver, {"plan.published.v1", "visit.assigned.v1"}))
        listed = await demo.type(show)
        (headers, body), *_ = receiver.got
        first = receiver.ids
        await demo.type(filled(again, {"812": "0"}))
        await until(lambda: repeated(receiver, first))
        receiver.always = 410
        await demo.type(filled(again, {"812": "0"}))
        await until(lambda: is_listed(demo, show, "disabled (status 410)"))
        receiver.always, receiver.got = 200, []
        resumed = await demo.type(resume)
        await until(lambda: heard(receiver, {"plan.published.v1", "visit.assigned.v1"}))
        await demo.type(remove)

    secret = re.search(r"whsec_\S+", added)
    assert secret is not None
    assert is_genuine(secret[0], headers, body)
    assert not is_genuine(secret[0], headers, body + b" ")
    assert not is_genuine(secret[0], headers | {"webhook-timestamp": "1613365200"}, body)
    assert "crisisteam: webhook, active; " in listed
    assert resumed == "crisisteam goes on\n"
    assert "crisisteam" not in await demo.type(show)


async def at_least(count: Callable[[], Any], wanted: int) -> bool:
    return int(await count()) >= wanted


async def heard(receiver: Receiver, types: set[str]) -> bool:
    return types <= {json.loads(body)["type"] for _, body in receiver.got}


async def repeated(receiver: Receiver, ids: list[str]) -> bool:
    """Whether everything that came before came once more, in its order."""
    return receiver.ids[len(ids) : 2 * len(ids)] == ids


async def is_listed(demo: Demo, show: str, words: str) -> bool:
    return words in await demo.type(show)
