"""README, docs/producing.md and docs/webhooks.md beside `prikploeg up`, as typed: what is sent is accepted, what is planned is told."""

import json
import os
import re
import shutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiohttp import web

from events.envelope import Sender, System
from infra.embedded.folder import CHECKOUT
from infra.postgres.database import Who
from infra.settings import read_secret
from infra.tokens import mint
from services.sending import TOPICS
from tests.builders import REGION, a_record, changed
from tests.documents import block, filled
from tests.facts import a_patient, a_team, uid
from tests.flow.processes import until
from tests.flow.reading import Demo, beside_a_demo
from tests.services.courier.receiver import Receiver

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(300)]
PRODUCING, WEBHOOKS, SECURITY = "docs/producing.md", "docs/webhooks.md", "docs/security.md"
README, IMPORT = "README.md", "docs/import/README.md"
NOORD = "in.hap.noord.v1"
CODE = re.compile(r"code: (\S+)\nfor (\S+);")


@pytest.fixture(scope="module")
async def demo() -> AsyncIterator[Demo]:
    async with beside_a_demo() as made:
        yield made


async def test_the_examples_of_a_sender_are_accepted(demo: Demo):
    if os.environ.get("CI") != "true" and shutil.which("kcat") is None:
        pytest.skip("kcat is not here: apt-get install kcat")
    examples = filled(block(PRODUCING, "produce.sh"), {"127.0.0.1:19092": demo.kafka})

    await demo.type(block(PRODUCING, "prikploeg connect in.hap.core.v1"))
    await demo.restart_intake()
    said = await demo.type(examples)

    source = "urn:nld:prikploeg:hap:voorbeeld"
    wanted = ["member.certified.v1"] * 2 + ["team.formed.v1"] * 2
    await until(lambda: are(demo.accepted(source), wanted))
    assert "sent two events" in said
    assert await demo.quarantined(TOPICS[Sender.HAP]) == []


async def are(found: Any, wanted: list[str]) -> bool:
    return sorted(await found) == wanted


async def test_a_practice_gets_a_number_for_a_person(demo: Demo):
    key = read_secret(Path(demo.note["WEB_SESSION_KEY_FILE"])).encode()
    token = mint(key, Who("practice", REGION, uid("practice"), "his"))
    asking = filled(block(PRODUCING, "/api/v1/persons"), {"127.0.0.1:8080": demo.address})

    first, second = [json.loads(await demo.type(asking, TOKEN=token)) for _ in range(2)]

    assert len(first["person_ids"]) == 1
    assert first == {"person_ids": second["person_ids"], "said_before": [False]}
    assert second["said_before"] == [True]


async def test_a_connected_system_speaks_on_its_own_topic(demo: Demo):
    source = "urn:nld:hap-noord:"
    noord = System(NOORD, Sender.HAP, (source,), frozenset({REGION}))

    said = await demo.type(block(PRODUCING, "prikploeg connect in.hap.noord.v1"))
    await demo.restart_intake()
    await demo.send(NOORD, a_record(a_team("noord"), system=noord))

    await until(lambda: are(demo.accepted(f"{source}test"), ["team.formed.v1"]))
    assert f"{NOORD} is connected; restart intake\n" in said


async def test_a_known_system_goes_on_under_its_urn(demo: Demo):
    line = block(PRODUCING, "prikploeg alias")
    _, _, urn, known = line.split()
    before = changed(a_record(a_patient("p1"), "same"), source=known)
    its_own = f"--source {known} --source urn:nld:prikploeg:practice:import --region {REGION}"

    await demo.type(f"prikploeg connect {TOPICS[Sender.PRACTICE]} --sender practice {its_own}")
    await demo.restart_intake()
    await demo.send(TOPICS[Sender.PRACTICE], before)
    await until(lambda: are(demo.accepted(known), ["patient.registered.v1"]))
    said = await demo.type(line)
    await demo.restart_intake()
    after = changed(a_record(a_patient("p2"), "other"), source=urn)
    await demo.send(TOPICS[Sender.PRACTICE], changed(before, source=urn), after)

    await until(lambda: are(demo.accepted(known), ["patient.registered.v1"] * 2))
    assert await demo.accepted(urn) == []
    assert said == f"{urn} is {known}; restart intake\n"


async def test_a_sender_reads_what_was_refused_of_its_own(demo: Demo):
    asking = filled(block(PRODUCING, "/api/v1/refusals"), {"127.0.0.1:8080": demo.address})
    documented = json.loads(block(PRODUCING, '{"refusals"'))
    (command,) = set(re.findall(r"`(prikploeg token [^`]+)`", read(PRODUCING)))
    wrong = changed(a_record(a_team("noord")), source="urn:nld:hap-zuid:plan", id="wrong")

    await demo.type(block(PRODUCING, "prikploeg connect in.hap.noord.v1"))
    await demo.restart_intake()
    await demo.send(NOORD, wrong)
    token = (await demo.type(command)).strip()
    await until(lambda: demo.quarantined(NOORD))
    said = json.loads(await demo.type(asking, TOKEN=token))

    assert said.keys() == documented.keys()
    assert [one.keys() for one in said["refusals"]] == [documented["refusals"][0].keys()]
    assert said["refusals"][0]["reason"] == "source_not_allowed"
    assert said["open"] == [{"topic": NOORD, "reason": "source_not_allowed", "records": 1}]


def read(document: str) -> str:
    return (CHECKOUT / document).read_text()


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


async def test_people_are_let_in_by_a_code_and_out_again(demo: Demo):
    lines = block(SECURITY, "prikploeg sessions open practice").splitlines()
    practice, planner, crisis, admin, show, end_one, end_all = lines
    await demo.type(filled(block(IMPORT, "--dry-run"), {" --dry-run": ""}))
    await until(demo.knows_organisations)

    codes = [await open_session(demo, line) for line in (practice, planner, crisis, admin)]
    async with signed_in(demo, codes[0][0]) as desk, signed_in(demo, codes[1][0]) as office:
        before = [
            (await desk.get("/praktijk")).status_code,
            (await office.get("/planning")).status_code,
        ]
        listed = await demo.type(show)
        number = next(line.split()[0] for line in listed.splitlines() if codes[0][1] in line)
        await demo.type(filled(end_one, {"3f9c2a10": number}))
        await demo.type(filled(end_all, {"local:practice:...": codes[1][1]}))
        after = [await desk.get("/praktijk"), await office.get("/planning")]

    assert before == [200, 200]
    assert all(one.headers["location"].startswith("/aanmelden") for one in after)


async def open_session(demo: Demo, line: str) -> tuple[str, str]:
    """The code that a line gives, and whose it is."""
    found = CODE.search(await demo.type(line))
    assert found is not None
    return found[1], found[2]


@asynccontextmanager
async def signed_in(demo: Demo, code: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that typed this code."""
    address = f"http://{demo.address}"
    async with httpx2.AsyncClient(
        base_url=address, headers={"origin": address}, trust_env=False, timeout=30
    ) as browser:
        await browser.post("/aanmelden/code", data={"code": code})
        yield browser


async def test_the_example_files_pass_a_dry_run(demo: Demo):
    said = await demo.type(block(IMPORT, "--dry-run"))

    assert "87 of 87 rows good; would send" in said
