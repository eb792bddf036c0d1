"""Commands for what intake could not use: list the quarantine, offer records again, resume a stopped topic."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from infra.clock import clock_from
from infra.errors import NotConfigured, Unavailable
from infra.kafka.unread import find_beginnings
from infra.postgres.database import Database, wait_for
from infra.postgres.systems import (
    find_gone,
    move_offsets,
    read_offsets,
    read_stopped,
    report_gaps,
    resume_topic,
)
from infra.settings import Settings
from services.accept.offering import Offered, list_open, offer_again, offer_all
from services.commands.sealing import find_quarantine_keys
from services.commands.setup import find_demo_settings


@asynccontextmanager
async def open_door(settings: Settings) -> AsyncIterator[Database]:
    """Postgres opened as the role acceptor: that of the demo that runs here, unless the settings say otherwise."""
    database = await wait_for(
        find_demo_settings(settings).postgres.dsn("acceptor"), size=1, patience=5
    )
    try:
        yield database
    finally:
        await database.close()


async def list_quarantined(settings: Settings, topic: str | None, reason: str | None) -> list[str]:
    """A line for each group of open records, or for each record of one topic and reason."""
    async with open_door(settings) as database:
        return await list_open(database, topic, reason)


async def offer_quarantined(
    settings: Settings, number: int | None, topic: str | None, reason: str | None, offered_by: str
) -> Offered:
    """Offer one record again, or all of a topic and a reason (None: any)."""
    now = clock_from(settings.run).now()
    keys = find_quarantine_keys(find_demo_settings(settings).vault)
    async with open_door(settings) as database:
        if number is not None:
            return await offer_again(database, keys, [number], offered_by, now)
        return await offer_all(database, keys, topic, reason, offered_by=offered_by, now=now)


async def resume(settings: Settings, topic: str, resumed_by: str) -> tuple[list[str], bool]:
    """Let intake read a stopped topic again; lines to show, and whether records are gone. NotConfigured when it is not stopped.

    A topic may have stood for longer than its records are kept: what is gone is told here and now, and kept as an alarm.
    """
    now, said = clock_from(settings.run).now(), list[str]()
    kafka = find_demo_settings(settings).kafka
    async with open_door(settings) as database:
        async with database.transaction() as tx:
            if topic not in await read_stopped(tx):
                raise NotConfigured(f"{topic} is not stopped")
            stored = {
                place: at for place, at in (await read_offsets(tx)).items() if place[0] == topic
            }
        try:
            earliest = await find_beginnings(kafka, topic, sorted(part for _, part in stored))
        except Unavailable as error:
            said, earliest = [f"not looked for gaps, intake does: {error}"], {}
        async with database.transaction() as tx:
            if not await resume_topic(tx, topic, resumed_by, now):
                raise NotConfigured(f"{topic} is not stopped")
            if gaps := find_gone(stored, earliest):
                await move_offsets(tx, {(gap.topic, gap.partition): gap.found for gap in gaps})
                await report_gaps(tx, gaps, now)
    said += [
        f"gone before it was read: {topic} partition {gap.partition}, {gap.found - gap.expected} record(s) from"
        f" {gap.expected} to {gap.found}"
        for gap in gaps
    ]
    return said, bool(gaps)
