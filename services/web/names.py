"""Caches names that a page opened recently, so that a page which renews itself opens the vault once in ten minutes, not hundreds of times."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from infra.crypto import Keys
from infra.person import Person
from infra.postgres.database import Who
from infra.postgres.vault import find_newest, open_persons

if TYPE_CHECKING:
    from infra.postgres.database import Connection

KEPT_SECONDS = 600.0
MOST = 5_000


@dataclass
class OpenedNames:
    """Persons opened by each reader; in memory only, for ten minutes."""

    kept: dict[tuple[Who, UUID], tuple[float, UUID, Person]] = field(default_factory=dict)

    async def open(
        self,
        tx: "Connection",
        keys: Keys,
        who: Who,
        wanted: Sequence[UUID],
        now: float,
    ) -> dict[UUID, Person]:
        """Open the persons of these that the reader may see; who calls it logs the look in the same transaction.

        `now` is the monotonic clock. Who is absent from the answer is unknown to the vault or not the reader's. Who was
        described anew since is opened again: a page never shows old details beside new ones.
        """
        self._forget(now)
        newest = await find_newest(tx, wanted)
        found = {
            person: self.kept[who, person][2]
            for person in newest
            if (who, person) in self.kept and self.kept[who, person][1] == newest[person]
        }
        missing = [person for person in newest if person not in found]
        if missing:
            opened = await open_persons(tx, keys, missing)
            for person, details in opened.items():
                self.kept[who, person] = (now, newest[person], details)
            found |= opened
        return found

    def _forget(self, now: float) -> None:
        fresh = {key: entry for key, entry in self.kept.items() if now - entry[0] < KEPT_SECONDS}
        self.kept = fresh if len(fresh) < MOST else {}
