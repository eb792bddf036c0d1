"""Where a partition begins: at its stored position, or later when the broker no longer has what stands there.

Records that were deleted unread are an alarm at the assignment already: a topic that has gone quiet would else
never tell.
"""

import asyncio
import logging
from collections.abc import Mapping

from infra.errors import Unavailable
from infra.postgres.systems import Gap, move_offsets, read_offsets, report_gaps
from services.intake.offsets import Partition
from services.intake.store import RETRY_SECONDS, Intake

logger = logging.getLogger(__name__)


def find_gone(stored: Mapping[Partition, int], earliest: Mapping[Partition, int]) -> list[Gap]:
    """Records before the beginning of the log that were never stored, in order."""
    return [
        Gap(*partition, stored[partition], begins)
        for partition, begins in sorted(earliest.items())
        if begins > stored.get(partition, begins)
    ]


async def begin(intake: Intake, earliest: Mapping[Partition, int]) -> None:
    """Take the positions of these partitions as Postgres has them now: another process may have moved them.

    What the broker has no more is told, once, and begun behind; waits as long as Postgres is away.
    """
    intake.earliest |= earliest
    async with intake.turn:
        while True:
            try:
                intake.stored |= await read_starts(intake, earliest)
            except Unavailable as error:
                logger.warning("waiting: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return


async def read_starts(intake: Intake, earliest: Mapping[Partition, int]) -> dict[Partition, int]:
    """The positions of these partitions, in one transaction with the alarm of what is gone."""
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
