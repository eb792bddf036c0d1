"""Keeps lists that were handed over and are not stored yet, sealed, for one session and an hour at most.

The hour is of the real clock, as that of a session is.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from infra.clock import SystemClock
from infra.crypto import Keys
from infra.identity import new_id
from infra.postgres import uploads
from infra.postgres.database import Database, Who
from infra.postgres.uploads import Upload


class KeptLists:
    """The lists of all sessions; each is found by the person and session that handed it over only."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._real = SystemClock()

    async def keep(self, who: Who, session: UUID, name: str, raw: bytes) -> UUID:
        """Keep a list; its id."""
        upload = new_id()
        async with self._database.transaction() as tx:
            now = self._real.now()
            await uploads.keep(tx, self._keys, who, session, upload, (name, raw), now)
        return upload

    async def find(self, who: Who, session: UUID, upload: UUID) -> Upload | None:
        """Find the list of this person in this session; None when there is none, or no longer."""
        async with self._database.transaction() as tx:
            return await uploads.find(tx, self._keys, who, session, upload, self._real.now())

    async def choose(self, who: Who, upload: UUID, header: str, choices: Mapping[str, Any]) -> None:
        """Note how a list is read, and how this practice reads files with such a header from now on."""
        columns = {name: choices[name] for name in ("columns", "has_header")}
        async with self._database.transaction() as tx:
            await uploads.choose(tx, upload, choices)
            digest = self._keys.hash("header", header)
            await uploads.remember_columns(tx, who, digest, columns, self._real.now())

    async def recall(self, who: Who, header: str) -> Mapping[str, Any] | None:
        """Recall how this practice read the last file with such a header."""
        async with self._database.transaction() as tx:
            return await uploads.recall_columns(tx, who, self._keys.hash("header", header))

    async def finish(self, upload: UUID, stored: Mapping[str, Any], name: str, left: bytes) -> None:
        """Note what came of a list; of its rows only those that were not taken are kept."""
        async with self._database.transaction() as tx:
            await uploads.finish(tx, self._keys, upload, stored, (name, left))

    async def drop(self, upload: UUID) -> None:
        """Forget a list at once."""
        async with self._database.transaction() as tx:
            await uploads.drop(tx, upload)

    async def forget_old(self) -> None:
        """Forget the lists whose hour is over."""
        async with self._database.transaction() as tx:
            await uploads.forget_old(tx, self._real.now())
