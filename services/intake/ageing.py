"""Looks, every half minute, how long the first unread record of each partition will still be there.

Stopped topics too: nobody reads those, and their records grow old all the same. And, with a sweep of its own, forgets
what the quarantine has kept for long enough, and seals what a version before wrote into it.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from infra.clock import SystemClock
from infra.errors import NotConfigured, Unavailable
from infra.kafka import transactions
from infra.kafka.topic_settings import TopicSettings, to_command, use_append_time
from infra.kafka.transactions import find_holder
from infra.kafka.unread import date_first_unread
from infra.postgres.behind import list_behind
from infra.settings import Kafka
from services.accept.isolating import forget
from services.accept.sealing import seal_clear
from services.intake.assignment import list_assigned
from services.intake.offsets import Partition
from services.intake.signs import Alarm, Signs
from services.intake.store import Intake

LOOK_SECONDS: Final = 30.0
SOON_SECONDS: Final = 0.5  # until there are partitions
# So long it is an alarm that records were passed over unread; the quarantine and its page keep them for longer.
BEHIND_FOR: Final = timedelta(days=1)
USUAL_RETENTION: Final = timedelta(days=14)  # where we may not ask the topic
logger = logging.getLogger(__name__)


async def keep_looking(kafka: Kafka, app: Any, intake: Intake, signs: Signs) -> None:
    """Look again and again; an outage is told by others."""
    while True:
        if not list_assigned(app):
            await asyncio.sleep(SOON_SECONDS)
            continue
        try:
            settings = await look_at_topics(kafka, intake, signs)
            assigned = {(tp.topic, tp.partition) for tp in list_assigned(app)}
            mine = {place: at for place, at in intake.stored.items() if place in assigned}
            found = await date_first_unread(kafka, mine)
            signs.unread = list_old(found, settings, SystemClock().now())
            await forget(intake.database, intake.clock.now())
            await name_holders(kafka, signs)
            signs.behind = await look_behind(intake)
            signs.keyless = await seal_clear(intake.database) is None
        except (Unavailable, NotConfigured) as error:
            logger.warning("unread records were not looked at: %s", error)
        await asyncio.sleep(LOOK_SECONDS)


async def look_at_topics(kafka: Kafka, intake: Intake, signs: Signs) -> dict[str, TopicSettings]:
    """The settings of our topics, after those with the time of their senders were changed; without the right, how to."""
    settings = await use_append_time(kafka, sorted(intake.systems))
    unsure = {name for name, said in settings.items() if not said.by_append_time}
    for name in sorted(unsure - signs.told):
        logger.warning(
            "%s: records may grow old by the time that their senders give, and we may not change or ask that: %s",
            name,
            to_command(kafka, name),
        )
    signs.told = unsure
    signs.by_sender_time = sorted(
        name for name, said in settings.items() if said.by_append_time is False
    )
    return settings


async def name_holders(kafka: Kafka, signs: Signs) -> None:
    """Ask whose transactions hold partitions up; where nobody tells us, the log has the command that asks."""
    held = signs.held_up()
    signs.holders = {tp: said for tp, said in signs.holders.items() if held.get(tp) == said[0]}
    for tp, offset in held.items():
        if tp in signs.holders:
            continue
        found = None
        with suppress(Unavailable):  # also a broker that does not know the question
            found = await find_holder(kafka, tp.topic, tp.partition, offset)
        if found is None or found.transactional_id is None:
            command = transactions.to_command(kafka, tp.topic, tp.partition)
            logger.warning("%s %d: whose transaction is open? %s", *tp, command)
        signs.holders[tp] = (offset, {} if found is None else asdict(found))


async def look_behind(intake: Intake) -> list[Alarm]:
    """The partitions in which records were set aside unread lately, since they lay behind too much of their batch."""
    now = intake.clock.now()
    async with intake.database.transaction() as tx:
        found = await list_behind(tx, now - BEHIND_FOR)
    return [
        {
            "kind": "unread_behind",
            "topic": one.topic,
            "partition": one.partition,
            "offset": one.offset,
            "records": one.records,
            "seconds": round((now - one.at).total_seconds()),
        }
        for one in found
        if one.topic in intake.systems
    ]


def list_old(
    found: Mapping[Partition, datetime], settings: Mapping[str, TopicSettings], now: datetime
) -> list[Alarm]:
    """The partitions whose first unread record has passed half of the time that it is kept."""
    alarms: list[Alarm] = []
    for (topic, part), at in sorted(found.items()):
        said = settings.get(topic, TopicSettings())
        kept = USUAL_RETENTION if said.by_append_time is None else said.retention
        if kept is not None and now - at > kept / 2:
            alarms.append(
                {
                    "kind": "unread_for_long",
                    "topic": topic,
                    "partition": part,
                    "seconds": round((now - at).total_seconds()),
                    "kept_seconds": round(kept.total_seconds()),
                }
            )
    return alarms
