"""Two small regions for the tests of the pages: practices, patients with names, a plan that is published."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from events.births import BirthDate
from events.codec import encode, to_event
from events.envelope import Record, Sender, System
from events.identifiers import NATIONAL, Approval, Opening, Payload, Point
from events.location import LocationRegistered, OutbreakDeclared
from events.organisations import OrganisationKind, OrganisationRegistered, PolicyChanged
from events.plans import (
    PlanBound,
    PlanCounts,
    PlannedPerson,
    PlanOffer,
    PlanProposed,
    PlanReplay,
    PlanValues,
    VisitAssigned,
)
from events.practice import ConsentRecorded, ConsentStatus, PatientRegistered
from events.supply import CampaignOpened, DeliveryReceived, ProductCatalogued
from events.teams import CrewMember, CrewRole, ShiftOpened, TeamFormed
from infra.crypto import Keys
from infra.identity import derived_id, new_id
from infra.person import Description, Person, SaidBy, Speaker
from infra.postgres.database import Database
from infra.postgres.findings import Finding
from infra.postgres.vault import identify
from scheduling.plan import Reason, Unassigned
from services.accept.group import Group
from services.accept.submission import Outcome, PlanRecord, Status, Submission
from tests.services.web.records import a_record_of

HOME, ABROAD = "GG2514", "GG0111"
NOW = datetime(2021, 2, 17, 9, 30, tzinfo=UTC)  # a Wednesday, 10:30 in Amsterdam
PRODUCT = "spikevax"
APPROVAL = Approval(
    source_url="https://example.test", source_date=date(2021, 1, 1), approved_by="Oefening"
)
BSNS = ("111222333", "123456782", "999990019", "999990020", "999990032", "999990044")


def an_id(*parts: str) -> UUID:
    """The same identifier for the same words."""
    return derived_id("test of the web", *parts)


CAMPAIGN = an_id("campaign")


@dataclass
class StillClock:
    """Time stands still, unless a test moves it; `monotonic` runs on by itself."""

    at: datetime = NOW
    ticks: float = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        self.ticks += 0.001
        return self.ticks


@dataclass
class Said:
    """Says events as the system of any sender and remembers how many."""

    group: Group
    count: int = 0

    async def __call__(
        self,
        sender: Sender,
        *payloads: Payload,
        region: str = HOME,
        plan_record: PlanRecord | None = None,
    ) -> list[Outcome]:
        source = f"urn:nld:prikploeg:{sender.value}:test"
        system = System("test", sender, (source,), frozenset({HOME, ABROAD, NATIONAL}))
        records = []
        for payload in payloads:
            self.count += 1
            event = to_event(str(new_id()), source, NOW, region, payload)
            value, headers = encode(event.envelope, event.body)
            records.append(Record(system, value, dict(headers)))
        outcomes = await self.group.submit(Submission(tuple(records), plan_record))
        assert {outcome.status for outcome in outcomes} == {Status.ACCEPTED}, outcomes
        return outcomes


@dataclass
class Seeded:
    """What a test can name."""

    practices: tuple[UUID, UUID]
    post: UUID
    locations: list[UUID]
    patients: dict[UUID, list[UUID]] = field(default_factory=dict)  # practice -> persons
    planned: list[UUID] = field(default_factory=list)
    plan: UUID = field(default_factory=new_id)


def a_person(number: int) -> Person:
    return Person(
        bsn=BSNS[number] if number < len(BSNS) else None,
        given_name=("Anna", "Bram", "Cor", "Dirk", "Els", "Fien", "Gijs", "Hetty")[number % 8],
        family_name=f"van Test{chr(97 + number % 26)}",
        birth_date=BirthDate(1930 + number % 30, 1 + number % 12, 1 + number % 28),
        postcode="3511AB",
        house_number=str(number),
    )


def a_location(name: str, municipality: str = "GM0344", lat: float = 52.09) -> LocationRegistered:
    return LocationRegistered(
        location_id=an_id("location", name),
        name=name,
        point=Point(lat=lat, lon=5.12),
        postcode4=3511,
        municipality=municipality,
        residents=20,
        opening=tuple(Opening(weekday=d, begins=time(9), ends=time(17)) for d in range(5)),
    )


async def seed_country(say: Said) -> None:
    await say(
        Sender.GGD,
        ProductCatalogued(
            product_id=PRODUCT,
            name="Spikevax",
            doses_per_container=10,
            open_minutes=360,
            transport_minutes=720,
            fridge_days=30,
            approval=APPROVAL,
        ),
        CampaignOpened(
            campaign_id=CAMPAIGN,
            name="COVID-19 kleine instellingen",
            products=(PRODUCT,),
            doses=2,
            min_days=28,
            ideal_days=28,
            max_days=42,
            opens_on=date(2021, 1, 25),
            seconds_per_person=180,
            observation_minutes=15,
            setup_minutes=10,
            pack_minutes=10,
            approval=APPROVAL,
        ),
        region=NATIONAL,
    )


async def seed_region(say: Said, region: str, *, automatic: bool = True) -> Seeded:
    practices = (an_id(region, "practice", "1"), an_id(region, "practice", "2"))
    post = an_id(region, "post")
    kinds = [*((p, OrganisationKind.PRACTICE) for p in practices), (post, OrganisationKind.POST)]
    names = ("Praktijk De Singel", "Praktijk Hoog Land", "Huisartsenpost Zeist")
    await say(
        Sender.OPERATOR,
        *(
            OrganisationRegistered(
                organisation_id=one,
                kind=kind,
                name=f"{name}{'' if region == HOME else ' (ver)'}",
                postcode4=3511,
                point=Point(lat=52.08, lon=5.23),
            )
            for (one, kind), name in zip(kinds, names, strict=True)
        ),
        PolicyChanged(publish_automatically=automatic),
        region=region,
    )
    places = [
        a_location(f"{name} {region}", gm)
        for name, gm in (("Lindeplein", "GM0344"), ("Eemzicht", "GM0307"), ("Hoog Land", "GM0355"))
    ]
    await say(Sender.INSTITUTION, *places, region=region)
    return Seeded(practices, post, [place.location_id for place in places])


async def seed_patients(
    say: Said, identifier: Database, keys: Keys, seeded: Seeded, region: str, sizes: tuple[int, int]
) -> None:
    """`sizes` patients per practice; consent of the last of each practice is not known."""
    people = [a_person(n) for n in range(sum(sizes))]
    if region != HOME:
        people = [
            Person(None, p.given_name, f"{p.family_name}ver", p.birth_date, "9711AA")
            for p in people
        ]
    speakers = [
        Speaker(SaidBy.PRACTICE, seeded.practices[n >= sizes[0]], region)
        for n in range(len(people))
    ]
    described = [Description(p, s) for p, s in zip(people, speakers, strict=True)]
    async with identifier.transaction() as tx:
        ids = [one.id for one in await identify(tx, keys, described, NOW)]
    for place, practice, start, size in zip(
        seeded.locations[:2], seeded.practices, (0, sizes[0]), sizes, strict=True
    ):
        own = ids[start : start + size]
        seeded.patients[practice] = own
        for n, person in enumerate(own):
            about = {
                "person_id": person,
                "campaign_id": CAMPAIGN,
                "location_id": place,
                "practice_id": practice,
            }
            said: list[Payload] = [PatientRegistered(**about, birth_year=1930 + n)]
            if n < size - 1:
                said.append(ConsentRecorded(**about, status=ConsentStatus.GIVEN))
            await say(Sender.PRACTICE, *said, region=region)


async def seed_plan(say: Said, seeded: Seeded, region: str, served: int = 6) -> None:
    """A team with one visit for the first patients of the first practice; everybody else is left out."""
    team, shift = an_id(region, "team"), an_id(region, "shift")
    begins = datetime(2021, 2, 17, 8, tzinfo=UTC)
    await say(
        Sender.HAP,
        TeamFormed(team_id=team, organisation_id=seeded.post, name="Team Vecht"),
        ShiftOpened(
            shift_id=shift,
            team_id=team,
            depot_id=seeded.post,
            starts_at=begins,
            ends_at=begins + timedelta(hours=8),
            capacity=100,
            crew=(CrewMember(member_id=an_id(region, "member"), role=CrewRole.DOCTOR),),
        ),
        region=region,
    )
    await say(
        Sender.GGD,
        DeliveryReceived(
            delivery_id=an_id(region, "delivery"),
            depot_id=seeded.post,
            product_id=PRODUCT,
            lot="FK8912",
            doses=120,
            received_on=date(2021, 2, 11),
            use_by=date(2021, 3, 13),
        ),
        OutbreakDeclared(location_id=seeded.locations[2])
        if region == HOME
        else a_stock_count(seeded),
        region=region,
    )
    await propose(say, seeded, region, served)


def a_stock_count(seeded: Seeded) -> Payload:
    return DeliveryReceived(
        delivery_id=an_id("more"),
        depot_id=seeded.post,
        product_id=PRODUCT,
        lot="FL2207",
        doses=10,
        received_on=date(2021, 2, 11),
        use_by=date(2021, 3, 13),
    )


async def propose(
    say: Said,
    seeded: Seeded,
    region: str,
    served: int,
    number: int = 1,
    offer: PlanOffer | None = None,
    findings: tuple[Finding, ...] = (),
) -> None:
    own = seeded.patients[seeded.practices[0]]
    seeded.planned = own[:served]
    left = [*own[served:], *seeded.patients[seeded.practices[1]]]
    seeded.plan = new_id()
    starts = datetime(2021, 2, 17, 11, tzinfo=UTC)
    assigned = VisitAssigned(
        visit_id=an_id(region, "visit"),
        plan_id=seeded.plan,
        location_id=seeded.locations[0],
        team_id=an_id(region, "team"),
        shift_id=an_id(region, "shift"),
        campaign_id=CAMPAIGN,
        product_id=PRODUCT,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=70),
        persons=tuple(PlannedPerson(person_id=p, dose_no=1) for p in sorted(seeded.planned)),
    )
    unassigned = tuple(
        Unassigned(
            str(seeded.locations[1]),
            str(CAMPAIGN),
            str(person),
            1,
            None,
            (Reason.NO_STOCK if n % 2 else Reason.NO_CONTACT,),
        )
        for n, person in enumerate(left)
    )
    plan_hash = f"{number:x}".rjust(64, "a" if region == HOME else "b")
    await say(
        Sender.SYSTEM,
        PlanProposed(
            plan_id=seeded.plan,
            as_of=(1000 * number, 1000 * number),
            horizon_start=date(2021, 2, 15),
            hash=plan_hash,
            counts=PlanCounts(
                people_served=served,
                people_unserved=len(left),
                unserved_reasons={},
                visits=1,
                locations=1,
                shifts=1,
                doses_wasted=0,
                working_minutes=480,
                metres=24_000,
                moved_stops=1,
            ),
            seconds=1.0,
            values=PlanValues(late_next_doses=3, other_team=12, days_off=30),
            offer=offer,
            bound=PlanBound(
                relaxation="without_routes", people_more=41, weight_more=2_091, doses_saved=1
            ),
            replay=PlanReplay(on_time_percent=93, back_on_time_percent=71, containers_late=2),
        ),
        region=region,
        plan_record=PlanRecord(
            plan_hash,
            region,
            NOW,
            a_record_of(
                region,
                shift=(an_id(region, "shift"), an_id(region, "team"), NOW),
                depot=seeded.post,
                location=seeded.locations[0],
                campaign=CAMPAIGN,
                product=PRODUCT,
                people=own,
            ),
            (assigned,),
            unassigned,
            findings=findings,
        ),
    )
