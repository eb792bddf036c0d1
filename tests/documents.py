"""Blocks of code of our documents, as a reader types them."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from infra.embedded.folder import CHECKOUT

FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks_of(document: str) -> list[str]:
    """Every fenced block of a document, in order."""
    return FENCED.findall((CHECKOUT / document).read_text())


def block(document: str, words: str) -> str:
    """The one block of a document in which these words stand; `tests/test_documents_are_run.py` looks for these calls."""
    (found,) = [text for text in blocks_of(document) if words in text]
    return found


def filled(text: str, values: Mapping[str, str]) -> str:
    """The same with addresses, folders and ports of a reader; each must stand in it."""
    for example, own in values.items():
        assert example in text, example
        text = text.replace(example, own)
    return text


def a_shell(**settings: str) -> dict[str, str]:
    """The environment of a reader's shell: our commands on the path, and nothing of ours set but this."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": os.environ["HOME"], **settings}


async def begin(
    script: str, settings: Mapping[str, str], log: IO[bytes] | int = PIPE, folder: Path = CHECKOUT
) -> Process:
    """Type a block: it stops at the first command that fails. What it leaves running is of its group."""
    return await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=folder,
        env=settings,
        stdin=DEVNULL,
        stdout=log,
        stderr=STDOUT,
        start_new_session=True,
    )


async def typed(
    script: str, settings: Mapping[str, str], folder: Path = CHECKOUT, seconds: float = 120
) -> str:
    """Type a block to its end: what it said."""
    process = await begin(script, settings, folder=folder)
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    finally:
        end(process)
    assert process.returncode == 0, said.decode()
    return said.decode()


def end(process: Process) -> None:
    """End what a block began, and what it left running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
