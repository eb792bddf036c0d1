"""Locations, depots, crisis visits, and the points between which teams drive."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from events.location import VisitRequested
from events.organisations import OrganisationKind, OrganisationRegistered
from events.supply import CampaignOpened
from infra.postgres.snapshot.calendar import Calendar
from infra.postgres.snapshot.rows import LocationRow
from infra.travel.matrix import Matrix, Point, estimated
from scheduling.care.eligibility import of_urgency
from scheduling.problem import CrisisVisit, Depot, Location, Outbreak

OUTBREAK: Final = {None: Outbreak.NONE, "block": Outbreak.BLOCKED, "last": Outbreak.LAST}
DEPOTS: Final = (OrganisationKind.POST, OrganisationKind.DEPOT)
NOWHERE: Final = (
    52.09,
    5.12,
)  # of a location that nobody registered: never visited, so never driven to
USUAL_MINUTES: Final = 10  # of set-up and of packing, while no campaign is open


@dataclass(slots=True)
class Map:
    """Points in the order of the travel matrix."""

    points: list[Point] = field(default_factory=list)
    rows: dict[Point, int] = field(default_factory=dict)

    def place(self, point: Point) -> int:
        """The row of a point; the same point has one row."""
        if point not in self.rows:
            self.rows[point] = len(self.points)
            self.points.append(point)
        return self.rows[point]

    def travel(self) -> Matrix:
        """The estimate between all points."""
        return estimated(tuple(self.points))


def to_locations(
    rows: Iterable[LocationRow],
    campaigns: Collection[CampaignOpened],
    area: Map,
    calendar: Calendar,
) -> list[Location]:
    """The registered locations; set-up and packing take as long as the slowest of the open campaigns asks.

    A visit may be of any campaign, and a location has one time for each of the two.
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
                time_windows=calendar.windows(room.opening, room.closed_on),
                seats=room.seats,
                setup_seconds=setup,
                pack_seconds=pack,
                has_contact=room.contact_known,
                outbreak=OUTBREAK[row.outbreak],
            )
        )
    return found


def to_unknown(location_id: str, area: Map) -> Location:
    """A location that somebody names and nobody registered: its people wait, with that reason."""
    return Location(
        id=location_id, place=area.place(NOWHERE), area="", time_windows=(), known=False
    )


def to_depots(rows: Iterable[OrganisationRegistered], area: Map) -> list[Depot]:
    """Where shifts may begin and stock may lie: posts and depots of which the point is known."""
    return [
        Depot(str(facts.organisation_id), area.place((facts.point.lat, facts.point.lon)))
        for facts in rows
        if facts.kind in DEPOTS and facts.point
    ]


def to_crises(
    requests: Iterable[VisitRequested], done: Collection[str], calendar: Calendar
) -> list[CrisisVisit]:
    """Crisis visits that are not under way or over; how urgent they are a post says (NTS, U0 to U5)."""
    return [
        CrisisVisit(
            id=str(facts.visit_id),
            location_id=str(facts.location_id),
            first_second=calendar.second(facts.earliest),
            last_second=calendar.second(facts.latest),
            service_seconds=facts.minutes * 60,
            skills=frozenset(skill.value for skill in facts.skills),
            priority=of_urgency(facts.urgency.value),
        )
        for facts in requests
        if str(facts.visit_id) not in done
    ]
