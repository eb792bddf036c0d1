"""Reads the locations of a region with what was said of them, for the planner who checks them."""

from typing import TYPE_CHECKING, Final
from uuid import UUID

from events.location import LocationChanged, LocationRegistered

CHANGES: Final = ("location_id", "opening", "closed_on", "contact_known", "seats")

if TYPE_CHECKING:
    from infra.postgres.database import Connection


async def locations(
    tx: "Connection", region: str, wanted: UUID | None = None
) -> list[LocationRegistered]:
    """Reads the registered locations, or one: each as it is now, with what changed since."""
    rows = await tx.fetch(
        """
        SELECT registered, CASE WHEN (changed_moment, changed_seq) > (registered_moment, registered_seq) THEN changed END AS changed
        FROM locations WHERE region = $1 AND known AND ($2::uuid IS NULL OR location = $2)
        ORDER BY registered ->> 'name', location
        """,
        region,
        wanted,
    )
    return [to_current(row["registered"], row["changed"]) for row in rows]


def to_current(registered: str, changed: str | None) -> LocationRegistered:
    """The registration with the later opening hours, closed days, contact and seats."""
    facts = LocationRegistered.model_validate_json(registered)
    if changed is None:
        return facts
    said = LocationChanged.model_validate_json(changed)
    return facts.model_copy(update={name: getattr(said, name) for name in CHANGES})


async def read_room(tx: "Connection", region: str, location: UUID) -> LocationChanged | None:
    """Reads what a location said last of its hours, contact and seats, to say it again with a change; None for one that is unknown."""
    row = await tx.fetchrow(
        """
        SELECT registered, CASE WHEN (changed_moment, changed_seq) > (registered_moment, registered_seq) THEN changed END AS changed
        FROM locations WHERE region = $1 AND location = $2 AND known
        """,
        region,
        location,
    )
    if row is None:
        return None
    if row["changed"] is not None:
        return LocationChanged.model_validate_json(row["changed"])
    facts = LocationRegistered.model_validate_json(row["registered"])
    return LocationChanged(**{name: getattr(facts, name) for name in CHANGES})
