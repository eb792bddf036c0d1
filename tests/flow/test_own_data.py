"""What the README tells somebody with data of their own to type, as it stands: people are planned in the end."""

import asyncio
import os
import re
import shlex
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path

import aiohttp
import pytest

from infra.embedded.folder import CHECKOUT, scratch
from tests.flow.processes import a_free_port

pytestmark = [pytest.mark.flow, pytest.mark.kafka, pytest.mark.timeout(300)]


def commands() -> list[list[str]]:
    """The words of each command of the first block below "Your own data"."""
    text = (CHECKOUT / "README.md").read_text().split("## Your own data\n", 1)[1]
    found = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return [shlex.split(line, comments=True) for line in found[1].splitlines() if line.strip()]


async def start(words: list[str], settings: dict[str, str]) -> Process:
    typed = f"exec {' '.join(words)}"  # by a shell, which knows what *.csv means
    return await asyncio.create_subprocess_shell(
        typed, cwd=CHECKOUT, env=settings, stdout=PIPE, stderr=STDOUT
    )


async def until_it_is_up(process: Process) -> None:
    lines = []
    assert process.stdout is not None
    while line := (await process.stdout.readline()).decode():
        lines.append(line)
        if "prikploeg import" in line:
            return
    pytest.fail("it ended early:\n" + "".join(lines[-30:]))


async def served(port: int) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/status") as answer,
    ):
        (region,) = (await answer.json())["regions"]
        plan = region["plan"]
        return plan["counts"]["people_served"] if plan else 0


async def test_the_readme_plans_the_people_of_the_examples_as_typed():
    up, *imports = commands()
    port = a_free_port()
    with scratch() as folder:
        settings = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder.data),
            "PRIKPLOEG_DATA": str(folder.data),
            "WEB_PORT": str(port),
        }
        running = await start(up, settings)
        try:
            await until_it_is_up(running)
            for words in imports:
                done = await start(words, settings)
                said, _ = await done.communicate()
                assert done.returncode == 0, said.decode()
            async with asyncio.timeout(120):
                while await served(port) < 3:
                    await asyncio.sleep(0.5)
        finally:
            running.send_signal(signal.SIGINT)
            await running.wait()
