"""Locks the regions that one transaction may number in: those of its facts, and those where its people are registered.

A fact about a person may change a region that it was not sent to: the person is registered there, or has an appointment
there. Such a region must be locked before anything is numbered, else two transactions about one person could wait for
each other.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

from infra.errors import Unavailable
from infra.postgres.acceptor.ledger import lock_regions

if TYPE_CHECKING:
    from uuid import UUID

    from infra.postgres.database import Connection

MOST_LOOKS: Final = (
    8  # a batch whose people move on this often meanwhile is offered again by its sender
)


async def lock_with_people(
    tx: "Connection", regions: Iterable[str], persons: Collection["UUID"]
) -> frozenset[str]:
    """Locks these regions and those where these people are registered or have an appointment, by name; returns them all.

    Looks again after each lock, because somebody may have been registered meanwhile. Locks that were not enough are
    given back first (a savepoint), so that every transaction takes them in the order of their names. Raises Unavailable
    after MOST_LOOKS looks.
    """
    wanted = frozenset(regions)
    if not persons:
        await lock_regions(tx, wanted)
        return wanted
    for _ in range(MOST_LOOKS):
        attempt = tx.transaction()
        await attempt.start()
        await lock_regions(tx, wanted)
        found = wanted | await find_regions_of_people(tx, persons)
        if found == wanted:
            await attempt.commit()
            return wanted
        await attempt.rollback()
        wanted = found
    raise Unavailable("people of this batch are being registered in more and more regions")


async def find_regions_of_people(tx: "Connection", persons: Collection["UUID"]) -> frozenset[str]:
    """Finds the regions with a registration or a live appointment of any of these people."""
    rows = await tx.fetch(
        """
        SELECT region FROM registrations WHERE person = ANY ($1::uuid[])
        UNION SELECT region FROM appointments WHERE person = ANY ($1::uuid[]) AND booked_seq > released_seq
        """,
        list(persons),
    )
    return frozenset(row["region"] for row in rows)
