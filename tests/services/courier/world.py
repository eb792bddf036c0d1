"""A region with two places, a practice, and a folder for notices: from facts to files."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from events.practice import PatientRegistered
from infra.postgres.courier import cursors, destinations
from infra.postgres.courier.destinations import Destination
from services.courier.desk import Desk
from services.courier.loop import deliver_round
from services.courier.waiting import LONGEST
from tests.builders import ClockAt, a_plan, say
from tests.conftest import Fresh
from tests.facts import a_consent, a_location, a_patient, an_organisation
from tests.services.accept.looking import rows
from tests.services.courier.receiver import a_desk, the

PEOPLE = ("p1", "p2", "p3")


@dataclass
class World:
    """A region with two places, a practice, and a folder for notices."""

    desk: Desk
    folder: Path
    real: ClockAt

    async def publish(self, name: str, *assignments: Any, as_of: int | None = None) -> None:
        """A plan, published at once; it knows all there is, or the facts up to a number."""
        if as_of is None:
            ((as_of,),) = await rows(
                self.desk.door,
                "SELECT coalesce((SELECT n FROM region_seq WHERE region = 'GG2514'), 0)",
            )
        await say(self.desk.door, a_plan(name, (as_of, 0), *assignments))

    async def tell(self) -> list[dict[str, Any]]:
        """Tell all there is; the notices that lie in the folder and did not before."""
        before = set(self.folder.glob("*.json"))
        while await deliver_round(self.desk, await the(self.desk, "notices")):
            pass
        fresh = sorted(set(self.folder.glob("*.json")) - before)
        return [json.loads(path.read_text()) for path in fresh]

    async def tell_at_last(self) -> list[dict[str, Any]]:
        """Tell all there is, and what waited for a plan that does not come."""
        found = await self.tell()
        self.real.at += LONGEST
        return found + await self.tell()

    async def receipts(self) -> list[dict[str, Any]]:
        found = await rows(
            self.desk.door, "SELECT body FROM ledger WHERE type = 'notice.sent.v1' ORDER BY seq"
        )
        return [json.loads(body) for (body,) in found]


def to(notices: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in notices if one["recipient"]["kind"] == kind]


@asynccontextmanager
async def a_world(fresh: Fresh, folder: Path) -> AsyncIterator[World]:
    """The region, with a destination that was told of nothing yet."""
    real = ClockAt()
    async with a_desk(fresh, outbox=folder, real=real) as desk:
        patients: list[PatientRegistered] = [a_patient(name) for name in PEOPLE]
        await say(
            desk.door,
            an_organisation("practice"),
            a_location("wilg"),
            a_location("eik"),
            *patients,
            *(a_consent(name) for name in PEOPLE),
        )
        await begin_notices(desk)
        yield World(desk, folder / "notices", real)


async def begin_notices(desk: Desk) -> None:
    """A folder for the notices of what comes from now on."""
    async with desk.store.transaction() as tx:
        made = Destination("notices", "notice-file", "", (), ())
        await destinations.add(tx, made, desk.real.now())
        await cursors.begin(tx, made, from_start=False)
