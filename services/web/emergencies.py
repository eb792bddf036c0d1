"""Opens a person for a reason and keeps what a reviewer says; the only way in which pages write either."""

from datetime import timedelta
from uuid import UUID

from infra.clock import SystemClock
from infra.identity import new_id
from infra.postgres import break_glass
from infra.postgres.access_policy import policy_of, read_policies
from infra.postgres.break_glass import Glass, What
from infra.postgres.database import Database, Who


class Emergencies:
    """Holds the pool that may write them. Real time, also while a campaign is played on simulated time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, who: Who, person: UUID, reason: str) -> UUID | None:
        """Open a person of the region for this reader, as long as that region agreed; None for anybody else. Raises Unavailable."""
        now = SystemClock().now()
        async with self._database.transaction() as tx:
            policy = policy_of(await read_policies(tx), who.region)
            until = now + timedelta(minutes=policy.glass_minutes)
            glass = Glass(new_id(), person, reason, now, until)
            return glass.id if await break_glass.break_glass(tx, who, glass) else None

    async def review(self, what: What, about: UUID, by: Who, verdict: str, note: str) -> bool:
        """Keep what a reviewer says; False when somebody did before. The caller checked that it is of the own region."""
        now = SystemClock().now()
        async with self._database.transaction() as tx:
            return await break_glass.add_review(tx, what, about, by, now, verdict, note)
