"""Locations, depots and the travel between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from events.location import LocationChanged, LocationRegistered
from events.organisations import OrganisationKind, OrganisationRegistered
from events.supply import CampaignOpened
from infra.postgres.snapshot.calendar import Calendar
from infra.travel.matrix import Matrix, estimated
from scheduling.problem import Depot, Location, Outbreak

if TYPE_CHECKING:
    from infra.postgres.database import Connection

OUTBREAK = {None: Outbreak.NONE, "block": Outbreak.BLOCKED, "last": Outbreak.LAST}
NOWHERE = (52.09, 5.12)  # of a location that nobody registered: never visited, so never driven to


@dataclass(slots=True)
class Map:
    """Points in the order of the travel matrix."""

    points: list[tuple[float, float]] = field(default_factory=list)
    rows: dict[tuple[float, float], int] = field(default_factory=dict)

    def place(self, point: tuple[float, float]) -> int:
        """The row of a point; the same point has one row."""
        if point not in self.rows:
            self.rows[point] = len(self.points)
            self.points.append(point)
        return self.rows[point]

    def travel(self) -> Matrix:
        """The estimate between all points."""
        return estimated(tuple(self.points))


async def load_locations(
    tx: "Connection",
    region: str,
    calendar: Calendar,
    area: Map,
    campaigns: Sequence[CampaignOpened],
) -> list[Location]:
    """The locations of a region; time for set-up and packing is the longest of the open campaigns."""
    rows = await tx.fetch(
        """
        SELECT location, registered, CASE WHEN changed_seq > registered_seq THEN changed END AS changed, outbreak
        FROM locations WHERE region = $1 AND known ORDER BY location
        """,
        region,
    )
    setup = max((c.setup_minutes for c in campaigns), default=10) * 60
    pack = max((c.pack_minutes for c in campaigns), default=10) * 60
    found = []
    for row in rows:
        facts = LocationRegistered.model_validate_json(row["registered"])
        room = LocationChanged.model_validate_json(row["changed"]) if row["changed"] else facts
        found.append(
            Location(
                id=str(row["location"]),
                place=area.place((facts.point.lat, facts.point.lon)),
                area=facts.municipality,
                time_windows=calendar.windows(room.opening, room.closed_on),
                seats=room.seats,
                setup_seconds=setup,
                pack_seconds=pack,
                has_contact=room.contact_known,
                outbreak=OUTBREAK[row["outbreak"]],
            )
        )
    return found


def unknown_location(location: UUID, area: Map) -> Location:
    """A location that registrations name and nobody registered."""
    return Location(
        id=str(location), place=area.place(NOWHERE), area="", time_windows=(), known=False
    )


async def load_depots(
    tx: "Connection", region: str, area: Map, borrowed: Mapping[UUID, str]
) -> list[Depot]:
    """Posts and depots with a known point; those of `borrowed` shifts by the region that lends."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT ON (organisation) organisation, facts FROM organisations
        WHERE facts IS NOT NULL AND (region = $1 OR (organisation, region) IN (SELECT * FROM unnest($2::uuid[], $3::text[])))
        ORDER BY organisation, region = $1 DESC
        """,
        region,
        list(borrowed),
        list(borrowed.values()),
    )
    depots = []
    for row in rows:
        facts = OrganisationRegistered.model_validate_json(row["facts"])
        if facts.kind in (OrganisationKind.POST, OrganisationKind.DEPOT) and facts.point:
            depots.append(
                Depot(str(row["organisation"]), area.place((facts.point.lat, facts.point.lon)))
            )
    return depots
