"""Begins and ends the sessions of people; the only way in which the pages write them."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from infra import tokens
from infra.clock import SystemClock
from infra.identity import new_id
from infra.postgres import sessions
from infra.postgres.database import Database, Who
from infra.postgres.sessions import OpenSession
from services.web.emergencies import Emergencies

LONGEST: Final = tokens.WORKING_DAY


class Seats:
    """Holds the pool that may write sessions. Real time, also while a campaign is played on simulated time."""

    def __init__(self, database: Database, key: bytes) -> None:
        self._database = database
        self._key = key
        self.emergencies = Emergencies(database)

    async def begin(self, who: Who, lifetime: timedelta = LONGEST) -> str:
        """Open a session and give its cookie. Raises Unavailable."""
        now = SystemClock().now()
        session = new_id()
        async with self._database.transaction() as tx:
            await sessions.open_session(tx, session, who, now, now + lifetime)
        return tokens.mint(self._key, who, session=session, lifetime=lifetime, now=now)

    async def begin_by_code(self, typed: str) -> tuple[Who, str] | None:
        """Open the session that a code stands for, and give its cookie; None for a code that opens none (any more)."""
        now = SystemClock().now()
        session = new_id()
        async with self._database.transaction() as tx:
            who = await sessions.use_code(tx, tokens.read_code(typed), now)
            if who is None:
                return None
            await sessions.open_session(tx, session, who, now, now + LONGEST)
        return who, tokens.mint(self._key, who, session=session, lifetime=LONGEST, now=now)

    async def end(self, session: UUID, by: str) -> None:
        """End a session: its cookie, wherever it was copied to, and its streams."""
        async with self._database.transaction() as tx:
            await sessions.end_session(tx, session, by, SystemClock().now())

    async def list_open(self, region: str) -> list[OpenSession]:
        """List the open sessions of a region."""
        async with self._database.transaction() as tx:
            found = await sessions.list_open(tx, SystemClock().now())
        return [one for one in found if one.who.region == region]
