"""Two small regions that exist at once: what must be known before anybody speaks about patients."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from events.envelope import Sender, System
from events.identifiers import NATIONAL, Payload, Point, to_source
from events.organisations import OrganisationKind
from events.supply import DeliveryReceived
from events.teams import CrewMember, CrewRole
from services.sending import TOPICS
from tests.facts import (
    a_campaign,
    a_certificate,
    a_location,
    a_product,
    a_shift,
    a_team,
    an_order,
    an_organisation,
    uid,
)

REGIONS = ("GG2514", "GG0111")
DAYS = (  # of the campaign, and round both nights of the time change
    *(date(2021, 2, day) for day in (16, 17, 18)),
    *(date(2021, 3, day) for day in (27, 28, 29)),
    *(date(2021, 10, day) for day in (30, 31)),
)

LOTS = ("LOT1", "LOT2")


def connected() -> list[System]:
    """One system of each sender, which speaks for both regions and the country."""
    return [
        System(topic, sender, (to_source(sender, ""),), frozenset({*REGIONS, NATIONAL}))
        for sender, topic in TOPICS.items()
    ]


@dataclass(frozen=True)
class Said:
    """One fact with the region that it is about."""

    region: str
    payload: Payload
    sender: Sender


@dataclass
class Place:
    """One region: the names of its things, the same in every run."""

    region: str
    people: int = 40
    locations: list[UUID] = field(init=False)
    persons: list[UUID] = field(init=False)
    teams: list[UUID] = field(init=False)

    def __post_init__(self) -> None:
        self.locations = [self.uid(f"location {n}") for n in range(3)]
        self.persons = [self.uid(f"person {n}") for n in range(self.people)]
        self.teams = [self.uid(f"team {n}") for n in range(2)]

    def uid(self, name: str) -> UUID:
        return uid(f"{self.region} {name}")

    @property
    def post(self) -> UUID:
        return self.uid("post")

    @property
    def practice(self) -> UUID:
        return self.uid("practice")

    def facts(self) -> list[Said]:
        """Everything that a plan needs but the patients."""
        return [
            *self.by(Sender.OPERATOR, *self.organisations()),
            *self.by(Sender.GGD, *self.supply(), *self.places()),
            *self.by(Sender.HAP, *self.crews()),
        ]

    def by(self, sender: Sender, *payloads: Payload) -> list[Said]:
        return [Said(self.region, payload, sender) for payload in payloads]

    def organisations(self) -> list[Payload]:
        kind = OrganisationKind.PRACTICE
        return [
            an_organisation(organisation_id=self.post, point=self.point(0)),
            an_organisation(organisation_id=self.practice, kind=kind, point=None),
        ]

    def point(self, n: int) -> Point:
        south = 0.0 if self.region == REGIONS[0] else 1.0
        return Point(lat=52.09 + south + n * 0.02, lon=5.12 + n * 0.03)

    def places(self) -> list[Payload]:
        return [
            a_location(location_id=one, name=f"Plek {n}", point=self.point(n), point_confirmed=True)
            for n, one in enumerate(self.locations)
        ]

    def supply(self) -> list[Payload]:
        """Enough for a long run: without stock nobody is planned, and a rule about visits holds of itself."""
        return [self.delivery(f"first {lot}", lot, 500_000) for lot in LOTS]

    def delivery(self, name: str, lot: str, doses: int) -> DeliveryReceived:
        return DeliveryReceived(
            delivery_id=self.uid(f"delivery {name}"),
            depot_id=self.post,
            product_id="moderna",
            lot=lot,
            doses=doses,
            received_on=date(2021, 2, 11),
            use_by=date(2021, 12, 31),
        )

    def crews(self) -> list[Payload]:
        doctor, nurse = self.uid("doctor"), self.uid("nurse")
        crew = (
            CrewMember(member_id=doctor, role=CrewRole.DOCTOR),
            CrewMember(member_id=nurse, role=CrewRole.NURSE),
        )
        said: list[Payload] = [
            an_order(organisation_id=self.post, ordered_by=doctor),
            a_certificate(CrewRole.DOCTOR, member_id=doctor),
            a_certificate(CrewRole.NURSE, member_id=nurse),
        ]
        for n, team in enumerate(self.teams):
            said.append(a_team(team_id=team, organisation_id=self.post, name=f"Ploeg {n}"))
            said += [
                a_shift(
                    f"{self.region} shift {n} {day}",
                    day,
                    team_id=team,
                    depot_id=self.post,
                    crew=crew,
                )
                for day in DAYS
            ]
        return said


def national() -> list[Said]:
    """The campaign and its product, for the whole country."""
    return [
        Said(NATIONAL, a_product(), Sender.GGD),
        Said(NATIONAL, a_campaign(), Sender.GGD),
    ]
