"""Codes that open a session once, and the end of sessions, for the command line; writes as `acceptor`."""

import re
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from getpass import getuser
from typing import Final
from uuid import UUID

from infra.clock import SystemClock
from infra.errors import NotConfigured
from infra.oidc.mapping import KINDS
from infra.postgres import sessions
from infra.postgres.database import Database, Who
from infra.postgres.pages import frame
from infra.postgres.sessions import OpenSession
from infra.settings import Settings
from infra.tokens import make_code

CODE_LIVES: Final = timedelta(hours=1)
NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")


def name_operator() -> str:
    """Who sits at this command line, for the log."""
    return f"cli:{getuser()}"


def opened(settings: Settings) -> AbstractAsyncContextManager[Database]:
    """The database, as whoever may write sessions. Raises Unavailable."""
    return Database.opened(settings.postgres.dsn("acceptor"), size=1)


async def open_code(
    settings: Settings, role: str, region: str, organisation: str = "", name: str = ""
) -> tuple[Who, str]:
    """A code for one session, and whose it is. Raises NotConfigured, which says what does not fit."""
    if role not in KINDS:
        raise NotConfigured(f"there is no such role: {', '.join(KINDS)}")
    if name and not NAME.fullmatch(name):
        raise NotConfigured(
            "--name has at most 40 letters, digits, dots and dashes, and names no person"
        )
    async with opened(settings) as database, database.transaction() as tx:
        own = None
        if KINDS[role]:
            own = choose(await frame.organisations(tx, region, KINDS[role]), organisation, role)
        elif organisation:
            raise NotConfigured(f"{role} is of the region, not of an organisation")
        subject = ":".join(["local", role, str(own or region), *([name] if name else [])])
        who, code = Who(role, region, own, subject), make_code()
        await sessions.keep_code(tx, code, who, SystemClock().now() + CODE_LIVES)
    return who, code


def choose(known: list[frame.Organisation], wanted: str, role: str) -> UUID:
    """The organisation of this name or id; NotConfigured lists those that there are."""
    found = [one for one in known if wanted.casefold() in (one.name.casefold(), str(one.id))]
    if len(found) == 1:
        return found[0].id
    if not known:
        raise NotConfigured(f"no organisation for a {role} is known there yet: import them first")
    shown = "; ".join(f"{one.name} ({one.id})" for one in known[:20])
    more = f"; and {len(known) - 20} more" if len(known) > 20 else ""
    problem = "several have this name, give the id" if found else "--organisation is one of"
    raise NotConfigured(f"{problem}: {shown}{more}")


async def list_sessions(settings: Settings) -> list[OpenSession]:
    """The sessions that are open, newest first."""
    async with opened(settings) as database, database.transaction() as tx:
        return await sessions.list_open(tx, SystemClock().now())


async def end_session(settings: Settings, number: str, by: str) -> Who:
    """End the session whose id begins so; whose it was. NotConfigured when there is no such one."""
    now = SystemClock().now()
    async with opened(settings) as database, database.transaction() as tx:
        found = sessions.find(await sessions.list_open(tx, now), number)
        if found is None:
            raise NotConfigured("no open session has this number: see `prikploeg sessions list`")
        await sessions.end_session(tx, found.session, by, now)
    return found.who


async def withdraw(settings: Settings, subject: str, by: str) -> int:
    """End everything that somebody holds; how many sessions were open."""
    async with opened(settings) as database, database.transaction() as tx:
        return await sessions.withdraw(tx, subject, by, SystemClock().now())
