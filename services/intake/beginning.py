"""Where a partition begins: at its stored position, or later when the broker no longer has what stands there.

Records that were deleted unread are an alarm at the assignment already: a topic that has gone quiet would else
never tell.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from infra.errors import Unavailable
from infra.postgres.systems import Gap, move_positions, report_gaps
from services.intake.positions import Partition
from services.intake.store import RETRY_SECONDS, Intake

logger = logging.getLogger(__name__)


def gone(stored: Mapping[Partition, int], earliest: Mapping[Partition, int]) -> list[Gap]:
    """Records before the beginning of the log that were never stored, in order."""
    return [
        Gap(*partition, stored[partition], begins)
        for partition, begins in sorted(earliest.items())
        if begins > stored.get(partition, begins)
    ]


async def begin(intake: Intake, earliest: Mapping[Partition, int]) -> None:
    """Tell what is gone of these partitions, once, and begin behind it; waits as long as Postgres is away."""
    intake.earliest |= earliest
    async with intake.turn:
        if not (gaps := gone(intake.stored, earliest)):
            return
        for gap in gaps:
            logger.error(
                "records gone before they were read: %s partition %d, offsets %d to %d",
                gap.topic,
                gap.partition,
                gap.expected,
                gap.found,
            )
        begins = {(gap.topic, gap.partition): gap.found for gap in gaps}
        await keep(intake, begins, gaps)
        intake.stored |= begins


async def keep(intake: Intake, begins: Mapping[Partition, int], gaps: Sequence[Gap]) -> None:
    """The alarm and the new positions, in one transaction."""
    while True:
        try:
            async with intake.database.transaction() as tx:
                await move_positions(tx, begins)
                await report_gaps(tx, gaps, intake.clock.now())
        except Unavailable as error:
            logger.warning("waiting: %s", error)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
