"""Our own processes as children of the supervisor of one machine."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from infra.embedded.folder import CHECKOUT
from infra.embedded.program import Program
from infra.embedded.session import Servers

STOP_SECONDS = 8.0


def process_program(
    name: str,
    servers: Servers,
    settings: Mapping[str, str],
    is_ready: Callable[[int], Awaitable[bool]] | None = None,
) -> Program:
    """`prikploeg <name>` with the addresses of the servers and these settings on top."""
    return Program(
        name=name,
        command=(sys.executable, "-m", "services", name),
        log=servers.folder.logs / f"{name}.log",
        environment={**os.environ, **servers.environment(), **settings},
        folder=Path(CHECKOUT),
        stop_seconds=STOP_SECONDS,
        is_ready=is_ready,
    )
