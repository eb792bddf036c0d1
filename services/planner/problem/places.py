"""Locations, depots and crisis visits, and the points between which teams drive."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from events.location import LocationRegistered, VisitRequested
from events.organisations import OrganisationKind, OrganisationRegistered
from events.supply import CampaignOpened
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import LocationRow
from infra.travel.matrix import Matrix, Point, estimated
from scheduling.care.eligibility import of_urgency
from scheduling.problem import CrisisVisit, Depot, Location, Outbreak
from services.postcodes import fits_postcode

OUTBREAK: Final = {None: Outbreak.NONE, "block": Outbreak.BLOCKED, "last": Outbreak.LAST}
DEPOTS: Final = (OrganisationKind.POST, OrganisationKind.DEPOT)
NOWHERE: Final = (
    52.09,
    5.12,
)  # latitude, longitude of unregistered locations: never visited, so any point will do
USUAL_MINUTES: Final = 10  # for set-up and for packing, while no campaign is open


@dataclass(slots=True)
class Map:
    """Points on the map, numbered as in the travel matrix."""

    points: list[Point] = field(default_factory=list)
    rows: dict[Point, int] = field(default_factory=dict)

    def place(self, point: Point) -> int:
        """Finds the row of a point in the matrix, adding it when it is new."""
        if point not in self.rows:
            self.rows[point] = len(self.points)
            self.points.append(point)
        return self.rows[point]

    def travel(self) -> Matrix:
        """Estimates travel between all points."""
        return estimated(tuple(self.points))


def to_locations(
    rows: Iterable[LocationRow],
    campaigns: Collection[CampaignOpened],
    area: Map,
    calendar: Calendar,
) -> list[Location]:
    """Converts the registered locations; set-up and packing take as long as the slowest open campaign requires.

    A visit may belong to any campaign, while a location has a single time for each.
    """
    setup = max((one.setup_minutes for one in campaigns), default=USUAL_MINUTES) * 60
    pack = max((one.pack_minutes for one in campaigns), default=USUAL_MINUTES) * 60
    found = []
    for row in rows:
        facts = row.registered
        room = row.changed or facts
        found.append(
            Location(
                id=str(facts.location_id),
                place=area.place((facts.point.lat, facts.point.lon)),
                area=facts.municipality,
                time_windows=calendar.windows(
                    room.opening, room.closed_on, row.changed.open_on if row.changed else ()
                ),
                seats=room.seats,
                setup_seconds=setup,
                pack_seconds=pack,
                has_contact=room.contact_known,
                outbreak=OUTBREAK[row.outbreak],
                doubted=is_doubted(facts),
            )
        )
    return found


def is_doubted(facts: LocationRegistered) -> bool:
    """Whether nobody may be planned here yet: the coordinates do not fit the postcode, and nobody has looked.

    A wrong point costs a team an hour on the road, and its residents their visit.
    """
    point = facts.point
    return not (facts.point_confirmed or fits_postcode(point.lat, point.lon, facts.postcode4))


def to_unknown(location_id: str, area: Map) -> Location:
    """Makes a location that is named and not registered; its people stay unserved for that reason."""
    return Location(
        id=location_id, place=area.place(NOWHERE), area="", time_windows=(), known=False
    )


def to_depots(rows: Iterable[OrganisationRegistered], area: Map) -> list[Depot]:
    """Converts the organisations where shifts may begin: posts and depots with a known point."""
    return [
        Depot(str(facts.organisation_id), area.place((facts.point.lat, facts.point.lon)))
        for facts in rows
        if facts.kind in DEPOTS and facts.point
    ]


def to_crises(
    requests: Iterable[VisitRequested], done: Collection[str], calendar: Calendar
) -> list[CrisisVisit]:
    """Converts crisis visits that are neither under way nor over; urgency as triaged by the post (NTS, U0 to U5)."""
    return [
        CrisisVisit(
            id=str(facts.visit_id),
            location_id=str(facts.location_id),
            first_second=calendar.to_second(facts.earliest),
            last_second=calendar.to_second(facts.latest),
            service_seconds=facts.minutes * 60,
            skills=frozenset(skill.value for skill in facts.skills),
            priority=of_urgency(facts.urgency.value),
        )
        for facts in requests
        if str(facts.visit_id) not in done
    ]
