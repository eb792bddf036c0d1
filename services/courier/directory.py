"""Destinations, as an operator lists and changes them."""

import re
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from events.catalogue import CATALOGUE
from events.type_names import to_stored
from infra.clock import SystemClock
from infra.crypto import Keys
from infra.errors import NotConfigured
from infra.postgres.courier import cursors, destinations, telling
from infra.postgres.courier.destinations import Destination, bound_to
from infra.postgres.database import Database
from infra.postgres.pages.destinations import DestinationRow, destination_rows
from infra.settings import Settings
from infra.webhooks import check_address, new_secret

WEBHOOK, NOTICE_FILE = "webhook", "notice-file"


def directory(settings: Settings) -> AbstractAsyncContextManager[Database]:
    """The database, opened as the role courier."""
    return Database.opened(settings.postgres.dsn("courier"), size=1)


async def add(
    settings: Settings,
    name: str,
    kind: str,
    url: str,
    types: Sequence[str],
    regions: Sequence[str],
    *,
    from_start: bool,
) -> str:
    """Add a destination; returns the secret of a webhook, which is shown this once. NotConfigured when something is amiss."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise NotConfigured("a name is 1 to 40 of a-z, 0-9 and -, and does not begin with -")
    secret, sealed = "", None
    types = [to_stored(one) for one in types]  # which a courier of the release before reads too
    if kind == WEBHOOK:
        check_webhook(settings, url, types)
        if settings.vault.master_key_file is None:
            raise NotConfigured("VAULT_MASTER_KEY_FILE is not set: the secret can not be kept")
        secret = new_secret()
        sealed = Keys.read(settings.vault.master_key_file).seal(secret, bound_to(name))
    elif kind != NOTICE_FILE:
        raise NotConfigured(f"a destination is a {WEBHOOK} or a {NOTICE_FILE}")
    elif url or types:
        raise NotConfigured("notices have neither address nor types: they tell of visits")
    made = Destination(name, kind, url, tuple(types), tuple(regions), sealed=sealed)
    async with directory(settings) as database, database.transaction() as tx:
        if not await destinations.add(tx, made, SystemClock().now()):
            raise NotConfigured(f"there is a destination {name} already")
        await cursors.begin(tx, made, from_start=from_start)
    return secret


def check_webhook(settings: Settings, url: str, types: Sequence[str]) -> None:
    """Refuse an address that is not safe, and types that do not leave us."""
    check_address(url, plain=settings.run.embedded, internal=settings.run.webhooks_internal)
    outward = {entry.name for entry in CATALOGUE.values() if entry.outward is not None}
    if not types or not set(types) <= outward:
        raise NotConfigured(f"name types that leave us: {', '.join(sorted(outward))}")


async def remove(settings: Settings, name: str) -> None:
    """Remove a destination. NotConfigured when there is none of this name."""
    async with directory(settings) as database, database.transaction() as tx:
        found = await destinations.remove(tx, name)
    refuse_unless_found(name, found=found)


async def resume(
    settings: Settings, name: str, region: str | None = None, after: int | None = None
) -> None:
    """Resume a destination now; with a ledger number, rewind it to send again what came after."""
    async with directory(settings) as database, database.transaction() as tx:
        refuse_unless_found(name, found=await destinations.set_state(tx, name, "active", ""))
        await cursors.rewind(tx, name, region, after)
        if after is not None:
            await telling.forget_all(tx, name, region)


async def show(settings: Settings) -> list[DestinationRow]:
    """The state of every destination."""
    async with directory(settings) as database, database.transaction() as tx:
        return await destination_rows(tx)


def refuse_unless_found(name: str, *, found: bool) -> None:
    """NotConfigured for a name that does not exist."""
    if not found:
        raise NotConfigured(f"there is no destination {name}")
