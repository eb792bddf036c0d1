"""`prikploeg up` for own people, as a person runs it: nobody gets in without a code, and an import needs none."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from infra.embedded.folder import CHECKOUT, scratch
from tests.flow.processes import a_free_port

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(300)]
REGION = "GG2514"
FILES = sorted(map(str, (CHECKOUT / "docs/import").glob("*.csv")))
CODE = re.compile(r"[A-Z2-9]{4}(?:-[A-Z2-9]{4}){3}")


@dataclass
class Up:
    """What runs for own data in a folder of its own."""

    environment: dict[str, str]
    port: int
    code: str

    def browser(self, host: str = "") -> httpx2.AsyncClient:
        address = f"http://127.0.0.1:{self.port}"
        headers = {"origin": address} | ({"host": host} if host else {})
        return httpx2.AsyncClient(base_url=address, headers=headers, trust_env=False, timeout=30)

    async def command(self, *arguments: str) -> tuple[int | None, str]:
        """Exit code, and what a command of the same machine said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", *arguments, cwd=CHECKOUT, env=self.environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        return process.returncode, said.decode()


@pytest.fixture(scope="module")
async def up() -> AsyncIterator[Up]:
    with scratch() as folder:
        port = a_free_port()
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {"PRIKPLOEG_DATA": str(folder.data), "WEB_PORT": str(port), "PLANNER_SECONDS": "1"}
        own["WEB_HOSTS"] = "prikploeg.example"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services", "up", "--region", REGION, cwd=CHECKOUT, env=kept | own,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        said = ""
        while "Ctrl-C ends all" not in said:
            line = await asyncio.wait_for(process.stderr.readline(), 120)
            assert line, said
            said += line.decode()
        draining = asyncio.create_task(process.stderr.read())
        yield Up(kept | own, port, code_in(said))
        process.send_signal(signal.SIGINT)
        await process.wait()
        await draining


def code_in(said: str) -> str:
    found = CODE.search(said)
    assert found is not None, said
    return found[0]


async def sign_in(browser: httpx2.AsyncClient, code: str) -> httpx2.Response:
    return await browser.post("/aanmelden/code", data={"code": code})


async def test_without_a_code_nobody_gets_in_and_nobody_can_be_chosen(up: Up):
    async with up.browser() as anybody:
        page = await anybody.get("/aanmelden")
        chosen = await anybody.post("/aanmelden", data={"role": "crisis", "region": REGION})
        inside = await anybody.get("/regio")

    assert "Typ de code" in page.text
    assert chosen.status_code == 404
    assert inside.headers["location"] == "/aanmelden?naar=/regio"


async def open_for_a_practice(up: Up) -> str:
    """A code for some practice of the files, which are imported without any."""
    early = await up.command("sessions", "open", "practice", "--region", REGION)
    assert (early[0], "import them first" in early[1]) == (2, True)
    imported = await up.command("import", *FILES, "--region", REGION)
    assert "rows good; sent" in imported[1]
    unnamed = await up.command("sessions", "open", "practice", "--region", REGION)
    name = re.search(r"one of: (.*?) \(", unnamed[1])
    assert name is not None, unnamed
    opened = await up.command(
        "sessions", "open", "practice", "--region", REGION,
        "--organisation", name[1], "--name", "balie-1",
    )  # fmt: skip
    return code_in(opened[1])


async def test_the_administrator_lets_a_practice_in_by_a_command_and_out_again(up: Up):
    async with up.browser() as admin, up.browser() as practice:
        first, second = await sign_in(admin, up.code), await sign_in(practice, up.code)
        inside = await sign_in(practice, await open_for_a_practice(up))
        own = await practice.get("/praktijk")
        seen = await admin.get("/beheer")
        listed = await up.command("sessions", "list")
        number = re.search(r"(\S+)  \S+balie-1", listed[1])
        assert number is not None, listed
        ended = await up.command("sessions", "end", number[1])
        gone = await practice.get("/praktijk")

    assert first.headers["location"] == "/beheer"
    assert second.status_code == 403
    assert inside.headers["location"] == "/praktijk"
    assert own.status_code == 200
    assert "balie-1" in seen.text
    assert ended[0] == 0
    assert gone.headers["location"].startswith("/aanmelden")


async def test_it_answers_to_the_names_that_it_was_given_only(up: Up):
    statuses = []
    for host in ("prikploeg.example", f"localhost:{up.port}", "evil.example"):
        async with up.browser(host) as browser:
            statuses.append((await browser.get("/aanmelden")).status_code)

    assert statuses == [200, 200, 421]


async def test_a_new_code_of_the_administrator_replaces_those_before(up: Up):
    said = [await up.command("sessions", "open", "admin", "--region", REGION) for _ in range(2)]

    async with up.browser() as browser:
        answers = [await sign_in(browser, code_in(text)) for _, text in said]

    assert [answer.status_code for answer in answers] == [403, 303]
