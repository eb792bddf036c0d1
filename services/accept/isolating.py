"""The quarantine beside the door: records that can not even be offered to it, and forgetting what was kept for long."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from events.envelope import Record
from events.errors import RejectedEvent
from infra.postgres import systems
from infra.postgres.acceptor import quarantine
from services.accept.submission import Outcome, Status

if TYPE_CHECKING:
    from infra.postgres.database import Database


async def isolate(
    database: "Database",
    records: Sequence[Record],
    error: RejectedEvent,
    now: datetime,
    offsets: Mapping[tuple[str, int], int],
    gaps: Sequence[systems.Gap],
) -> list[Outcome]:
    """Quarantine these records without looking into them, and move the offsets past them, in one transaction."""
    async with database.transaction() as tx:
        if offsets:
            await systems.move_offsets(tx, offsets)
        if gaps:
            await systems.report_gaps(tx, gaps, now)
        await quarantine.put(tx, [(one, error) for one in records], now)
    return [Outcome(Status.REJECTED, reason=error.reason, fields=error.fields)] * len(records)


async def forget(database: "Database", now: datetime) -> int:
    """Wipe some of what the quarantine has kept for long enough; how many records were touched."""
    async with database.transaction() as tx:
        return await quarantine.forget(tx, now)
