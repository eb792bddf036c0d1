"""Where a partition begins: at its stored offset, or later when the broker no longer has the record there.

Records that were deleted unread raise the alarm at the assignment already: on a topic that has gone quiet no
record would ever come to show the gap.
"""

import asyncio
import logging
from collections.abc import Mapping

from infra.errors import Unavailable
from infra.postgres.systems import find_gone, move_offsets, read_offsets, report_gaps
from services.intake.isolation import RETRY_SECONDS
from services.intake.offsets import Partition
from services.intake.store import Intake

logger = logging.getLogger(__name__)


async def begin(intake: Intake, earliest: Mapping[Partition, int]) -> None:
    """Take the offsets of these partitions as Postgres has them now: another process may have moved them.

    A gap raises its alarm once, and reading begins behind it. Waits as long as Postgres is away.
    """
    intake.earliest |= earliest
    async with intake.turn:
        try:
            intake.stored |= await read_starts_until_answered(intake, earliest)
        finally:
            intake.trouble.waiting = False


async def read_starts_until_answered(
    intake: Intake, earliest: Mapping[Partition, int]
) -> dict[Partition, int]:
    """What `read_starts` gives, asked again while Postgres is away."""
    while True:
        try:
            return await read_starts(intake, earliest)
        except Unavailable as error:
            intake.trouble.waiting = True
            logger.warning("waiting: %s", error)
            await asyncio.sleep(RETRY_SECONDS)


async def read_starts(intake: Intake, earliest: Mapping[Partition, int]) -> dict[Partition, int]:
    """The offsets of these partitions, read in one transaction with the alarm of their gaps."""
    async with intake.database.transaction() as tx:
        offsets = await read_offsets(tx)
        stored = {partition: offsets[partition] for partition in earliest if partition in offsets}
        if gaps := find_gone(stored, earliest):
            begins = {(gap.topic, gap.partition): gap.found for gap in gaps}
            await move_offsets(tx, begins)
            await report_gaps(tx, gaps, intake.clock.now())
            stored |= begins
    for gap in gaps:
        logger.error(
            "records gone before they were read: %s partition %d, offsets %d to %d",
            gap.topic,
            gap.partition,
            gap.expected,
            gap.found,
        )
    return stored
