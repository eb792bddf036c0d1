"""Health of one process, for the health checks of containers: a fresh heartbeat, or for web its own answer."""

from collections.abc import Mapping
from typing import Final

import aiohttp

from infra.clock import SystemClock
from infra.errors import NotConfigured, Unavailable
from infra.postgres.database import Database
from infra.postgres.heartbeats import is_silent
from infra.postgres.pages.status import processes
from infra.settings import Role, Settings

PATIENCE_SECONDS: Final = 5.0  # for the answer of web
READS_AS: Final[Mapping[str, Role]] = {
    "intake": "acceptor",
    "planner": "planner",
    "relay": "relay",
    "courier": "courier",
}


async def healthy(settings: Settings, process: str) -> bool:
    """True when the process of this name (and of PRIKPLOEG_SLOT) works now.

    False also when Postgres is away: then nothing works. Raises NotConfigured for an unknown name.
    """
    if process == "web":
        return await is_ready(f"http://127.0.0.1:{settings.web.port}/readyz")
    if process not in READS_AS:
        raise NotConfigured(f"there is no process {process}: web, {', '.join(READS_AS)}")
    try:
        return await beats(settings, process)
    except Unavailable:
        return False


async def beats(settings: Settings, process: str) -> bool:
    """True when its heartbeat is fresh. Raises Unavailable."""
    database = await Database.open(settings.postgres.dsn(READS_AS[process]), size=1)
    try:
        async with database.transaction() as tx:
            rows = await processes(tx)
    finally:
        await database.close()
    now = SystemClock().now()
    wanted = (process, settings.run.slot)
    return any((row.process, row.slot) == wanted and not is_silent(row.at, now) for row in rows)


async def is_ready(url: str) -> bool:
    """True when this address answers with 200."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status == 200
    except (TimeoutError, aiohttp.ClientError, OSError):
        return False
